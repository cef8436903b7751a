-- Collects what a kind wants done in one round: changes for people, steps for the platform,
-- problems. Owns batching by the platform's limits; knows no kind and calls nothing.

local carried = require "remora.reconcile.carried"
local catalogue = require "remora.catalogue"
local common = require "remora.reconcile.common"
local identity = require "remora.reconcile.identity"
local json = require "json"
local portions = require "remora.core.portions"

local builder = {}
builder.__index = builder

---@class remora.reconcile.Change what happens to one object, for people
---@field kind string the resource kind, such as "instances"
---@field type string what the object is, such as "process template"
---@field action "create"|"update"|"delete"|"sync"|"register"|"unregister"|"start"|"stop"|"kill"
---  |"restart"|"reload"|"bind"|"unbind"
---@field id integer|string? the platform's id, of a binding that of its process; a text stands for
---  one that is not known yet
---@field label string[] path of names, such as {"prod-1", "web", "10.0.0.1", "nginx"}
---@field fields {name: string, old: any, new: any, locked: boolean?, note: string?,
---  derived: boolean?, unseen: boolean?}[] derived: old is as it was last set from here, and new is
---  made from other objects: where they differ, those have changed; unseen: it is not a field, it
---  says why nobody could see how the object is
---@field cascades string[] what else follows from it
---@field protected table? where the playbook forbids to take it away
---@field removes remora.reconcile.Portion[]? what is gone afterwards, what follows from it included
---@field brings remora.reconcile.Portion[]? what changes or comes with it that no change says
---@field losses string[]? what of all that no way back brings back
---@field out_of_line integer[]? modules that follow the template of it and were out of line before
---@field before table? what it overwrites or takes away as it was, in the platform's own members;
---  for undoing. Of a hosted process what its agent said, and what was registered:
---  {hosted, running, pids, via?, entry?}
---@field rests table? what it was planned from and is read again before it is sent, by member;
---  nil: `before`
---@field place {module: integer, host: integer, template: string?, instance: integer|string?}? ids
---  of where a process is; template: the service template's name; instance: only where the host has
---  several, its name, or its id where the name does not tell it from the others
---@field way {priority: integer, rollout: table?}? in what order and how fast hosted processes go
---@field instance integer? that it is in, by its number in the module, where what it differs in
---  from others is worked out from that (reconcile/common.lua)
---@field sent table? what the calls of its batch carry of it beside its id
---@field row integer? how many changes of its batch have to come one after the other, beginning
---  with this one (1)
---@field at {file: string, line: integer, column: integer}? where the playbook asks for it

---@class remora.reconcile.Step one call of a plan; until a plan has it, `changes` are the changes
---  themselves
---@field kind string
---@field stage integer
---@field title string what the stage is called
---@field call string "cc.update_process_instance"
---@field args table those of a batch are made anew whenever somebody asks (reconcile/carried.lua)
---@field objects integer how many objects the call changes
---@field entries integer? what the call's limit counts; nil: the objects
---@field group string the calls that the platform would not let us join have different groups
---@field changes integer[] indices into the changes
---@field keys string[]? names of its parts that can fail apart, by builder.key, in the order of the
---  changes; nil: the items of its batch, or its whole arguments
---@field repeatable boolean? what it does is done again rather than looked for where nobody knows
---  whether it was done
---@field pause number? seconds to wait after it, however it went
---@field goes_on boolean? the next step goes on with what it did, and must not wait: only where it
---  did nothing it pauses
---@field predicted boolean? true when an earlier step decides whether and how it happens

---@class remora.reconcile.Later changes of a batch that cannot go yet
---@field row integer the longest row of them
---@field count integer how many they are

---@param kind string name of the kind that fills it
---@param options {skip: table<string, table>?, selection: table?}|nil skip: what is not to be
---  scheduled: items by builder.key, objects by identity.object; selection: what is wanted at all
---  (reconcile/selection.lua), nil: everything
---@return table builder
function builder.new(kind, options)
  return setmetatable({
    kind = kind, skip = options and options.skip or {},
    selection = options and options.selection,
    steps = {}, held = {}, problems = {}, halts = {}, excluded = {},
  }, builder)
end

---Names one item of a call: equal for equal work, whatever batch it lands in.
---@param call string
---@param value any the item, or all arguments of a call without items
---@return string
function builder.key(call, value)
  return call .. " " .. json.encode(value)
end

-- Begins the names of the items of a call with all that is sent with them: in two service instances
-- the same new process is two pieces of work.
local function around(call, args, field)
  local rest = {}
  for name, value in pairs(args) do
    if name ~= field then rest[name] = value end
  end
  return builder.key(call, rest) .. " "
end

---The members of a step that can be told apart: the items of its batch, or its whole arguments.
---@param step remora.reconcile.Step
---@return string[] keys in the order of the items
function builder.keys(step)
  if step.keys then return step.keys end
  local batch, args = assert(catalogue.get(step.call)).batch, step.args
  local items = batch and batch.limit and args[batch.field]
  if type(items) ~= "table" then return { builder.key(step.call, args) } end
  local keys, beginning = {}, around(step.call, args, batch.field)
  for i, item in ipairs(items) do keys[i] = beginning .. json.encode(item) end
  return keys
end

local NOTHING = json.array {} -- follows from most changes

---Makes a change, for one step or batch to carry.
---@param change remora.reconcile.Change without kind
---@return remora.reconcile.Change
function builder:change(change)
  change.kind = self.kind
  change.fields = json.array(change.fields or {})
  change.cascades = change.cascades and json.array(change.cascades) or NOTHING
  if change.removes then json.array(change.removes) end
  if change.brings then json.array(change.brings) end
  return change
end

---What changes of many objects have in common (reconcile/common.lua).
---@param shared table members of a change, without kind
---@param differing remora.reconcile.Differing
---@return table metatable of the changes: each has its id, and what the rest that differs follows
---  from
function builder:common(shared, differing)
  return common.of(self:change(shared), differing)
end

---Whether a change is not wanted this time; it is noted then. Batches and steps of one change ask
---by themselves.
---@param change {type: string, action: string, label: string[]}
---@return boolean
function builder:excludes(change)
  if not self.selection or self.selection:takes(change.label) then return false end
  self.excluded[#self.excluded + 1] = { kind = self.kind, type = change.type,
    action = change.action, label = change.label }
  return true
end

---Whether something failed before.
---@return boolean
function builder:had_failures() return next(self.skip) ~= nil end

---Whether a part failed before, so that it must not be scheduled again.
---@param key string as of builder.key
---@return boolean
function builder:gave_up(key)
  return self.skip[key] ~= nil
end

-- Whether every part of a step failed before.
local function gave_up_all(self, step)
  if not next(self.skip) then return false end
  if #step.changes == 1 and self.skip[identity.object(step.changes[1])] then return true end
  for _, key in ipairs(builder.keys(step)) do
    if not self.skip[key] then return false end
  end
  return true
end

---Adds one call that has no items, such as update_proc_template.
---@param step {stage: integer, title: string, call: string, args: table, group: string,
---  objects: integer?, entries: integer?, keys: string[]?, repeatable: boolean?, pause: number?,
---  goes_on: boolean?, changes: remora.reconcile.Change[]}
function builder:step(step)
  if #step.changes == 1 and self:excludes(step.changes[1]) then return end
  if gave_up_all(self, step) then return end
  step.kind, step.objects = self.kind, step.objects or 1
  self.steps[#self.steps + 1] = step
end

-- The changes of a batch that have not failed and are wanted.
local function wanted_of(self, batch)
  if not next(self.skip) and not self.selection then return batch.changes end
  local field, taken = assert(catalogue.get(batch.call)).batch.field, {}
  local beginning = around(batch.call, batch.args, field)
  for _, change in ipairs(batch.changes) do
    local failed = self.skip[beginning .. json.encode(carried.item(batch.call, change))]
      or self.skip[identity.object(change)]
    if not failed and not self:excludes(change) then taken[#taken + 1] = change end
  end
  return taken
end

-- Adds as few calls as carry the changes.
local function add_calls(self, batch, changes)
  for _, part in ipairs(portions(changes, catalogue.limit(batch.call))) do
    self:step(carried.by({ stage = batch.stage, title = batch.title, call = batch.call,
      group = batch.group, objects = #part, changes = part }, batch.args, part))
  end
end

-- The places of changes, those with the longest row behind them first.
local function by_row(changes)
  local places = {}
  for i in ipairs(changes) do places[i] = i end
  table.sort(places, function(a, b)
    local one, other = changes[a].row or 1, changes[b].row or 1
    if one ~= other then return one > other end
    return a < b
  end)
  return places
end

-- How many calls go now, where more changes follow. One has to, for a change that holds up the
-- others longest; beyond that only full ones, and no more than leave enough for the calls that have
-- to come one after the other anyway.
local function calls_now(changes, later, limit)
  local fewest = (#changes + later.count + limit - 1) // limit
  local full = math.min(#changes // limit, fewest - later.row)
  for _, change in ipairs(changes) do
    if (change.row or 1) > later.row then return math.max(full, 1) end
  end
  return math.max(full, 0)
end

-- Changes that go now, and those that wait for the company of others.
local function parted(changes, later, limit)
  if not later then return changes, {} end
  local goes, now, rest, room = {}, {}, {}, calls_now(changes, later, limit) * limit
  for i, place in ipairs(by_row(changes)) do goes[place] = i <= room end
  for i, change in ipairs(changes) do table.insert(goes[i] and now or rest, change) end
  return now, rest
end

---Adds the calls that carry changes of one group: as few as the platform's limit allows. Where more
---will follow, what need not go before it waits for its company.
---@param batch {stage: integer, title: string, call: string, args: table, group: string,
---  changes: remora.reconcile.Change[], later: remora.reconcile.Later?} args without the items; the
---  order of changes is kept; later: nil: nothing follows
function builder:batch(batch)
  local limit = catalogue.limit(batch.call)
  local now, rest = parted(wanted_of(self, batch), batch.later, limit)
  add_calls(self, batch, now)
  if #rest > 0 then self.held[#self.held + 1] = { batch = batch, changes = rest } end
end

---What is to change in this round, also what waits for the company of others.
---@return remora.reconcile.Change[]
function builder:due()
  local changes = {}
  for _, lists in ipairs { self.steps, self.held } do
    for _, each in ipairs(lists) do
      table.move(each.changes, 1, #each.changes, #changes + 1, changes)
    end
  end
  return changes
end

---Adds something that cannot be done and stops the whole plan.
---@param problem table a fault
function builder:problem(problem)
  self.problems[#self.problems + 1] = problem
end

---Says what is not gone on with because too much of it failed before.
---@param why table a fault
function builder:halt(why)
  self.halts[#self.halts + 1] = why
end

---Says that nothing is left to plan once the steps of this round are carried out.
function builder:complete()
  self.completed = true
end

---The steps of the lowest stage: all of them may run at the same time.
---@return remora.reconcile.Step[]
---@return boolean last whether nothing follows them
function builder:first()
  -- When nothing comes any more, company does not either.
  for _, held in ipairs(#self.steps == 0 and self.held or {}) do
    add_calls(self, held.batch, held.changes)
  end
  local stage
  for _, step in ipairs(self.steps) do
    if not stage or step.stage < stage then stage = step.stage end
  end
  local first = {}
  for _, step in ipairs(self.steps) do
    if step.stage == stage then first[#first + 1] = step end
  end
  return first, self.completed == true and #first == #self.steps
end

return builder
