-- Turns hosting rules and process instances into targets: one hosted process on one host, with its
-- definition and what the rule wants of it. Pure; finds conflicts, plans no call.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local made_once = require "remora.core.made_once"
local numbers = require "remora.hosting.numbers"
local objections = require "remora.hosting.objections"
local packed = require "remora.observe.packed"
local phrase = require "remora.core.phrase"
local protection = require "remora.model.protection"
local reach = require "remora.model.reach"
local scope = require "remora.model.scope"
local speakers = require "remora.model.speakers"
local states = require "remora.hosting.states"
local target_list = require "remora.hosting.target_list"
local target_kind = require "remora.hosting.target"
local values = require "remora.model.values"

local targets = {}

---What a target is called in plans.
targets.TYPE = "hosted process"

---Names a registration: at most one process of a name is registered on a host.
---@param host {bk_cloud_id: integer, ip: string}
---@param proc_name string
---@return string
function targets.place(host, proc_name)
  return ("%d:%s:%s"):format(host.bk_cloud_id, host.ip, proc_name)
end

-- The names of the processes in a module, once for all rules.
local function names_in(state)
  return made_once(function(module_id)
    local names = {}
    packed.each(state.instances_of[module_id] or {}, function(_, _, _, fields)
      names[fields.bk_process_name] = true
    end)
    return names
  end)
end

local function names_of(its, modules)
  if #modules == 1 then return its.names_in[modules[1].id] end
  local names = {}
  for _, module in ipairs(modules) do
    for name in pairs(its.names_in[module.id]) do names[name] = true end
  end
  return names
end

local function is_met(wanted, names)
  if not glob.is(wanted) then return names[wanted] ~= nil end
  local matches = glob.matcher(wanted)
  for name in pairs(names) do
    if matches(name) then return true end
  end
  return false
end

-- A name that no process of the rule's modules has. Modules without any process cannot tell, nor
-- can those that a selection leaves over.
local function unknown_processes(its, modules)
  local wanted = its.rule.where.process
  local names = wanted and names_of(its, modules) or {}
  if not next(names) then return end
  for i, each in ipairs(wanted) do
    if not is_met(each, names) then
      its.problems[#its.problems + 1] = fault.new {
        code = "playbook.unknown_process", at = its.pb.at(wanted, i),
        message = ('no process there %s "%s"'):format(glob.is(each) and "matches" or "is called",
          each),
        hint = not glob.is(each) and phrase.did_you_mean(each, names) or nil,
      }
    end
  end
end

-- What a rule names resolved, and a test of one process that was found in its modules.
local function selection(its)
  local where, state = its.rule.where, its.state
  local reached, unknown = reach.resolve(its.within, where, state.hosting.labelled[its.index])
  table.move(unknown, 1, #unknown, #its.problems + 1, its.problems)
  if not state.selection then unknown_processes(its, reached.found) end
  local named = where.process and glob.any(where.process)
  return reached, function(each)
    return (not reached.picks
        or reach.speaks_of(reached, state.instances_of[each.module.id][each.number]))
      and (not named or named(each.name, each.id))
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
    hint = "set it in `instances`; where the process has a template that locks it, in that one" }
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
local function take(its, own)
  local list, i = its.list, its.taken[own.place]
  local target, before = setmetatable(own, its.kind), i and list[i]
  local objection = not before and incomplete(target)
    or before and not agree(before, target) and conflict(before)
  if objection then
    its.objected:add(target, objection)
  elseif before then
    target_list.protect(list, i, before.protected or target.protected)
  else
    target_list.add(list, target)
    its.taken[own.place] = #list
  end
end

-- The targets of a rule that names them one by one, whatever processes there are (inverse.lua).
local function take_named(its)
  for _, each in ipairs(its.rule.given) do
    take(its, { place = targets.place(each.host, each.entry.proc_name), entry = each.entry,
      via = each.via, given = each })
  end
end

-- The targets that a found process makes: its copies.
local function take_found(its, found)
  local module, host = found.module, its.state.hosts[found.host_id]
  local at = { bk_cloud_id = host.cloud_id, ip = host.ip }
  for copy = 0, numbers.copies(found.values) - 1 do
    local entry, refused = its.define(found.values, {
      inst_id = found.inst_id + copy, local_inst_id = found.local_inst_id + copy,
      bk_set_name = module.set_name, bk_module_name = module.name, bk_process_name = found.name,
    })
    if entry then
      take(its, { place = targets.place(at, entry.proc_name), entry = entry, id = found.id,
        module_id = module.id, number = found.number, protected = not its.rule.protect
          and protection.of_process(its.pb, its.state, module, found.name) or nil })
    else
      refused.at = its.at
      its.problems[#its.problems + 1] = refused
    end
  end
end

-- A rule that takes targets into the list of all rules.
local function taking(shared, rule, index)
  local pb, state, list = shared.pb, shared.state, shared.list
  local its = setmetatable({ rule = rule, index = index, found = {}, objected = objections.new(),
    problems = {}, at = pb.at(pb.sections.hosting, index) }, { __index = shared })
  its.kind = target_kind(state, { rule = rule, index = index, at = its.at, via = rule.via,
    protected = rule.protect and pb.at(rule, "protect") or nil })
  list.kinds[index] = its.kind
  if rule.given then
    take_named(its)
  else
    local reached
    reached, its.selects = selection(its)
    its.found, its.modules, its.hosts = reached.found, reached.modules, reached.hosts
    its.keys = speakers.keys(rule.where.process)
    its.define = definition.maker(rule, drivers.via[rule.via].expressible)
  end
  return its
end

local function resolve(pb, state)
  local rules, list, problems = {}, target_list.new(), {}
  local shared = { pb = pb, state = state, list = list, taken = {}, names_in = names_in(state),
    within = scope.new(pb.sections.hosting, state, pb.at) }
  for index, rule in ipairs(pb.sections.hosting) do
    rules[index] = taking(shared, rule, index)
  end
  local speaking = speakers.new(rules)
  for found in numbers.each(state) do
    for _, its in ipairs(speaking:on(found.module.id, found.host_id, found.name)) do
      if its.selects(found) then
        its.is_met = true
        take_found(its, found)
      end
    end
  end
  for _, its in ipairs(rules) do
    table.move(its.problems, 1, #its.problems, #problems + 1, problems)
  end
  for _, its in ipairs(rules) do
    for _, problem in ipairs(its.objected:faults()) do problems[#problems + 1] = problem end
  end
  return { pb = pb, list = list, problems = problems, rules = rules }
end

-- Operations on agents change no process, so all rounds of a plan have the same targets. Kept as
-- long as the instances they were made from.
local resolved = setmetatable({}, { __mode = "k" })

local function resolved_of(pb, state)
  local known = resolved[state.instances_of]
  if not known or known.pb ~= pb then
    known = resolve(pb, state)
    resolved[state.instances_of] = known
  end
  return known
end

---All targets of a playbook, in the order of their processes.
---@param pb table
---@param state table with instances_of, module_by_id, hosts and hosting.labelled; what was read of
---  instances is never changed in place
---@return remora.hosting.TargetList
---@return table[] problems faults
function targets.of(pb, state)
  local known = resolved_of(pb, state)
  return known.list, known.problems
end

---The rules of a playbook that meet no process; those with labels that nothing has are told of by
---observe/labels.lua.
---@param pb table
---@param state table what there will be; with a selection it may be where nobody looks
---@return {at: table?, message: string}[]
function targets.unmet(pb, state)
  local found = {}
  for i, its in ipairs(state.selection and {} or resolved_of(pb, state).rules) do
    local labelled = state.hosting.labelled[i]
    local is_told = labelled and not next(labelled)
    if its.selects and not (its.is_met or is_told) then
      found[#found + 1] = { at = its.at, message = "no process is there" }
    end
  end
  return found
end

return targets
