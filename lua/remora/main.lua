-- The remora program: command line in, exit code out. Owns nothing but that path;
-- the commands live in remora.cli.

local commands = require "remora.cli.commands"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local fetcher_word = require "remora.watch.fetcher_word"
local host = require "host"
local out = require "remora.core.out"
local system = require "system"

-- Whether what a command found wrong is the command line itself.
local function is_usage(refused)
  local first = refused.faults and refused.faults[1] or refused
  return first.code == "usage"
end

-- A command ends with an exit code, or with nil and the fault that ended it.
local function run(command, args)
  local context <close> = require("remora.cli.context").new(args, system.getenv)
  local code, refused = command.run(context, args)
  if code then return code end
  assert(fault.is(refused), "a command ends with an exit code or a fault")
  context.out:error(refused)
  if is_usage(refused) then return exit.usage end
  if refused.code == "lock.held" then return exit.locked end
  return system.interrupted() > 0 and exit.interrupted or exit.failed
end

-- Whether a line looks as if it will talk to a platform. It is not understood yet.
local function seems_to_talk(argv)
  for _, word in ipairs(argv) do
    for _, command in ipairs(commands) do
      if command.name == word then return command.talks end
    end
  end
end

---@param argv string[]
---@return integer exit code
return function(argv)
  if argv[1] == fetcher_word then return require("remora.watch.fetcher")() end
  -- Nothing takes longer to load: all else, the parser included, comes meanwhile.
  if seems_to_talk(argv) then host.expect "http_client" end
  local parser = require "remora.cli.parser"
  local parsed, refused = parser.parse(argv, system.getenv)
  if not parsed then
    out.new { json = parser.wants_json(argv, system.getenv) }:error(refused)
    return exit.usage
  end
  if parsed.help or parsed.version then
    out.new():result(parsed.help or "remora " .. host.version)
    return exit.done
  end
  return run(parsed.command, parsed.args)
end
