-- What plan and apply share: playbooks and platform in, a plan out. Owns the way there;
-- prints nothing but progress and sends nothing that changes the platform.

local budget = require "remora.reconcile.budget"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local guard = require "remora.reconcile.guard"
local kinds = require "remora.kinds"
local labels = require "remora.observe.labels"
local number = require "remora.cli.number"
local planner = require "remora.reconcile.plan"
local playbooks = require "remora.cli.playbooks"
local safety = require "remora.cli.safety"

local planning = {}

---Adds the argument to a command.
---@param parser table argparse command
function planning.define(parser)
  parser:option("--agent-timeout", "How long agents may take to answer. Without it: 60 seconds "
    .. "when they are asked how things are, 300 when they do something.")
    :argname("SECONDS"):convert(number.positive)
end

---@class remora.cli.Planned
---@field pb table
---@field kinds table[]
---@field client table
---@field reader table
---@field platform string how the platform is called in output
---@field embedded boolean
---@field registry table? what was registered with agents; only with hosting
---@field limits table how much may change and go (cli/safety.lua)
---@field existing table what exists, for limits that are shares (reconcile/budget.lua)
---@field unfinished remora.journal.Run[]? of the same work, that were cut short (cli/recover.lua)
---@field unsettled remora.journal.Call[]? of these, of which nobody knows whether they were done
---@field found table<integer, boolean>? by the id of such a call, whether its effect was found
---@field selection table? which part of the work is wanted (reconcile/selection.lua)
---@field lock table? held while the platform is changed (journal/lock.lua)
---@field book table? the journal, if there was one before
---@field partial boolean? what cannot be planned is left as it is, and the rest is done
---@field plan remora.reconcile.Plan
---@field after fun(): table the state that carrying it out would leave
---@field unmet_labels {at: table?, message: string}[] labels of rules that nothing has
---@field apart fun(): remora.reconcile.Plan[] the plans of each kind by itself
---@field refusals table[] faults: what forbids carrying it out: the plan (reconcile/guard.lua) or
---  the route

-- Everything that planning and applying work with, but no plan yet.
local function connect(context, pb, needed, args)
  local target, refused = context:target()
  if not target then return nil, refused end
  local limits
  limits, refused = safety.limits(args, target)
  if not limits then return nil, refused end
  local registry = pb.sections.hosting and context:registry(target) or nil
  local reader
  reader, refused = context:reader(registry)
  if not reader then return nil, refused end
  return {
    pb = pb, kinds = needed, client = reader.client, registry = registry, reader = reader,
    limits = limits, selection = safety.selection(args),
    embedded = context.running ~= nil, platform = context:platform_name(target),
  }
end

-- The calls of a plan that the route to the platform does not have, each where the playbook first
-- needs it: they would end a run half-way.
local function unroutable(planned)
  local faults, looked = {}, {}
  for _, step in ipairs(planned.plan.steps) do
    local missing = not looked[step.call] and planned.client:missing(step.call)
    looked[step.call] = true
    if missing then
      local first = planned.plan.changes[step.changes[1]]
      faults[#faults + 1] = fault.new { code = "plan.no_route", at = first and first.at,
        message = ("%s is needed, and %s"):format(step.call, missing.message),
        hint = missing.hint }
    end
  end
  return faults
end

---Reads the platform and plans.
---@param planned remora.cli.Planned gets plan and refusals
---@return boolean? done
---@return table? fault of the platform, or all problems of a plan that has to be whole
function planning.plan(planned)
  local state, failed = planned.reader:only_read(current.read, planned.pb, planned.kinds,
    planned.selection)
  if not state then return nil, failed end
  planned.plan, planned.after = planner.make(planned.pb, state, planned.kinds,
    { platform = planned.platform, selection = planned.selection })
  planned.apart = function() return planner.apart(planned.pb, state, planned.kinds) end
  if #planned.plan.problems > 0 and not planned.partial then
    return nil, fault.list(planned.plan.problems)
  end
  planned.unmet_labels = labels.unmet(planned.pb, state)
  planned.existing = budget.existing(planned.kinds, planned.pb, state)
  local wrong, refusals = unroutable(planned), guard.refusals(planned.plan, planned)
  planned.refusals = table.move(wrong, 1, #wrong, #refusals + 1, refusals)
  return true
end

local function warn_of_rules(out, list)
  for _, each in ipairs(list) do
    local place = fault.place(each.at)
    out:warn("%s%s", place ~= "" and place .. ": " or "", each.message)
  end
end

-- What was named and is nowhere does nothing, which looks as if all was well. What there will be is
-- made up only for who asks: in a large fleet that takes a while.
local function warn_of_unmet(out, planned)
  local pb, selection, after = planned.pb, planned.selection, planned.after
  for _, glob in ipairs(selection and selection:unmet(planned.kinds, pb, after) or {}) do
    out:warn("%s fits nothing that this is about; without it, the labels are shown", glob)
  end
  warn_of_rules(out, planned.unmet_labels)
  for _, kind in ipairs(planned.kinds) do
    if kind.unmet then warn_of_rules(out, kind.unmet(pb, after())) end
  end
end

---Reads the platform for a playbook, plans, and runs a function with the plan, inside the context's
---loop.
---@param context remora.Context
---@param args table
---@param pb table in normal form
---@param body fun(planned: remora.cli.Planned): integer?, table?
---@param before (fun(planned: remora.cli.Planned): boolean?, table?)? what has to happen before the
---  platform is read
---@return integer? exit code
---@return table? fault of the platform, or all problems of the plan
function planning.of(context, args, pb, body, before)
  local needed = kinds.of(pb) -- while what talks to the platform is still being loaded
  return context:run(function()
    local planned, failed = connect(context, pb, needed, args)
    if not planned then return nil, failed end
    local _ <close> = planned.registry
    local done = true
    if before then done, failed = before(planned) end
    local _ <close> = planned.lock
    local _ <close> = planned.book
    if done then done, failed = planning.plan(planned) end
    if not done then return nil, failed end
    warn_of_unmet(context.out, planned)
    return body(planned)
  end)
end

---The same for the playbooks of a command line.
---@param context remora.Context
---@param args table
---@param body fun(planned: remora.cli.Planned): integer?, table?
---@param before (fun(planned: remora.cli.Planned): boolean?, table?)? see planning.of
---@return integer? exit code
---@return table? fault also of the playbooks
function planning.with(context, args, body, before)
  local pb, refused = playbooks.load(args)
  if not pb then return nil, refused end
  return planning.of(context, args, pb, body, before)
end

return planning
