-- Words for runs and calls of the journal: local times, durations, how each ended, what to do then.
-- Reads values of records.lua, no file.

local phrase = require "remora.core.phrase"
local records = require "remora.journal.records"
local story = require "remora.journal.story"

local text = {}

local MOST_NUMBERS = 5 -- of calls named together
local MOST_LOST = 3    -- objects with the same reason

-- What the exit codes of a run say (cli/exit.lua).
local ENDS = {
  [0] = { "done", "good" }, [4] = { "done in part", "error" },
  [5] = { "not converged", "warning" }, [130] = { "interrupted", "warning" },
}
local IN_PART = ENDS[4]
local FAILED = { "failed", "error" }

---A moment as people here read it.
---@param seconds number unix seconds
---@return string
function text.time(seconds)
  return os.date("%Y-%m-%d %H:%M:%S", math.floor(seconds))
end

---How long something took.
---@param seconds number? nil: it never ended
---@return string
function text.duration(seconds)
  if not seconds then return "-" end
  if seconds < 1 then return ("%.0f ms"):format(seconds * 1000) end
  if seconds < 60 then return ("%.2f s"):format(seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 3600 then return ("%d min %02d s"):format(whole // 60, whole % 60) end
  return ("%d h %02d min"):format(whole // 3600, whole % 3600 // 60)
end

---How long a run took, to be put behind what else is said of it.
---@param run remora.journal.Run
---@return string empty when it never ended
function text.took(run)
  return run.ended and ", took " .. text.duration(run.ended - run.started) or ""
end

---Which calls of a run: "call 3", "calls 3, 4 and 6 more".
---@param numbers integer[]
---@return string
function text.calls(numbers)
  return (#numbers == 1 and "call " or "calls ") .. phrase.named(numbers, MOST_NUMBERS)
end

---What a run was to do.
---@param run remora.journal.Run
---@return string
function text.what(run)
  if run.command ~= "apply" then return run.playbook end
  return "apply " .. run.playbook .. (run.revision and " at " .. phrase.commit(run.revision) or "")
end

---What an undo does not bring back for one reason.
---@param loss remora.journal.Loss
---@return string
function text.loss(loss)
  return ("%s: %s"):format(phrase.named(loss.labels, MOST_LOST), loss.reason)
end

---The business of a run, by name where its plan tells it.
---@param run remora.journal.Run
---@return string
function text.business(run)
  local its = run.plan and run.plan.business
  return its and ("business %s (%d)"):format(its.name, its.id)
    or ("business %s"):format(run.business or "?")
end

local function ended(run)
  if run.exit_code == 0 and story.staying(run.lost) > 0 then return table.unpack(IN_PART) end
  if run.ended then return table.unpack(ENDS[run.exit_code] or FAILED) end
  if not records.cut_short(run) then return "running", "dim" end
  return "cut short", "warning"
end

---How a run ended, and the style for it.
---@param run remora.journal.Run
---@return string words
---@return string style
function text.ending(run)
  local words, style = ended(run)
  local later = run.resumed_by or run.overtaken_by
  if later then return ("%s, then run %d"):format(words, later), "dim" end
  return words, style
end

---What to do after a run; nil: nothing.
---@param run remora.journal.Run
---@return string?
function text.advice(run)
  if not records.unfinished(run) then return nil end
  if run.revision then return "to go on: remora watch" end
  return ("to go on: remora resume %d"):format(run.id)
end

local SETTLED = {
  found = { "done, as was found out later", "good" },
  absent = { "not done, as was found out later", "warning" },
}
local OUTCOMES = { done = { "done", "good" }, refused = { "refused", "error" } }
local NOT_SENT = { "not sent", "error" }
local UNKNOWN = { "nobody knows whether it was done", "warning" }
local UNDER_WAY = { "under way", "dim" }

-- What is said where items of a call came to their own ends.
local OF_ITEMS = { failed = "%d of %d failed", unknown = "unknown for %d of %d" }

local function outcome_of(call)
  -- The platform never got it: that is no refusal of the platform's.
  if call.outcome == "refused" and (call.code or ""):find("^net%.") then return NOT_SENT end
  if call.under_way then return UNDER_WAY end
  return SETTLED[call.settled] or OUTCOMES[call.outcome] or UNKNOWN
end

---What became of a call, and the style for it.
---@param call remora.journal.Call
---@return string words
---@return string style
function text.outcome(call)
  local its = outcome_of(call)
  local of_items = call.failed and OF_ITEMS[story.state(call)]
  local said = of_items and of_items:format(#call.failed, #call.changes) or its[1]
  if (call.attempts or 1) > 1 then said = ("%s, %d attempts"):format(said, call.attempts) end
  return said, its[2]
end

return text
