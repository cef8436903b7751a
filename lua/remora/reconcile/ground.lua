-- Compare and set: whether what a step overwrites is still what its plan was made from. The steps
-- of one call are looked at together, as many objects as one reading call may name. Owns how steps
-- are put together and compared; the kinds say what to ask (`ground`), and who sends decides what
-- becomes of a step whose ground has moved.

local catalogue = require "remora.catalogue"
local json = require "json"
local order = require "remora.core.order"
local values = require "remora.model.values"

local ground = {}

---@class remora.reconcile.Ground how the objects of one writing call are read by their ids
---@field call string the reading call; its batch limit says how many ids it takes
---@field args fun(args: table, ids: integer[], fields: string[]): table arguments, from those of a
---  step, the ids and the members that count
---@field rows fun(data: any): table<integer, table> the answer: id → members, as in `before`
---@field fields string[]? members that count; nil: all

-- The changes of a step that rest on something read; what is new rests on nothing.
local function resting(made, step)
  local list = {}
  for _, index in ipairs(step.changes) do
    local change = made.changes[index]
    if change.before and math.type(change.id) == "integer" then list[#list + 1] = change end
  end
  return list
end

---Puts the steps of a stage together that are looked at with one call.
---@param made remora.reconcile.Plan
---@param steps remora.reconcile.Step[]
---@param ground_of fun(step: remora.reconcile.Step): remora.reconcile.Ground?
---@return {steps: remora.reconcile.Step[], ground: remora.reconcile.Ground?, changes: table[]}[]
---  units in the order of the steps; without ground: one step that overwrites nothing
function ground.units(made, steps, ground_of)
  local units, open = {}, {}
  for _, step in ipairs(steps) do
    local its = ground_of(step)
    local changes = its and resting(made, step) or {}
    local unit = #changes > 0 and open[its] or nil
    local limit = #changes > 0 and assert(catalogue.get(its.call)).batch.limit
    if not unit or #unit.changes + #changes > limit then
      unit = { steps = {}, changes = {}, ground = #changes > 0 and its or nil }
      units[#units + 1] = unit
      if unit.ground then open[its] = unit end
    end
    unit.steps[#unit.steps + 1] = step
    table.move(changes, 1, #changes, #unit.changes + 1, unit.changes)
  end
  return units
end

local function is_same(before, row, fields)
  if not row then return false end
  for _, field in ipairs(fields) do
    if before[field] ~= nil and not values.equal(before[field], row[field]) then return false end
  end
  return true
end

-- The members that any of the changes was made from.
local function members(unit)
  local counted, seen = {}, {}
  for _, field in ipairs(unit.ground.fields or {}) do counted[field] = true end
  for _, change in ipairs(unit.changes) do
    for member in pairs(change.before) do
      if not unit.ground.fields or counted[member] then seen[member] = true end
    end
  end
  return order.keys(seen)
end

---Reads what a unit rests on again.
---@param caller table with call(name, args) → data | nil, fault
---@param unit table of ground.units, with ground
---@return table<table, true>? moved changes that were made from something else than there is now
---@return table? fault
function ground.moved(caller, unit)
  local ids, fields = json.array {}, members(unit)
  for i, change in ipairs(unit.changes) do ids[i] = change.id end
  local data, refused = caller:call(unit.ground.call,
    unit.ground.args(unit.steps[1].args, ids, json.array(fields)))
  if not data then return nil, refused end
  local rows, moved = unit.ground.rows(data), {}
  for _, change in ipairs(unit.changes) do
    if not is_same(change.before, rows[change.id], fields) then moved[change] = true end
  end
  return moved
end

return ground
