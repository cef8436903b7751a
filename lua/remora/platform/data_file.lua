-- The embedded platform's data file as a file: where it is by default, and how it is removed.
-- What is in it is remora.platform.store's.

local sqlite = require "sqlite"
local system = require "system"
local fault = require "remora.core.fault"

local data_file = {}

---Below the working directory.
data_file.DEFAULT = ".remora/platform.db"

local BESIDE = { "", "-wal", "-shm", "-journal" } -- what SQLite keeps with a file

local function refused(code, path, message, hint)
  return nil, fault.new { code = code, at = { file = path }, message = message, hint = hint }
end

-- Leaving WAL mode needs the file for oneself alone, so it tells whether somebody serves from it.
local function is_free(db)
  db:exec("PRAGMA busy_timeout = 0")
  local mode = db:value("PRAGMA journal_mode = DELETE")
  return mode == "delete"
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
  for _, suffix in ipairs(BESIDE) do
    local removed, problem = system.remove(path .. suffix)
    if not removed and problem.code ~= "system.enoent" then
      return nil, fault.of_file(path .. suffix, "cannot be removed", problem)
    end
  end
  return true
end

return data_file
