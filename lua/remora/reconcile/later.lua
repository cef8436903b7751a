-- What somebody changed after a run, seen when the run is to be undone: going back overwrites that,
-- too. Pure; compares what the run wrote with what a plan found.

local words = require "remora.reconcile.words"

local later = {}

local function key_of(change, field)
  return table.concat({ change.type, field.name, table.unpack(change.label) }, "\0")
end

-- What the calls left behind, field by field, as people read it.
local function written(calls)
  local values = {}
  for _, call in ipairs(calls) do
    for _, change in ipairs(call.changes) do
      for _, field in ipairs(change.fields) do
        values[key_of(change, field)] = words.value(field.new)
      end
    end
  end
  return values
end

---The objects that were changed again since.
---@param calls remora.journal.Call[] of the run
---@param plan remora.reconcile.Plan that undoes it
---@return string[] labels in the order of the plan
function later.changed(calls, plan)
  local wrote, labels = written(calls), {}
  for _, change in ipairs(plan.changes) do
    local again = false
    for _, field in ipairs(change.action == "update" and change.fields or {}) do
      local its = wrote[key_of(change, field)]
      again = again or its ~= nil and its ~= words.value(field.old)
    end
    if again then labels[#labels + 1] = table.concat(change.label, "/") end
  end
  return labels
end

return later
