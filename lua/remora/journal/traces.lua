-- What runs from here left of objects, so that drift does not take it for the doing of somebody
-- else. Pure; compares what the runs' calls did with what a plan finds.

local mask = require "remora.core.mask"
local story = require "remora.journal.story"
local text = require "remora.journal.text"
local words = require "remora.reconcile.words"

local traces = {}

-- What leaves an object as a plan finds it that would do this.
local LEFT_BY = {
  create = { delete = true }, delete = { create = true },
  bind = { unbind = true }, unbind = { bind = true },
  register = { unregister = true, stop = true, kill = true },
  unregister = { register = true, start = true },
  start = { stop = true, kill = true }, stop = { register = true, start = true },
}

local function name_of(type, label, count)
  return type .. "\0" .. table.concat(label, "\0", 1, count)
end

local function trace_of(found, name)
  found[name] = found[name] or { fields = {} }
  return found[name]
end

local function takes_instance(change)
  for _, portion in ipairs(change.removes or {}) do
    if portion.what == "service instance" then return true end
  end
  return false
end

local function add(found, change, run)
  local its = trace_of(found, name_of(change.type, change.label))
  its.action, its.run = change.action, run
  for _, field in ipairs(change.fields) do
    local value = words.value(field.new)
    its.fields[field.name] = not value:find(mask.MARK, 1, true) and { value = value, run = run }
      or nil
  end
  if change.type == "process" and takes_instance(change) then
    local instance = trace_of(found, name_of("service instance", change.label, #change.label - 1))
    instance.action, instance.run = change.action, run
  end
end

-- The last thing done to an object; to a process, what was done to its service instance.
local function done_to(found, change)
  local its = found[name_of(change.type, change.label)]
  if its or change.type ~= "process" then return its end
  return found[name_of("service instance", change.label, #change.label - 1)]
end

---@class remora.journal.Trace the run that left something as it is
---@field id integer
---@field what string

---@param runs {run: remora.journal.Run, calls: remora.journal.Call[]}[] in their order
---@return fun(change: remora.reconcile.Change, field: table?): remora.journal.Trace? run that left
---  the object of a planned change, or one field of it, as the plan finds it; nil: no run did
function traces.of(runs)
  local found = {}
  for _, each in ipairs(runs) do
    local run = { id = each.run.id, what = text.what(each.run) }
    for _, call in ipairs(each.calls) do
      local states = story.states(call)
      for i, change in ipairs(call.changes) do
        if states[i] == "done" then add(found, change, run) end
      end
    end
  end
  return function(change, field)
    local its = done_to(found, change)
    if not its then return nil end
    if not field then
      local left_by = LEFT_BY[change.action]
      return left_by and left_by[its.action] and its.run or nil
    end
    local left = its.fields[field.name]
    return left and left.value == words.value(field.old) and left.run or nil
  end
end

return traces
