-- remora run: a Lua script against the platform. Owns where the script comes from, its limits and
-- what its end means for the exit code.

local environment = require "remora.script.environment"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local program = require "remora.script.program"
local scripting = require "remora.cli.scripting"
local show = require "remora.script.show"
local system = require "system"
local usage = require "remora.cli.usage"

local run = { name = "run" }

---@param parser table argparse command
function run.define(parser)
  parser:description("Run a Lua script that calls the platform. It ends with the integer it "
    .. "returns, 1 when it returns nil and what went wrong, 70 when it is wrong; any other value "
    .. "that it returns is printed. remora repl has help on what scripts can use.")
  parser:argument("script", "The script; what follows is in its table arg."):argname("SCRIPT.lua")
    :args "?"
  parser:argument("arguments", "Words for the script; -- before one that begins with a dash.")
    :args "*"
  parser:option("-e --execute", "Run this text instead of a file."):argname("CODE")
  scripting.define(parser)
end

-- The script and its words; with -e all words are the script's.
local function source_of(args)
  local words = { table.unpack(args.arguments) }
  if args.execute then
    table.insert(words, 1, args.script)
    words[0] = "-e"
    return program.source("(-e)", args.execute), words
  end
  if not args.script then
    return nil, usage("which script?", "remora run SCRIPT.lua, or remora run -e CODE")
  end
  local text, refused = system.read_file(args.script)
  if not text then return nil, fault.of_file(args.script, "cannot be read", refused) end
  words[0] = args.script
  return program.source(args.script, text), words
end

-- The exit code that goes with what a script returned.
local function code_of(context, value)
  if value == nil or value == true then return exit.done end
  if math.type(value) ~= "integer" then
    context.out:result(context.out.json and value or show(value))
    return exit.done
  end
  if value >= 0 and value <= 255 then return value end
  return nil, fault.new { code = "script.exit_code",
    message = ("the script returned %d, an exit code is 0 to 255"):format(value) }
end

---@param context remora.Context
---@param args {script: string?, arguments: string[], execute: string?, memory: integer?,
---  instructions: integer?, read_only: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function run.run(context, args)
  local source, words = source_of(args)
  if not source then return nil, words end
  local env = environment.new(context, words)
  local chunk, refused = program.compile(source, env)
  if not chunk then return nil, refused end
  local ending, failed = context:run(program.run, chunk, source, scripting.limits(args),
    table.unpack(words))
  if not ending then return nil, failed end
  if ending.kind == "done" then return code_of(context, ending.values[1]) end
  return scripting.report(context, ending)
end

return run
