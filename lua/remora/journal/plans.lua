-- How the journal writes a plan: in parts, one at a time, and what many changes have in common is
-- there once. Fleets drift in few ways, so that long plans repeat themselves. Pure.

local common = require "remora.reconcile.common"
local fault = require "remora.core.fault"
local json = require "json"
local steps_of = require "remora.reconcile.steps"
local values = require "remora.model.values"

local plans = {}

local CHANGES_PER_PART = 256 -- some 40 KB; a step is as long alone

-- A change as a value for JSON. One that differs from an earlier one in nothing but its object says
-- which one that is (`like`), and its object.
local function packed_change(change, number, first)
  local held = common.held(change)
  local like = held and first[held]
  if like then
    return { like = like, id = change.id, label = json.array(change.label), place = change.place }
  end
  if held then first[held] = number end
  return steps_of.plain(change)
end

---A plan without its changes and its steps, as a value for JSON.
---@param plan remora.reconcile.Plan
---@return table
function plans.head(plan)
  local problems = json.array {}
  for i, problem in ipairs(plan.problems) do problems[i] = fault.plain(problem) end
  return values.copy(plan, { changes = json.array {}, steps = json.array {},
    problems = problems })
end

---The changes and steps of a plan, with what it takes to find and to undo their effects, in parts
---that are made one by one.
---@param plan remora.reconcile.Plan
---@return fun(): integer?, {changes: table[]?, steps: table[]?}?  number of the part from 1, and
---  the part as a value for JSON
function plans.parts(plan)
  local number, changes, steps, first = 0, 0, 0, {}
  return function()
    number = number + 1
    if changes < #plan.changes then
      local part = json.array {}
      for i = changes + 1, math.min(changes + CHANGES_PER_PART, #plan.changes) do
        part[#part + 1] = packed_change(plan.changes[i], i, first)
      end
      changes = changes + #part
      return number, { changes = part }
    elseif steps < #plan.steps then
      steps = steps + 1
      local step = plan.steps[steps]
      return number, { steps = json.array { values.copy(step,
        { args = steps_of.written(step) }) } }
    end
  end
end

---A plan that was written, with every change whole.
---@param head table is changed; a plan of before there were parts has all that is in them
---@param parts table[] in their order
---@return table
function plans.whole(head, parts)
  for _, part in ipairs(parts) do
    for name, list in pairs(part) do table.move(list, 1, #list, #head[name] + 1, head[name]) end
  end
  for i, change in ipairs(head.changes or {}) do
    if change.like then
      local whole = values.copy(head.changes[change.like])
      whole.id, whole.label, whole.place = change.id, change.label, change.place
      head.changes[i] = whole
    end
  end
  return head
end

return plans
