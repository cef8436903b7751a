-- Numbers processes: within their module and on their host, the way `${inst_id}` and
-- `${local_inst_id}` count. Pure; looks at every process that was read, not only at
-- those that rules select.

local order = require "remora.core.order"
local packed = require "remora.observe.packed"

local numbers = {}

---@class remora.hosting.Found a process with what it belongs to
---@field id integer|string
---@field name string
---@field values table its fields, as of remora.observe.Process
---@field module remora.observe.Module
---@field number integer of its service instance in the list of the module
---@field host_id integer
---@field inst_id integer number of its first copy within the module, from 1
---@field local_inst_id integer number of its first copy on the host, from 1

---How many copies of a process run on a host.
---@param fields table of the process
---@return integer
function numbers.copies(fields)
  local count = fields.proc_num
  return math.type(count) == "integer" and count or 1
end

-- Counts what is of one name in each of many places: gives the number of the first of some more.
local function counter()
  local by_name = {}
  return function(name, place, count)
    by_name[name] = by_name[name] or {}
    local before = by_name[name][place] or 0
    by_name[name][place] = before + count
    return before + 1
  end
end

---Walks all processes of the state, numbered.
---@param state table with instances_of and module_by_id
---@return fun(): remora.hosting.Found? found in the order of their numbers; good until the next one
function numbers.each(state)
  local module_of, number_of, fields_of = {}, {}, {} -- by id of the process
  for module_id, list in pairs(state.instances_of) do
    packed.each(list, function(number, id, _, fields)
      module_of[id], number_of[id], fields_of[id] = module_id, number, fields
    end)
  end
  -- Numbers must not change when others come and go: existing processes first, by id, and then
  -- those that are only planned, whose ids are texts.
  local ids, i, in_module, on_host = order.keys(module_of), 0, counter(), counter()
  local found = {}
  return function()
    i = i + 1
    local id = ids[i]
    if id == nil then return nil end
    local module_id, number, fields = module_of[id], number_of[id], fields_of[id]
    local host_id = packed.host(state.instances_of[module_id], number)
    local name, copies = fields.bk_process_name, numbers.copies(fields)
    found.id, found.name, found.values = id, name, fields
    found.module, found.number = state.module_by_id[module_id], number
    found.host_id = host_id
    found.inst_id = in_module(name, module_id, copies)
    found.local_inst_id = on_host(name, host_id, copies)
    return found
  end
end

return numbers
