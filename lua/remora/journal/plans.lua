-- How the journal writes a plan: in parts, one at a time, and what many changes have in common is
-- there once. Fleets drift in few ways, so that long plans repeat themselves. What calls carry for
-- their changes follows from these. Pure.

local carried = require "remora.reconcile.carried"
local common = require "remora.reconcile.common"
local fault = require "remora.core.fault"
local json = require "json"
local steps_of = require "remora.reconcile.steps"
local values = require "remora.model.values"

local plans = {}

local CHANGES_PER_PART = 256 -- some 40 KB

-- A change with what its call needs of it, as a value for JSON.
local function plain(change)
  local its = steps_of.plain(change)
  its.sent = change.sent
  return its
end

-- Adds a change as a value for JSON. Those that differ from an earlier one (`like`, its number) in
-- nothing but their objects are rows of what they differ in.
local function add(part, change, number, first)
  local held = common.held(change)
  local like = held and first[held]
  if not like then
    if held then first[held] = number end
    part[#part + 1] = plain(change)
    return
  end
  if #part == 0 or part[#part].like ~= like then
    part[#part + 1] = { like = like, members = held.differing.members, rows = json.array {} }
  end
  table.insert(part[#part].rows, held.differing.row(change))
end

-- Adds the steps behind a place, as many as make some changes. Gives the last one's place.
local function add_steps(part, steps, place)
  local changes = 0
  repeat
    place = place + 1
    part[#part + 1] = values.copy(steps[place], { beside = carried.beside(steps[place]) })
    changes = changes + #steps[place].changes
  until changes >= CHANGES_PER_PART or place == #steps
  return place
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
      local part, last = json.array {}, math.min(changes + CHANGES_PER_PART, #plan.changes)
      for i = changes + 1, last do add(part, plan.changes[i], i, first) end
      changes = last
      return number, { changes = part }
    elseif steps < #plan.steps then
      local part = json.array {}
      steps = add_steps(part, plan.steps, steps)
      return number, { steps = part }
    end
  end
end

-- Adds what `add` made of changes, whole.
local function add_whole(changes, entry)
  if not entry.rows then
    changes[#changes + 1] = entry
    return
  end
  for _, row in ipairs(entry.rows) do
    changes[#changes + 1] = common.like(changes[entry.like], entry.members, row)
  end
end

-- A step that can be sent again; those of before the changes told what they carry are whole.
local function whole_step(plan, step)
  local beside = step.beside
  if not beside then return step end
  step.beside = nil
  return carried.by(step, beside, steps_of.changes(plan, step))
end

---A plan that was written, with every change whole.
---@param head table is changed; a plan of before there were parts has all that is in them
---@param parts table[] in their order
---@return table
function plans.whole(head, parts)
  for _, part in ipairs(parts) do
    for _, entry in ipairs(part.changes or {}) do add_whole(head.changes, entry) end
    for _, step in ipairs(part.steps or {}) do table.insert(head.steps, whole_step(head, step)) end
  end
  return head
end

return plans
