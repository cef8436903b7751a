-- remora platform: serves the embedded platform, sets its faults, adds to its data, or removes it.
-- Owns the command line and the life of the server; what it answers is remora.platform's.

local system = require "system"
local agents = require "remora.platform.agents"
local config = require "remora.cli.config"
local data_file = require "remora.platform.data_file"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local number = require "remora.cli.number"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local platform_fault = require "remora.cli.platform_fault"

local platform = { name = "platform" }

-- Seconds. A signal that comes just before the loop waits is seen when it wakes, so it wakes often.
local NAP = 0.2
local GC_PAUSE = 200 -- % of what is in use at which the collector begins anew

local function data_option(parser)
  parser:option("--data", "The file its data is in."):argname("FILE"):default(data_file.DEFAULT)
end

---@param parser table argparse command
function platform.define(parser)
  parser:description("A CMDB, job platform and GSE with agents, on this machine.")
  parser:require_command(true)
  parser:command_target("action")

  local serve = parser:command("serve", "Answer until interrupted.")
  serve:option("--listen", "Address and port; port 0 takes a free one."):argname("ADDRESS:PORT")
    :default("127.0.0.1:0")
  data_option(serve)
  serve:option("--topology", "YAML file, as below: what an empty platform begins with. "
    .. "Without it: a demo fleet."):argname("FILE")
  serve:option("--sync-delay", "How long a sync of a service template takes.")
    :argname("SECONDS"):convert(number.seconds):default("0.2")
  serve:option("--faults", "YAML file, as below: rules for what shall go wrong.")
    :argname("FILE")
  serve:option("--agent", "Who carries out what is asked of the agents: simulated, nobody, on a "
    .. "clock of its own; exec, this machine: it starts the processes of all hosts, keeps them "
    .. "alive and within their limits, and they go on when the platform ends. Every request then "
    .. "has to carry the credentials in BK_APP_CODE and BK_APP_SECRET.")
    :argname("NAME"):choices(agents.NAMES):default("simulated")
  serve:flag("--remote", "Let other machines connect. Every request then has to carry the "
    .. "credentials in BK_APP_CODE and BK_APP_SECRET.")

  local import = parser:command("import", "Add a topology file to what is there, all or nothing.")
  import:argument("file", "YAML file, as of platform serve --topology."):argname("FILE")
  data_option(import)

  local reset = parser:command("reset", "Remove the data.")
  data_option(reset)
  reset:flag("-y --yes", "Never ask.")

  platform_fault.define(parser)
end

-- Answers until SIGINT or SIGTERM.
local function serve(context, args)
  local loop = context:loop()
  local running, refused = require("remora.platform.server").start(loop, {
    listen = args.listen, data = args.data, topology = args.topology,
    sync_delay = args.sync_delay, remote = args.remote, faults = args.faults,
    agent = args.agent,
    credentials = config.credentials(context.env),
    log = function(text) context.out:note("%s", text) end,
  })
  if not running then return nil, refused end
  context.out:result("listening on " .. running.url)
  -- Answers are made and thrown away: to collect less often is worth it, unless a test wants
  -- the collector always at work.
  if not context.env "REMORA_GC_STRESS" then collectgarbage("incremental", GC_PAUSE) end
  if args.topology and not running.seeded then
    context.out:warn("%s has data already: %s is not used; remora platform reset starts anew",
      args.data, args.topology)
  end
  while loop:sleep(NAP) do end -- a signal ends the sleep
  running:close()
  return exit.done
end

-- "2 modules, 40 hosts" of what was made.
local function made_text(made)
  local parts = {}
  for what, count in order.pairs(made) do
    parts[#parts + 1] = phrase.count(count, what)
  end
  return table.concat(parts, ", ")
end

local function import(context, args)
  local made, refused = require "remora.platform.import"(args.file, args.data)
  if not made then
    context.out:note("nothing was imported")
    return nil, refused
  end
  if args.json then
    context.out:event { event = "imported", data = args.data, made = made }
  elseif next(made) == nil then
    context.out:result(("%s has all of %s already"):format(args.data, args.file))
  else
    context.out:result(("added to %s: %s"):format(args.data, made_text(made)))
  end
  return exit.done
end

local function agrees(context, path)
  context.out:note("Remove everything the embedded platform has in %s? "
    .. "Only \"yes\" is taken for yes.", path)
  return io.read("l") == "yes"
end

local function reset(context, args)
  if not args.yes then
    if not system.isatty(0) then
      return nil, fault.new { code = "platform.unconfirmed",
        message = "removing data needs a yes, and there is no terminal to ask on",
        hint = "add --yes" }
    end
    if not agrees(context, args.data) then
      context.out:note("Nothing was removed.")
      return exit.refused
    end
  end
  local removed, refused = data_file.remove(args.data)
  if removed == nil then return nil, refused end
  context.out:result(removed and "removed " .. args.data or "there is no " .. args.data)
  return exit.done
end

---@param context table
---@param args table {action: "serve"|"import"|"reset"|"fault", …}
---@return integer|nil exit code
---@return table|nil fault
function platform.run(context, args)
  if args.action == "import" then return import(context, args) end
  if args.action == "reset" then return reset(context, args) end
  if args.action == "fault" then return platform_fault.run(context) end
  return context:run(serve, context, args)
end

return platform
