-- The journal of runs: what was about to be sent, committed before it was sent, and how it went.
-- Owns one SQLite file; holds no credentials, because calls get them only on their way out.

local fault = require "remora.core.fault"
local json = require "json"
local migrations = require "remora.journal.schema"
local sqlite = require "sqlite"
local system = require "system"

local journal = {}
journal.__index = journal

local function refused(path, failure)
  return fault.new {
    code = failure.code, message = "the journal cannot be written: " .. failure.message,
    at = { file = path }, hint = "remora writes .remora/ below the directory it is started in",
  }
end

local function migrate(db)
  local version = db:value("PRAGMA user_version")
  for number = version + 1, #migrations do
    local done, failure = db:exec(("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT"):format(
      migrations[number], number))
    if not done then return nil, failure end
  end
  return true
end

---Opens the journal and makes it if there is none.
---@param path string
---@return table? journal
---@return table? fault
function journal.open(path)
  local directory, made, failure = path:match("^(.*)/[^/]*$"), true, nil
  if directory then made, failure = system.mkdir(directory) end
  if not made then return nil, refused(path, failure) end
  local db
  db, failure = sqlite.open(path)
  if not db then return nil, refused(path, failure) end
  made, failure = migrate(db)
  if not made then return nil, refused(path, failure) end
  return setmetatable({ db = db, path = path }, journal)
end

function journal:write(sql, ...)
  local done, failure = self.db:run(sql, ...)
  if not done then return nil, refused(self.path, failure) end
  return self.db:last_insert_rowid()
end

---Begins a run.
---@param run {command: string, playbook: string, files: string[], platform: string,
---  business: integer?}
---@return integer? id
---@return table? fault
function journal:begin(run)
  return self:write([[
    INSERT INTO run (started, command, playbook, files, platform, business, user, host)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]],
    system.time(), run.command, run.playbook, json.encode(json.array(run.files)), run.platform,
    run.business, system.username(), system.hostname())
end

---Says that a call is about to be sent. Committed when it returns.
---@param run integer
---@param call {stage: string, call: string, args: table, objects: integer, labels: string[]}
---@return integer? id
---@return table? fault
function journal:intend(run, call)
  return self:write([[
    INSERT INTO call (run, stage, name, arguments, objects, labels, intended)
    VALUES (?, ?, ?, ?, ?, ?, ?)]],
    run, call.stage, call.call, json.encode(call.args), call.objects,
    json.encode(json.array(call.labels)), system.time())
end

-- Without an answer nobody knows whether the platform did it.
local function outcome_of(failure)
  if not failure then return "done" end
  return math.type(failure.code) == "integer" and "refused" or "unknown"
end

---Says how a call went.
---@param id integer from intend
---@param failure table? fault; nil: it was done
---@return integer? done
---@return table? fault
function journal:outcome(id, failure)
  return self:write("UPDATE call SET ended = ?, outcome = ?, code = ?, message = ? WHERE id = ?",
    system.time(), outcome_of(failure), failure and tostring(failure.code), failure and
    failure.message, id)
end

---Ends a run.
---@param run integer
---@param exit_code integer
---@return integer? done
---@return table? fault
function journal:finish(run, exit_code)
  return self:write("UPDATE run SET ended = ?, exit_code = ? WHERE id = ?", system.time(),
    exit_code, run)
end

---Closes the file.
function journal:close()
  self.db:close()
end

journal.__close = journal.close

return journal
