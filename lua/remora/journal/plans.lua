-- How the journal writes a plan: what many changes have in common is there once. Fleets drift in
-- few ways, so that long plans repeat themselves. Pure.

local common = require "remora.reconcile.common"
local fault = require "remora.core.fault"
local json = require "json"
local steps_of = require "remora.reconcile.steps"
local values = require "remora.model.values"

local plans = {}

-- Changes as values for JSON. One that differs from an earlier one in nothing but its object says
-- which one that is (`like`), and its object.
local function packed_changes(changes)
  local list, first = json.array {}, {}
  for i, change in ipairs(changes) do
    local held = common.held(change)
    local like = held and first[held]
    if like then
      list[i] = { like = like, id = change.id, label = json.array(change.label),
        place = change.place }
    else
      list[i] = steps_of.plain(change)
      if held then first[held] = i end
    end
  end
  return list
end

-- Steps as values for JSON.
local function packed_steps(list)
  local packed = json.array {}
  for i, step in ipairs(list) do
    packed[i] = values.copy(step, { args = steps_of.written(step) })
  end
  return packed
end

---A plan as a value for JSON, with what it takes to find and to undo its effects.
---@param plan remora.reconcile.Plan
---@return table
function plans.packed(plan)
  local problems = json.array {}
  for i, problem in ipairs(plan.problems) do problems[i] = fault.plain(problem) end
  return values.copy(plan, { changes = packed_changes(plan.changes), problems = problems,
    steps = packed_steps(plan.steps) })
end

---A plan that was packed, with every change whole.
---@param packed table is changed; plans of before there was packing are whole already
---@return table
function plans.whole(packed)
  for i, change in ipairs(packed.changes or {}) do
    if change.like then
      local whole = values.copy(packed.changes[change.like])
      whole.id, whole.label, whole.place = change.id, change.label, change.place
      packed.changes[i] = whole
    end
  end
  return packed
end

return plans
