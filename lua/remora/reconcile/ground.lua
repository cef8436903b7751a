-- Compare and set: whether what a step overwrites is still what its plan was made from. The steps
-- of one call are looked at together, as many objects as one reading call may name. Owns how steps
-- are put together and compared; the kinds say what to ask (`ground`), and who sends decides what
-- becomes of a step whose ground has moved.

local json = require "json"
local order = require "remora.core.order"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local ground = {}

---@class remora.reconcile.Ground how the objects that a writing call changes are read again
---@field read fun(reader: table, looked: remora.reconcile.Looked): table<any, table>?, table?
---  what there is now: id → members, as in `rests`; nil with a fault
---@field limit integer? how many objects one reading call may name; nil: any number
---@field fields string[]? members that count; nil: all
---@field topics string[]? of the reader, stale when the ground has moved beside those that the call
---  makes stale

---@class remora.reconcile.Looked what is to be read
---@field business integer
---@field steps remora.reconcile.Step[] as many as a look takes together, all of one ground
---@field changes remora.reconcile.Change[] of these steps, without those that rest on nothing
---@field ids any[] of the changes, in their order; a JSON list
---@field fields string[] the members that any of the changes rests on; a JSON list

-- What a change was made from; what is new was made from nothing, unless it says so.
local function rests_on(change)
  return change.id and (change.rests or change.before)
end

-- The changes of a step that rest on something, and on what.
local function resting(made, step)
  local changes, rested = {}, {}
  for _, index in ipairs(step.changes) do
    local change = made.changes[index]
    local on = rests_on(change)
    if on then changes[#changes + 1], rested[#rested + 1] = change, on end
  end
  return changes, rested
end

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

---Puts the steps of a stage together that are looked at with one call.
---@param made remora.reconcile.Plan
---@param steps remora.reconcile.Step[]
---@param ground_of fun(step: remora.reconcile.Step): remora.reconcile.Ground?
---@return {steps: remora.reconcile.Step[], ground: remora.reconcile.Ground?, changes: table[],
---  rested: table[]}[] units in the order of the steps; rested: what each of the changes was made
---  from; without ground: one step that overwrites nothing
function ground.units(made, steps, ground_of)
  local units, open = {}, {}
  for _, step in ipairs(steps) do
    local its = ground_of(step)
    local changes, rested = {}, {}
    if its then changes, rested = resting(made, step) end
    local unit = #changes > 0 and open[its] or nil
    if not unit or #unit.changes + #changes > (its.limit or math.huge) then
      unit = { steps = {}, changes = {}, rested = {}, ground = #changes > 0 and its or nil }
      units[#units + 1] = unit
      if unit.ground then open[its] = unit end
    end
    unit.steps[#unit.steps + 1] = step
    append(unit.changes, changes)
    append(unit.rested, rested)
  end
  return units
end

local function is_same(rested, row, fields)
  if not row then return false end
  for _, field in ipairs(fields) do
    if rested[field] ~= nil and not values.equal(rested[field], row[field]) then return false end
  end
  return true
end

-- Compares as is_same does. Objects that look alike share what they rest on and what there is now,
-- so that the same two are met again and again.
local function comparing(fields)
  local left, right, same
  return function(rested, row)
    if rested ~= left or row ~= right then
      left, right, same = rested, row, is_same(rested, row, fields)
    end
    return same
  end
end

-- The members that count of what changes were made from.
local function members(its, rested)
  local counted, seen = {}, {}
  for _, field in ipairs(its.fields or {}) do counted[field] = true end
  for i, each in ipairs(rested) do
    for member in pairs(each ~= rested[i - 1] and each or {}) do
      if not its.fields or counted[member] then seen[member] = true end
    end
  end
  return json.array(order.keys(seen))
end

---The rows of an answer by a member that tells them apart.
---@param rows table[]
---@param id string
---@return table<any, table>
function ground.by(rows, id)
  local by_id = {}
  for _, row in ipairs(rows) do by_id[row[id]] = row end
  return by_id
end

-- One step may change more objects than one reading call may name.
local function read(reader, its, looked)
  if #looked.ids <= (its.limit or math.huge) then return its.read(reader, looked) end
  local answers, refused = reader:gather(portions(looked.ids, its.limit), function(ids)
    return its.read(reader, setmetatable({ ids = json.array(ids) }, { __index = looked }))
  end)
  if not answers then return nil, refused end
  local rows = {}
  for _, answer in ipairs(answers) do
    for id, row in pairs(answer) do rows[id] = row end
  end
  return rows
end

---Reads what a unit rests on again.
---@param reader table remora.reconcile.reader
---@param made remora.reconcile.Plan
---@param unit table of ground.units, with ground
---@return table<table, true>? moved changes that were made from something else than there is now
---@return table? fault
function ground.moved(reader, made, unit)
  local ids = json.array {}
  for i, change in ipairs(unit.changes) do ids[i] = change.id end
  local fields = members(unit.ground, unit.rested)
  local rows, refused = read(reader, unit.ground, { business = made.business.id,
    steps = unit.steps, changes = unit.changes, ids = ids, fields = fields })
  if not rows then return nil, refused end
  local moved, same = {}, comparing(fields)
  for i, change in ipairs(unit.changes) do
    if not same(unit.rested[i], rows[ids[i]]) then moved[change] = true end
  end
  return moved
end

return ground
