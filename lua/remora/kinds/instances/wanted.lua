-- What several rules of a playbook want of a service instance together: one wish, and where two of
-- them disagree. Which rules speak of an instance, targets.lua knows. Pure.

local fault = require "remora.core.fault"
local order = require "remora.core.order"
local values = require "remora.model.values"

local wanted = {}

---@class remora.kinds.instances.Wish what all rules together want of a service instance
---@field processes table<string, remora.kinds.instances.WantedProcess>
---@field names string[] of the processes, sorted
---@field prune boolean
---@field gone table<string, true> processes to delete by name
---@field at table? of the rule that prunes
---@field protected table? where a rule forbids to delete
---@field problems table[] faults: where the rules disagree
---@field patterns table<integer, {of: table, list: table}> by service template: what sift.lua made
---  of it, and of which processes

---@class remora.kinds.instances.WantedProcess
---@field fields table<string, any> what all rules together say of it
---@field compared table<string, any> those fields that count where the process exists
---@field said table<string, any>[] what each rule says of it; the first to name a field counts
---@field picked boolean a rule says which service instance
---@field at table? where it is named

local function disagree(pb, first, second, field, process)
  return fault.new {
    code = "plan.conflict", at = pb.at(second, field),
    message = ('"%s" of %s is set differently at %s'):format(field, process,
      fault.place(pb.at(first, field))),
    hint = "both rules speak of the same service instance; keep one of them, or narrow its where",
  }
end

---What the playbook says of a process, as far as it says a field of it: for its place.
---@param process remora.kinds.instances.WantedProcess
---@param field string
---@return table? fields
function wanted.saying(process, field)
  for _, fields in ipairs(process.said) do
    if fields[field] ~= nil then return fields end
  end
end

local function without(fields, ignored)
  if not ignored then return fields end
  local rest = {}
  for field, value in pairs(fields) do
    if not ignored[field] then rest[field] = value end
  end
  return rest
end

-- What a further rule says of a process.
local function say_more(pb, process, name, fields, ignored, problems)
  for field, value in order.pairs(fields) do
    local first = wanted.saying(process, field)
    if first and not values.equal(first[field], value) then
      problems[#problems + 1] = disagree(pb, first, fields, field, name)
    end
  end
  process.fields = values.copy(fields, process.fields)
  process.compared = values.copy(without(fields, ignored), process.compared)
  process.said[#process.said + 1] = fields
end

-- Wishes by playbook and the numbers of their rules: very many instances meet the same ones, and a
-- run plans more than once. A playbook stays as it was loaded.
local known = setmetatable({}, { __mode = "k" })

---Joins what rules want.
---@param pb table
---@param rules {index: integer, rule: table}[]
---@return remora.kinds.instances.Wish
function wanted.join(pb, rules)
  local key = {}
  for i, each in ipairs(rules) do key[i] = each.index end
  key = table.concat(key, " ")
  known[pb] = known[pb] or {}
  if known[pb][key] then return known[pb][key] end
  local wish = { processes = {}, prune = false, gone = {}, problems = {}, patterns = {} }
  for _, each in ipairs(rules) do
    local declared, where = each.rule.processes, each.rule.where
    for name, fields in order.pairs(declared) do
      local process = wish.processes[name]
      if process then
        say_more(pb, process, name, fields, each.rule.ignore, wish.problems)
      else
        process = { fields = fields, compared = without(fields, each.rule.ignore),
          said = { fields }, at = pb.at(declared, name, "key") }
        wish.processes[name] = process
      end
      process.picked = process.picked or where.service_instance ~= nil or where.labels ~= nil
    end
    for name in pairs(each.rule.gone or {}) do wish.gone[name] = true end
    if each.rule.protect then wish.protected = wish.protected or pb.at(each.rule, "protect") end
    if each.rule.prune and not wish.prune then
      wish.prune, wish.at = true, pb.at(each.rule, "prune")
    end
  end
  wish.names = order.keys(wish.processes)
  known[pb][key] = wish
  return wish
end

return wanted
