-- What a playbook's instance rules could take away: the processes and service instances that were
-- read for them. Pure.

local order = require "remora.core.order"

---@param state table
---@return remora.reconcile.Portion[]
return function(_, state)
  local list = {}
  for id, instances in order.pairs(state.instances_of or {}) do
    local module, processes = state.module_by_id[id], 0
    for _, instance in ipairs(instances) do processes = processes + #instance.processes end
    local place = module.set_name .. "/" .. module.name
    local more = state.unlisted[id] or { processes = 0, instances = 0 }
    list[#list + 1] = { what = "process", within = place, count = processes + more.processes }
    list[#list + 1] = { what = "service instance", within = place,
      count = #instances + more.instances }
  end
  return list
end
