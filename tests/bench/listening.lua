-- Programs that listen: started, asked for the place that they print first, and ended.

local process = require "process"
local system = require "system"

local PATIENCE = 120 -- seconds in which the largest fleet is surely made
local TICKS = 100    -- in which Linux tells processor time, a second

---@class tests.bench.Listening to-be-closed
---@field url string
local Listening = {}
Listening.__index = Listening

---Ends the program.
function Listening:close() self.process:close() end
Listening.__close = Listening.close

---The processor time it took so far.
---@return number seconds, exact to a hundredth
function Listening:cpu()
  local fields, list = assert(system.read_file(("/proc/%d/stat"):format(self.process:pid()))), {}
  for field in fields:match("%) (.*)"):gmatch("%S+") do list[#list + 1] = field end
  return (tonumber(list[12]) + tonumber(list[13])) / TICKS -- utime and stime of proc(5)
end

---Starts a program that prints "listening on URL".
---@param request table as process.spawn takes it
---@return tests.bench.Listening
return function(request)
  request.stdout = "pipe"
  local child = assert(process.spawn(request))
  local line = child:read_line(PATIENCE)
  local url = line and line:match("^listening on (.*)")
  if not url then error(request.argv[1] .. " does not listen") end
  return setmetatable({ url = url, process = child }, Listening)
end
