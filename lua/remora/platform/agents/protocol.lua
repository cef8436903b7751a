-- What GSE and its agents say to each other: the numbers of operations, the result codes of one
-- target, and the contents of results. Owns these forms, whoever is the agent.

local json = require "json"
local host_address = require "remora.platform.host_address"

local protocol = {}

protocol.operations = {
  START = 0, STOP = 1, QUERY = 2, REGISTER = 3, UNREGISTER = 4, RESTART = 7, RELOAD = 8, KILL = 9,
}

protocol.codes = {
  DONE = 0, RUNNING = 115, UNREACHABLE = 117, ALREADY_RUNNING = 828, NOT_RUNNING = 829,
  UNKNOWN_OPERATION = 832, CHECK_FAILED = 836, ALREADY_REGISTERED = 850, COMMAND_FAILED = 65535,
}

---How a hosted process is looked after: run every so often, kept alive, or run one time.
protocol.types = { PERIODIC = 0, RESIDENT = 1, ONCE = 2 }

local known = {}
for _, number in pairs(protocol.operations) do known[number] = true end

---Whether an operation exists.
---@param op_type any
---@return boolean
function protocol.knows(op_type)
  return known[op_type] == true
end

---@class remora.platform.Result
---@field error_code integer
---@field error_msg string
---@field content string "" or JSON text

---The result of one target.
---@param code integer
---@param message string
---@param content string|nil only what is done has some
---@return remora.platform.Result
function protocol.result(code, message, content)
  return { error_code = code, error_msg = message,
    content = code == protocol.codes.DONE and content or "" }
end

---How a task is called.
---@param number integer of the task, from 1
---@param now integer unix seconds
---@return string task_id such as "GSETASK:20180315180551:1000"
function protocol.task_id(number, now)
  return ("GSETASK:%s:%d"):format(os.date("!%Y%m%d%H%M%S", now + 8 * 3600), 999 + number)
end

---The result of a target whose host no agent answers for.
---@return remora.platform.Result
function protocol.unreachable()
  return protocol.result(protocol.codes.UNREACHABLE, "the agent of this host is not reachable")
end

---The result of an operation that does not exist.
---@param op_type any
---@return integer code
---@return string message
function protocol.unknown(op_type)
  return protocol.codes.UNKNOWN_OPERATION, ("op_type %s is unknown"):format(tostring(op_type))
end

---The content of a stop or kill that is done.
---@param process remora.platform.AgentProcess
---@return string content
function protocol.stopped(process)
  return json.encode { value = json.array { {
    procName = process.name, setupPath = process.setup_path, funcID = "", instanceID = "",
    result = 0, isAuto = false,
  } } }
end

---The command that a process has for something.
---@param process remora.platform.AgentProcess
---@param name string such as start_cmd
---@return string|nil text nil: none, or nothing but blanks
function protocol.command(process, name)
  local text = process.control[name]
  return type(text) == "string" and text:find("%S") and text or nil
end

---@class remora.platform.Seen how a process is at the moment; all but the first two may be unknown
---@field cmdline string
---@field stat string as ps has it
---@field cpu number|nil percent of the machine
---@field memory number|nil percent of the machine
---@field resident integer|nil bytes
---@field threads integer|nil

---The content of a query.
---@param process remora.platform.AgentProcess
---@param seen remora.platform.Seen|nil nil: it does not run
---@param host table its document
---@param now integer unix seconds
---@return string content
function protocol.described(process, seen, host, now)
  local is = seen or { cmdline = "", stat = "" }
  return json.encode {
    ip = host_address.first(host, "bk_host_innerip"), bk_agent_id = host.bk_agent_id, timezone = 8,
    utctime = os.date("!%Y-%m-%d %H:%M:%S", now + 8 * 3600),
    utctime2 = os.date("!%Y-%m-%d %H:%M:%S", now),
    process = json.array { { procname = process.name, instance = json.array { {
      processName = process.name, pid = process.pid, isAuto = process.isauto,
      cmdline = is.cmdline, stat = is.stat, version = "", health = "",
      cpuUsage = is.cpu or 0, cpuUsageAve = is.cpu or 0, phyMemUsage = is.memory or 0,
      usePhyMem = is.resident or 0, freeVMem = "0", diskSize = -1,
      threadCount = is.threads or (seen and 1 or 0),
      elapsedTime = seen and now - process.last_start_time or 0, stime = "0", utime = "0",
      startTime = seen and os.date("!%Y-%m-%d %H:%M:%S", process.last_start_time) or "",
      register_time = process.register_time, last_start_time = process.last_start_time,
      report_time = now,
    } } } },
  }
end

return protocol
