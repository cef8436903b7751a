-- remora resume: goes on with the run that was cut short last, whatever command it was of. Owns
-- which run that is; how to go on is that command's affair.

local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local recover = require "remora.cli.recover"

local resume = { name = "resume" }

local COMMANDS = {
  apply = require "remora.cli.apply",
  op = require "remora.cli.op",
  undo = require "remora.cli.undo",
}

---@param parser table argparse command
function resume.define(parser)
  parser:description("Go on with the run that was cut short last, with what it was given: "
    .. "playbooks and variables, or processes. What may have been done is looked for first.")
  carry.define(parser)
  carry.define_sync(parser)
end

---@param context remora.Context
---@param args table as of carry.define
---@return integer|nil exit code
---@return table|nil fault
function resume.run(context, args)
  local run, refused = recover.latest()
  if refused then return nil, refused end
  if not run then
    context.out:note("no run was cut short: there is nothing to resume")
    return exit.done
  end
  return COMMANDS[run.command].again(context, args, run)
end

return resume
