-- Calls that take only few items, so that a small fleet fills many of them. Owns how few.

local catalogue = require "remora.catalogue"

local small_calls = { most = math.huge }

local CALLS = { "cc.batch_create_proc_template", "cc.delete_proc_template",
  "cc.create_service_instance", "cc.create_process_instance", "cc.update_process_instance",
  "cc.delete_process_instance" }

local LISTS = { "cc.list_process_related_info", "cc.list_service_instance",
  "cc.find_host_topo_relation", "cc.list_service_template", "cc.list_biz_hosts" }

---Lowers the limits of the calls that a plan is made of, and the pages of the lists that it reads.
---@param most integer items
---@return table restored as they were when it is closed
function small_calls.begin(most)
  local former = {}
  local function lower(part)
    former[part], part.limit = part.limit, math.min(part.limit, most)
  end
  for _, call in ipairs(CALLS) do lower(assert(catalogue.get(call)).batch) end
  for _, call in ipairs(LISTS) do lower(assert(catalogue.get(call)).page) end
  small_calls.most = most
  return setmetatable({}, { __close = function()
    for part, limit in pairs(former) do part.limit = limit end
    small_calls.most = math.huge
  end })
end

return small_calls
