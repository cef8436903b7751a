-- remora resume: goes on with a run that was cut short, whatever command it was of. Owns which run
-- that is, and that its limits still hold; how to go on is that command's affair.

local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local recover = require "remora.cli.recover"
local show = require "remora.cli.show"

local resume = { name = "resume" }

local COMMANDS = {
  apply = require "remora.cli.apply",
  op = require "remora.cli.op",
  undo = require "remora.cli.undo",
}

---@param parser table argparse command
function resume.define(parser)
  parser:description("Go on with a run that was cut short, with what it was given: playbooks and "
    .. "variables, or processes, and its limits unless others are given here. What may have been "
    .. "done is looked for first.")
  parser:argument("run", "Its number in remora history; without it, or last, the last one that "
    .. "nobody has gone on with."):argname("RUN"):args("?"):convert(show.run_number)
  carry.define(parser)
  carry.define_sync(parser)
end

---@param context remora.Context
---@param args table as of carry.define; run: integer|"last"|nil
---@return integer|nil exit code
---@return table|nil fault
function resume.run(context, args)
  local run, refused = recover.run(math.tointeger(args.run))
  if refused then return nil, refused end
  if not run then
    context.out:note("no run was cut short: there is nothing to resume")
    return exit.done
  end
  carry.restore_limits(args, run)
  return COMMANDS[run.command].again(context, args, run)
end

return resume
