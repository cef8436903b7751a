-- What run and repl share: the flags of scripts, and telling how a piece of a script ended when it
-- did not come to its end.

local exit = require "remora.cli.exit"
local number = require "remora.cli.number"

local scripting = {}

---@param parser table argparse command
function scripting.define(parser)
  parser:flag("--read-only", "Refuse every call that writes.")
  parser:option("--memory", "Most memory it may take; without this, no limit of its own.")
    :argname("MB"):convert(number.count)
  parser:option("--instructions", "Most Lua instructions it may take; without this, no limit.")
    :argname("N"):convert(number.count)
end

---@param args {memory: integer?, instructions: integer?}
---@return {memory: integer?, instructions: integer?} limits as remora.script.program takes them
function scripting.limits(args)
  return { memory = args.memory, instructions = args.instructions }
end

---Tells of an ending that is not "done".
---@param context remora.Context
---@param ending remora.script.Ending
---@return integer exit code
function scripting.report(context, ending)
  if ending.kind == "interrupted" then
    context.out:note("interrupted")
    return exit.interrupted
  end
  context.out:error(ending.fault)
  if ending.kind == "fault" then return exit.failed end
  -- The first line is the place that the message names.
  for i = 2, #ending.stack do context.out:note("  called from %s", ending.stack[i]) end
  return exit.bug
end

return scripting
