-- Groups of instances as rules of the section `instances`: what is true of the same places stands
-- in one rule. Pure.

local bind_rows = require "remora.model.bind_rows"
local express = require "remora.pull.express"
local fields = require "remora.playbook.fields"
local order = require "remora.core.order"
local process = require "remora.model.process"
local wheres = require "remora.pull.wheres"

local rules = {}

local RULE_KEYS = { "where", "processes" }
local ROW_KEYS = { "template_row_id", table.unpack(bind_rows.CELLS) }

-- The fields of a trait that can be said, and the words against the others.
local function said(notes, trait)
  local fields_said, left_out = {}, {}
  for name, value in order.pairs(trait.fields) do
    local words = express.bad_value(name, value)
    if words then
      left_out[#left_out + 1] = words
    else
      fields_said[name] = express.escaped(value)
      if name == "bind_info" then
        for _, row in ipairs(value) do notes:keys(row, ROW_KEYS) end
      end
    end
  end
  return fields_said, left_out
end

local function add_trait(notes, module, rule, trait)
  local fields_said, left_out = said(notes, trait)
  local words = express.bad_name(trait.process, fields.process_name)
  if words or next(fields_said) == nil and next(trait.fields) ~= nil then
    notes:head(("Of a process in modules called %s is left out: %s"):format(module,
      words or table.concat(left_out, "; ")))
    return
  end
  local its = rule.processes[trait.process] or {}
  rule.processes[trait.process] = its
  notes:keys(its, process.FIELDS)
  for name, value in pairs(fields_said) do its[name] = value end
  if #left_out > 0 then
    notes:above(rule.processes, trait.process, "Left out: " .. table.concat(left_out, "; "))
  end
end

local function drop_twins(notes, module, rule)
  for _, twin in ipairs(express.twins(rule.processes, true)) do
    rule.processes[twin.name] = nil
    notes:head(("A process in modules called %s is left out: %s"):format(module, twin.words))
  end
end

---The rules for modules of one name.
---@param notes remora.pull.Notes
---@param places table remora.pull.places
---@param name string of the modules
---@param found table what remora.pull.groups found there
---@return {rule: table, words: string?}[] words belong above the rule
function rules.of(notes, places, name, found)
  local by_where = {}
  for _, group in order.pairs(found.groups) do
    wheres.each(places, name, found, group, function(where, words)
      local key = wheres.order(where)
      local entry = by_where[key] or { words = words, rule = { processes = {},
        where = wheres.spelled(notes, where) } }
      by_where[key] = entry
      add_trait(notes, name, entry.rule, group.trait)
    end)
  end
  local made = {}
  for _, entry in order.pairs(by_where) do
    drop_twins(notes, name, entry.rule)
    if next(entry.rule.processes) then
      notes:keys(entry.rule, RULE_KEYS)
      made[#made + 1] = entry
    end
  end
  return made
end

return rules
