-- Which processes of this machine live, and since when. Reads /proc (proc(5)) and nothing else.

local system = require "system"

local living = {}

local STATE, BEGAN = 3, 22
local HAS_ENDED = { Z = true, X = true, x = true } -- it only stays until its parent asks how

---What the kernel tells of a process.
---@param pid integer
---@return table<integer, string>? fields of /proc/PID/stat as proc(5) numbers them, without the
---  first two; nil: there is no such process, or it has ended
function living.fields(pid)
  local text = system.read_file(("/proc/%d/stat"):format(pid))
  local rest = text and text:match("^.*%) (.*)") -- behind the name, which may hold blanks, brackets
  if not rest then return nil end
  local fields, number = {}, STATE
  for field in rest:gmatch("%S+") do fields[number], number = field, number + 1 end
  return not HAS_ENDED[fields[STATE]] and fields or nil
end

---When a process began. With its number alone, a later process could be taken for it.
---@param pid integer
---@return string? ticks since the machine did; nil: there is no such process, or it has ended
function living.since(pid)
  local fields = living.fields(pid)
  return fields and fields[BEGAN]
end

return living
