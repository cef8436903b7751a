-- Which process of this machine is meant by an entry: the one that its pid file names, else the one
-- that was last seen under it. All hosts are this machine: what is another one's is not ours.

local system = require "system"
local machine = require "remora.platform.agents.machine"

local finder = {}

finder.COLLECTION = "exec_process"

local LONGEST = 4096 -- bytes of a pid file: the number comes first, what may follow is not ours
local SLACK = 2 -- seconds: the times of boot and of files are that rough

---Where the pid file of a definition is.
---@param definition remora.platform.Definition
---@return string|nil path absolute, as far as the directory is; nil: none is named
function finder.pid_path(definition)
  local path = definition.pid_path
  if type(path) ~= "string" or not path:find("%S") then return nil end
  if path:sub(1, 1) == "/" then return path end
  return definition.setup_path:gsub("/+$", "") .. "/" .. path
end

-- The process that a pid file names. One that began after the file was written has got the number
-- of another one.
local function named(path)
  local file = path and system.stat(path)
  if not file or file.type ~= "file" or file.size > LONGEST then return nil end
  local pid = (system.read_file(path) or ""):match("^%s*(%d+)")
  pid = math.tointeger(tonumber(pid))
  local running = pid and pid > 1 and machine.look(pid)
  return running and running.since <= file.mtime + SLACK and running or nil
end

local function remembered(process)
  local running = process.pid > 0 and machine.look(process.pid)
  return running and running.started == process.started and running or nil
end

---What the callers of a process call it, over whichever way.
---@param process remora.platform.AgentProcess
---@return string
function finder.called(process) return process.alias or process.name end

-- Other processes with the same pid file. One process has several entries when it is known over
-- several ways.
local function namesakes(store, entry)
  local list, called = {}, finder.called(entry.process)
  for _, other in ipairs(store:find(finder.COLLECTION, { pid_path = entry.pid_path })) do
    if other.bk_host_id ~= entry.bk_host_id or finder.called(other.process) ~= called then
      list[#list + 1] = other
    end
  end
  return list
end

---The process of an entry.
---@param store table
---@param entry table
---@return remora.platform.Running|nil running nil: none runs
function finder.find(store, entry)
  local running = named(entry.pid_path) or remembered(entry.process)
  if not running or not entry.pid_path then return running end
  for _, other in ipairs(namesakes(store, entry)) do
    if other.process.pid == running.pid and other.process.started == running.started then
      return nil
    end
  end
  return running
end

---The entry of another process that uses the same pid file at the moment.
---@param store table
---@param entry table
---@return table|nil entry
function finder.rival(store, entry)
  if not entry.pid_path then return nil end
  for _, other in ipairs(namesakes(store, entry)) do
    if other.process.isauto or remembered(other.process) then return other end
  end
  return nil
end

return finder
