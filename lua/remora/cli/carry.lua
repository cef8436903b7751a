-- What apply, undo and op share: a plan in, carried out and written into the journal. Owns the
-- question, the journal's run and the exit code; what is planned is the command's affair.

local business = require "remora.observe.business"
local applying = require "remora.reconcile.apply"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local journal = require "remora.journal"
local lock = require "remora.journal.lock"
local number = require "remora.cli.number"
local order = require "remora.core.order"
local planner = require "remora.reconcile.plan"
local planning = require "remora.cli.planning"
local recover = require "remora.cli.recover"
local render = require "remora.reconcile.render"
local report = require "remora.cli.report"
local safety = require "remora.cli.safety"
local system = require "system"
local values = require "remora.model.values"

local carry = {}

local SYNC_TIMEOUT = 300 -- seconds one sync may take; the platform's queue alone looks every 10 s

---@class remora.cli.Work what the journal says of a run beside its plan
---@field command "apply"|"undo"|"op"
---@field options table the arguments that going on with it takes; anew: it does everything,
---  whatever runs of the same work that were cut short have done
---@field lost remora.undo.Lost[]? what an undo does not bring back
---@field revision string? the commit that the playbooks are of
---@field after remora.journal.Run? the run that it goes on with, or takes back
---@field keep (fun(book: table, planned: remora.cli.Planned, code: integer): boolean?, table?)?
---  writes down what else shall be known of its end

---Adds the arguments that all of them take to a command.
---@param parser table argparse command
function carry.define(parser)
  carry.define_bounds(parser)
  parser:flag("--force", "Carry out what --max-changes and --max-deletes refuse.")
  parser:flag("-y --yes", "Never ask. Asked is on a terminal only, and not for the embedded "
    .. "platform.")
end

---Adds those among them that say how far and how long it goes.
---@param parser table argparse command
function carry.define_bounds(parser)
  safety.define(parser)
  parser:option("--max-failures", "Stop after so many failed calls; without it, only what rests "
    .. "on them is left undone.")
    :argname("N"):convert(number.count)
  planning.define(parser)
  recover.define(parser)
end

local LIMITS = { "max_changes", "max_deletes", "max_failures" }

-- What going on with a run takes: what its command says, and its limits. Who was forced once has
-- to be forced again.
local function options_of(work, args)
  local limits = {}
  for _, name in ipairs(LIMITS) do limits[name] = args[name] end
  return values.copy(work.options, { limits = limits })
end

---Gives a command line that goes on with a run the limits of that run, but for those it has itself.
---@param args table
---@param run remora.journal.Run
function carry.restore_limits(args, run)
  for name, value in pairs(run.options.limits or {}) do args[name] = args[name] or value end
end

---Adds the argument of those commands that may have to sync.
---@param parser table argparse command
function carry.define_sync(parser)
  parser:option("--sync-timeout", "How long one sync of a service template may take.")
    :argname("SECONDS"):convert(number.positive):default(tostring(SYNC_TIMEOUT))
end

-- A platform of one's own needs no question, and without a terminal nobody could answer it.
local function must_ask(planned, args)
  return not args.yes and not planned.embedded and system.isatty(0)
end

-- A warning, because a question that --quiet hides would wait for ever.
local function agrees(out, planned)
  out:warn("this changes %s; type yes to go on. Only \"yes\" is taken for yes.", planned.platform)
  return io.read("l") == "yes"
end

local function show(context, planned, args)
  if args.json then
    context.out:event { event = "plan", plan = render.plain(planned.plan) }
  else
    context.out:result(render.text(planned.plan,
      { files = planned.pb.files, style = context.out.style }))
  end
end

local function send(context, planned, args, book, run)
  return applying.new {
    pb = planned.pb, kinds = planned.kinds, reader = planned.reader, client = planned.client,
    registry = planned.registry, platform = planned.platform, loop = context:loop(),
    limits = planned.limits, existing = planned.existing, lock = planned.lock,
    selection = planned.selection,
    partial = planned.partial,
    max_failures = args.max_failures,
    out = context.out, journal = book, run = run, recorded = planned.plan, clock = system.monotonic,
    parallelism = context.parallelism, sync_timeout = args.sync_timeout,
    agent_timeout = args.agent_timeout,
  }:carry_out(planned.plan)
end

-- Opens the journal with one of its functions for that.
local function open(context, how)
  return how(journal.PATH, function(text) return context.out:masked(text) end, context:loop())
end

-- The journal if there is one; nil without a fault: nothing was ever applied from here.
local function former_journal(context)
  local book, refused = open(context, journal.existing)
  if not book and refused.code == "journal.none" then return nil end
  return book, refused
end

local function journal_of(context, planned)
  if planned.book then return planned.book end
  return open(context, journal.open)
end

-- The exit code of a run, and how it ended written down. What was done is done without that, too: a
-- fault only has to be told.
local function close(context, planned, work, book, id, result)
  local code = report.code(result)
  local writes = { function() return book:finish(id, code, report.halt(result)) end }
  if work.keep then writes[2] = function() return work.keep(book, planned, code) end end
  local _, faults = context:loop():gather(#writes, writes, function(write) return write() end)
  return code, faults and faults[order.keys(faults)[1]]
end

local function run(context, planned, args, work)
  local book <close>, refused = journal_of(context, planned)
  if not book then return nil, refused end
  local id
  id, refused = book:begin { command = work.command, playbook = planned.pb.name,
    files = planned.pb.files, platform = planned.platform, options = options_of(work, args),
    business = planned.plan.business and planned.plan.business.id,
    plan = planned.plan, lost = work.lost, revision = work.revision }
  if not id then return nil, refused end
  local done
  done, refused = recover.close(planned, book, id)
  if not done then return nil, refused end
  local result = send(context, planned, args, book, id)
  local code, unwritten = close(context, planned, work, book, id, result)
  report.show(context.out, result, planned, work)
  if unwritten then context.out:error(unwritten) end
  return code
end

-- Nothing is to be sent, and that may be worth to be known.
local function idle(context, planned, work)
  report.idle(context.out, work)
  if not work.keep then return exit.done end
  local book <close>, refused = journal_of(context, planned)
  local kept
  if book then kept, refused = work.keep(book, planned, exit.done) end
  if not kept then context.out:error(refused) end
  return exit.done
end

---Shows a plan, asks where somebody is there to answer, carries it out and says how it ended.
---@param context remora.Context
---@param planned remora.cli.Planned
---@param args table
---@param work remora.cli.Work
---@return integer|nil exit code
---@return table|nil fault
function carry.out(context, planned, args, work)
  local looked, failed = recover.look(context, planned, args)
  if not looked then return nil, failed end
  show(context, planned, args)
  if planner.empty(planned.plan) and not recover.needed(planned) then
    return idle(context, planned, work)
  end
  if #planned.refusals > 0 then
    context.out:error(fault.list(planned.refusals))
    return exit.refused
  end
  if not planner.empty(planned.plan) and must_ask(planned, args)
    and not agrees(context.out, planned) then
    context.out:note("nothing was changed: the answer was not \"yes\"")
    return exit.refused
  end
  -- While somebody thought about it, no sign of life went out.
  local held, gone = planned.lock:beat()
  if not held then return nil, gone end
  return run(context, planned, args, work)
end

-- Nobody else may change what is read from now on. Signs of life go out until the loop ends, and
-- who wants it to end is told what that takes.
local function hold(context, planned)
  local state = {}
  local read, refused = planned.reader:only_read(business.read, planned.pb, state)
  if not read then return nil, refused end
  planned.lock, refused = lock.take(lock.PATH, { platform = planned.platform,
    business = state.business.id, playbook = planned.pb.name })
  if not planned.lock then return nil, refused end
  local loop = context:loop()
  loop:spawn(function()
    while loop:sleep(lock.BEAT) and not planned.lock.closed do planned.lock:beat() end
    if loop:interrupted() > 0 and not planned.lock.closed then
      context.out:note("stopping when what is under way has ended; Ctrl-C again gives it up")
    end
  end)
  return true
end

-- Ids mean something on the platform of the run only, and nobody asked to change another one.
local function elsewhere(planned, former)
  if not former or former.platform == planned.platform then return nil end
  return fault.new { code = "journal.platform",
    message = ("run %d was on %s, this is %s"):format(former.id, former.platform, planned.platform),
    hint = "use the same --platform or --profile" }
end

---What has to happen before the platform is read for a run: it is the one of the run before, the
---business is locked, runs of the same work that were cut short are found, and what they left under
---way is waited for.
---@param context remora.Context
---@param args table
---@param work remora.cli.Work
---@return fun(planned: remora.cli.Planned): boolean?, table?
function carry.before(context, args, work)
  return function(planned)
    local wrong = elsewhere(planned, work.after)
    if wrong then return nil, wrong end
    local held, refused = hold(context, planned)
    if not held then return nil, refused end
    planned.book, refused = former_journal(context)
    if refused then return nil, refused end
    return recover.wait(context, planned, args, work)
  end
end

return carry
