-- One process on one simulated host, and what each operation of the agent does to it.
-- Owns how operations end without anything being executed; pure state, no store and no clock.

local protocol = require "remora.platform.agents.protocol"

local simulated_process = {}

local codes, operations, types = protocol.codes, protocol.operations, protocol.types

-- Nothing is executed. Commands that say on their face how they would end do end that way, so that
-- failures can be played: `false` and `exit 3` fail, `true` and `:` leave no process behind.
local function play(command)
  local status = command:match("^%s*exit%s+(%d+)%s*$") or (command:match("^%s*false%s*$") and 1)
  if status and tonumber(status) ~= 0 then
    return codes.COMMAND_FAILED, ("'%s' ended with status %s"):format(command, status)
  end
  return codes.DONE, "success"
end

local function leaves_nothing(command)
  return command:match("^%s*true%s*$") or command:match("^%s*:%s*$")
    or command:match("^%s*exit%s+0%s*$")
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
  local command = protocol.command(process, name)
  if not command then return codes.COMMAND_FAILED, name .. " is empty" end
  local code, message = play(command)
  if code ~= codes.DONE then return code, message end
  if leaves_nothing(command) then
    halt(process)
    return codes.CHECK_FAILED, "no process is alive after " .. name
  end
  launch(process, now)
  return codes.DONE, "success"
end

-- Stops and drops supervision; an empty command means the agent's own signal.
local function stop_with(process, name)
  if not process.running then return codes.NOT_RUNNING, "the process is not running" end
  local code, message = play(protocol.command(process, name) or "kill")
  if code ~= codes.DONE then return code, message end
  halt(process)
  process.isauto = false
  return codes.DONE, "success", protocol.stopped(process)
end

local function register(process, now)
  if process.isauto then
    return codes.ALREADY_REGISTERED, "the process is registered already"
  end
  process.isauto, process.register_time = true, now
  simulated_process.supervise(process, now)
  return codes.DONE, "success"
end

---What the agent does to a resident process on its rounds: it brings it back.
---@param process remora.platform.AgentProcess
---@param now integer unix seconds
function simulated_process.supervise(process, now)
  if process.isauto and process.auto_type == types.RESIDENT and not process.running then
    start_with(process, "start_cmd", now)
  end
end

local actions = {
  [operations.START] = function(process, now)
    if process.running then return codes.ALREADY_RUNNING, "the process is running already" end
    local code, message = start_with(process, "start_cmd", now)
    if code == codes.DONE then process.isauto, process.register_time = true, now end
    return code, message
  end,
  [operations.STOP] = function(process) return stop_with(process, "stop_cmd") end,
  [operations.QUERY] = function() return codes.DONE, "success" end, -- the content is the answer
  [operations.REGISTER] = register,
  [operations.UNREGISTER] = function(process)
    process.isauto, process.register_time = false, 0
    return codes.DONE, "success"
  end,
  [operations.RESTART] = function(process, now)
    if protocol.command(process, "restart_cmd") then
      return start_with(process, "restart_cmd", now)
    end
    if process.running then
      local code, message = play(protocol.command(process, "stop_cmd") or "kill")
      if code ~= codes.DONE then return code, message end
      halt(process)
    end
    return start_with(process, "start_cmd", now)
  end,
  [operations.RELOAD] = function(process)
    if not process.running then return codes.NOT_RUNNING, "the process is not running" end
    local command = protocol.command(process, "reload_cmd")
    if not command then return codes.COMMAND_FAILED, "reload_cmd is empty" end
    return play(command)
  end,
  [operations.KILL] = function(process) return stop_with(process, "kill_cmd") end,
}

---Applies an operation.
---@param process remora.platform.AgentProcess changed in place
---@param op_type integer
---@param now integer unix seconds
---@return integer error_code
---@return string error_msg
---@return string|nil content JSON text, after a stop or kill
function simulated_process.apply(process, op_type, now)
  local action = actions[op_type]
  if not action then return protocol.unknown(op_type) end
  return action(process, now)
end

---What is to be seen of a process.
---@param process remora.platform.AgentProcess
---@return remora.platform.Seen|nil nil: it does not run
function simulated_process.seen(process)
  if not process.running then return nil end
  return { cmdline = process.control.start_cmd or "", stat = "S" }
end

return simulated_process
