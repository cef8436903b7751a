-- Numbers processes: within their module and on their host, the way `${inst_id}` and
-- `${local_inst_id}` count. Pure; looks at every process that was read, not only at
-- those that rules select.

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

-- Numbers must not change when others come and go: existing processes first, by id.
local function in_order(a, b)
  local ta, tb = type(a.process.id), type(b.process.id)
  if ta ~= tb then return ta == "number" end
  return a.process.id < b.process.id
end

---All processes of the state, numbered.
---@param state table with instances_of and module_by_id
---@return remora.hosting.Found[] in the order of their numbers
function numbers.of(state)
  local found = {}
  for module_id, instances in pairs(state.instances_of) do
    local module = state.module_by_id[module_id]
    for _, instance in ipairs(instances) do
      for _, process in ipairs(instance.processes) do
        found[#found + 1] = { process = process, instance = instance, module = module }
      end
    end
  end
  table.sort(found, in_order)
  local in_module, on_host = {}, {}
  for _, each in ipairs(found) do
    local module = each.module.id .. "\0" .. each.process.name
    local host = each.instance.host_id .. "\0" .. each.process.name
    local copies = numbers.copies(each.process)
    each.inst_id, each.local_inst_id = (in_module[module] or 0) + 1, (on_host[host] or 0) + 1
    in_module[module], on_host[host] = each.inst_id - 1 + copies, each.local_inst_id - 1 + copies
  end
  return found
end

return numbers
