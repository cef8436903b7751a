-- Finds out which attributes operators have added to the process model, from the newest process:
-- a playbook cannot set them, and whoever pulls should know.

local order = require "remora.core.order"
local process = require "remora.model.process"

local sample = {}

-- What every process document holds beside the process model.
local KNOWN = {}
for _, name in ipairs(process.FIELDS) do KNOWN[name] = true end
for _, name in ipairs {
  "bk_process_id", "bk_biz_id", "service_instance_id", "bk_supplier_account", "bk_func_id",
  "create_time", "last_time", "bk_created_at", "bk_created_by", "bk_updated_at", "bk_updated_by",
} do
  KNOWN[name] = true
end

---@param reader table
---@param state table with business
---@param notes remora.pull.Notes
---@return boolean? done
---@return table? fault
function sample.read(reader, state, notes)
  local data, refused = reader:call("cc.list_process_related_info", {
    bk_biz_id = state.business.id, page = { start = 0, limit = 1, sort = "-bk_process_id" },
  })
  if not data then return nil, refused end
  local added = {}
  for name in pairs(data.info[1] and data.info[1].process or {}) do
    if not KNOWN[name] then added[name] = true end
  end
  local names = order.keys(added)
  if #names > 0 then
    notes:head("Processes have attributes of their own, which a playbook cannot set: "
      .. table.concat(names, ", "))
  end
  return true
end

return sample
