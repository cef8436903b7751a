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
  ["sqlite.readonly"] = "run remora as who may write it, or in a directory of your own",
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

-- Whether one holds everything by itself, and not partly in the log beside it.
local function is_whole(path)
  local log = system.stat(path .. "-wal")
  return not log or log.size == 0
end

---Opens one that cannot be written for who only reads: on a full disk, or one of somebody else.
---SQLite shares a file by means of files beside it; where it cannot make these, it reads the file
---alone, if all is in it.
---@param path string
---@return table? db
---@return table? failure of sqlite
function own_file.read_only(path)
  local failure
  for _, option in ipairs { "readonly", is_whole(path) and "immutable" or nil } do
    local db
    db, failure = sqlite.open(path, { [option] = true })
    local version
    if db then version, failure = db:value("PRAGMA user_version") end
    if version then return db end
    if db then db:close() end
  end
  return nil, failure
end

return own_file
