-- What of processes is looked at for a playbook beyond its service templates: in which modules, and
-- which fields. Pure.

local order = require "remora.core.order"
local reach = require "remora.model.reach"

local demand = {}

-- What every update of a templated process needs, whatever it changes.
local ALWAYS = { "bk_process_id", "bk_process_name", "bind_info" }

---The fields and the processes that rules name.
---@param rules table[] of the section instances
---@return table<string, true> fields
---@return string[]? names nil: all processes count, as they do when some rule names none, which
---  still says where it means
function demand.declared(rules)
  local fields, names, named = {}, {}, true
  for _, field in ipairs(ALWAYS) do fields[field] = true end
  for _, rule in ipairs(rules) do
    named = named and next(rule.processes) ~= nil
    for name, fields_of in pairs(rule.processes) do
      names[name] = true
      for field in pairs(fields_of) do fields[field] = true end
    end
  end
  return fields, named and next(names) and order.keys(names) or nil
end

---The fields that do for all kinds that look at processes.
---@param pb table
---@param state table with demands
---@return string[]
function demand.fields(pb, state)
  local fields = demand.declared(pb.sections.instances or {})
  for _, more in ipairs(state.demands) do
    for _, field in ipairs(more) do fields[field] = true end
  end
  return order.keys(fields)
end

---The modules whose processes are looked at.
---@param pb table
---@param state table with sets and modules
---@return table<integer, true> ids
function demand.modules(pb, state)
  local ids = {}
  for _, section in ipairs { "instances", "hosting" } do
    for _, module in ipairs(reach.modules(pb.sections[section] or {}, pb, state)) do
      ids[module.id] = true
    end
  end
  return ids
end

return demand
