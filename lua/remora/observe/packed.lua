-- Service instances as they are kept: packed, for there are very many. A process is one text, and
-- becomes tables when somebody asks for its instance, for as long as he holds it. Reads nothing.

local addresses = require "remora.model.addresses"
local listing = require "remora.observe.listing"
local process_columns = require "remora.observe.process_columns"

local packed = {}
packed.__index = packed

---@class remora.observe.Packing rows on their way into lists
---@field lists table<integer, remora.observe.PackedList> by module
---@field hosts table<integer, remora.model.Host>? of the rows by id; nil: nobody looks for them

---@class remora.observe.PackedList stands where a list of the service instances of a module does,
---  by id; is not to be changed
---@field module integer
---@field texts string[] each process without its fields
---@field values table[] field → value of each, shared by those that look alike
---@field ids integer[]? of the service instance of each, until all rows are there
---@field first integer[] the first process of each instance; its others follow by id
---@field counts table<integer, integer> how many processes of each template there are
---@field made table<integer, remora.observe.Instance> those that somebody holds
local PackedList = {}

---@param fields string[] of the processes, as of process_columns.of
---@param hosts table<integer, remora.model.Host>? to which the hosts of the rows are added
---@return remora.observe.Packing
function packed.new(fields, hosts)
  return setmetatable({ lists = {}, hosts = hosts, values_of = process_columns.shared(fields) },
    packed)
end

local FORM = "<jjjjs2s2" -- ids of process, template, instance and host; address and name
local IDS = "<jjj" -- what of it says which process it is, of which template, and in what
local HOST, HOST_FROM = "<js2", 25 -- and where that is

local function new_list(module_id)
  return { module = module_id, texts = {}, values = {}, ids = {}, counts = {},
    made = setmetatable({}, { __mode = "v" }) }
end

local function append(list, instance_id, template_id, text, values)
  local i = #list.texts + 1
  list.ids[i], list.texts[i], list.values[i] = instance_id, text, values
  list.counts[template_id] = (list.counts[template_id] or 0) + 1
end

-- The address by which people know the host of a row, which is noted for who looks for hosts.
local function address(self, row)
  if not self.hosts then return addresses.ip(row) end
  local id = row.bk_host_id
  self.hosts[id] = self.hosts[id] or addresses.host(row)
  return self.hosts[id].ip
end

---Adds a row.
---@param row table good until the next one
function packed:add(row)
  local module, template_id = row.module, listing.template_id(row)
  local list = self.lists[module] or new_list(module)
  self.lists[module] = list
  append(list, row.instance, template_id, FORM:pack(row.id, template_id, row.instance,
    row.bk_host_id, address(self, row), row.name), self.values_of(row.look))
end

-- Puts the rows in the order of their instances, and of their processes in each.
local function sort(list)
  local ids, texts, values, rows = list.ids, list.texts, list.values, {}
  for i in ipairs(ids) do rows[i] = i end
  table.sort(rows, function(a, b)
    if ids[a] ~= ids[b] then return ids[a] < ids[b] end
    return IDS:unpack(texts[a]) < IDS:unpack(texts[b])
  end)
  list.ids, list.texts, list.values = {}, {}, {}
  for i, row in ipairs(rows) do
    list.ids[i], list.texts[i], list.values[i] = ids[row], texts[row], values[row]
  end
end

-- Whether every row is of a later instance than the one before: mostly they come like that.
local function is_sorted(list)
  for i = 2, #list.ids do
    if list.ids[i] <= list.ids[i - 1] then return false end
  end
  return true
end

local function close(list)
  if not is_sorted(list) then sort(list) end
  local ids, first = list.ids, {}
  for i, id in ipairs(ids) do
    if id ~= ids[i - 1] then first[#first + 1] = i end
  end
  list.first, list.ids = first, nil
  return setmetatable(list, PackedList)
end

---The rows as lists, once all are there.
---@return table<integer, remora.observe.PackedList> by module
function packed:close()
  for _, list in pairs(self.lists) do close(list) end
  return self.lists
end

local function make(list, i)
  local instance
  for at = list.first[i], (list.first[i + 1] or #list.texts + 1) - 1 do
    local id, template_id, instance_id, host_id, ip, name = FORM:unpack(list.texts[at])
    local process = listing.process(id, template_id, list.values[at])
    if instance then
      table.insert(instance.processes, process)
    else
      instance = { id = instance_id, name = name, module_id = list.module, host_id = host_id,
        ip = ip, processes = { process } }
    end
  end
  return instance
end

function PackedList.__len(list) return #list.first end

function PackedList.__index(list, i)
  local made, first = rawget(list, "made"), rawget(list, "first")
  if not made[i] and first[i] then made[i] = make(list, i) end
  return made[i]
end

---Hands all processes of a list to a function, without service instances being made.
---@param list remora.observe.PackedList|remora.observe.Instance[]
---@param visit fun(i: integer, id: integer|string, template_id: integer|string, values: table) the
---  i-th instance of the list has it
function packed.each(list, visit)
  if getmetatable(list) ~= PackedList then
    for i, instance in ipairs(list) do
      for _, each in ipairs(instance.processes) do
        visit(i, each.id, each.template_id, each.values)
      end
    end
    return
  end
  for i, first in ipairs(list.first) do
    for at = first, (list.first[i + 1] or #list.texts + 1) - 1 do
      local id, template_id = IDS:unpack(list.texts[at])
      visit(i, id, template_id, list.values[at])
    end
  end
end

---The host of a service instance, without that being made.
---@param list remora.observe.PackedList|remora.observe.Instance[]
---@param i integer
---@return integer id
---@return string? ip of the instance
function packed.host(list, i)
  if getmetatable(list) ~= PackedList then return list[i].host_id, list[i].ip end
  local id, ip = HOST:unpack(list.texts[list.first[i]], HOST_FROM)
  return id, ip
end

---A list without some processes.
---@param list remora.observe.PackedList
---@param touched remora.observe.Touched
---@param lost {id: integer, instance_id: integer}[] processes that are left out are added here
---@param whole table<integer, true> service instances that are left out are added here
---@return remora.observe.PackedList
function packed.without(list, touched, lost, whole)
  local kept, processes = new_list(list.module), touched.processes or {}
  local instances = touched.instances or {}
  for i, text in ipairs(list.texts) do
    local id, template_id, instance_id = IDS:unpack(text)
    if instances[instance_id] then
      whole[instance_id] = true
    elseif processes[id] then
      lost[#lost + 1] = { id = id, instance_id = instance_id }
    else
      append(kept, instance_id, template_id, text, list.values[i])
    end
  end
  return close(kept)
end

---Two lists of one module as one.
---@param list remora.observe.PackedList
---@param more remora.observe.PackedList other processes
---@return remora.observe.PackedList
function packed.joined(list, more)
  local all = new_list(list.module)
  for _, part in ipairs { list, more } do
    for i, text in ipairs(part.texts) do
      local _, template_id, instance_id = IDS:unpack(text)
      append(all, instance_id, template_id, text, part.values[i])
    end
  end
  return close(all)
end

---How many processes of each template the instances of a list have.
---@param list remora.observe.PackedList|remora.observe.Instance[]
---@return table<integer|string, integer>
function packed.counts(list)
  if getmetatable(list) == PackedList then return list.counts end
  local counts = {}
  for _, instance in ipairs(list) do
    for _, each in ipairs(instance.processes) do
      counts[each.template_id] = (counts[each.template_id] or 0) + 1
    end
  end
  return counts
end

return packed
