-- What is wanted of a row of list_process_related_info, as columns (remora.net.columns), and what
-- these say. The fields of a process come together as one text, its look: processes that look alike
-- share their values. Reads nothing.

local addresses = require "remora.model.addresses"
local json = require "json"

local process_columns = {}

local MOST_LOOKS = 256 -- that are remembered; a fleet of which each process is another has no end

---The columns.
---@param fields string[] of the process, for its look
---@return table<string, string|string[]> wanted `id` of the process, `template` (of the process),
---  `module`, `instance` and `name` (of the service instance), addresses.FIELDS, `look`
function process_columns.of(fields)
  local wanted = { id = "process.bk_process_id", template = "process_template.id",
    module = "module.bk_module_id", instance = "service_instance.id",
    name = "service_instance.name", look = {} }
  for _, name in ipairs(addresses.FIELDS) do wanted[name] = "host." .. name end
  for i, name in ipairs(fields) do wanted.look[i] = "process." .. name end
  return wanted
end

---The fields of a process from its look.
---@param fields string[] as of process_columns.of
---@param look string
---@return table<string, any> values unset ones are json.null
function process_columns.values(fields, look)
  local values, list = {}, assert(json.decode(look))
  for i, name in ipairs(fields) do values[name] = list[i] end
  return values
end

---The same for many processes, of which those that look alike share one table.
---@param fields string[]
---@return fun(look: string): table<string, any>
function process_columns.shared(fields)
  local known, count = {}, 0
  return function(look)
    local values = known[look]
    if values then return values end
    if count == MOST_LOOKS then known, count = {}, 0 end
    values = process_columns.values(fields, look)
    known[look], count = values, count + 1
    return values
  end
end

return process_columns
