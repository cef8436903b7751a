-- Going on where another run was cut short: finds such runs of the same work in the journal, says
-- so, looks for the effect of every call that nobody knows the outcome of, and writes down what was
-- found. What looking means is reconcile/recovery.lua's.

local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"
local journal = require "remora.journal"
local mask = require "remora.core.mask"
local number = require "remora.cli.number"
local phrase = require "remora.core.phrase"
local planning = require "remora.cli.planning"
local records = require "remora.journal.records"
local recovery = require "remora.reconcile.recovery"
local sending = require "remora.reconcile.sending"
local steps_of = require "remora.reconcile.steps"
local system = require "system"
local text = require "remora.journal.text"

local recover = {}

local SETTLE = 10 -- seconds; the platform works through a full batch in far less

---Adds the argument to a command.
---@param parser table argparse command
function recover.define(parser)
  parser:option("--settle", "How long a call of a run that was cut short may still be under way, "
    .. "before its work is done anew. Waited for only where doing it twice would harm.")
    :argname("SECONDS"):convert(number.seconds):default(tostring(SETTLE))
end

-- Runs of the same work that were cut short, with how many calls each had sent.
local function unfinished(book, planned, work)
  local runs, refused = records.unfinished_runs(book, { command = work.command,
    files = planned.pb.files, platform = planned.platform, options = work.options })
  if not runs then return nil, refused end
  for _, run in ipairs(runs) do
    run.calls, refused = records.count(book, run.id)
    if not run.calls then return nil, refused end
  end
  return runs
end

local function tell(out, runs, calls, repeatable)
  for _, run in ipairs(runs) do
    out:note("run %d of %s by %s: %s %s", run.id, text.time(run.started), run.user,
      text.ending(run), run.calls == 0 and "before its first call"
        or ("after %s"):format(phrase.count(run.calls, "call")))
  end
  if #calls > 0 then
    out:note("looking for the effect of %s with unknown outcome", phrase.count(#calls, "call"))
  end
  if repeatable > 0 then
    out:note("doing again what %s with unknown outcome may have done: it leaves no trace",
      phrase.count(repeatable, "call"))
  end
end

---Finds runs of the same work that were cut short and waits for what they started.
---@param context remora.Context
---@param planned remora.cli.Planned without a plan; gets `unfinished` and `unsettled`
---@param args table
---@param work remora.cli.Work
---@return boolean? done
---@return table? fault
function recover.wait(context, planned, args, work)
  planned.unfinished, planned.unsettled = {}, {}
  if work.options.anew or not planned.book then return true end
  local calls
  local runs, refused = unfinished(planned.book, planned, work)
  if not runs then return nil, refused end
  planned.unfinished = runs
  local repeatable = 0
  for _, run in ipairs(runs) do
    calls, refused = records.unsettled(planned.book, run.id)
    if not calls then return nil, refused end
    for _, call in ipairs(calls) do
      if call.work.repeatable then
        repeatable = repeatable + 1
      else
        table.insert(planned.unsettled, call)
      end
    end
  end
  tell(context.out, runs, planned.unsettled, repeatable)
  return recovery.wait(planned.unsettled, planned.kinds, sending.new {
    kinds = planned.kinds, client = planned.client, loop = context:loop(),
    registry = planned.registry, clock = system.monotonic,
    sync_timeout = args.sync_timeout,
  })
end

---Whether the journal has something to learn from this run, even if nothing is left to do.
---@param planned remora.cli.Planned
---@return boolean
function recover.needed(planned)
  return #planned.unfinished > 0
end

local function plan_again(planned, calls)
  for _, kind in ipairs(planned.kinds) do
    for _, call in ipairs(calls) do
      planned.reader:forget(steps_of.touched(kind, { call = call.name, args = call.arguments },
        call.changes))
    end
  end
  return planning.plan(planned)
end

local function tell_found(out, calls, found)
  if #calls == 0 then return end
  local done = 0
  for _, call in ipairs(calls) do done = done + (found[call.id] and 1 or 0) end
  out:note("%d of them had been done", done)
end

-- Whether a call may still have an effect that matters: agents go on by themselves; what was sent
-- to a platform elsewhere may still lie there, and only what may be sent twice need not be waited
-- for. Of an embedded platform nothing is left when its process is gone.
local function may_come(planned, call)
  for _, kind in ipairs(planned.kinds) do
    if kind.lingers and kind.lingers[call.name] then return true end
  end
  return not planned.embedded and not assert(catalogue.get(call.name)).repeatable
end

---Looks for the effects of calls with unknown outcome, and plans again until they had their time.
---@param context remora.Context
---@param planned remora.cli.Planned gets `found`, and a later plan
---@param args table
---@return boolean? done
---@return table? fault
function recover.look(context, planned, args)
  local loop = context:loop()
  local found, refused = recovery.look(planned.unsettled, {
    plan = function() return planned.plan end,
    again = function(calls) return plan_again(planned, calls) end,
    sleep = function(time) loop:sleep(time) end,
    now = system.time,
    interrupted = function() return loop:interrupted() > 0 end,
    may_come = function(call) return may_come(planned, call) end,
  }, args.settle)
  if not found then return nil, refused end
  planned.found = found
  tell_found(context.out, planned.unsettled, found)
  return true
end

---Writes down what was found, and which run goes on.
---@param planned remora.cli.Planned
---@param book table remora.journal
---@param id integer of the run that goes on
---@return boolean? done
---@return table? fault
function recover.close(planned, book, id)
  for _, call in ipairs(planned.unsettled) do
    local done, refused = book:settle(call.id, planned.found[call.id])
    if not done then return nil, refused end
  end
  for _, run in ipairs(planned.unfinished) do
    local done, refused = book:resumed(run.id, id)
    if not done then return nil, refused end
  end
  return true
end

-- What goes on with a run takes what it began with; not all of that is kept.
local function resumable(run)
  if run.revision then
    return nil, fault.new { code = "journal.revision",
      message = ("run %d was of remora watch"):format(run.id),
      hint = "start it again: that goes on with the run as well" }
  end
  for _, assignment in ipairs(run.options.var or {}) do
    if assignment:find(mask.MARK, 1, true) then
      return nil, fault.new { code = "journal.secret",
        message = ("run %d had a secret among its --var, which is not kept"):format(run.id),
        hint = "apply the same playbooks with the same --var: that goes on with the run as well" }
    end
  end
  return run
end

-- That one run, if it is among the unfinished ones.
local function chosen(book, runs, which)
  for _, run in ipairs(runs) do
    if run.id == which then return resumable(run) end
  end
  local run, refused = records.run(book, which)
  if not run then return nil, refused end
  return nil, fault.new { code = "journal.finished",
    message = ("there is nothing to go on with in run %d: %s"):format(which, (text.ending(run))),
    hint = "remora history lists the runs" }
end

---The run that remora resume goes on with.
---@param which integer? its number; nil: the last one that is unfinished
---@return remora.journal.Run? run nil without a fault: there is nothing to go on with
---@return table? fault also: there is no need to go on with that one
function recover.run(which)
  local book <close>, refused = journal.existing(journal.PATH)
  if not book then return nil, refused end
  local runs
  runs, refused = records.unfinished_runs(book)
  if not runs then return nil, refused end
  if which then return chosen(book, runs, which) end
  if not runs[1] then return nil end
  return resumable(runs[1])
end

return recover
