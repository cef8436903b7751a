-- What rules for instances name and is not there: processes of a template, service instances and
-- hosts. Pure; says so, and decides nothing.

local addresses = require "remora.model.addresses"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local reach = require "remora.model.reach"

-- Which templates of a rule's modules lack a process, and whether a rule that picks hosts, names or
-- labels finds it in another module: nothing is wrong then, as it need not mean them all. In a
-- module without a template it may be any process.
local function lacking(rule, state, name)
  local templates, found_elsewhere = {}, false
  for _, module in ipairs(rule.found) do
    local template = module.template_id ~= 0 and state.templates[module.template_id]
    local has = module.template_id == 0 and rule.met[module.id]
    for _, each in ipairs(template and template.processes or {}) do
      has = has or each.name == name
    end
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
local function unknown_processes(pb, state, rule, problems)
  local is_partial = false
  for name in order.pairs(rule.rule.processes or {}) do
    local templates, found_elsewhere = lacking(rule, state, name)
    is_partial = is_partial or #templates > 0
    for _, template in ipairs(found_elsewhere and {} or templates) do
      problems[#problems + 1] = unknown_process(pb, state, rule, name, template)
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

-- Whether the modules of a rule have a service instance that matches; the names of all there.
local function meets(rule, state, matches)
  local found, known = false, {}
  for module_id in order.pairs(rule.modules) do
    for _, instance in ipairs(state.instances_of[module_id]) do
      found = found or matches(instance.name, instance.id)
      known[#known + 1] = instance.name
    end
  end
  return found, known
end

-- Service instances whose names met nothing, unless they are made.
local function unknown_instances(pb, state, rule, is_partial, problems)
  local list = rule.rule.where.service_instance or {}
  for i, name in ipairs(list) do
    local is_made = #rule.names > 0 and type(name) == "string"
    if not is_made and not glob.is(name) then
      local found, known = meets(rule, state, glob.matcher(name))
      if not found then
        problems[#problems + 1] = fault.new {
          code = "playbook.unknown_service_instance", at = pb.at(list, i),
          message = ('no service instance there %s "%s"'):format(
            is_partial and "that has these processes is called" or "is called", name),
          hint = phrase.did_you_mean(name, known),
        }
      end
    end
  end
end

-- Hosts that are in none of the modules.
local function hosts_elsewhere(pb, state, rule, is_partial, problems)
  local where = rule.rule.where
  if where.labels or where.service_instance and #rule.names == 0 then return end
  local met = met_by(rule, state)
  for _, list in ipairs { where.hosts or {}, where.host_ids or {} } do
    for i, wish in ipairs(list) do
      if not met[wish] then
        problems[#problems + 1] = fault.new {
          code = "playbook.host_elsewhere", at = pb.at(list, i),
          message = ("host %s %s the modules that this rule names"):format(wish,
            is_partial and "has none of the processes in" or "is in none of"),
          hint = "transfer the host into the module first, or name the module it is in",
        }
      end
    end
  end
end

---Says what a rule names and met nothing.
---@param pb table
---@param state table
---@param rule remora.kinds.instances.Resolved
---@param problems table[] faults are added here
return function(pb, state, rule, problems)
  local before = #problems
  local is_partial = unknown_processes(pb, state, rule, problems)
  if #problems > before or not rule.complete then return end
  unknown_instances(pb, state, rule, is_partial, problems)
  hosts_elsewhere(pb, state, rule, is_partial, problems)
end
