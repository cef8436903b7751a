-- remora history: the runs of the journal, the last one first. Contacts nothing, changes nothing.

local exit = require "remora.cli.exit"
local journal = require "remora.journal"
local json = require "json"
local listing = require "remora.journal.listing"
local number = require "remora.cli.number"
local records = require "remora.journal.records"
local text = require "remora.journal.text"

local history = { name = "history" }

local VERSION = 1 -- of what is printed with --json
local LIMIT = 20

---@param parser table argparse command
function history.define(parser)
  parser:description("Show what was applied from this directory: when, by whom, what, and how it "
    .. "ended. remora show RUN tells every call of one.")
  parser:option("--limit", "How many of the latest runs."):argname("N"):convert(number.count)
    :default(tostring(LIMIT))
end

---@param context remora.Context
---@param args {limit: integer, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function history.run(context, args)
  local book <close>, refused = journal.reading(journal.PATH)
  local runs = {}
  if book then
    runs, refused = records.runs(book, args.limit)
    if not runs then return nil, refused end
  elseif refused.code ~= "journal.none" then
    return nil, refused
  end
  if args.json then
    for _, run in ipairs(runs) do run.result = text.ending(run) end
    context.out:result { version = VERSION, runs = json.array(runs) }
  elseif #runs == 0 then
    context.out:result("nothing was ever applied from here")
  else
    context.out:result(listing.history(runs, context.out.style))
  end
  return exit.done
end

return history
