-- Turns hosting rules and process instances into targets: one hosted process on one host, with its
-- definition and what the rule wants of it. Pure; finds conflicts, plans no call.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local numbers = require "remora.hosting.numbers"
local objections = require "remora.hosting.objections"
local phrase = require "remora.core.phrase"
local protection = require "remora.model.protection"
local reach = require "remora.model.reach"
local states = require "remora.hosting.states"
local values = require "remora.model.values"

local targets = {}

---@class remora.hosting.Target
---@field place string host and process name: one registration (registry.lua)
---@field entry table the definition (definition.lua)
---@field host {bk_cloud_id: integer, ip: string}
---@field label string[]
---@field via string the driver that reaches it
---@field priority integer of the process
---@field found remora.hosting.Found? what it was made of; nil: the rule names it
---@field rule table hosting rule in normal form
---@field index integer number of the rule
---@field at table? place of the rule in the playbook
---@field protected table? where the playbook forbids to un-host it

---What a target is called in plans.
targets.TYPE = "hosted process"

---The place for which limits count a target: its module, as topology.place calls it.
---@param target remora.hosting.Target
---@return string
function targets.within(target)
  return target.label[1] .. "/" .. target.label[2]
end

---Names a registration: at most one process of a name is registered on a host.
---@param host {bk_cloud_id: integer, ip: string}
---@param proc_name string
---@return string
function targets.place(host, proc_name)
  return ("%d:%s:%s"):format(host.bk_cloud_id, host.ip, proc_name)
end

-- A name that no process of the rule's modules has. Modules without any process cannot tell, nor
-- can those that a selection leaves over.
local function unknown_processes(cx, rule, inside)
  local names = {}
  for _, each in ipairs(cx.found) do
    if inside[each.module.id] then names[each.process.name] = true end
  end
  if not next(names) then return end
  for i, wanted in ipairs(rule.where.process or {}) do
    local matches, met = glob.matcher(wanted), false
    for name in pairs(names) do met = met or matches(name) end
    if not met then
      cx.problems[#cx.problems + 1] = fault.new {
        code = "playbook.unknown_process", at = cx.pb.at(rule.where.process, i),
        message = ('no process there is called "%s"'):format(wanted),
        hint = not glob.is(wanted) and phrase.did_you_mean(wanted, names) or nil,
      }
    end
  end
end

-- A rule with what it names resolved into a test of one found process.
local function selector(cx, rule, index)
  local where, problems = rule.where, cx.problems
  local its, unknown = reach.resolve(where, cx.pb, cx.state, cx.state.hosting.labelled[index])
  table.move(unknown, 1, #unknown, #problems + 1, problems)
  if not cx.state.selection then unknown_processes(cx, rule, its.modules) end
  local named = where.process and glob.any(where.process)
  return function(each)
    return its.modules[each.module.id] and reach.speaks_of(its, each.instance)
      and (not named or named(each.process.name, each.process.id))
  end
end

local function incomplete(target)
  local name = target.rule.state
  local state = states[name]
  if not state.commands then return nil end
  local of_driver = drivers.via[target.via].needed
  local needed = table.move(of_driver, 1, #of_driver, 1, {})
  if not (state.unless and target.entry[state.unless]) then
    table.move(state.commands, 1, #state.commands, #needed + 1, needed)
  end
  local missing = definition.missing(target.entry, needed)
  if #missing == 0 then return nil end
  local fields = table.concat(missing, " and no ")
  return { code = "hosting.incomplete",
    one = ("cannot be %s: it has no %s"):format(name, fields),
    many = ("cannot be %s: they have no %s"):format(name, fields),
    hint = "set it in the process template, or in `instances` where the template leaves it open" }
end

local function priority_of(process)
  local priority = process.values.priority
  return math.type(priority) == "integer" and priority or 0
end

-- One copy of a found process under one rule; make: of definition.maker.
local function target_of(found, copy, state, rule, make)
  local host = state.hosts[found.instance.host_id]
  local entry, refused = make(found.process.values, {
    inst_id = found.inst_id + copy, local_inst_id = found.local_inst_id + copy,
    bk_set_name = found.module.set_name, bk_module_name = found.module.name,
    bk_process_name = found.process.name,
  })
  if not entry then return nil, refused end
  local where = { bk_cloud_id = host.cloud_id, ip = host.ip }
  return {
    place = targets.place(where, entry.proc_name), entry = entry, host = where,
    label = { found.module.set_name, found.module.name, host.ip, entry.proc_name },
    priority = priority_of(found.process), rule = rule, via = rule.via, found = found,
  }
end

local function conflict(first)
  local place = fault.place(first.at)
  return { code = "plan.conflict", one = "is hosted differently at " .. place,
    many = "are hosted differently at " .. place,
    hint = "two rules speak of the same process; keep one of them, or narrow its where" }
end

local function agree(a, b)
  return a.rule.state == b.rule.state and a.via == b.via and values.equal(a.entry, b.entry)
    and values.equal(a.rule.rollout, b.rule.rollout) and values.equal(a.rule.ignore, b.rule.ignore)
end

-- Takes a target in, unless an earlier rule that wants the same has done so; either may protect it.
local function add(taken, target, objected)
  local before = taken[target.place]
  local objection = not before and incomplete(target)
    or before and not agree(before, target) and conflict(before)
  if objection then
    objected:add(target, objection)
  elseif before then
    before.protected = before.protected or target.protected
  else
    taken[target.place] = target
  end
end

-- The targets that a rule selects among all processes that were found.
local function selected(cx, rule, index)
  local pb, state, problems = cx.pb, cx.state, cx.problems
  local selects, list = selector(cx, rule, index), {}
  local make = definition.maker(rule, drivers.via[rule.via].expressible)
  for _, each in ipairs(cx.found) do
    for copy = 0, selects(each) and numbers.copies(each.process) - 1 or -1 do
      local target, refused = target_of(each, copy, state, rule, make)
      if target then
        target.protected = rule.protect and pb.at(rule, "protect")
          or protection.of_process(pb, state, each.module, each.process.name)
        list[#list + 1] = target
      else
        refused.at = pb.at(pb.sections.hosting, index)
        problems[#problems + 1] = refused
      end
    end
  end
  return list
end

-- The targets of a rule that names them one by one, whatever processes there are (inverse.lua).
local function named(rule)
  local list = {}
  for i, each in ipairs(rule.given) do
    list[i] = { place = targets.place(each.host, each.entry.proc_name), entry = each.entry,
      host = each.host, via = each.via or rule.via, label = each.label, priority = each.priority,
      rule = rule }
  end
  return list
end

local function resolve(pb, state)
  -- What all rules are resolved against, and what is wrong with them.
  local cx = { pb = pb, state = state, found = numbers.of(state), problems = {} }
  local objected, taken = objections.new(), {}
  for index, rule in ipairs(pb.sections.hosting) do
    local at = pb.at(pb.sections.hosting, index)
    for _, target in ipairs(rule.given and named(rule) or selected(cx, rule, index)) do
      target.index, target.at = index, at
      add(taken, target, objected)
    end
  end
  for _, problem in ipairs(objected:faults()) do cx.problems[#cx.problems + 1] = problem end
  local list = {}
  for _, target in pairs(taken) do list[#list + 1] = target end
  table.sort(list, function(a, b) return a.place < b.place end)
  return { pb = pb, list = list, problems = cx.problems }
end

-- Operations on agents change no process, so all rounds of a plan have the same targets. Kept as
-- long as the instances they were made from.
local resolved = setmetatable({}, { __mode = "k" })

---All targets of a playbook, by place.
---@param pb table
---@param state table with instances_of, module_by_id, hosts and hosting.labelled; what was read of
---  instances is never changed in place
---@return remora.hosting.Target[]
---@return table[] problems faults
function targets.of(pb, state)
  local known = resolved[state.instances_of]
  if not known or known.pb ~= pb then
    known = resolve(pb, state)
    resolved[state.instances_of] = known
  end
  return known.list, known.problems
end

return targets
