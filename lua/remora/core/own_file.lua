-- Remora's own files, those below .remora/: SQLite databases that are made when they are first
-- needed. Owns how one is opened, and what is said when it cannot be read or written.

local fault = require "remora.core.fault"
local sqlite = require "sqlite"
local system = require "system"

local own_file = {}

local DAMAGED = "the file is damaged: put a copy of it back, or move it away to begin anew"
local NOT_SENT = "; remora sends nothing that it cannot write down"
local FULL = "make room on its disk" .. NOT_SENT
local HINTS = {
  ["sqlite.full"] = FULL, ["system.enospc"] = FULL,
  ["sqlite.ioerr"] = "look whether its disk is full or broken" .. NOT_SENT,
  ["sqlite.corrupt"] = DAMAGED, ["sqlite.notadb"] = DAMAGED,
}
local HINT = "remora writes .remora/ below the directory it is started in"

---What is said when one fails.
---@param path string of the file
---@param what string that which cannot be done now
---@param failure {code: string, message: string} of sqlite or system
---@return table fault
function own_file.refused(path, what, failure)
  return fault.new { code = failure.code, message = what .. ": " .. failure.message,
    at = { file = path }, hint = HINTS[failure.code] or HINT }
end

---Opens one; makes it, and its directory, when there is none.
---@param path string
---@param what string that which cannot be done when it cannot be opened
---@param sql string? what is run on it at once, such as the tables it needs
---@return table? db of the module sqlite
---@return table? fault
function own_file.open(path, what, sql)
  local directory, done, failure, db = path:match("^(.*)/[^/]*$"), true, nil, nil
  if directory then done, failure = system.mkdir(directory) end
  if done then db, failure = sqlite.open(path) end
  if db and sql then done, failure = db:exec(sql) end
  if db and done then return db end
  if db then db:close() end
  return nil, own_file.refused(path, what, failure)
end

return own_file
