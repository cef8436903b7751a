-- How what a playbook for the old platform speaks of is called in plans: the processes that it
-- declares and their bindings. Pure.

local reach = require "remora.model.reach"

---@param pb table
---@param state table
---@param tell fun(label: string[])
return function(pb, state, tell)
  for name, want in reach.declared("processes", pb, state) do
    tell { name }
    for _, module in ipairs(want.modules or {}) do tell { name, module } end
    local process = state.v3.by_name[name]
    for module, is_bound in pairs(process and process.bound or {}) do
      if is_bound then tell { name, module } end
    end
  end
end
