-- What somebody changed after a run, seen when the run is to be undone: going back overwrites that,
-- too. Pure; compares what the run wrote with what a plan found.

local identity = require "remora.reconcile.identity"
local story = require "remora.journal.story"
local words = require "remora.reconcile.words"

local later = {}

local function key_of(change, field)
  return identity.object(change) .. "\0" .. field.name
end

-- What the calls may have left behind, field by field: a set of values as people read them. A call
-- of which nobody knows whether it was done leaves the value before it among them.
local function written(calls)
  local left = {}
  for _, call in ipairs(calls) do
    local states = story.states(call)
    for i, change in ipairs(call.changes) do
      for _, field in ipairs(states[i] ~= "failed" and change.fields or {}) do
        local key = key_of(change, field)
        local before = left[key] or { [words.value(field.old)] = true }
        left[key] = states[i] == "unknown" and before or {}
        left[key][words.value(field.new)] = true
      end
    end
  end
  return left
end

---The objects that were changed again since.
---@param calls remora.journal.Call[] of the run
---@param plan remora.reconcile.Plan that undoes it
---@return string[] labels in the order of the plan
function later.changed(calls, plan)
  local left, labels = written(calls), {}
  for _, change in ipairs(plan.changes) do
    local again = false
    for _, field in ipairs(change.action == "update" and change.fields or {}) do
      local key = key_of(change, field)
      local its = left[key]
      left[key] = nil -- what the plan changes once more, it has found as it made it
      again = again or its ~= nil and not its[words.value(field.old)]
    end
    if again then labels[#labels + 1] = table.concat(change.label, "/") end
  end
  return labels
end

return later
