-- Programs that listen: started, asked for the place that they print first, and ended.

local process = require "process"

local PATIENCE = 120 -- seconds in which the largest fleet is surely made

---@class tests.bench.Listening to-be-closed
---@field url string
local Listening = {}
Listening.__index = Listening

---Ends the program.
function Listening:close() self.process:close() end
Listening.__close = Listening.close

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
