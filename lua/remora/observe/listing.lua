-- Makes processes and service instances of rows of list_process_related_info
-- (observe/process_columns.lua). Owns their form. Reads nothing.

local addresses = require "remora.model.addresses"
local values = require "remora.model.values"

local listing = {}

---@class remora.observe.Process
---@field id integer|string
---@field name string
---@field values table field → value, as far as it was read; processes that look alike share it, so
---  it is never changed
---@field template_id integer|string process template; 0: a free process

---@class remora.observe.Instance a service instance that has a process; never changed, as what was
---  read is planned from again and again
---@field id integer|string
---@field name string
---@field module_id integer
---@field host_id integer
---@field host remora.model.Host? as its row told; nil: it was packed, or is planned
---@field ip string? by which people know the host of one that was packed
---@field processes remora.observe.Process[] by id

---The process template of a row.
---@param row table
---@return integer|string id 0: of a free process
function listing.template_id(row)
  return values.unset(row.template) and 0 or row.template
end

---A process.
---@param id integer
---@param template_id integer
---@param its table<string, any> what its look says
---@return remora.observe.Process
function listing.process(id, template_id, its)
  return { id = id, name = its.bk_process_name, values = its, template_id = template_id }
end

---The service instance of a row.
---@param row table
---@param process remora.observe.Process its first one
---@return remora.observe.Instance
function listing.instance(row, process)
  return { id = row.instance, name = row.name, module_id = row.module, host_id = row.bk_host_id,
    host = addresses.host(row), processes = { process } }
end

return listing
