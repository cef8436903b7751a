-- What somebody changed after a run, seen when the run is to be undone: going back overwrites that,
-- or takes it away. Pure; compares what the run wrote with what a plan found.

local identity = require "remora.reconcile.identity"
local mask = require "remora.core.mask"
local story = require "remora.journal.story"
local words = require "remora.reconcile.words"

local later = {}

local function key_of(change, field)
  return identity.object(change) .. "\0" .. field
end

-- What of a process was written with its service instance.
local function key_within(change, field)
  local label = table.move(change.label, 1, #change.label - 1, 1, {})
  return key_of({ kind = change.kind, type = "service instance", label = label },
    change.label[#change.label] .. "." .. field)
end

-- What the calls may have left behind, field by field: a set of values as people read them. A call
-- of which nobody knows whether it was done leaves the value before it among them. Of a secret the
-- journal does not tell. Also the objects of which nothing is left.
local function written(calls)
  local left, deleted = {}, {}
  for _, call in ipairs(calls) do
    local states = story.states(call)
    for i, change in ipairs(call.changes) do
      if states[i] ~= "failed" then
        deleted[identity.object(change)] = change.action == "delete" and states[i] == "done"
      end
      for _, field in ipairs(states[i] ~= "failed" and change.fields or {}) do
        local key = key_of(change, field.name)
        local before = left[key] or { [words.value(field.old)] = true }
        left[key] = states[i] == "unknown" and before or {}
        left[key][words.value(field.new)] = true
        if words.value(field.new):find(mask.MARK, 1, true) then left[key] = nil end
      end
    end
  end
  return left, deleted
end

-- Whether an update finds something else than the calls left.
local function finds_other(left, deleted, change, is_predicted)
  local again = deleted[identity.object(change)] == true
  for _, field in ipairs(change.fields) do
    local key = key_of(change, field.name)
    local its = left[key]
    left[key] = nil -- what the plan changes once more, it has found as it made it
    -- Rows are predicted to be as a sync will have left them.
    local is_found = not (is_predicted and field.name == "bind_info")
    again = again or is_found and its ~= nil and not its[words.value(field.old)]
  end
  return again
end

-- Whether a deletion takes away something else than the calls left.
local function takes_other(left, change)
  for name, value in pairs(change.before or {}) do
    local its = left[key_of(change, name)] or left[key_within(change, name)]
    if change.type == "process template" then value = type(value) == "table" and value.value end
    if its and not its[words.value(value)] then return true end
  end
  return false
end

-- Which changes rest on what earlier ones will have left.
local function predicted_of(plan)
  local predicted = {}
  for _, step in ipairs(plan.steps) do
    for _, i in ipairs(step.changes) do predicted[i] = step.predicted end
  end
  return predicted
end

---The objects that were changed again since.
---@param calls remora.journal.Call[] of the run
---@param plan remora.reconcile.Plan that undoes it
---@return string[] labels in the order of the plan
function later.changed(calls, plan)
  local labels = {}
  local left, deleted = written(calls)
  local predicted = predicted_of(plan)
  for i, change in ipairs(plan.changes) do
    local again = change.action == "update" and finds_other(left, deleted, change, predicted[i])
      or change.action == "delete" and takes_other(left, change)
    if again then labels[#labels + 1] = table.concat(change.label, "/") end
  end
  return labels
end

return later
