-- remora show: one run of the journal with every call. Contacts nothing, changes nothing; writes a
-- page when asked to.

local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local journal = require "remora.journal"
local json = require "json"
local listing = require "remora.journal.listing"
local records = require "remora.journal.records"
local steps_of = require "remora.reconcile.steps"
local story = require "remora.journal.story"
local system = require "system"
local text = require "remora.journal.text"

local show = { name = "show" }

local VERSION = 1 -- of what is printed with --json

---Reads the number of a run from the command line.
---@param word string
---@return integer|"last"|nil
---@return string? message
function show.run_number(word)
  if word == "last" then return word end
  local number = math.tointeger(word)
  if number and number > 0 then return number end
  return nil, ("'%s' is not the number of a run, nor last"):format(word)
end

---@param parser table argparse command
function show.define(parser)
  parser:description("Show one run: who, when, what, and each call with its duration, its result "
    .. "and what it changed. A change of the plan may be of several objects, such as a sync of "
    .. "modules.")
  parser:argument("run", "Its number in remora history; without it, or last, the last one.")
    :argname("RUN"):args("?"):convert(show.run_number)
  parser:option("--html", "Write it as one page for a browser."):argname("FILE")
end

local function write_page(context, path, run, calls)
  local page = require("remora.journal.page")(run, calls)
  local done, failure = system.write_file(path, page)
  if not done then return nil, fault.of_file(path, "cannot be written", failure) end
  context.out:result("wrote " .. path)
  return exit.done
end

-- What is not in the journal as it stands: how long each took, and what it comes to.
local function as_value(run, calls)
  local items, failures = story.items(run, calls), json.array {}
  for i, each in ipairs(story.failures(items, calls)) do
    failures[i] = { call = each.call.name, numbers = each.numbers, result = text.outcome(each.call),
      code = each.call.code, message = each.call.message, labels = json.array(each.labels),
      places = json.array(each.places) }
  end
  run.result, run.plan = text.ending(run), run.plan and steps_of.plan(run.plan)
  for _, call in ipairs(calls) do call.seconds = call.ended and call.ended - call.intended end
  return { version = VERSION, run = run, calls = json.array(calls), failures = failures,
    left = json.array((story.left(run, items) or {}).labels or {}), changes = story.tally(items) }
end

---@param context remora.Context
---@param args {run: integer|"last"|nil, html: string?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function show.run(context, args)
  local book <close>, refused = journal.reading(journal.PATH)
  if not book then return nil, refused end
  local run, calls
  run, refused = records.run(book, args.run or "last")
  if not run then return nil, refused end
  calls, refused = records.calls(book, run.id)
  if not calls then return nil, refused end
  records.mark_running(run, calls)
  if args.html then return write_page(context, args.html, run, calls) end
  if args.json then
    context.out:result(as_value(run, calls))
  else
    context.out:result(listing.run(run, calls, context.out.style))
  end
  return exit.done
end

return show
