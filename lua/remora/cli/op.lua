-- remora op: starts, stops, restarts, reloads, kills, registers or unregisters processes by hand.
-- Owns its arguments and what is looked at first; the rest is carry.lua's, as of any other run.

local business = require "remora.cli.business"
local by_hand = require "remora.hosting.by_hand"
local carry = require "remora.cli.carry"
local journal = require "remora.journal"
local json = require "json"
local planning = require "remora.cli.planning"
local records = require "remora.journal.records"
local safety = require "remora.cli.safety"
local system = require "system"
local verbs = require "remora.hosting.verbs"
local where = require "remora.cli.where"

local op = { name = "op" }

---@param parser table argparse command
function op.define(parser)
  parser:description("Do something with processes by hand: through the agents, tier by tier, from "
    .. "low priority numbers to high ones, what stops or restarts the other way round. A tier that "
    .. "failed ends it. Shows what will be done first, like apply. What was cut short goes on with "
    .. "remora resume, which looks for what had been done; a reload leaves no trace, and is done "
    .. "again. What is stopped or killed is not kept alive by its agent any more. --max-deletes "
    .. "counts it, what is restarted and what is unregistered as taken away; the marks of "
    .. "playbooks, such as protect, do not bind who works by hand.")
  parser:argument("verb", "start, stop, restart, reload, kill, register or unregister.")
    :argname("VERB"):choices(by_hand.VERBS)
  where.define(parser, "+")
  parser:option("--batch", "So many processes of a tier at a time, or such a share of the tier. "
    .. "Without it: all of it."):argname("N|N%")
  parser:option("--pause", "How long to wait after each batch: 5s, 2m."):argname("TIME")
  parser:option("--owner", "Contact that the job platform notes of what is registered; without it, "
    .. "who it was when it was last registered from here, or else who you are here.")
    :argname("NAME")
  carry.define(parser)
  safety.define_selection(parser)
end

-- What runs of the same work that were cut short had done by then.
local function earlier(planned)
  local all = {}
  if #planned.unfinished == 0 then return by_hand.earlier(all) end
  local book <close>, refused = journal.existing(journal.PATH)
  if not book then return nil, refused end
  for _, run in ipairs(planned.unfinished) do
    local calls
    calls, refused = records.calls(book, run.id)
    if not calls then return nil, refused end
    table.move(calls, 1, #calls, #all + 1, all)
  end
  return by_hand.earlier(all)
end

-- Asks what is there, and makes of it what is wanted of each process.
local function look(context, planned, args)
  local done, refused = earlier(planned)
  if not done then return nil, refused end
  local looked
  looked, refused = planning.plan(planned)
  if not looked then return nil, refused end
  for place in pairs(done.acted) do planned.registry:act(place) end
  planned.pb = by_hand.playbook(planned.pb, planned.after(), args.verb, done, args)
  if #planned.pb.sections.hosting[1].given == 0 then
    context.out:warn("there is no process where that is")
  end
  return true
end

local function rollout(args)
  if not (args.batch or args.pause) then return nil end
  return { batch = math.tointeger(tonumber(args.batch)) or args.batch, pause = args.pause }
end

-- Who asks for another restart means all of them, whatever runs that were cut short have done; who
-- goes on with such a run does not.
local function carry_out(context, args, run)
  local name = ("op %s %s"):format(args.verb, table.concat(args.where, " "))
  local pb, refused = where.playbook(args, { name = name, rollout = rollout(args),
    owner = args.owner or system.username() })
  if not pb then return nil, refused end
  local anew = not run and verbs[args.verb].traceless == true
  local work = { command = "op", after = run, options = { anew = anew, verb = args.verb,
    where = args.where, business = args.business, via = args.via, batch = args.batch,
    pause = args.pause, owner = args.owner,
    target = json.array(args.target), exclude = json.array(args.exclude) } }
  local before = carry.before(context, args, work)
  return planning.of(context, args, pb, function(planned)
    return carry.out(context, planned, args, work)
  end, function(planned)
    local held, failed = before(planned)
    if not held then return nil, failed end
    return look(context, planned, args)
  end)
end

---Goes on with an operation that was cut short.
---@param context remora.Context
---@param args table of the command line
---@param run remora.journal.Run
---@return integer|nil exit code
---@return table|nil fault
function op.again(context, args, run)
  for name, value in pairs(run.options) do args[name] = value end
  return carry_out(context, args, run)
end

---@param context remora.Context
---@param args {verb: string, where: string[], business: string?, via: string?, batch: string?,
---  pause: string?, owner: string?, yes: boolean?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function op.run(context, args)
  if not args.business then return nil, business.unnamed(context) end
  return carry_out(context, args)
end

return op
