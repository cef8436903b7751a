-- How what instance rules speak of is called in plans: the service instances of their modules, and
-- the processes in them. What was found to be as wanted is not listed: on which hosts that is,
-- nobody can tell. Pure.

local naming = require "remora.kinds.instances.naming"
local reach = require "remora.model.reach"
local selection = require "remora.reconcile.selection"

-- The names of what each service instance of a module may have by its template.
local function of_template(state, module)
  local template, names = state.templates and state.templates[module.template_id], {}
  for i, each in ipairs(template and template.processes or {}) do names[i] = each.name end
  return names
end

local function listed(state, module, names, tell)
  local its = naming.new(state, { module = module, wish = {} })
  for _, instance in ipairs(state.instances_of[module.id]) do
    local target = { host_id = instance.host_id, instance = instance }
    tell(its:label(target))
    for _, name in ipairs(names) do tell(its:label(target, name)) end
    for _, process in ipairs(instance.processes) do tell(its:label(target, process.name)) end
  end
end

---@param pb table
---@param state table
---@param tell fun(label: string[])
return function(pb, state, tell)
  for _, module in ipairs(reach.modules(pb.sections.instances, pb, state)) do
    local names = of_template(state, module)
    listed(state, module, names, tell)
    local unlisted = state.unlisted[module.id]
    if unlisted and unlisted.processes > 0 then
      local place = { module.set_name, module.name, selection.ANY }
      tell(place)
      for _, name in ipairs(names) do tell { place[1], place[2], place[3], name } end
    end
  end
end
