-- Which files a playbook may bring in, and under which path: those that it names, from its own
-- directory and below, and those that the command line names too. Owns paths; reads nothing.

local system = require "system"

local include = {}

-- Takes "." and ".." out of a path; ".." at the start of a relative path stays.
local function normal(path)
  local rooted, parts = path:sub(1, 1) == "/", {}
  for part in path:gmatch("[^/]+") do
    local above = parts[#parts]
    if part == ".." and above and above ~= ".." then
      parts[#parts] = nil
    elseif part ~= "." and not (part == ".." and rooted) then
      parts[#parts + 1] = part
    end
  end
  return (rooted and "/" or "") .. table.concat(parts, "/")
end

local function absolute(path)
  if path:sub(1, 1) == "/" then return normal(path) end
  return normal((system.getcwd() or "") .. "/" .. path)
end

local function directory(path)
  return path:match("^(.*/)[^/]*$") or ""
end

---A text that is equal for equal files, however they were called.
---@param path string
---@return string
include.identity = absolute

---The path of a file that another one names.
---@param path string of the file that names it
---@param named string as written there, relative to it
---@return string path as it will be shown and opened
function include.path(path, named)
  if named:sub(1, 1) == "/" then return normal(named) end
  return normal(directory(path) .. named)
end

---Whether a file is in the directory of a playbook or below it.
---@param path string
---@param playbook string path of the playbook
---@return boolean
function include.below(path, playbook)
  local top = directory(absolute(playbook))
  return absolute(path):sub(1, #top) == top
end

return include
