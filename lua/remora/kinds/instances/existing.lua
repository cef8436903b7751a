-- What a playbook's instance rules could take away: the processes and service instances where they
-- apply. Pure.

local order = require "remora.core.order"
local packed = require "remora.observe.packed"
local topology = require "remora.observe.topology"

-- How many processes each instance of a module surely has: all of its template, where it is in line
-- with that. Of these only those that rules name were read.
local function in_line(module, state)
  local template = state.templates and state.templates[module.template_id]
  if not template or state.need_sync[module.id] then return 0 end
  return #(template.processes or {})
end

---@param state table
---@return remora.reconcile.Portion[]
return function(_, state)
  local list = {}
  for id, instances in order.pairs(state.instances_of or {}) do
    local module, processes = state.module_by_id[id], 0
    for _, count in pairs(packed.counts(instances)) do processes = processes + count end
    local place = topology.place(module)
    local more = state.unlisted[id] or { processes = 0, instances = 0 }
    local count = #instances + more.instances
    processes = math.max(processes + more.processes, count * in_line(module, state))
    list[#list + 1] = { what = "process", within = place, count = processes }
    list[#list + 1] = { what = "service instance", within = place, count = count }
  end
  return list
end
