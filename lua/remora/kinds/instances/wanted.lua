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
---@field never_made boolean? it is not to be made where it is gone
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

-- What a further rule says of a process that is wished for already.
local function add(pb, wish, process, name, rule)
  local fields = rule.processes[name]
  for field, value in order.pairs(fields) do
    local first = wanted.saying(process, field)
    if first and not values.equal(first[field], value) then
      wish.problems[#wish.problems + 1] = disagree(pb, first, fields, field, name)
    end
  end
  process.fields = values.copy(fields, process.fields)
  process.compared = values.copy(without(fields, rule.ignore), process.compared)
  process.said[#process.said + 1] = fields
end

-- What a rule says of all its processes.
local function say(pb, wish, rule)
  for name, fields in order.pairs(rule.processes) do
    local process = wish.processes[name]
    if process then
      add(pb, wish, process, name, rule)
    else
      process = { fields = fields, compared = without(fields, rule.ignore), said = { fields },
        at = pb.at(rule.processes, name, "key") }
      wish.processes[name] = process
    end
    process.never_made = rule.never_made and rule.never_made[name]
    process.picked = process.picked or rule.where.service_instance ~= nil
      or rule.where.labels ~= nil
  end
end

local function joined(pb, rules)
  local wish = { processes = {}, prune = false, gone = {}, problems = {}, patterns = {} }
  for _, each in ipairs(rules) do
    local rule = each.rule
    say(pb, wish, rule)
    for name in pairs(rule.gone or {}) do wish.gone[name] = true end
    if rule.protect then wish.protected = wish.protected or pb.at(rule, "protect") end
    if rule.prune and not wish.prune then wish.prune, wish.at = true, pb.at(rule, "prune") end
  end
  wish.names = order.keys(wish.processes)
  return wish
end

-- Wishes by playbook and the numbers of their rules: very many instances meet the same ones, and a
-- run plans more than once. A playbook stays as it was loaded.
local known = setmetatable({}, { __mode = "k" })

---Joins what rules want.
---@param pb table
---@param rules {index: integer, rule: table}[]
---@return remora.kinds.instances.Wish
function wanted.join(pb, rules)
  local numbers = {}
  for i, each in ipairs(rules) do numbers[i] = each.index end
  local wishes, key = known[pb] or {}, table.concat(numbers, " ")
  known[pb] = wishes
  wishes[key] = wishes[key] or joined(pb, rules)
  return wishes[key]
end

return wanted
