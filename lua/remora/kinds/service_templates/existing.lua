-- What a playbook's service templates could take away: their process templates, and in the modules
-- that follow them, as far as hosts were read, processes and service instances. Pure.

local reach = require "remora.model.reach"
local topology = require "remora.observe.topology"

---@param pb table
---@param state table
---@return remora.reconcile.Portion[]
return function(pb, state)
  local list = {}
  for name in reach.declared("service_templates", pb, state) do
    local id = state.template_ids[name]
    local count = id and #state.templates[id].processes or 0
    list[#list + 1] = { what = "process template", within = name, count = count }
    for _, module in ipairs(id and topology.following(state, id) or {}) do
      local place = topology.place(module)
      local hosts = #(state.hosts_of and state.hosts_of[module.id] or {})
      local its, loose = state.surveyed[module.id], 0
      for _, some in pairs(its and its.loose or {}) do loose = loose + some end
      list[#list + 1] = { what = "process", within = place, count = hosts * count + loose }
      list[#list + 1] = { what = "service instance", within = place, count = hosts }
    end
  end
  return list
end
