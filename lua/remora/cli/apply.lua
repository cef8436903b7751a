-- remora apply: shows the plan, asks where somebody is there to answer, carries it out and says how
-- it ended. Owns the question, the summary and the exit code.

local applying = require "remora.reconcile.apply"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local journal = require "remora.journal"
local planner = require "remora.reconcile.plan"
local planning = require "remora.cli.planning"
local playbooks = require "remora.cli.playbooks"
local render = require "remora.reconcile.render"
local report = require "remora.cli.report"
local safety = require "remora.cli.safety"
local system = require "system"

local apply = { name = "apply" }

local JOURNAL = ".remora/journal.db" -- below the working directory, as all of remora's own data
local SYNC_TIMEOUT = 300 -- seconds one sync may take; the platform's queue alone looks every 10 s

local function seconds(text)
  local number = tonumber(text)
  if number and number > 0 then return number end
  return nil, ("'%s' is not a positive number"):format(text)
end

---@param parser table argparse command
function apply.define(parser)
  parser:description("Make the platform as the playbooks say, then plan again: nothing may be "
    .. "left.")
  playbooks.define(parser)
  safety.define(parser)
  parser:flag("--force", "Change and take away as much as the plan wants.")
  parser:flag("-y --yes", "Never ask.")
  parser:option("--sync-timeout", "How long one sync of a service template may take.")
    :argname("SECONDS"):convert(seconds):default(tostring(SYNC_TIMEOUT))
end

-- A platform of one's own needs no question, and without a terminal nobody could answer it.
local function must_ask(planned, args)
  return not args.yes and not planned.embedded and system.isatty(0)
end

-- A warning, because a question that --quiet hides would wait for ever.
local function agrees(out, planned)
  out:warn("this changes %s; type yes to go on", planned.platform)
  return io.read("l") == "yes"
end

local function show(context, planned, args)
  if args.json then
    context.out:event { event = "plan", plan = render.plain(planned.plan) }
  else
    context.out:result(render.text(planned.plan, { files = planned.pb.files,
      style = function(name, text) return context.out:style(name, text) end }))
  end
end

local function carry_out(context, planned, args, book, run)
  return applying.new {
    pb = planned.pb, kinds = planned.kinds, reader = planned.reader, client = planned.client,
    registry = planned.registry, platform = planned.platform, loop = context:loop(),
    limits = planned.limits, out = context.out, journal = book, run = run, clock = system.monotonic,
    parallelism = context.parallelism, sync_timeout = tonumber(args.sync_timeout),
  }:carry_out(planned.plan)
end

local function run(context, planned, args)
  local book <close>, refused = journal.open(JOURNAL)
  if not book then return nil, refused end
  local id
  id, refused = book:begin { command = "apply", playbook = planned.pb.name,
    files = planned.pb.files, platform = planned.platform,
    business = planned.plan.business and planned.plan.business.id }
  if not id then return nil, refused end
  local result = carry_out(context, planned, args, book, id)
  local code = report.code(result)
  local _, lost = book:finish(id, code)
  report.show(context.out, result, planned)
  if lost then context.out:error(lost) end
  return code
end

---@param context remora.Context
---@param args {playbooks: string[], var: string[]?, vars_file: string[]?, yes: boolean?,
---  sync_timeout: string|number, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function apply.run(context, args)
  return planning.with(context, args, function(planned)
    show(context, planned, args)
    if planner.empty(planned.plan) then return exit.done end
    if #planned.refusals > 0 then
      context.out:error(fault.list(planned.refusals))
      return exit.refused
    end
    if must_ask(planned, args) and not agrees(context.out, planned) then
      context.out:note("nothing was changed")
      return exit.refused
    end
    return run(context, planned, args)
  end)
end

return apply
