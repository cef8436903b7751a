-- What the journal says of runs and calls, read back as values. Changes nothing; how they look is
-- the commands' business.

local fault = require "remora.core.fault"
local json = require "json"
local living = require "remora.core.living"
local own_file = require "remora.core.own_file"
local plans = require "remora.journal.plans"
local steps_of = require "remora.reconcile.steps"
local system = require "system"

local records = {}

---@class remora.journal.Run
---@field id integer
---@field started number unix seconds
---@field ended number? nil: it runs, or was cut short
---@field command "apply"|"undo"|"op"
---@field playbook string
---@field files string[]
---@field platform string
---@field business integer?
---@field user string
---@field host string
---@field pid integer?
---@field pid_since string? as of living.since
---@field exit_code integer? how its calls ended: 0 says that nothing is left to go on with
---@field halt string? why it did not go on although it could have
---@field lost remora.undo.Lost[] what an undo does not bring back, or only as something else
---@field options table the arguments that going on with it takes
---@field plan table? as of plans.whole; where runs are listed they come without
---@field revision string? the commit that the playbooks were of
---@field running true|nil as of records.mark_running
---@field resumed_by integer? the run that went on with it
---@field overtaken_by integer? the run after which nobody has to go on with it: that one did the
---  same to the end, or all of it anew, or took it back
---@field calls integer how many were to be sent
---@field objects integer how many objects they changed

---@class remora.journal.Call
---@field id integer
---@field run integer
---@field stage string
---@field name string such as "cc.update_process_instance"
---@field arguments table as sent, without credentials
---@field objects integer
---@field labels string[]
---@field intended number unix seconds
---@field ended number?
---@field outcome "done"|"refused"|"unknown"|nil nil: it was cut off before anybody knew
---@field code string? of the fault
---@field message string?
---@field attempts integer?
---@field changes remora.reconcile.Change[] one for each item
---@field failed integer[]? the items that failed; nil: all or none
---@field work {kind: string?, group: string?, keys: string[]?, repeatable: boolean?} of the step
---@field settled "found"|"absent"|nil what was found when its effect was looked for
---@field under_way true|nil as of records.mark_running

-- What a run wants, as SQL over a row; what else it was given says how to go about it.
local function work_of(row)
  return (([[json_array(@.command, @.files, @.platform, json_extract(@.options, '$.run', '$.verb',
    '$.where', '$.business', '$.target', '$.exclude'))]]):gsub("@", row))
end

-- No good end, and nobody went on.
local OPEN = "run.resumed_by IS NULL AND coalesce(run.exit_code, -1) <> 0"

local OVERTAKEN = ([[
  CASE WHEN %s THEN (
    SELECT min(later.id) FROM run AS later
    WHERE later.id > run.id AND (later.exit_code = 0 OR json_extract(later.options, '$.anew'))
      AND (json_extract(later.options, '$.run') = run.id OR %s = %s)
  ) END AS overtaken_by]]):format(OPEN, work_of "later", work_of "run")

local RUN = [[
  SELECT run.id, started, run.ended, command, playbook, files, platform, business, user, host, pid,
    pid_since, exit_code, options, resumed_by, lost, revision, halt,]] .. OVERTAKEN
local COUNTED = RUN .. [[, count(intent.id) AS calls,
    coalesce(sum(CASE
      WHEN outcome = 'done' OR settled = 'found' THEN objects
      WHEN failed IS NOT NULL THEN objects - json_array_length(failed) END), 0) AS objects
  FROM run LEFT JOIN intent ON intent.run = run.id LEFT JOIN outcome ON outcome.call = intent.id ]]

local function decoded(row, ...)
  for _, column in ipairs { ... } do
    if row[column] then row[column] = assert(json.decode(row[column])) end
  end
  return row
end

local function decoded_run(row) return decoded(row, "files", "options", "lost") end

local function decoded_call(row)
  return decoded(row, "arguments", "labels", "changes", "failed", "work")
end

-- nil: the run has none.
local function plan_of(book, run)
  local text = book.db:value("SELECT plan FROM plan WHERE run = ?", run)
  if not text then return nil end
  local parts = assert(book.db:rows(
    "SELECT part FROM plan_part WHERE run = ? ORDER BY number", run))
  for i, row in ipairs(parts) do parts[i] = assert(json.decode(row.part)) end
  return plans.whole(assert(json.decode(text)), parts)
end

-- Says of calls that are steps of their run's plan what the plan says of them.
local function fill(book, run, calls)
  local plan
  for _, call in ipairs(calls) do
    if call.step then
      plan = plan or plan_of(book, run)
      local step = steps_of.intent(plan, plan.steps[call.step])
      call.arguments, call.labels = step.args, json.array(step.labels)
      call.changes, call.work = json.array(step.changes), step.work
    end
  end
  return calls
end

local function unreadable(book, failure)
  return own_file.refused(book.path, "the journal cannot be read", failure)
end

local function rows(book, decode, sql, ...)
  local list, failure = book.db:rows(sql, ...)
  if not list then return nil, unreadable(book, failure) end
  for i, row in ipairs(list) do list[i] = decode(row) end
  return list
end

---The latest runs, the last one first.
---@param book table remora.journal
---@param limit integer
---@return remora.journal.Run[]? runs without their plans
---@return table? fault
function records.runs(book, limit)
  return rows(book, decoded_run,
    COUNTED .. "GROUP BY run.id ORDER BY run.id DESC LIMIT ?", limit)
end

---The runs that began since some moment, in their order.
---@param book table remora.journal
---@param where {platform: string, business: integer}
---@param since number unix seconds
---@return remora.journal.Run[]? runs without their plans, `calls` and `objects`
---@return table? fault
function records.runs_since(book, where, since)
  return rows(book, decoded_run, RUN .. " FROM run WHERE platform = ? AND business = ? "
    .. "AND started >= ? ORDER BY run.id", where.platform, where.business, since)
end

---One run.
---@param book table remora.journal
---@param which integer|"last"
---@return remora.journal.Run? run
---@return table? fault there is none
function records.run(book, which)
  local list, refused
  if which == "last" then
    list, refused = records.runs(book, 1)
  else
    list, refused = rows(book, decoded_run, COUNTED .. "WHERE run.id = ? GROUP BY run.id", which)
  end
  if not list then return nil, refused end
  local run = list[1]
  if run then
    run.plan = plan_of(book, run.id)
    return run
  end
  return nil, fault.new {
    code = "journal.no_run", at = { file = book.path },
    message = which == "last" and "there has been no run yet"
      or ("there is no run %d"):format(which),
    hint = which ~= "last" and "remora history lists the runs" or nil,
  }
end

local function calls_of(book, run, sql)
  local calls, refused = rows(book, decoded_call, sql, run)
  if not calls then return nil, refused end
  return fill(book, run, calls)
end

---How many calls of a run were to be sent.
---@param book table remora.journal
---@param run integer
---@return integer? count
---@return table? fault
function records.count(book, run)
  local count, failure = book.db:value("SELECT count(*) FROM intent WHERE run = ?", run)
  if not count then return nil, unreadable(book, failure) end
  return count
end

---The runs that a run went on with and that may have changed something, the last one first.
---@param book table remora.journal
---@param run integer
---@return integer[]? ids
---@return table? fault
function records.gone_on_with(book, run)
  return rows(book, function(row) return row.id end, [[
    SELECT id FROM run
    WHERE resumed_by = ? AND EXISTS (
      SELECT 1 FROM call WHERE call.run = run.id AND coalesce(settled, 'found') = 'found'
        AND (coalesce(outcome, 'unknown') <> 'refused' OR failed IS NOT NULL))
    ORDER BY id DESC]], run)
end

---The calls of a run, in the order they were sent.
---@param book table remora.journal
---@param run integer
---@return remora.journal.Call[]? calls
---@return table? fault
function records.calls(book, run)
  return calls_of(book, run, "SELECT * FROM call WHERE run = ? ORDER BY id")
end

---The calls of a run of which nobody knows whether they were carried out.
---@param book table remora.journal
---@param run integer
---@return remora.journal.Call[]? calls
---@return table? fault
function records.unsettled(book, run)
  return calls_of(book, run, [[
    SELECT * FROM call WHERE run = ? AND settled IS NULL
      AND coalesce(outcome, 'unknown') = 'unknown'
    ORDER BY id]])
end

---Whether the process of a run that has not ended is gone. Of other machines nobody knows; their
---runs count as cut short.
---@param run remora.journal.Run
---@return boolean
function records.cut_short(run)
  if run.ended then return false end
  if run.host ~= system.hostname() or not run.pid then return true end
  local since = living.since(run.pid)
  return since == nil or run.pid_since ~= nil and since ~= run.pid_since
end

---Marks a run that still runs, and its calls of which there is no outcome yet: nothing is wrong
---with either.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
function records.mark_running(run, calls)
  if run.ended or records.cut_short(run) then return end
  run.running = true
  for _, call in ipairs(calls) do
    if not call.outcome then call.under_way = true end
  end
end

---Whether there is something that another run should go on with.
---@param run remora.journal.Run
---@return boolean
function records.unfinished(run)
  if run.resumed_by or run.overtaken_by then return false end
  if run.ended then return run.exit_code ~= 0 end
  return records.cut_short(run)
end

local UNFINISHED = ("%s FROM run WHERE %s AND overtaken_by IS NULL"):format(RUN, OPEN)
local SAME_WORK = (" AND %s = (SELECT %s FROM (SELECT ? AS command, ? AS files, ? AS platform, "
  .. "? AS options) AS given)"):format(work_of "run", work_of "given")

---The runs that another one should go on with, the last one first. How much they did is not
---counted, which takes long where they were great ones.
---@param book table remora.journal
---@param work {command: string, files: string[], platform: string, options: table}? only those that
---  want the same as this; nil: all
---@return remora.journal.Run[]? runs without their plans, `calls` and `objects`
---@return table? fault
function records.unfinished_runs(book, work)
  local given = work and { work.command, json.encode(json.array(work.files)), work.platform,
    book:text(work.options) } or {}
  local list, refused = rows(book, decoded_run,
    UNFINISHED .. (work and SAME_WORK or "") .. " ORDER BY run.id DESC", table.unpack(given))
  if not list then return nil, refused end
  local unfinished = {}
  for _, run in ipairs(list) do
    if records.unfinished(run) then unfinished[#unfinished + 1] = run end
  end
  return unfinished
end

return records
