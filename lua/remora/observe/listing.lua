-- Makes processes, service instances and hosts of rows of list_process_related_info
-- (observe/process_columns.lua). Owns their form, which is small, for there are very many. Reads
-- nothing.

local addresses = require "remora.model.addresses"
local order = require "remora.core.order"
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
---@field host remora.model.Host? as its row told; nil: it is not read, but planned, or was packed
---@field ip string? by which people know the host of one that was packed
---@field processes remora.observe.Process[] by id

---@class remora.observe.Listing rows on their way into lists
---@field lists table<integer, remora.observe.Instance[]> by module

---@param fields string[] of the processes, as of process_columns.of
---@return remora.observe.Listing
function listing.new(fields)
  return setmetatable({ lists = {}, by_id = {}, values_of = process_columns.shared(fields) },
    listing)
end

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

---Adds a row.
---@param row table good until the next one
function listing:add(row)
  local process = listing.process(row.id, listing.template_id(row), self.values_of(row.look))
  local instance, list = self.by_id[row.instance], self.lists[row.module] or {}
  if instance then
    table.insert(instance.processes, process)
    return
  end
  instance = listing.instance(row, process)
  self.lists[row.module] = list
  self.by_id[instance.id], list[#list + 1] = instance, instance
end

---The rows as lists, once all are there.
---@return table<integer, remora.observe.Instance[]> by module
function listing:close()
  for _, list in pairs(self.lists) do order.sort(list, order.by_id) end
  return self.lists
end

-- A service instance without what was touched of it, which is added to `lost`; nil: none is left.
local function standing(instance, processes, lost)
  local kept, before = {}, #lost
  for _, each in ipairs(instance.processes) do
    if processes[each.id] then
      lost[#lost + 1] = { id = each.id, instance_id = instance.id }
    else
      kept[#kept + 1] = each
    end
  end
  if #lost == before then return instance end
  return #kept > 0 and values.copy(instance, { processes = kept }) or nil
end

---A list without what was touched.
---@param list remora.observe.Instance[]
---@param touched remora.observe.Touched
---@param lost {id: integer, instance_id: integer}[] processes that are left out are added here
---@param whole table<integer, true> service instances that are left out are added here
---@return remora.observe.Instance[]
function listing.without(list, touched, lost, whole)
  local kept, processes, instances = {}, touched.processes or {}, touched.instances or {}
  for _, instance in ipairs(list) do
    if instances[instance.id] then
      whole[instance.id] = true
    else
      kept[#kept + 1] = standing(instance, processes, lost)
    end
  end
  return kept
end

---Two lists of one module as one.
---@param list remora.observe.Instance[]
---@param more remora.observe.Instance[] processes of those in the list, or of others
---@return remora.observe.Instance[]
function listing.joined(list, more)
  local all, place = {}, {}
  for i, instance in ipairs(list) do all[i], place[instance.id] = instance, i end
  for _, instance in ipairs(more) do
    local i = place[instance.id]
    if i then
      local its = table.move(all[i].processes, 1, #all[i].processes, 1, {})
      table.move(instance.processes, 1, #instance.processes, #its + 1, its)
      order.sort(its, order.by_id)
      all[i] = values.copy(instance, { processes = its })
    else
      all[#all + 1] = instance
    end
  end
  order.sort(all, order.by_id)
  return all
end

return listing
