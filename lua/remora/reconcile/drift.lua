-- Tells who moved: compares the plans of a playbook with the plans of what was last applied of it,
-- each kind by itself against the platform as it is. What both want back was changed on the
-- platform, by a run from here or by somebody else; what only the present one wants was changed in
-- the playbook; what only the plan of all kinds wants follows from other changes. Pure.

local actions = require "remora.reconcile.actions"
local identity = require "remora.reconcile.identity"
local values = require "remora.model.values"

local drift = {}

---@class remora.reconcile.Difference
---@field since "platform"|"run"|"playbook"|"both"|"following"|"unknown"|"unseen" who moved since
---  the last apply; run: the platform, by a run from here; following: nobody, but what it follows
---  from; unknown: the file was never applied; unseen: nobody could see how it is
---@field type string what the object is
---@field action string what the plan would do about it
---@field label string[]
---@field id integer|string?
---@field fields {name: string, applied: any, now: any, wanted: any, note: string?,
---  run: remora.journal.Trace?}[]
---@field run remora.journal.Trace? the run from here that left it like that, or all fields of it
---@field at table? place in the playbook

-- A sync that earlier steps bring about is no difference of its own.
local function follows(plan)
  local indices = {}
  for _, step in ipairs(plan.steps) do
    for _, index in ipairs(step.changes) do
      if step.predicted and plan.changes[index].action == "sync" then indices[index] = true end
    end
  end
  return indices
end

-- What is taken back for what differs in it, and given again.
local function is_renewed(taking, giving)
  return actions[taking.action].comes_to == "delete" and #taking.fields > 0
    and actions[giving.action].comes_to == "create"
end

-- Adds the changes of a plan, told as what they come to.
local function tell(list, plan)
  local place, hidden = {}, follows(plan)
  for index, change in ipairs(plan.changes) do
    local object = identity.object(change)
    local at = place[object]
    if at and is_renewed(list[at], change) then
      list[at] = values.copy(list[at], { action = "update" })
    elseif not hidden[index] then
      list[#list + 1], place[object] = change, #list + 1
    end
  end
end

local function told(plans)
  local list = {}
  for _, plan in ipairs(plans) do tell(list, plan) end
  return list
end

local function by_name(changes)
  local found = {}
  for _, change in ipairs(changes) do
    local name = identity.deed(change)
    found[name] = found[name] or {}
    for _, field in ipairs(change.fields) do found[name][field.name] = field end
  end
  return found
end

local function field_of(field, before, run)
  local mine = { name = field.name, now = field.old, wanted = field.new, applied = field.old,
    note = field.note, since = "playbook" }
  if before then
    local same = values.equal(before.new, field.new)
    if before.derived then
      mine.since = same and "following" or "playbook"
    else
      mine.applied, mine.run = before.new, run
      mine.since = not same and "both" or run and "run" or "platform"
    end
  end
  return mine
end

-- The run that left all of some fields as they are.
local function run_of(fields)
  local run = fields[1].run
  for _, field in ipairs(fields) do
    if field.run ~= run then return nil end
  end
  return run
end

-- The fields by who moved: the platform, the playbook, both, or only what they follow from.
local function split(change, before, left_by)
  local found, sides = {}, {}
  for _, field in ipairs(change.fields) do
    local mine = field_of(field, before and before[field.name], left_by(change, field))
    local since = mine.since
    if not found[since] then
      found[since] = {}
      sides[#sides + 1] = since
    end
    mine.since = nil
    table.insert(found[since], mine)
  end
  return found, sides
end

-- What tells that nobody could see how the object of a change is.
local function doubt_of(change)
  for _, field in ipairs(change.fields) do
    if field.unseen then return field end
  end
end

local function whole(change, since)
  local fields, doubt = {}, doubt_of(change)
  for i, field in ipairs(doubt and { doubt } or change.fields) do
    fields[i] = { name = field.name, now = field.old, wanted = field.new, note = field.note }
  end
  return { since = doubt and "unseen" or since, type = change.type, action = change.action,
    label = change.label, id = change.id, fields = fields, at = change.at }
end

local function is_of_known(change, is_known)
  return is_known(change.at and change.at.file)
end

-- What one change says of who moved its object as a whole.
local function moved(change, was, left_by)
  local run = was and left_by(change)
  local one = whole(change, run and "run" or was and "platform" or "playbook")
  one.run = run or nil
  return one
end

-- Adds what one change says of who moved.
local function add(list, change, was, about)
  if doubt_of(change) or not is_of_known(change, about.is_known) then
    list[#list + 1] = whole(change, "unknown")
  elseif change.action ~= "update" then
    list[#list + 1] = moved(change, was, about.left_by)
  else
    local found, sides = split(change, was, about.left_by)
    for _, since in ipairs(sides) do
      local one = whole(change, since)
      one.fields, one.run = found[since], run_of(found[since])
      list[#list + 1] = one
    end
  end
end

---@param now {apart: remora.reconcile.Plan[], whole: remora.reconcile.Plan} of the playbook as it
---  is: each kind by itself, and all together
---@param before remora.reconcile.Plan[]? of what was last applied, each kind by itself; nil:
---  nothing was
---@param about {is_known: (fun(file: string?): boolean), left_by: (fun(change: table,
---  field: table?): remora.journal.Trace?)} is_known: whether a file was ever applied; left_by: as
---  of journal/traces.lua
---@return remora.reconcile.Difference[] in the order of the plans; what only follows comes last
function drift.of(now, before, about)
  local list, is_present, together = {}, {}, told { now.whole }
  local earlier, needed = by_name(before and told(before) or {}), by_name(together)
  for _, change in ipairs(told(now.apart)) do
    local deed = identity.deed(change)
    -- What only follows from a change that is to be taken back needs nothing.
    if needed[deed] then
      is_present[deed] = true
      add(list, change, earlier[deed], about)
    end
  end
  for _, change in ipairs(together) do
    if not is_present[identity.deed(change)] then
      list[#list + 1] = whole(change,
        is_of_known(change, about.is_known) and "following" or "unknown")
    end
  end
  return list
end

return drift
