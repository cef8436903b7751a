-- What rules for instances name and is not there: processes of a template, service instances and
-- hosts. Pure; says so, and decides nothing.

local addresses = require "remora.model.addresses"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local made_once = require "remora.core.made_once"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local reach = require "remora.model.reach"

-- Which templates of a rule's modules lack a process, and whether a rule that picks hosts, names or
-- labels finds it in another module: nothing is wrong then, as it need not mean them all. In a
-- module without a template it may be any process.
local function lacking(its, rule, name)
  local templates, found_elsewhere = {}, false
  for _, module in ipairs(rule.found) do
    local template = module.template_id ~= 0 and its.state.templates[module.template_id]
    local has = module.template_id == 0 and rule.met[module.id]
      or template and its.names_of[template][name]
    if has then found_elsewhere = rule.picks end
    if template and not has then templates[#templates + 1] = template end
  end
  return templates, found_elsewhere
end

local function unknown_process(pb, state, rule, name, template)
  local names = {}
  for _, each in ipairs(template.processes) do names[each.name] = each end
  local guess = phrase.did_you_mean(name, names)
  return fault.new {
    code = "plan.unknown_process", at = pb.at(rule.rule.processes, name, "key"),
    message = ("the service template %s has no process %s"):format(template.name, name),
    hint = reach.left_out(template.name, pb, state)
      or (guess and guess .. " " or "") .. "an instance takes its processes from its "
      .. "template: add it under service_templates",
  }
end

-- Names that the templates of modules do not have. Asked of the rules and not of the instances,
-- because a module without hosts has none and is just as wrong.
-- Returns whether some module of the rule lacks some process: of what it lacks nothing was read.
local function unknown_processes(its, rule, problems)
  local is_partial = false
  for name in order.pairs(rule.rule.processes or {}) do
    local templates, found_elsewhere = lacking(its, rule, name)
    is_partial = is_partial or #templates > 0
    for _, template in ipairs(found_elsewhere and {} or templates) do
      problems[#problems + 1] = unknown_process(its.pb, its.state, rule, name, template)
    end
  end
  return is_partial
end

-- Ids and addresses of the hosts that a rule has met.
local function met_by(rule, state)
  local met = {}
  for id in pairs(rule.reached) do
    met[id] = true
    local host = state.hosts[id]
    if host then
      for _, ip in addresses.each(host) do met[ip] = true end
    end
  end
  return met
end

-- Whether the modules of a rule have a service instance of a name or an id.
local function meets(its, rule, wanted)
  for _, module in ipairs(rule.found) do
    if its.called[module.id][wanted] then return true end
  end
  return false
end

local MOST_COMPARED = 20000 -- names; who got so much wrong has taken another business

-- The nearest name of a service instance in the modules of a rule.
local function advice(its, rule, wanted)
  if its.compared > MOST_COMPARED then return nil end
  local names = {}
  for _, module in ipairs(rule.found) do
    for _, instance in ipairs(its.state.instances_of[module.id]) do
      names[#names + 1] = instance.name
    end
  end
  its.compared = its.compared + #names
  return phrase.did_you_mean(wanted, names)
end

-- Service instances whose names met nothing, unless they are made.
local function unknown_instances(its, rule, is_partial, problems)
  local list = rule.rule.where.service_instance or {}
  for i, name in ipairs(list) do
    local is_made = #rule.names > 0 and type(name) == "string"
    if not (is_made or glob.is(name) or meets(its, rule, name)) then
      problems[#problems + 1] = fault.new {
        code = "playbook.unknown_service_instance", at = its.pb.at(list, i),
        message = ('no service instance there %s "%s"'):format(
          is_partial and "that has these processes is called" or "is called", name),
        hint = advice(its, rule, name),
      }
    end
  end
end

-- Hosts that are in none of the modules.
local function hosts_elsewhere(its, rule, is_partial, problems)
  local where = rule.rule.where
  if where.labels or where.service_instance and #rule.names == 0 then return end
  local met = met_by(rule, its.state)
  for _, list in ipairs { where.hosts or {}, where.host_ids or {} } do
    for i, wish in ipairs(list) do
      if not met[wish] then
        problems[#problems + 1] = fault.new {
          code = "playbook.host_elsewhere", at = its.pb.at(list, i),
          message = ("host %s %s the modules that this rule names"):format(wish,
            is_partial and "has none of the processes in" or "is in none of"),
          hint = "transfer the host into the module first, or name the module it is in",
        }
      end
    end
  end
end

-- What a rule names and met nothing.
local function check(its, rule, problems)
  local before = #problems
  local is_partial = unknown_processes(its, rule, problems)
  if #problems > before or not rule.complete then return end
  unknown_instances(its, rule, is_partial, problems)
  hosts_elsewhere(its, rule, is_partial, problems)
end

---Says what rules name and met nothing.
---@param pb table
---@param state table
---@param rules remora.kinds.instances.Resolved[]
---@param problems table[] faults are added here
return function(pb, state, rules, problems)
  local its = { pb = pb, state = state, compared = 0 }
  its.names_of = made_once(function(template)
    local names = {}
    for _, each in ipairs(template.processes or {}) do names[each.name] = true end
    return names
  end)
  its.called = made_once(function(module_id)
    local called = {}
    for _, instance in ipairs(state.instances_of[module_id]) do
      called[instance.name], called[instance.id] = true, true
    end
    return called
  end)
  for _, rule in ipairs(rules) do check(its, rule, problems) end
end
