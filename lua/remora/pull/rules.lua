-- Groups of instances as rules of the section `instances`: what is true of the same places stands
-- in one rule. Pure.

local express = require "remora.pull.express"
local fields = require "remora.playbook.fields"
local json = require "json"
local order = require "remora.core.order"
local process = require "remora.model.process"

local rules = {}

local RULE_KEYS = { "where", "processes" }
local WHERE_KEYS = { "set", "module", "hosts", "host_ids", "service_instance" }
local ROW_KEYS = { "template_row_id", "ip", "port", "protocol", "enable" }

local BY_ID = "By id, because names do not tell these apart."
local NAMESAKES = "By id, because their names do not tell these from others on their host: another "
  .. "platform has no such service instances, and this rule has to be left out there."

-- Addresses in the order of their numbers, not of their digits.
local function by_number(a, b)
  local function padded(ip)
    return (ip:gsub("%d+", function(digits) return ("%5s"):format(digits) end))
  end
  local x, y = padded(a), padded(b)
  if x ~= y then return x < y end
  return a < b
end

local function sorted(list, before)
  local copy = json.array(table.move(list, 1, #list, 1, {}))
  table.sort(copy, before)
  return copy
end

local function extended(where, key, list)
  local longer = {}
  for name, value in pairs(where) do longer[name] = value end
  longer[key] = list
  return longer
end

-- One `where` for hosts of several modules, when no address of theirs is in two of them.
local function add_hosts(places, name, found, group, add)
  local together, list, alone = {}, {}, {}
  for id, ips in pairs(group.hosts) do
    local apart = true
    for _, ip in ipairs(ips) do apart = apart and found.module_of[ip] == id end
    if apart then
      together[id] = true
      table.move(ips, 1, #ips, #list + 1, list)
    else
      alone[#alone + 1] = id
    end
  end
  if next(together) then
    local where, by_id = places:of(name, together)
    add(extended(where, "hosts", sorted(list, by_number)), by_id and BY_ID)
  end
  for _, id in ipairs(alone) do
    local where, by_id = places:of(name, { [id] = true })
    add(extended(where, "hosts", sorted(group.hosts[id], by_number)), by_id and BY_ID)
  end
end

-- Hosts that have more than one service instance; one `where` for those of equal names.
local function add_crowds(place, by_id, crowds, add)
  local alike, ids = {}, {}
  for host_id, crowd in order.pairs(crowds) do
    local key, names = crowd.ip and "hosts" or "host_ids", sorted(crowd.names)
    if #names > 0 then
      local together = key .. "\0" .. table.concat(names, "\0")
      alike[together] = alike[together] or { key = key, names = names, hosts = {} }
      table.insert(alike[together].hosts, crowd.ip or host_id)
    end
    table.move(crowd.ids, 1, #crowd.ids, #ids + 1, ids)
  end
  for _, each in order.pairs(alike) do
    local hosts = sorted(each.hosts, each.key == "hosts" and by_number or nil)
    add(extended(extended(place, each.key, hosts), "service_instance", each.names),
      (by_id or each.key == "host_ids") and BY_ID)
  end
  if #ids > 0 then add(extended(place, "service_instance", sorted(ids)), NAMESAKES) end
end

-- Every `where` of a group.
local function wheres(places, name, found, group, add)
  if next(group.whole) then
    local where, by_id = places:of(name, group.whole)
    add(where, by_id and BY_ID)
  end
  if next(group.hosts) then add_hosts(places, name, found, group, add) end
  for id, list in order.pairs(group.host_ids) do
    add(extended(places:of(name, { [id] = true }), "host_ids", sorted(list)), BY_ID)
  end
  for id, crowds in order.pairs(group.crowds) do
    local where, by_id = places:of(name, { [id] = true })
    add_crowds(where, by_id, crowds, add)
  end
end

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

-- A list of one stands alone.
local function spelled(notes, where)
  local short = {}
  for key, list in pairs(where) do short[key] = #list == 1 and list[1] or list end
  notes:keys(short, WHERE_KEYS)
  return short
end

-- Whole modules first, then hosts, then what needs more words.
local function place_in_order(where)
  local depth = 0
  for i, key in ipairs(WHERE_KEYS) do
    if i > 2 and where[key] then depth = i end
  end
  return ("%d %s"):format(depth, json.encode(where))
end

local function by_process(a, b)
  if a.trait.process ~= b.trait.process then return a.trait.process < b.trait.process end
  if a.trait.rank ~= b.trait.rank then return a.trait.rank < b.trait.rank end
  return json.encode(a.trait.fields) < json.encode(b.trait.fields)
end

---The rules for modules of one name.
---@param notes remora.pull.Notes
---@param places table remora.pull.places
---@param name string of the modules
---@param found table what remora.pull.groups found there
---@return {rule: table, words: string?}[] words belong above the rule
function rules.of(notes, places, name, found)
  local by_where, list = {}, {}
  for _, group in pairs(found.groups) do list[#list + 1] = group end
  table.sort(list, by_process)
  for _, group in ipairs(list) do
    wheres(places, name, found, group, function(where, words)
      local key = place_in_order(where)
      local entry = by_where[key] or { words = words or nil, rule = { processes = {},
        where = spelled(notes, where) } }
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
