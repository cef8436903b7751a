-- What each operation of an agent does to a process of this machine: runs its commands, waits for
-- their end and for the process to come or go, and says by a code what became of it.

local protocol = require "remora.platform.agents.protocol"
local finder = require "remora.platform.agents.finder"
local machine = require "remora.platform.agents.machine"
local system = require "system"

local exec_process = {}

local codes, operations, types = protocol.codes, protocol.operations, protocol.types

-- Seconds.
local OP_TIMEOUT = 60   -- that a command may take, where nothing else is said
local CHECK = 5         -- until a process has to be there, or gone, once the command has ended
local FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.2

local function now() return math.floor(system.time()) end

local function seconds(value, otherwise)
  return value and value > 0 and value or otherwise
end

-- Asks again and again, at growing distances, until there is an answer or the time is over.
local function wait(site, limit, ask)
  local deadline, pause = system.monotonic() + limit, FIRST_PAUSE
  while true do
    local answer = ask()
    if answer or system.monotonic() >= deadline then return answer end
    site.loop:sleep(pause)
    pause = math.min(2 * pause, LONGEST_PAUSE)
  end
end

local function timeout_of(process) return seconds(process.op_timeout, OP_TIMEOUT) end

local function too_slow(site, command, process)
  command:kill()
  site:let_stay(command)
  return codes.COMMAND_FAILED, ("%s took longer than %d s"):format(command.name,
    timeout_of(process))
end

-- Runs a command to its end.
local function run(site, entry, name, text)
  local command, refused = site:run(entry, name, text)
  if not command then return codes.COMMAND_FAILED, refused end
  if not wait(site, timeout_of(entry.process), function() return command:ended() end) then
    return too_slow(site, command, entry.process)
  end
  local failure = command:failure()
  if failure then return codes.COMMAND_FAILED, failure end
  return codes.DONE, "success"
end

local function taken(site, entry)
  local rival = finder.rival(site.store, entry)
  if not rival then return nil end
  local host = site.store:get("host", rival.bk_host_id)
  return ("its pid file %s is that of %s on %s, too: all hosts are this machine, so give each "
    .. "process a pid file of its own, with ${inst_id} in its name"):format(entry.pid_path,
    finder.called(rival.process), host and host.bk_host_innerip or "another host")
end

local function absent(entry, name)
  if not entry.pid_path then return "no pid_path is given to find the process by" end
  return ("%s has ended, but %s names no process that is alive"):format(name, entry.pid_path)
end

-- Waits until what a command starts is there. Some commands end before, some are the process.
local function settle(site, entry, command, before)
  local process = entry.process
  local running, ended
  wait(site, timeout_of(process), function()
    ended, running = command:ended(), finder.find(site.store, entry)
    return ended or running and running.pid ~= before
  end)
  if not ended and not (running and running.pid ~= before) then
    return too_slow(site, command, process)
  elseif not ended then
    site:let_stay(command)
    return codes.DONE, "success"
  end
  local failure = command:failure()
  if failure then return codes.COMMAND_FAILED, failure end
  if process.auto_type ~= types.RESIDENT then return codes.DONE, "success" end
  if wait(site, process.start_check_secs or CHECK, function()
    return finder.find(site.store, entry)
  end) then
    return codes.DONE, "success"
  end
  return codes.CHECK_FAILED, absent(entry, command.name)
end

local function start_with(site, entry, name, before)
  local text = protocol.command(entry.process, name)
  if not text then return codes.COMMAND_FAILED, name .. " is empty" end
  local rival = taken(site, entry)
  if rival then return codes.COMMAND_FAILED, rival end
  local command, refused = site:run(entry, name, text)
  if not command then return codes.COMMAND_FAILED, refused end
  site:change(entry, { last_start_time = now() })
  local code, message = settle(site, entry, command, before)
  site:look(entry)
  return code, message
end

---Starts a process.
---@param site remora.platform.Site
---@param entry table stored
---@return integer code
---@return string message
function exec_process.start(site, entry)
  return start_with(site, entry, "start_cmd")
end

-- Without a command, the agent's own signal is sent.
local function end_with(site, entry, name, signal)
  local running = site:look(entry)
  if not running then return codes.NOT_RUNNING, "the process is not running" end
  local text = protocol.command(entry.process, name) or ("kill -%s %d"):format(signal, running.pid)
  local code, message = run(site, entry, name, text)
  if code ~= codes.DONE then return code, message end
  if wait(site, CHECK, function() return not finder.find(site.store, entry) end) then
    site:look(entry)
    return codes.DONE, "success"
  end
  return codes.CHECK_FAILED, ("%s has ended, but the process %d is still alive"):format(name,
    running.pid)
end

---Stops a process without giving it up.
---@param site remora.platform.Site
---@param entry table stored
---@return integer code
---@return string message
function exec_process.stop(site, entry)
  return end_with(site, entry, "stop_cmd", "TERM")
end

-- Stops a process for good: nobody looks after it any more.
local function give_up(site, entry, name, signal)
  local code, message = end_with(site, entry, name, signal)
  if code == codes.DONE or code == codes.NOT_RUNNING then site:change(entry, { isauto = false }) end
  return code, message, protocol.stopped(entry.process)
end

---Whether it is time to start a process that does not run.
---@param process remora.platform.AgentProcess
---@return boolean
function exec_process.is_due(process)
  local kind, last = process.auto_type, process.last_start_time
  if kind == types.RESIDENT then return true end
  if kind == types.ONCE then return last < process.register_time end
  local cycle = process.cycle_time or 0
  return cycle > 0 and last + cycle <= now()
end

local actions = {
  [operations.START] = function(site, entry)
    if site:look(entry) then return codes.ALREADY_RUNNING, "the process is running already" end
    local code, message = start_with(site, entry, "start_cmd")
    if code == codes.DONE then site:change(entry, { isauto = true, register_time = now() }) end
    return code, message
  end,
  [operations.STOP] = function(site, entry) return give_up(site, entry, "stop_cmd", "TERM") end,
  [operations.KILL] = function(site, entry) return give_up(site, entry, "kill_cmd", "KILL") end,
  -- It is registered, however its first start ends: it will be tried again.
  [operations.REGISTER] = function(site, entry)
    if entry.process.isauto then
      return codes.ALREADY_REGISTERED, "the process is registered already"
    end
    local rival = taken(site, entry)
    if rival then return codes.COMMAND_FAILED, rival end
    site:change(entry, { isauto = true, register_time = now() })
    if site:look(entry) or not exec_process.is_due(entry.process) then
      return codes.DONE, "success"
    end
    local _, message = start_with(site, entry, "start_cmd")
    return codes.DONE, message
  end,
  [operations.UNREGISTER] = function(site, entry)
    site:change(entry, { isauto = false, register_time = 0 })
    return codes.DONE, "success"
  end,
  [operations.RESTART] = function(site, entry)
    local running = site:look(entry)
    if protocol.command(entry.process, "restart_cmd") then
      return start_with(site, entry, "restart_cmd", running and running.pid)
    end
    if running then
      local code, message = exec_process.stop(site, entry)
      if code ~= codes.DONE then return code, message end
    end
    return start_with(site, entry, "start_cmd")
  end,
  [operations.RELOAD] = function(site, entry)
    if not site:look(entry) then return codes.NOT_RUNNING, "the process is not running" end
    local text = protocol.command(entry.process, "reload_cmd")
    if not text then return codes.COMMAND_FAILED, "reload_cmd is empty" end
    return run(site, entry, "reload_cmd", text)
  end,
}

---Carries out an operation other than a query.
---@param site remora.platform.Site
---@param op_type integer
---@param entry table stored
---@return integer code
---@return string message
---@return string|nil content JSON text, after a stop or kill
function exec_process.apply(site, op_type, entry)
  return actions[op_type](site, entry)
end

---What a query shows of a process.
---@param site remora.platform.Site
---@param entry table stored or not
---@param host table its document
---@return string content
function exec_process.describe(site, entry, host)
  local running, size = finder.find(site.store, entry), machine.size()
  local process, time = entry.process, now()
  process.pid = running and running.pid or -1
  local seen = running and {
    cmdline = running.cmdline, stat = running.stat, threads = running.threads,
    resident = running.resident, memory = 100 * running.resident / size.memory,
    cpu = 100 * running.processor / math.max(1, time - running.since) / size.processors,
  }
  if process.last_start_time == 0 and running then -- started by somebody else
    process.last_start_time = math.floor(running.since)
  end
  return protocol.described(process, seen, host, time)
end

return exec_process
