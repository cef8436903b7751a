-- One process on one simulated host, and what each operation of the agent does to it.
-- Owns the operations' meaning and result codes; pure state, no store and no clock.

local json = require "json"

local agent_process = {}

-- Result codes of one target.
local DONE, UNREACHABLE, ALREADY_RUNNING, NOT_RUNNING = 0, 117, 828, 829
local UNKNOWN_OPERATION, CHECK_FAILED, ALREADY_REGISTERED, COMMAND_FAILED = 832, 836, 850, 65535

local RESIDENT = 1 -- auto_type: 0 periodic, 1 resident, 2 once

---@class remora.platform.AgentProcess
---@field name string the process's name, as the query shows it
---@field setup_path string
---@field control table<string, string> start_cmd, stop_cmd, restart_cmd, reload_cmd, kill_cmd
---@field auto_type integer
---@field running boolean
---@field isauto boolean supervised by the agent
---@field pid integer -1 when it does not run
---@field register_time integer unix seconds, 0 before
---@field last_start_time integer unix seconds, 0 before

-- Nothing is executed. Commands that say on their face how they would end do end that way, so that
-- failures can be played: `false` and `exit 3` fail, `true` and `:` leave no process behind.
local function play(command)
  local status = command:match("^%s*exit%s+(%d+)%s*$") or (command:match("^%s*false%s*$") and 1)
  if status and tonumber(status) ~= 0 then
    return COMMAND_FAILED, ("'%s' ended with status %s"):format(command, status)
  end
  return DONE, "success"
end

local function leaves_nothing(command)
  return command:match("^%s*true%s*$") or command:match("^%s*:%s*$")
    or command:match("^%s*exit%s+0%s*$")
end

local function command_of(process, name)
  local command = process.control[name]
  return type(command) == "string" and command:match("%S") and command or nil
end

-- Pids only have to differ from each other and stay the same while a process lives.
local function launch(process, now)
  process.running, process.last_start_time = true, now
  process.launches = (process.launches or 0) + 1
  process.pid = 1000 + (process.id * 16 + process.launches) % 30000
end

local function halt(process)
  process.running, process.pid = false, -1
end

local function start_with(process, name, now)
  local command = command_of(process, name)
  if not command then return COMMAND_FAILED, name .. " is empty" end
  local code, message = play(command)
  if code ~= DONE then return code, message end
  if leaves_nothing(command) then
    halt(process)
    return CHECK_FAILED, "no process is alive after " .. name
  end
  launch(process, now)
  return DONE, "success"
end

-- Stops and drops supervision; an empty command means the agent's own signal.
local function stop_with(process, name)
  if not process.running then return NOT_RUNNING, "the process is not running" end
  local code, message = play(command_of(process, name) or "kill")
  if code ~= DONE then return code, message end
  halt(process)
  process.isauto = false
  return DONE, "success", json.encode { value = json.array { {
    procName = process.name, setupPath = process.setup_path, funcID = "", instanceID = "",
    result = 0, isAuto = false,
  } } }
end

local function register(process, now)
  if process.isauto then return ALREADY_REGISTERED, "the process is registered already" end
  process.isauto, process.register_time = true, now
  agent_process.supervise(process, now)
  return DONE, "success"
end

-- What the agent does to a resident process on its rounds: it brings it back.
---@param process remora.platform.AgentProcess
---@param now integer unix seconds
function agent_process.supervise(process, now)
  if process.isauto and process.auto_type == RESIDENT and not process.running then
    start_with(process, "start_cmd", now)
  end
end

local operations = {
  [0] = function(process, now)
    if process.running then return ALREADY_RUNNING, "the process is running already" end
    local code, message = start_with(process, "start_cmd", now)
    if code == DONE then process.isauto, process.register_time = true, now end
    return code, message
  end,
  [1] = function(process) return stop_with(process, "stop_cmd") end,
  [2] = function() return DONE, "success" end, -- the answer is the content, made by the agent
  [3] = register,
  [4] = function(process)
    process.isauto, process.register_time = false, 0
    return DONE, "success"
  end,
  [7] = function(process, now)
    if command_of(process, "restart_cmd") then return start_with(process, "restart_cmd", now) end
    if process.running then
      local code, message = play(command_of(process, "stop_cmd") or "kill")
      if code ~= DONE then return code, message end
      halt(process)
    end
    return start_with(process, "start_cmd", now)
  end,
  [8] = function(process)
    if not process.running then return NOT_RUNNING, "the process is not running" end
    local command = command_of(process, "reload_cmd")
    if not command then return COMMAND_FAILED, "reload_cmd is empty" end
    return play(command)
  end,
  [9] = function(process) return stop_with(process, "kill_cmd") end,
}

agent_process.REGISTER, agent_process.UNREGISTER, agent_process.QUERY = 3, 4, 2

---Whether an operation exists.
---@param op_type any
---@return boolean
function agent_process.knows(op_type)
  return operations[op_type] ~= nil
end

---Applies an operation.
---@param process remora.platform.AgentProcess changed in place
---@param op_type integer 0 start, 1 stop, 2 query, 3 register, 4 unregister, 7 restart, 8 reload,
---  9 kill
---@param now integer unix seconds
---@return integer error_code
---@return string error_msg
---@return string|nil content JSON text, after a stop or kill
function agent_process.apply(process, op_type, now)
  local operation = operations[op_type]
  if not operation then
    return UNKNOWN_OPERATION, ("op_type %s is unknown"):format(tostring(op_type))
  end
  return operation(process, now)
end

---The result of a target whose host no agent answers for.
---@return integer error_code
---@return string error_msg
function agent_process.unreachable()
  return UNREACHABLE, "the agent of this host is not reachable"
end

---What a query shows of a process.
---@param process remora.platform.AgentProcess
---@param host table {ip, bk_agent_id}
---@param now integer unix seconds
---@return table content
function agent_process.describe(process, host, now)
  local running = process.running
  return {
    ip = host.ip, bk_agent_id = host.bk_agent_id, timezone = 8,
    utctime = os.date("!%Y-%m-%d %H:%M:%S", now + 8 * 3600),
    utctime2 = os.date("!%Y-%m-%d %H:%M:%S", now),
    process = json.array { { procname = process.name, instance = json.array { {
      processName = process.name, pid = process.pid, isAuto = process.isauto,
      cmdline = running and process.control.start_cmd or "", stat = running and "S" or "",
      version = "", health = "", cpuUsage = 0, cpuUsageAve = 0, phyMemUsage = 0, usePhyMem = 0,
      freeVMem = "0", diskSize = -1, threadCount = running and 1 or 0,
      elapsedTime = running and now - process.last_start_time or 0, stime = "0", utime = "0",
      startTime = running and os.date("!%Y-%m-%d %H:%M:%S", process.last_start_time) or "",
      register_time = process.register_time, last_start_time = process.last_start_time,
      report_time = now,
    } } } },
  }
end

return agent_process
