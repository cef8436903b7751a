-- Hosting through the job platform: the requests of manage_proc, operate_proc and operate_process,
-- and the keys that their results come under. Makes no call by itself. See drivers.lua for the
-- functions.

local copy = require "remora.core.copy"
local definition = require "remora.hosting.definition"
local json = require "json"

-- The job platform has no place for the executable beside the name.
local EXPRESSIBLE = copy(definition.members)
EXPRESSIBLE.func_name = nil

local job = { expressible = EXPRESSIBLE, calls = {} }

---Members of a definition that the platform refuses to see blank.
job.needed = { "setup_path", "pid_path" }

-- The call of an operation and its number there; manage_proc counts for itself.
local OPERATIONS = {
  query = { "job.operate_proc", 2 },
  register = { "job.manage_proc", 1 },
  unregister = { "job.manage_proc", 2 },
  start = { "job.operate_process", 0 },
  stop = { "job.operate_process", 1 },
  restart = { "job.operate_process", 7 },
  reload = { "job.operate_process", 8 },
  kill = { "job.operate_process", 9 },
}
for _, operation in pairs(OPERATIONS) do job.calls[operation[1]] = true end

-- operate_proc knows a process by these alone.
local IDENTITY = { "setup_path", "proc_name", "pid_path" }

-- What manage_proc calls the owner of a process, operate_process calls its contact.
local RENAMED = { ["job.operate_process"] = { "proc_owner", "contact" } }

local function rename(info, from, to)
  info[to], info[from] = info[from], nil
end

local function info_of(group, call)
  local info = { ip_list = group.hosts }
  for member, value in pairs(group.entry) do info[member] = value end
  if RENAMED[call] then rename(info, RENAMED[call][1], RENAMED[call][2]) end
  return info
end

---@param verb string
---@param biz_id integer
---@param list {entry: table, host: table}[]
---@return remora.hosting.Request[]
function job.requests(verb, biz_id, list)
  local call, op_type = table.unpack(OPERATIONS[verb])
  local infos = json.array {}
  for i, group in ipairs(definition.group(list, verb == "query" and IDENTITY or nil)) do
    infos[i] = info_of(group, call)
  end
  local args = { bk_scope_type = "biz", bk_scope_id = tostring(biz_id), op_type = op_type,
    process_infos = infos }
  return { { call = call, args = args } }
end

-- The definition that an info was made of.
local function entry_of(info, call)
  local entry = {}
  for member, value in pairs(info) do
    if member ~= "ip_list" then entry[member] = value end
  end
  if RENAMED[call] then rename(entry, RENAMED[call][2], RENAMED[call][1]) end
  return entry
end

---@param call string
---@param args table
---@return fun(): remora.hosting.Addressed?
function job.addressed(call, args)
  return coroutine.wrap(function()
    for _, info in ipairs(args.process_infos) do
      local entry = entry_of(info, call)
      -- The agent's index of the process; with the host it makes the key in get_proc_result.
      local index = entry.setup_path:gsub("/+$", "") .. "/" .. entry.proc_name
      for _, host in ipairs(info.ip_list) do
        coroutine.yield { entry = entry, host = host,
          key = ("%s:%d:%s"):format(index, host.bk_cloud_id, host.ip) }
      end
    end
  end)
end

---@param args table of the request that made the task
---@param data table what the platform answered to it
---@return remora.hosting.Request
function job.question(args, data)
  return { call = "job.get_proc_result", args = {
    bk_scope_type = args.bk_scope_type, bk_scope_id = args.bk_scope_id,
    bk_gse_taskid = data.bk_gse_taskid,
  } }
end

return job
