-- What of a business a playbook reaches, as far as the selection of the run touches it: the modules
-- and service instances its rules match, modules that follow templates it declares, and what it
-- declares by name. Pure.

local order = require "remora.core.order"
local scope = require "remora.model.scope"

local reach = {}

local function selects(state, label)
  return not state.selection or state.selection:takes(label)
end

-- The modules that a `where` speaks of, by id, but for those that the selection leaves out whole;
-- and faults.
local function matched(within, where)
  local modules, problems = within:modules(where)
  local list = {}
  for _, module in ipairs(modules) do
    if selects(within.state, { module.set_name, module.name }) then list[#list + 1] = module end
  end
  return list, problems
end

---@class remora.model.Reach which service instances a rule speaks of
---@field modules table<integer, true>
---@field found remora.observe.Module[] the same modules, by id
---@field hosts table<integer, true>? nil: all
---@field labelled table<integer, true>? service instances that have its labels; nil: it names none
---@field accepts (fun(instance: {id: any, name: string}): boolean)? nil: whatever they are called
---@field picks boolean it means some service instances of its modules only
---@field complete boolean all that it names was looked at

---Finds out which service instances a `where` speaks of.
---@param within remora.model.Scope
---@param where table of one of its rules
---@param labelled table<integer, true>? service instances that have its labels
---@return remora.model.Reach
---@return table[] problems faults
function reach.resolve(within, where, labelled)
  local found, problems = matched(within, where)
  local hosts, unknown_hosts = within:hosts(where)
  table.move(unknown_hosts, 1, #unknown_hosts, #problems + 1, problems)
  local modules = {}
  for _, module in ipairs(found) do modules[module.id] = true end
  local accepts = scope.instances(where)
  return {
    modules = modules, found = found, hosts = hosts, labelled = labelled, accepts = accepts,
    picks = (hosts or labelled or accepts) ~= nil,
    -- With a selection, what a rule names may be where nobody looks.
    complete = #problems == 0 and not within.state.selection,
  }, problems
end

---Whether a rule speaks of a service instance that is in one of its modules.
---@param its remora.model.Reach
---@param instance {host_id: integer, id: integer?, name: string}
---@return boolean
function reach.speaks_of(its, instance)
  if its.hosts and not its.hosts[instance.host_id] then return false end
  if its.labelled and not its.labelled[instance.id] then return false end
  return not its.accepts or its.accepts(instance)
end

---The modules that rules match.
---@param rules {where: table}[]
---@param pb table
---@param state table with sets and modules
---@return remora.observe.Module[] modules each once, by id
function reach.modules(rules, pb, state)
  local seen, modules, within = {}, {}, scope.new(rules, state, pb.at)
  for _, rule in ipairs(rules) do
    for _, module in ipairs((matched(within, rule.where))) do
      if not seen[module.id] then
        seen[module.id] = true
        modules[#modules + 1] = module
      end
    end
  end
  table.sort(modules, order.by_id)
  return modules
end

---What a section declares by name, but for what the selection leaves out whole.
---@param section string "service_templates" or "processes"
---@param pb table
---@param state table
---@return fun(): string?, table? name and what is wanted of it, in the order of the names
function reach.declared(section, pb, state)
  local declared = pb.sections[section] or {}
  local names, i = order.keys(declared), 0
  return function()
    repeat i = i + 1 until not names[i] or selects(state, { names[i] })
    return names[i], declared[names[i]]
  end
end

---What helps where something is missing that a service template of the playbook would bring, if the
---selection did not leave it out.
---@param name string of the service template
---@param pb table
---@param state table
---@return string? hint nil: it is not declared, or not left out
function reach.left_out(name, pb, state)
  local declared = pb.sections.service_templates
  if not (declared and declared[name]) or selects(state, { name }) then return nil end
  return ("the service template is left out, as --target and --exclude say: take it in with "
    .. "--target %s, or apply it first"):format(name)
end

---The modules that follow a service template and are looked at: all modules of the declared
---templates, and of the others those that rules for instances match.
---@param pb table
---@param state table with modules, and template_ids where templates are declared
---@return remora.observe.Module[] modules by id
function reach.followers(pb, state)
  local chosen, modules = {}, {}
  for name in reach.declared("service_templates", pb, state) do
    if state.template_ids[name] then chosen[state.template_ids[name]] = true end
  end
  local by_rule = {}
  for _, module in ipairs(reach.modules(pb.sections.instances or {}, pb, state)) do
    by_rule[module.id] = module.template_id ~= 0
  end
  for _, module in ipairs(state.modules) do
    if chosen[module.template_id] or by_rule[module.id] then modules[#modules + 1] = module end
  end
  return modules
end

return reach
