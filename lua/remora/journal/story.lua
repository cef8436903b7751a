-- What became of everything a run was to do: its plan and its calls, brought together object by
-- object. Owns which call speaks for an object; knows nothing of how it is shown.

local fault = require "remora.core.fault"
local identity = require "remora.reconcile.identity"

local story = {}

---@alias remora.journal.State "done"|"failed"|"unknown"|"under_way"|"left"  left: it was never sent

---@class remora.journal.Item
---@field change remora.reconcile.Change as it was sent last, or else as it was planned
---@field state remora.journal.State
---@field call remora.journal.Call? the last one that carried it

local SETTLED = { found = "done", absent = "failed" }
local OUTCOMES = { done = "done", refused = "failed" }

---What became of a call as a whole.
---@param call remora.journal.Call
---@return "done"|"failed"|"unknown"|"under_way"
function story.state(call)
  if call.under_way then return "under_way" end
  return SETTLED[call.settled] or OUTCOMES[call.outcome] or "unknown"
end

---What became of each item of a call: where some failed by themselves, the others were done.
---@param call remora.journal.Call
---@return ("done"|"failed"|"unknown"|"under_way")[]
function story.states(call)
  local states, whole = {}, call.failed and "done" or story.state(call)
  for i = 1, #call.changes do states[i] = whole end
  for _, position in ipairs(call.failed or {}) do states[position] = story.state(call) end
  return states
end

-- Of a run that ended well, what was planned and never sent turned out not to be needed.
local function without_left(run, items)
  if run.exit_code ~= 0 then return items end
  local sent = {}
  for _, item in ipairs(items) do
    if item.state ~= "left" then sent[#sent + 1] = item end
  end
  return sent
end

---Everything a run was to do, in the order of its plan; what came up later follows.
---@param run remora.journal.Run with its plan, if it has one
---@param calls remora.journal.Call[]
---@return remora.journal.Item[]
function story.items(run, calls)
  local items, by_key = {}, {}
  local function item_of(change)
    local key = identity.deed(change) -- the same in the plan, in a batch and in half of it
    if not by_key[key] then
      by_key[key] = { change = change, state = "left" }
      items[#items + 1] = by_key[key]
    end
    return by_key[key]
  end
  for _, change in ipairs(run.plan and run.plan.changes or {}) do item_of(change) end
  for _, call in ipairs(calls) do
    for i, state in ipairs(story.states(call)) do
      local item = item_of(call.changes[i])
      item.change, item.state, item.call = call.changes[i], state, call
    end
  end
  return without_left(run, items)
end

---How many items came to each end.
---@param items remora.journal.Item[]
---@return table<remora.journal.State, integer>
function story.tally(items)
  local tally = { done = 0, failed = 0, unknown = 0, under_way = 0, left = 0 }
  for _, item in ipairs(items) do tally[item.state] = tally[item.state] + 1 end
  return tally
end

---@class remora.journal.Failure
---@field call remora.journal.Call the first one of them
---@field numbers integer[] of the calls in their run, from 1
---@field labels string[] of what they left undone, and no later call did
---@field places string[] where the playbook asks for it, each one once

-- Nothing more will come of a call that ended so, and it was not all that was wanted.
local UNDONE = { failed = true, unknown = true }

-- The items that each call left undone.
local function undone_by_call(items)
  local undone = {}
  for _, item in ipairs(items) do
    if UNDONE[item.state] then
      undone[item.call] = undone[item.call] or {}
      table.insert(undone[item.call], item)
    end
  end
  return undone
end

local function add(failure, items)
  for _, item in ipairs(items) do
    local place = fault.line(item.change.at)
    table.insert(failure.labels, table.concat(item.change.label, "/"))
    if place ~= "" and not failure.seen[place] then
      failure.seen[place] = true
      table.insert(failure.places, place)
    end
  end
end

---The calls that failed for good, or of which nobody knows; those of which the same is said are one
---failure. A batch that was refused and then done half by half is not among them.
---@param items remora.journal.Item[]
---@param calls remora.journal.Call[]
---@return remora.journal.Failure[] in the order of the calls
function story.failures(items, calls)
  local undone, failures, by_said = undone_by_call(items), {}, {}
  for number, call in ipairs(calls) do
    -- Of older journals nobody knows what their calls were to change.
    if undone[call] or #call.changes == 0 and UNDONE[story.state(call)] then
      local said = table.concat({ call.name, story.state(call), call.code or "",
        call.message or "" }, "\0")
      if not by_said[said] then
        by_said[said] = { call = call, numbers = {}, labels = {}, places = {}, seen = {} }
        table.insert(failures, by_said[said])
      end
      table.insert(by_said[said].numbers, number)
      add(by_said[said], undone[call] or {})
    end
  end
  return failures
end

---What a run was to do and did not send.
---@param run remora.journal.Run
---@param items remora.journal.Item[]
---@return {labels: string[], places: string[]}? left nil: nothing, or it may still be sent
function story.left(run, items)
  if run.running then return nil end
  local left, its = { labels = {}, places = {}, seen = {} }, {}
  for _, item in ipairs(items) do
    if item.state == "left" then its[#its + 1] = item end
  end
  add(left, its)
  return #its > 0 and left or nil
end

---@class remora.journal.Loss what an undo does not bring back, for one reason
---@field reason string
---@field labels string[]
---@field left boolean as of remora.undo.Lost

---What an undo does not bring back, once for each reason.
---@param list remora.undo.Lost[]
---@return remora.journal.Loss[]
function story.losses(list)
  local losses, by_reason = {}, {}
  for _, each in ipairs(list) do
    local loss = by_reason[each.reason]
    if not loss then
      loss = { reason = each.reason, labels = {}, left = each.left }
      by_reason[each.reason], losses[#losses + 1] = loss, loss
    end
    table.insert(loss.labels, each.label)
  end
  return losses
end

---How many objects an undo leaves as they are, at least in part.
---@param list remora.undo.Lost[]
---@return integer
function story.staying(list)
  local count = 0
  for _, each in ipairs(list) do count = count + (each.left and 1 or 0) end
  return count
end

return story
