-- What this machine says of itself and of what runs on it, out of /proc. Only looks.

local system = require "system"
local living = require "remora.core.living"

local machine = {}

local TICKS = 100 -- a second of processor time has so many, on Linux whatever the kernel's own

local STATE, USER, SYSTEM, THREADS, STARTED = 3, 14, 15, 20, 22 -- fields of /proc/PID/stat

local function read(path)
  return (system.read_file(path)) or ""
end

local function number_in(text, pattern)
  return tonumber(text:match(pattern)) or 0
end

---How much there is to share.
---@return {processors: integer, memory: integer} size memory in bytes
function machine.size()
  local _, processors = read("/proc/stat"):gsub("\ncpu%d", "")
  return {
    processors = math.max(1, processors),
    memory = number_in(read "/proc/meminfo", "MemTotal:%s*(%d+)") * 1024,
  }
end

-- unix seconds
local function booted()
  return number_in(read "/proc/stat", "\nbtime (%d+)")
end

---@class remora.platform.Running
---@field pid integer
---@field started integer ticks after boot: no two processes of one number have it
---@field since number unix seconds
---@field stat string its state, as ps has it
---@field threads integer
---@field processor number seconds of processor time so far
---@field resident integer bytes in memory
---@field cmdline string

---Looks at a process.
---@param pid integer
---@return remora.platform.Running|nil running nil: there is none; what waits to be buried is none
function machine.look(pid)
  local fields = living.fields(pid)
  if not fields then return nil end
  local place = ("/proc/%d/"):format(pid)
  local started = math.tointeger(tonumber(fields[STARTED]))
  return {
    pid = pid, started = started, since = booted() + started / TICKS,
    stat = fields[STATE], threads = math.tointeger(tonumber(fields[THREADS])),
    processor = (tonumber(fields[USER]) + tonumber(fields[SYSTEM])) / TICKS,
    resident = number_in(read(place .. "status"), "VmRSS:%s*(%d+)") * 1024,
    cmdline = (read(place .. "cmdline"):gsub("%z$", ""):gsub("%z", " ")),
  }
end

return machine
