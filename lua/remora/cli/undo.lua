-- remora undo: plans the way back from a run of the journal and carries it out like any other plan.
-- Owns its arguments and what is said about that which does not come back.

local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local inverse = require "remora.reconcile.inverse"
local journal = require "remora.journal"
local json = require "json"
local planning = require "remora.cli.planning"
local records = require "remora.journal.records"
local show = require "remora.cli.show"

local undo = { name = "undo" }

local MOST_NAMED = 3 -- objects with the same reason

---@param parser table argparse command
function undo.define(parser)
  parser:description("Bring back what a run changed: old values again, what it made deleted, what "
    .. "it deleted made anew. Shows the plan for that first, like apply.")
  parser:argument("run", "Its number in remora history, or last."):argname("RUN")
    :convert(show.run_number)
  carry.define(parser)
end

-- Reads the run and its calls; the file is closed before the undoing opens it again.
local function recorded(which)
  local book <close>, refused = journal.existing(journal.PATH)
  if not book then return nil, refused end
  local run, calls
  run, refused = records.run(book, which)
  if not run then return nil, refused end
  calls, refused = records.calls(book, run.id)
  if not calls then return nil, refused end
  return run, calls
end

local function tell(out, lost)
  local by_reason, reasons = {}, {}
  for _, each in ipairs(lost) do
    if not by_reason[each.reason] then
      by_reason[each.reason], reasons[#reasons + 1] = {}, each.reason
    end
    table.insert(by_reason[each.reason], each.label)
  end
  for _, reason in ipairs(reasons) do
    local labels = by_reason[reason]
    local named = table.concat(labels, ", ", 1, math.min(#labels, MOST_NAMED))
    if #labels > MOST_NAMED then named = named .. (" and %d more"):format(#labels - MOST_NAMED) end
    out:warn("%s: %s", named, reason)
  end
  out:event { event = "lost", objects = json.array(lost) }
end

-- Ids mean something on the platform of the run only.
local function elsewhere(run, planned)
  if planned.platform == run.platform then return nil end
  return fault.new { code = "undo.platform",
    message = ("run %d was on %s, this is %s"):format(run.id, run.platform, planned.platform),
    hint = "use the same --platform or --profile" }
end

---@param context remora.Context
---@param args {run: integer|"last", yes: boolean?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function undo.run(context, args)
  local run, calls = recorded(args.run)
  if not run then return nil, calls end
  local pb, lost = inverse.of(run, calls)
  tell(context.out, lost)
  if not next(pb.sections) then
    context.out:result(("run %d left nothing that can be undone"):format(run.id))
    return exit.done
  end
  local work = { command = "undo", options = { run = run.id } }
  local before = carry.before(context, args, work)
  return planning.of(context, args, pb, function(planned)
    return carry.out(context, planned, args, work)
  end, function(planned)
    local refused = elsewhere(run, planned)
    if refused then return nil, refused end
    return before(planned)
  end)
end

return undo
