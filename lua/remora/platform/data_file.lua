-- The embedded platform's data file as a file: where it is by default, and how it is removed.
-- What is in it is remora.platform.store's.

local sqlite = require "sqlite"
local system = require "system"
local fault = require "remora.core.fault"

local data_file = {}

---Below the working directory.
data_file.DEFAULT = ".remora/platform.db"

local BESIDE = { "", "-wal", "-shm", "-journal" } -- what SQLite keeps with a file

---Where agents that work for real keep what commands write, beside the data.
---@param path string of the data file
---@return string directory
function data_file.agent_directory(path) return path .. "-agent" end

local function refused(code, path, message, hint)
  return nil, fault.new { code = code, at = { file = path }, message = message, hint = hint }
end

-- Leaving WAL mode needs the file for oneself alone, so it tells whether somebody serves from it.
local function is_free(db)
  db:exec("PRAGMA busy_timeout = 0")
  local mode = db:value("PRAGMA journal_mode = DELETE")
  return mode == "delete"
end

-- What is in the agents' directory, and that itself.
local function files_of_agent(directory)
  local paths = system.list(directory) or {}
  for i, name in ipairs(paths) do paths[i] = directory .. "/" .. name end
  paths[#paths + 1] = directory
  return paths
end

---Removes a platform's data.
---@param path string
---@return boolean|nil removed false: there was none
---@return table|nil fault `platform.not_data` when the file is something else, `platform.in_use`
---  while a platform runs on it
function data_file.remove(path)
  local stat, failure = system.stat(path)
  if not stat then
    if failure.code == "system.enoent" then return false end
    return nil, fault.of_file(path, "cannot be read", failure)
  end
  local db = sqlite.open(path)
  local ours = db and db:value(
    "SELECT count(*) FROM sqlite_master WHERE name IN ('counter', 'service_template')") == 2
  local free = ours and is_free(db)
  if db then db:close() end
  if not ours then
    return refused("platform.not_data", path, "is not the data of an embedded platform",
      "nothing was removed")
  end
  if not free then
    return refused("platform.in_use", path, "a platform is running on this file",
      "stop it first")
  end
  local paths = files_of_agent(data_file.agent_directory(path))
  for _, suffix in ipairs(BESIDE) do paths[#paths + 1] = path .. suffix end
  for _, each in ipairs(paths) do
    local removed, problem = system.remove(each)
    if not removed and problem.code ~= "system.enoent" then
      return nil, fault.of_file(each, "cannot be removed", problem)
    end
  end
  return true
end

return data_file
