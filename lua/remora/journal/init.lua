-- The journal of runs: what was about to be sent, committed before it was sent, what it was to
-- change and from what, and how it went. Owns the writing of one SQLite file (reading it again is
-- records.lua); holds no credentials, because calls get them only on their way out.

local fault = require "remora.core.fault"
local json = require "json"
local living = require "remora.core.living"
local migrations = require "remora.journal.schema"
local own_file = require "remora.core.own_file"
local plans = require "remora.journal.plans"
local system = require "system"

local journal = {}
journal.__index = journal

local FAILURE = "the journal cannot be written"

local function refused(path, failure)
  return own_file.refused(path, FAILURE, failure)
end

-- A newer remora may keep other things in other places.
local function newer(path, version)
  return fault.new { code = "journal.newer", at = { file = path },
    message = ("the journal is of a newer remora: its version is %d, and this one knows %d"):format(
      version, #migrations),
    hint = "use that remora, or move the file away: what it tells is lost to undo and resume then" }
end

local function upgrade(db)
  -- Read again: another process may have been at the same, and only under the lock it is known.
  local version, failure = db:value("PRAGMA user_version")
  if not version then return nil, failure end
  for number = version + 1, #migrations do
    local done
    done, failure = db:exec(("%s; PRAGMA user_version = %d"):format(migrations[number], number))
    if not done then return nil, failure end
  end
  return db:exec("COMMIT")
end

local function migrate(db, path)
  local version, unreadable = db:value("PRAGMA user_version")
  if not version then return nil, refused(path, unreadable) end
  if version == #migrations then return true end
  if version > #migrations then return nil, newer(path, version) end
  local done, failure = db:exec("BEGIN IMMEDIATE")
  if done then
    done, failure = upgrade(db)
    if db:in_transaction() then db:exec("ROLLBACK") end
  end
  if not done then return nil, refused(path, failure) end
  return true
end

---Where the journal is: below the working directory, as all of remora's own data.
journal.PATH = ".remora/journal.db"

local function unmasked(text) return text end

---Opens the journal and makes it if there is none.
---@param path string
---@param mask (fun(text: string): string)? hides secrets in what is written; nil: there are none
---@param loop remora.Loop? whose tasks write; nil: every write is committed by itself
---@return table? journal
---@return table? fault
function journal.open(path, mask, loop)
  local db, failure = own_file.open(path, FAILURE)
  if not db then return nil, failure end
  local migrated
  migrated, failure = migrate(db, path)
  if not migrated then
    db:close()
    return nil, failure
  end
  return setmetatable({ db = db, path = path, mask = mask or unmasked, loop = loop,
    epoch = system.time() - system.monotonic() }, journal)
end

---The time as the journal counts it.
---@return number unix seconds that only go forward, whoever sets the clock meanwhile
function journal:now()
  return self.epoch + system.monotonic()
end

---Opens the journal for who only wants to know; a place where nothing was ever run has none.
---@param path string
---@param mask (fun(text: string): string)? as for open
---@param loop remora.Loop? as for open
---@return table? journal
---@return table? fault journal.none: there is no such file
function journal.existing(path, mask, loop)
  if system.stat(path) then return journal.open(path, mask, loop) end
  return nil, fault.new {
    code = "journal.none", at = { file = path }, message = "nothing was ever applied from here",
    hint = "remora keeps its journal in the directory that apply is started in",
  }
end

local UNWRITABLE = { ["sqlite.readonly"] = true, ["sqlite.cantopen"] = true,
  ["sqlite.ioerr"] = true, ["sqlite.full"] = true }

---Opens the journal for who only reads it, be it one that cannot be written.
---@param path string
---@return table? journal
---@return table? fault as of existing
function journal.reading(path)
  local book, unwritable = journal.existing(path)
  if book or not UNWRITABLE[unwritable.code] then return book, unwritable end
  local db, failure = own_file.read_only(path)
  if not db then return nil, own_file.refused(path, "the journal cannot be read", failure) end
  -- Who cannot write it cannot bring it up to date.
  local version = db:value("PRAGMA user_version")
  if version == #migrations then return setmetatable({ db = db, path = path }, journal) end
  db:close()
  return nil, version > #migrations and newer(path, version) or unwritable
end

-- Commits some records, all of them or none. Gives what each gives.
local function commit(self, records)
  local ids = {}
  local function write(sql, ...)
    local done, failure = self.db:run(sql, ...)
    if not done then return nil, failure end
    return self.db:last_insert_rowid()
  end
  local done, failure = self.db:exec("BEGIN IMMEDIATE")
  for i, record in ipairs(done and records or {}) do
    done, failure = record(write)
    if not done then break end
    ids[i] = done
  end
  if done then done, failure = self.db:exec("COMMIT") end
  if done then return ids end
  if self.db:in_transaction() then self.db:exec("ROLLBACK") end
  return nil, refused(self.path, failure)
end

---Writes a record; committed when it returns. What tasks want to write in the same turn of the loop
---is committed at once, because it is the disk that takes the time.
---@param record fun(write: fun(sql: string, ...): integer?, table?): integer?, table?  carries out
---  its statements, each of which gives the id of the row that it made, and gives one of these
---@return integer? id
---@return table? fault
function journal:record(record)
  local group = self.group or {}
  local mine = #group + 1
  group[mine] = record
  local ids, failure
  if self.loop then
    self.group = group
    group.commit = group.commit or self.loop:spawn(function()
      self.group = nil
      return commit(self, group)
    end)
    ids, failure = group.commit:wait()
  else
    ids, failure = commit(self, group)
  end
  if not ids then return nil, failure end
  return ids[mine]
end

---Writes a record of one statement.
---@param sql string
---@param ... any its values
---@return integer? id of the row that it made
---@return table? fault
function journal:write(sql, ...)
  local values = table.pack(...)
  return self:record(function(write) return write(sql, table.unpack(values, 1, values.n)) end)
end

---A value as the journal keeps it.
---@param value any
---@return string json without secrets
function journal:text(value)
  return self.mask(json.encode(value))
end

-- The part of a record that is the plan of its run.
local function write_plan(self, write, run, plan)
  local done, failure = write("INSERT INTO plan (run, plan) VALUES (?, ?)", run,
    self:text(plans.head(plan)))
  for number, part in plans.parts(plan) do
    if not done then return nil, failure end
    done, failure = write("INSERT INTO plan_part (run, number, part) VALUES (?, ?, ?)", run,
      number, self:text(part))
  end
  return done, failure
end

---Begins a run.
---@param run {command: string, playbook: string, files: string[], platform: string,
---  business: integer?, options: table?, plan: remora.reconcile.Plan?, lost:
---  remora.undo.Lost[]?, revision: string?} options: the arguments that going on with the run
---  takes; revision: the commit that the playbooks are of
---@return integer? id
---@return table? fault
function journal:begin(run)
  return self:record(function(write)
    local id, failure = write([[
      INSERT INTO run (started, command, playbook, files, platform, business, user, host, pid,
        pid_since, options, lost, revision)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
      self:now(), run.command, run.playbook, json.encode(json.array(run.files)), run.platform,
      run.business, system.username(), system.hostname(), system.pid(),
      living.since(system.pid()), self:text(run.options or {}),
      self:text(json.array(run.lost or {})), run.revision)
    local done = id
    if done and run.plan then done, failure = write_plan(self, write, id, run.plan) end
    if not done then return nil, failure end
    return id
  end)
end

---@class remora.journal.Intent
---@field stage string
---@field call string
---@field objects integer
---@field step integer? its place among the steps of the run's plan, which tells all that follows;
---  nil: it is none of them
---@field args table?
---@field labels string[]?
---@field changes remora.reconcile.Change[]? one for each item, with the object as it was
---@field work {kind: string?, group: string?, keys: string[]?}? of the step

---Says that a call is about to be sent. Committed when it returns.
---@param run integer
---@param call remora.journal.Intent
---@return integer? id
---@return table? fault
function journal:intend(run, call)
  return self:write([[
    INSERT INTO intent (run, stage, name, objects, intended, step, arguments, labels, changes, work)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
    run, call.stage, call.call, call.objects, self:now(), call.step, self:text(call.args or {}),
    self:text(json.array(call.labels or {})), self:text(json.array(call.changes or {})),
    self:text(call.work or {}))
end

local function outcome_of(failure)
  if not failure then return "done" end
  return fault.is_certain(failure) and "refused" or "unknown"
end

-- A call of many targets may fail in several ways.
local function words_of(failure)
  local codes, messages = {}, {}
  for i, each in ipairs(failure.faults or { failure }) do
    codes[i], messages[i] = tostring(each.code), each.message
  end
  return table.concat(codes, ", "), table.concat(messages, "; ")
end

---Says how a call went.
---@param id integer from intend
---@param failure table? fault; nil: it was done
---@param more {attempts: integer?, failed: integer[]?}? failed: the items that failed, nil: all
---@return integer? done
---@return table? fault
function journal:outcome(id, failure, more)
  more = more or {}
  local code, message
  if failure then code, message = words_of(failure) end
  return self:write([[
    INSERT INTO outcome (call, ended, outcome, code, message, attempts, failed)
    VALUES (?, ?, ?, ?, ?, ?, ?)]],
    id, self:now(), outcome_of(failure), code, message and self.mask(message), more.attempts or 1,
    more.failed and json.encode(json.array(more.failed)))
end

---Says what looking for the effect of a call found, of which no answer had told.
---@param id integer
---@param found boolean
---@return integer? done
---@return table? fault
function journal:settle(id, found)
  return self:write("UPDATE intent SET settled = ? WHERE id = ?", found and "found" or "absent", id)
end

---Says which run went on with one that was cut short.
---@param run integer
---@param by integer
---@return integer? done
---@return table? fault
function journal:resumed(run, by)
  return self:write("UPDATE run SET resumed_by = ? WHERE id = ?", by, run)
end

---Ends a run.
---@param run integer
---@param exit_code integer
---@param halt string? why it did not go on
---@return integer? done
---@return table? fault
function journal:finish(run, exit_code, halt)
  return self:write("UPDATE run SET ended = ?, exit_code = ?, halt = ? WHERE id = ?", self:now(),
    exit_code, halt and self.mask(halt), run)
end

---Closes the file.
function journal:close()
  self.db:close()
end

journal.__close = journal.close

return journal
