-- Hosting through the job platform: the arguments of manage_proc, operate_proc and operate_process, the keys
-- that their results come under, and how the results are asked for. Makes no call by itself.

local definition = require "remora.hosting.definition"

local job = {}

-- operate_proc and operate_process count operations differently from manage_proc (api/notes.md §7).
local QUERY, START, STOP = 2, 0, 1
local REGISTER, UNREGISTER = 1, 2

-- operate_proc identifies a process by these alone.
local IDENTITY = { "setup_path", "proc_name", "pid_path" }

---@class remora.hosting.Request
---@field call string
---@field args table

local function request(call, biz_id, op_type, infos)
  return { call = call, args = {
    bk_scope_type = "biz", bk_scope_id = tostring(biz_id), op_type = op_type,
    process_infos = infos,
  } }
end

---Asks what the agents know of some targets.
---@param biz_id integer
---@param list remora.hosting.Target[]
---@return remora.hosting.Request
function job.query(biz_id, list)
  return request("job.operate_proc", biz_id, QUERY, definition.group(list, IDENTITY))
end

---Puts targets into the agents' care.
---@param biz_id integer
---@param list remora.hosting.Target[]
---@return remora.hosting.Request
function job.register(biz_id, list)
  return request("job.manage_proc", biz_id, REGISTER, definition.group(list))
end

---Takes targets out of the agents' care; the processes go on running.
---@param biz_id integer
---@param list remora.hosting.Target[]
---@return remora.hosting.Request
function job.unregister(biz_id, list)
  return request("job.manage_proc", biz_id, UNREGISTER, definition.group(list))
end

---Starts processes; the agents keep them alive from then on.
---@param biz_id integer
---@param list remora.hosting.Target[]
---@return remora.hosting.Request
function job.start(biz_id, list)
  return request("job.operate_process", biz_id, START, definition.group(list))
end

---Stops processes; the agents no longer keep them alive.
---@param biz_id integer
---@param list remora.hosting.Target[]
---@return remora.hosting.Request
function job.stop(biz_id, list)
  return request("job.operate_process", biz_id, STOP, definition.group(list))
end

---What an operation of this driver did to the targets' registration.
---@param call string
---@param args table
---@return boolean registered false: it was taken back
function job.registers(call, args)
  if call == "job.manage_proc" then return args.op_type == REGISTER end
  return args.op_type == START
end

---@class remora.hosting.Addressed
---@field key string what the results call it
---@field entry table
---@field host {bk_cloud_id: integer, ip: string}

---The targets that a request speaks of.
---@param args table of a request made here
---@return remora.hosting.Addressed[]
function job.addressed(args)
  local list = {}
  for _, info in ipairs(args.process_infos) do
    local entry = {}
    for member, value in pairs(info) do
      if member ~= "ip_list" then entry[member] = value end
    end
    for _, host in ipairs(info.ip_list) do
      list[#list + 1] = { key = definition.target(entry, host), entry = entry, host = host }
    end
  end
  return list
end

---Makes the function that asks for the results of a task.
---@param call fun(name: string, args: table): table?, table?
---@param args table of the request that made the task
---@param data table what the platform answered to it
---@return fun(): table<string, table>?, table? rows by key
function job.asker(call, args, data)
  return function()
    local answer, refused = call("job.get_proc_result", {
      bk_scope_type = args.bk_scope_type, bk_scope_id = args.bk_scope_id,
      bk_gse_taskid = data.bk_gse_taskid,
    })
    if not answer then return nil, refused end
    return answer.result
  end
end

return job
