-- remora apply: makes the platform as playbooks say. Owns its arguments and which playbooks are
-- meant; the rest is carry.lua's.

local baseline = require "remora.cli.baseline"
local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local json = require "json"
local planning = require "remora.cli.planning"
local playbooks = require "remora.cli.playbooks"
local safety = require "remora.cli.safety"
local saved_plan = require "remora.cli.saved_plan"
local system = require "system"
local usage = require "remora.cli.usage"

local apply = { name = "apply" }

---@param parser table argparse command
function apply.define(parser)
  parser:description("Make the platform as the playbooks say, then plan again: nothing may be "
    .. "left. In place of playbooks: a plan that remora plan -o FILE has saved. Two people are "
    .. "kept apart, and know of each other's runs, only when they start in the same directory: "
    .. "lock and journal are in its .remora.")
  playbooks.define(parser, "*")
  parser:flag("--resume", "Go on with the run that was cut short last: the same as remora resume.")
  carry.define(parser)
  carry.define_sync(parser)
  safety.define_selection(parser)
end

-- What keeps a saved plan from being carried out, said to the user. What cannot be planned any more
-- keeps it too.
local function is_stale(context, planned, saved)
  local stale = saved_plan.stale(saved, planned)
  if not stale then return false end
  if #planned.plan.problems > 0 then context.out:error(fault.list(planned.plan.problems)) end
  context.out:error(stale)
  return true
end

---What carrying out playbooks is, for the journal.
---@param args table
---@param revision string? the commit that they are of
---@return remora.cli.Work
function apply.work(args, revision)
  return { command = "apply", keep = baseline.keep, revision = revision, options = {
    var = json.array(args.var), vars_file = json.array(args.vars_file),
    target = json.array(args.target), exclude = json.array(args.exclude) } }
end

-- Carries out playbooks; with a saved plan, only if planning gives the same again; after a run that
-- was cut short, only where that was.
local function with(context, args, saved, run)
  local work = apply.work(args)
  work.after = run
  local before = carry.before(context, args, work)
  return planning.with(context, args, function(planned)
    if saved and is_stale(context, planned, saved) then return exit.stale end
    planned.partial = nil
    return carry.out(context, planned, args, work)
  end, function(planned)
    planned.partial = saved ~= nil
    return before(planned)
  end)
end

-- What is resumed is what the playbooks say now.
local function warn_of_edits(out, run)
  for _, path in ipairs(run.files) do
    local its = system.stat(path)
    if its and its.mtime > run.started then
      out:warn("%s was changed after run %d began", path, run.id)
    end
  end
end

---Goes on with an apply that was cut short.
---@param context remora.Context
---@param args table of the command line
---@param run remora.journal.Run
---@return integer|nil exit code
---@return table|nil fault
function apply.again(context, args, run)
  warn_of_edits(context.out, run)
  args.playbooks, args.var, args.vars_file = run.files, run.options.var, run.options.vars_file
  args.target, args.exclude = run.options.target, run.options.exclude
  return with(context, args, nil, run)
end

---@param context remora.Context
---@param args {playbooks: string[], resume: boolean?, var: string[]?, vars_file: string[]?,
---  yes: boolean?, sync_timeout: string|number, settle: string|number, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function apply.run(context, args)
  if args.resume and #args.playbooks > 0 then
    return nil, usage("--resume has its playbooks from the run it goes on with",
      "leave the playbooks out")
  end
  if args.resume then return require("remora.cli.resume").run(context, args) end
  if #args.playbooks == 0 then
    return nil, usage("which playbooks?", "remora apply PLAYBOOK…")
  end
  local saved, refused
  if #args.playbooks == 1 then saved, refused = saved_plan.read(args.playbooks[1]) end
  if refused then return nil, refused end
  refused = saved and saved_plan.arguments(saved, args)
  if refused then return nil, refused end
  return with(context, args, saved)
end

return apply
