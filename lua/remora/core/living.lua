-- Which processes of this machine live, and since when. Reads /proc (proc(5)) and nothing else.

local system = require "system"

local living = {}

-- Fields of /proc/PID/stat that stand behind the name, which may hold blanks and brackets.
local STATE, BEGAN = 1, 20
local HAS_ENDED = { Z = true, X = true } -- it only stays until its parent asks how

---When a process began. With its number alone, a later process could be taken for it.
---@param pid integer
---@return string? ticks since the machine did; nil: there is no such process, or it has ended
function living.since(pid)
  local text = system.read_file(("/proc/%d/stat"):format(pid))
  local fields = {}
  for field in (text and text:match(".*%) (.*)") or ""):gmatch("%S+") do
    fields[#fields + 1] = field
  end
  return not HAS_ENDED[fields[STATE]] and fields[BEGAN] or nil
end

return living
