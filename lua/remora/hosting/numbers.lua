-- Numbers processes: within their module and on their host, the way `${inst_id}` and
-- `${local_inst_id}` count. Pure; looks at every process that was read, not only at
-- those that rules select.

local order = require "remora.core.order"

local numbers = {}

---@class remora.hosting.Found a process with what it belongs to
---@field process remora.observe.Process
---@field instance remora.observe.Instance
---@field module remora.observe.Module
---@field inst_id integer number of its first copy within the module, from 1
---@field local_inst_id integer number of its first copy on the host, from 1

---How many copies of a process run on a host.
---@param process remora.observe.Process
---@return integer
function numbers.copies(process)
  local count = process.values.proc_num
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
---@return fun(): remora.hosting.Found? found in the order of their numbers
function numbers.each(state)
  local processes, instances = {}, {} -- by id of the process
  for _, list in pairs(state.instances_of) do
    for _, instance in ipairs(list) do
      for _, process in ipairs(instance.processes) do
        processes[process.id], instances[process.id] = process, instance
      end
    end
  end
  -- Numbers must not change when others come and go: existing processes first, by id, and then
  -- those that are only planned, whose ids are texts.
  local ids, i, in_module, on_host = order.keys(processes), 0, counter(), counter()
  return function()
    i = i + 1
    local process, instance = processes[ids[i]], instances[ids[i]]
    if not process then return nil end
    local copies = numbers.copies(process)
    return { process = process, instance = instance,
      module = state.module_by_id[instance.module_id],
      inst_id = in_module(process.name, instance.module_id, copies),
      local_inst_id = on_host(process.name, instance.host_id, copies) }
  end
end

return numbers
