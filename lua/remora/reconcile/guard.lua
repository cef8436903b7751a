-- What stands between a plan and the platform: protected objects and the budget. Owns the order of
-- the two and the words for the first. Pure.

local budget = require "remora.reconcile.budget"
local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"

local guard = {}

local MOST_NAMED = 5 -- objects in one message

-- One fault for everything that one mark protects.
local function protected(made)
  local marks, by_place = {}, {}
  for _, change in ipairs(budget.removing(made)) do
    local place = fault.place(change.protected)
    if change.protected and not by_place[place] then
      by_place[place] = { at = change.protected, labels = {} }
      marks[#marks + 1] = by_place[place]
    end
    if change.protected then
      table.insert(by_place[place].labels, ("%s of %s %s"):format(change.action, change.type,
        table.concat(change.label, "/")))
    end
  end
  local faults = {}
  for i, mark in ipairs(marks) do
    faults[i] = fault.new { code = "plan.protected", at = mark.at,
      message = "protected against: " .. phrase.named(mark.labels, MOST_NAMED),
      hint = "if that is meant, take the protection away first; --force does not" }
  end
  return faults
end

-- What a run has done, and what is still planned, as one plan: a budget is for the whole run.
local function together(done, made)
  local changes = table.move(done.changes, 1, #done.changes, 1, {})
  table.move(made.changes, 1, #made.changes, #changes + 1, changes)
  local certificate = table.move(made.certificate, 1, #made.certificate, 2,
    { { objects = done.objects } })
  return { changes = changes, certificate = certificate }
end

---Everything that forbids carrying out a plan.
---@param made remora.reconcile.Plan
---@param allowed {limits: table, existing: table} limits: as of budget.check; existing: as of
---  budget.existing, when the run first planned
---@param done {changes: remora.reconcile.Change[], objects: integer}? what the run has done so far
---@return table[] faults none: it may be carried out
function guard.refusals(made, allowed, done)
  if #made.changes == 0 then return {} end -- what was done was allowed
  local faults = protected(made)
  local over = budget.check(done and together(done, made) or made, allowed.existing,
    allowed.limits)
  return table.move(over, 1, #over, #faults + 1, faults)
end

return guard
