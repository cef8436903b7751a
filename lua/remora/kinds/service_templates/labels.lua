-- How what a playbook's service templates speak of is called in plans: the templates that it
-- declares and their process templates. Pure.

local reach = require "remora.model.reach"

---@param pb table
---@param state table
---@param tell fun(label: string[])
return function(pb, state, tell)
  for name, want in reach.declared("service_templates", pb, state) do
    tell { name }
    for process in pairs(want.processes or {}) do tell { name, process } end
    local id = state.template_ids[name]
    for _, process in ipairs(id and state.templates[id].processes or {}) do
      tell { name, process.name }
    end
  end
end
