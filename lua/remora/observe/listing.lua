-- Makes processes, service instances and hosts of rows of list_process_related_info
-- (observe/process_columns.lua). Owns their form, which is small, for there are very many. Reads
-- nothing.

local addresses = require "remora.model.addresses"
local process_columns = require "remora.observe.process_columns"
local values = require "remora.model.values"

local listing = {}
listing.__index = listing

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
---@field host remora.model.Host? as its row told; nil: it is not read, but planned
---@field processes remora.observe.Process[] by id

---@class remora.observe.Listing
---@field instances remora.observe.Instance[] in the order of their first processes

---@param fields string[] of the processes, as of process_columns.of
---@return remora.observe.Listing
function listing.new(fields)
  return setmetatable({ instances = {}, by_id = {},
    values_of = process_columns.shared(fields) }, listing)
end

---The process of a row.
---@param row table good until the next one
---@return remora.observe.Process
function listing:process(row)
  local its = self.values_of(row.look)
  return { id = row.id, name = its.bk_process_name, values = its,
    template_id = values.unset(row.template) and 0 or row.template }
end

---The service instance of a row.
---@param row table
---@param process remora.observe.Process its first one
---@return remora.observe.Instance
function listing.instance(row, process)
  return { id = row.instance, name = row.name, module_id = row.module, host_id = row.bk_host_id,
    host = addresses.host(row), processes = { process } }
end

---Adds a row.
---@param row table good until the next one
function listing:add(row)
  local process, instance = self:process(row), self.by_id[row.instance]
  if instance then
    table.insert(instance.processes, process)
    return
  end
  instance = listing.instance(row, process)
  self.by_id[instance.id], self.instances[#self.instances + 1] = instance, instance
end

return listing
