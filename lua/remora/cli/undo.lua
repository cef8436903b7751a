-- remora undo: plans the way back from a run of the journal and carries it out like any other plan,
-- as far as there is one. Owns its arguments and what is said about that which does not come back.

local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local inverse = require "remora.undo.inverse"
local journal = require "remora.journal"
local json = require "json"
local kinds = require "remora.kinds"
local later = require "remora.undo.later"
local lost = require "remora.cli.lost"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local planning = require "remora.cli.planning"
local records = require "remora.journal.records"
local safety = require "remora.cli.safety"
local show = require "remora.cli.show"
local story = require "remora.journal.story"

local undo = { name = "undo" }

local MOST_NAMED = 3 -- of objects that were changed again

---@param parser table argparse command
function undo.define(parser)
  parser:description("Bring back what a run changed: old values again, what it made deleted, what "
    .. "it deleted made anew. Shows the plan for that first, like apply.")
  parser:argument("run", "Its number in remora history, or last."):argname("RUN")
    :convert(show.run_number)
  carry.define(parser)
  carry.define_sync(parser)
  safety.define_selection(parser)
end

-- Reads the run, its calls, and with which runs it went on; the file is closed before the undoing
-- opens it again.
local function recorded(which)
  local book <close>, refused = journal.existing(journal.PATH)
  if not book then return nil, refused end
  local run, calls, earlier
  run, refused = records.run(book, which)
  if not run then return nil, refused end
  calls, refused = records.calls(book, run.id)
  if not calls then return nil, refused end
  earlier, refused = records.gone_on_with(book, run.id)
  if not earlier then return nil, refused end
  return run, calls, earlier
end

local function tell(out, list)
  lost.warn(out, list)
  out:event { event = "lost", objects = json.array(list) }
end

-- The end of it: nobody shall take for undone what was left.
local function ending(out, code, list)
  local count = story.staying(list)
  local ended = code == exit.done or code == exit.partial
  if not ended or count == 0 then return code end
  out:warn("not everything came back: %d of the above", count)
  return exit.partial
end

-- A service template that cannot go all the way back stays as it is, because the sync would bring
-- half of it to every instance. What the others lack is left out by itself.
local function leave_what_cannot_be_planned(planned, list)
  local templates, whole = planned.pb.sections.service_templates or {}, true
  for _, name in ipairs(#planned.plan.problems > 0 and order.keys(templates) or {}) do
    local pb = setmetatable({ sections = { service_templates = { [name] = templates[name] } } },
      { __index = planned.pb })
    local alone = setmetatable({ pb = pb, kinds = kinds.of(pb) }, { __index = planned })
    local done, refused = planning.plan(alone)
    if not done then return nil, refused end
    if #alone.plan.problems > 0 then
      inverse.add_problems(list, alone.plan.problems, "service template " .. name)
      templates[name], whole = nil, false
    end
  end
  if not whole then
    local done, refused = planning.plan(planned)
    if not done then return nil, refused end
  end
  inverse.add_problems(list, planned.plan.problems)
  return true
end

-- Going back overwrites or removes what somebody changed after the run: that must not go unsaid.
local function tell_later(out, run, labels)
  if #labels == 0 then return end
  out:warn("changed again since run %d, and overwritten or removed by this: %s", run.id,
    phrase.named(labels, MOST_NAMED))
end

-- Who resumed something may take the last run for all of it.
local function tell_earlier(out, run, earlier)
  for _, id in ipairs(earlier) do
    out:note("run %d went on with run %d, which this does not undo: remora undo %d does", run.id,
      id, id)
  end
end

---Goes on with an undo that was cut short.
---@param context remora.Context
---@param args table of the command line
---@param run remora.journal.Run
---@return integer|nil exit code
---@return table|nil fault
function undo.again(context, args, run)
  args.run, args.target, args.exclude = run.options.run, run.options.target, run.options.exclude
  return undo.run(context, args)
end

---@param context remora.Context
---@param args {run: integer|"last", yes: boolean?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function undo.run(context, args)
  local run, calls, earlier = recorded(args.run)
  if not run then return nil, calls end
  tell_earlier(context.out, run, earlier)
  local pb, list = inverse.of({ name = ("undo of run %d"):format(run.id),
    business = run.business, selection = safety.selection(args) }, calls)
  if not next(pb.sections) then
    tell(context.out, list)
    context.out:result(("run %d left nothing that can be undone"):format(run.id))
    return ending(context.out, exit.done, list)
  end
  local work = { command = "undo", after = run, lost = list, options = { run = run.id,
    target = json.array(args.target), exclude = json.array(args.exclude) } }
  local before = carry.before(context, args, work)
  local code, refused = planning.of(context, args, pb, function(planned)
    local done, failed = leave_what_cannot_be_planned(planned, list)
    if not done then return nil, failed end
    tell(context.out, list)
    tell_later(context.out, run, later.changed(calls, planned.plan))
    return carry.out(context, planned, args, work)
  end, function(planned)
    planned.partial = true
    return before(planned)
  end)
  if not code then return nil, refused end
  return ending(context.out, code, list)
end

return undo
