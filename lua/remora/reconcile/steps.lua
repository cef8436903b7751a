-- What can be said of a step of a plan: whom it changes, where the playbook asks for it, a part of
-- it. Reads plans, sends nothing.

local builder = require "remora.reconcile.builder"
local fault = require "remora.core.fault"
local json = require "json"
local values = require "remora.model.values"

local steps = {}

---The changes that a step makes.
---@param made remora.reconcile.Plan
---@param step remora.reconcile.Step
---@return remora.reconcile.Change[]
function steps.changes(made, step)
  local changes = {}
  for i, index in ipairs(step.changes) do changes[i] = made.changes[index] end
  return changes
end

---The objects a step changes.
---@param made remora.reconcile.Plan
---@param step remora.reconcile.Step
---@return string[] labels such as "prod-1/web/10.0.0.1/nginx"
function steps.labels(made, step)
  local labels = {}
  for i, index in ipairs(step.changes) do
    labels[i] = table.concat(made.changes[index].label, "/")
  end
  return labels
end

---What a call makes stale of what was read.
---@param kind table as of remora.kinds
---@param step {call: string, args: table}
---@param changes remora.reconcile.Change[] that it makes
---@return (string|remora.Touch)[] topics of the reader
function steps.touched(kind, step, changes)
  local topics = kind.touches[step.call]
  if type(topics) == "function" then return topics(step, changes) end
  return topics or {}
end

---Where the playbook asks for what a step does, each place once.
---@param made remora.reconcile.Plan
---@param step remora.reconcile.Step
---@return string[] places such as "web.yml:12"
function steps.places(made, step)
  local places, seen = {}, {}
  for _, index in ipairs(step.changes) do
    local place = fault.line(made.changes[index].at)
    if place ~= "" and not seen[place] then
      seen[place] = true
      places[#places + 1] = place
    end
  end
  return places
end

---Some of what a step does.
---@param step remora.reconcile.Step
---@param positions integer[] of its changes
---@return {call: string, changes: integer[], keys: string[]}
function steps.part(step, positions)
  local part = { call = step.call, changes = {}, keys = {} }
  local keys = builder.keys(step)
  for i, position in ipairs(positions) do
    part.changes[i], part.keys[i] = step.changes[position], keys[position]
  end
  return part
end

---A change as a value for JSON, without what only its sending needs.
---@param change remora.reconcile.Change
---@return table
function steps.plain(change)
  return {
    kind = change.kind, type = change.type, action = change.action, id = change.id,
    label = json.array(change.label), fields = change.fields, cascades = change.cascades,
    removes = change.removes, losses = change.losses, out_of_line = change.out_of_line,
    before = change.before, place = change.place, way = change.way,
    at = fault.position(change.at), protected = fault.position(change.protected),
  }
end

---A plan as a value for JSON, but for its problems.
---@param plan remora.reconcile.Plan
---@return table
function steps.plan(plan)
  local its = values.copy(plan, { changes = json.array {}, steps = json.array {} })
  for i, change in ipairs(plan.changes) do its.changes[i] = steps.plain(change) end
  for i, step in ipairs(plan.steps) do its.steps[i] = values.copy(step, { args = step.args }) end
  return its
end

---What the journal keeps of a step: enough to find its effect, and to undo it.
---@param made remora.reconcile.Plan
---@param step remora.reconcile.Step
---@return table call as of journal:intend
function steps.intent(made, step)
  local changes = steps.changes(made, step)
  for i, change in ipairs(changes) do changes[i] = steps.plain(change) end
  return { stage = step.title, call = step.call, args = step.args, objects = step.objects,
    labels = steps.labels(made, step), changes = changes,
    work = { kind = step.kind, group = step.group, keys = step.keys,
      repeatable = step.repeatable } }
end

return steps
