-- The name that the platform gives a service instance which nobody has named: the address of its
-- host, its first process and that one's first port, as far as there are any. Pure.

local bind_rows = require "remora.model.bind_rows"
local values = require "remora.model.values"

local function first_port(rows)
  for _, row in ipairs(bind_rows.list(rows)) do
    if not values.unset(row.port) and row.port ~= "" then return row.port end
  end
  return nil
end

---@param host remora.model.Host?
---@param process table? its bk_process_name and bind_info, as they are stored
---@return string
return function(host, process)
  local parts = { host and host.inner }
  if process then
    parts[#parts + 1] = process.bk_process_name
    parts[#parts + 1] = first_port(process.bind_info)
  end
  return table.concat(parts, "_")
end
