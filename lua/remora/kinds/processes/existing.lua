-- What a playbook for the old platform could take away: the bindings of the processes that it
-- declares. Pure.

local reach = require "remora.model.reach"

---@param pb table
---@param state table
---@return remora.reconcile.Portion[]
return function(pb, state)
  local list = {}
  for name in reach.declared("processes", pb, state) do
    local count, process = 0, state.v3.by_name[name]
    for _, is_bound in pairs(process and process.bound or {}) do
      count = count + (is_bound and 1 or 0)
    end
    list[#list + 1] = { what = "binding", within = name, count = count }
    list[#list + 1] = { what = "process", within = name, count = process and 1 or 0 }
  end
  return list
end
