-- What a call carries for its changes: an item for each, which follows from what the change sends
-- and from its id. So nobody keeps the arguments of a batch, which in a whole plan are as much as
-- all else of it: they are made anew whenever somebody asks. Pure.

local catalogue = require "remora.catalogue"
local json = require "json"
local values = require "remora.model.values"
local written = require "remora.core.written"

local carried = {}

-- How the items of a call are made, by remora.catalogue.
local function batch_of(call)
  return assert(catalogue.get(call)).batch
end

local function item_of(batch, change)
  if batch.of_ids then return change.id end
  if not batch.id then return change.sent end
  return values.copy(change.sent, { [batch.id] = change.id })
end

---What a call carries for a change.
---@param call string
---@param change remora.reconcile.Change
---@return any item
function carried.item(call, change)
  return item_of(batch_of(call), change)
end

---Lets the arguments of a step follow from changes.
---@param step table remora.reconcile.Step without `args`
---@param beside table the arguments beside the items
---@param changes remora.reconcile.Change[] in the order of the items
---@return remora.reconcile.Step step
function carried.by(step, beside, changes)
  local batch = batch_of(step.call)
  return setmetatable(step, { beside = beside, carries = changes, __index = function(_, name)
    if name ~= "args" then return nil end
    local items = json.array {}
    for i, change in ipairs(changes) do items[i] = item_of(batch, change) end
    return values.copy(beside, { [batch.field] = items })
  end })
end

---What the arguments of a step have beside what follows from its changes.
---@param step remora.reconcile.Step
---@return table? beside as of carried.by; nil: its arguments are its own
function carried.beside(step)
  local its = getmetatable(step)
  return its and its.beside
end

-- The members of an object as JSON, behind others.
local function more_of(object)
  local rest = json.encode(object):sub(2)
  return rest == "}" and rest or "," .. rest
end

-- Items with their ids as JSON. What changes that are alike send is written once.
local function written_items(id, changes)
  local texts, known, beginning = {}, {}, ('{"%s":'):format(id)
  for i, change in ipairs(changes) do
    local sent = change.sent
    known[sent] = known[sent] or more_of(sent)
    texts[i] = beginning .. change.id .. known[sent]
  end
  return json.raw("[" .. table.concat(texts, ",") .. "]")
end

---The arguments of a step for its call, as JSON already.
---@param step remora.reconcile.Step
---@return table<string, any> args as of core/written.lua
function carried.written(step)
  local its = getmetatable(step)
  local batch = its and batch_of(step.call)
  if not batch or not batch.id then return written(step.args) end
  return values.copy(written(its.beside), { [batch.field] = written_items(batch.id, its.carries) })
end

return carried
