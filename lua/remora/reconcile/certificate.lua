-- The proof that a plan is small: per call, what changes, what the platform's limits force, and
-- what is scheduled. Counts objects by group, never the batches that were made. Pure.

local catalogue = require "remora.catalogue"
local json = require "json"
local order = require "remora.core.order"

local certificate = {}

---@class remora.reconcile.Certificate
---@field call string
---@field objects integer objects that change
---@field limit integer? objects, or entries that speak of some alike, that one call may carry; nil:
---  as many as one group has
---@field groups integer groups of objects that cannot share a call
---@field lower_bound integer fewest calls: the sum over the groups of what its limit forces, or of
---  the stages that a group's objects come in, if these are more
---@field scheduled integer calls in the plan
---@field predicted integer how many of these earlier calls decide about: at most so many are sent,
---  such as the sync of a value that is locked from now on, which instances may have already

---@param steps remora.reconcile.Step[]
---@return remora.reconcile.Certificate[] sorted by call
function certificate.of(steps)
  local calls = {}
  for _, step in ipairs(steps) do
    local entry = calls[step.call]
    if not entry then
      entry = { groups = {}, scheduled = 0, predicted = 0 }
      calls[step.call] = entry
    end
    local group = entry.groups[step.group] or { objects = 0, entries = 0, stages = 0 }
    entry.groups[step.group] = group
    group.objects = group.objects + step.objects
    group.entries = group.entries + (step.entries or step.objects)
    -- Work that has to wait for an earlier stage cannot share a call with that stage's work.
    if group.last ~= step.stage then group.last, group.stages = step.stage, group.stages + 1 end
    entry.scheduled = entry.scheduled + 1
    if step.predicted then entry.predicted = entry.predicted + 1 end
  end
  local rows = json.array {}
  for call, entry in order.pairs(calls) do
    local batch, limit = assert(catalogue.get(call)).batch, catalogue.limit(call)
    local objects, groups, bound = 0, 0, 0
    for _, group in pairs(entry.groups) do
      objects, groups = objects + group.objects, groups + 1
      local fewest = limit and (group.entries + limit - 1) // limit or 1
      bound = bound + math.max(fewest, group.stages)
    end
    if not batch and groups == objects then limit = 1 end
    rows[#rows + 1] = { call = call, objects = objects, limit = limit, groups = groups,
      lower_bound = bound, scheduled = entry.scheduled, predicted = entry.predicted }
  end
  return rows
end

return certificate
