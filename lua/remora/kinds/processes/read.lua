-- Reads what planning the processes of the old platform needs: all processes, and the bindings of
-- those whose modules are declared. Owns state.v3.

local reach = require "remora.model.reach"
local v3 = require "remora.observe.v3"

local NO_PROCESS = 0 -- an id nobody has

local function bindings(reader, business, id)
  return reader:memo("v3_bindings", tostring(id), function()
    return v3.bindings(reader, business, id)
  end)
end

---@param reader table
---@param pb table
---@param state table with business
---@return boolean? done
---@return table? fault
return function(reader, pb, state)
  local rows, refused = reader:memo("v3_processes", "all", function()
    return v3.processes(reader, state.business.id)
  end)
  if not rows then return nil, refused end
  state.v3 = { by_name = {}, module_names = {} }
  for _, row in ipairs(rows) do
    state.v3.by_name[row.bk_process_name] = { id = row.bk_process_id, values = row }
  end
  local names = {}
  for name, want in reach.declared("processes", pb, state) do
    if want.modules then names[#names + 1] = name end
  end
  local bound
  bound, refused = reader:gather(names, function(name)
    local process = state.v3.by_name[name]
    return bindings(reader, state.business.id, process and process.id or NO_PROCESS)
  end)
  if not bound then return nil, refused end
  for i, name in ipairs(names) do
    if state.v3.by_name[name] then state.v3.by_name[name].bound = bound[i] end
    for module in pairs(bound[i]) do state.v3.module_names[module] = true end
  end
  return true
end
