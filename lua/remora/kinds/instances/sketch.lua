-- The sketch of a plan for one module, at which the rules for templated and for free service
-- instances work: what it is made from, and what is collected to be sent. Decides nothing.

local fault = require "remora.core.fault"
local naming = require "remora.kinds.instances.naming"
local process_model = require "remora.model.process"
local topology = require "remora.observe.topology"

local sketch = {}
sketch.__index = sketch

---@class remora.kinds.instances.Work what is to be sent, by what the platform lets share a call
---@field updates remora.reconcile.Change[] of update_process_instance
---@field deletions remora.reconcile.Change[] of delete_process_instance
---@field processes table<integer|string, remora.reconcile.Change[]> service instance → those of
---  create_process_instance
---@field instances table<integer, remora.reconcile.Change[]> module → those of
---  create_service_instance
---@field later table<"updates"|"deletions"|integer, remora.reconcile.Later> what of each cannot go
---  yet; for new processes by service instance
---@field waits boolean? what is sent now decides about more

---@class remora.kinds.instances.Sketch of a plan for one module
---@field pb table
---@field state table
---@field b table builder
---@field work remora.kinds.instances.Work
---@field area remora.kinds.instances.Area
---@field module remora.observe.Module of the area
---@field template remora.observe.Template? of the module
---@field target remora.kinds.instances.Target the one that is being planned
---@field created table<table, table> what makes a process, by what is wanted of it

---@param about {pb: table, state: table, b: table, work: remora.kinds.instances.Work,
---  area: remora.kinds.instances.Area}
---@return remora.kinds.instances.Sketch
function sketch.new(about)
  local self = setmetatable(about, sketch)
  self.common, self.created, self.module = {}, {}, self.area.module
  self.template = self.state.templates and self.state.templates[self.module.template_id]
  return self
end

---How the objects of the module are called. Most modules need no change, and never ask.
---@return remora.kinds.instances.Naming
function sketch:names()
  self.naming = self.naming or naming.new(self.state, self.area)
  return self.naming
end

---The name of the target, or of a process in it, for people. No other object has the same.
---@param process string?
---@return string[]
function sketch:label(process)
  return self:names():label(self.target, process)
end

---Where the target is, as a change keeps it.
---@return table
function sketch:place()
  return self:names():place(self.target)
end

-- What the updates of processes that lack the same have in common; label and place are those of the
-- first of them.
local function in_common(self, instance, update)
  local names = self:names()
  local first = names:numbered(instance)
  return self.b:common({ type = "process", action = "update", fields = update.fields,
    at = update.at, before = update.before, cascades = update.cascades, losses = update.losses,
    sent = update.sent, row = update.row, label = names:label(first, update.name),
    place = names:place(first) }, names:differing())
end

---Says that a process is gone which was to be changed, and is not to be made.
---@param process string
function sketch:miss(process)
  self.b:problem(fault.new { code = "plan.gone",
    message = ("there is no process %s any more"):format(table.concat(self:label(process), "/")) })
end

---Collects the update of a process.
---@param id integer|string of the process
---@param instance integer the number of its service instance in the module
---@param update {name: string, sent: table, before: table, fields: table[], cascades: string[]?,
---  losses: string[]?, at: table?, row: integer?} sent: as the platform takes it, but for the id;
---  before: what that overwrites; fields, cascades, losses: as of a change; row: how many updates
---  come one after the other, beginning with this one (1). Left as it is: processes that need the
---  same share it
function sketch:update(id, instance, update)
  self.common[update] = self.common[update] or in_common(self, instance, update)
  table.insert(self.work.updates,
    setmetatable({ id = id, instance = instance }, self.common[update]))
end

-- What else follows from the deletion of a process.
local LAST = { "it is the last one: the service instance goes with it",
  process_model.STAYS_HOSTED }
local NOT_LAST = { process_model.STAYS_HOSTED }

---Collects the deletion of a process.
---@param current remora.observe.Process
---@param deletion {at: table?, goes: boolean, is_last: boolean} goes: the service instance, too;
---  is_last: with this one
function sketch:delete(current, deletion)
  local place = topology.place(self.module)
  local removes = { { what = "process", within = place, count = 1 } }
  if deletion.is_last then
    removes[2] = { what = "service instance", within = place, count = 1 }
  end
  table.insert(self.work.deletions, self.b:change {
    type = "process", action = "delete", id = current.id, label = self:label(current.name),
    at = deletion.at, before = current.values,
    place = deletion.goes and self:names():place_of_going(self.target) or self:place(),
    cascades = deletion.is_last and LAST or NOT_LAST,
    removes = removes, protected = self.target.wish.protected,
  })
end

---Collects a new process for the service instance of the target.
---@param process {name: string, info: table, fields: table[], at: table?}
function sketch:create(process)
  local id = self.target.instance.id
  local list = self.work.processes[id] or {}
  self.work.processes[id] = list
  list[#list + 1] = self.b:change {
    type = "process", action = "create", label = self:label(process.name), at = process.at,
    fields = process.fields, place = self:place(), sent = { process_info = process.info },
  }
end

---Collects a new service instance on the host of the target.
---@param instance {processes: table[]?, fields: table[], at: table?, cascades: string[]?,
---  place: table?, rests: table?}  processes: as create_service_instance takes them; place, rests:
---  as of a change
function sketch:create_instance(instance)
  local list, target = self.work.instances[self.module.id] or {}, self.target
  self.work.instances[self.module.id] = list
  list[#list + 1] = self.b:change {
    type = "service instance", action = "create", label = self:label(), at = instance.at,
    id = naming.planned_id(self.module, target.host_id, target.name), rests = instance.rests,
    fields = instance.fields, cascades = instance.cascades, place = instance.place,
    sent = { bk_host_id = target.host_id, service_instance_name = target.name,
      processes = instance.processes },
  }
end

---Says that one thing has to wait for what is sent now.
---@param what "updates"|"deletions"|integer|nil integer: new processes of this service instance;
---  nil: none of these
---@param row integer? how many of them come one after the other, beginning with it (1)
function sketch:wait(what, row)
  self.work.waits = true
  if not what then return end
  local later = self.work.later[what] or { row = 0, count = 0 }
  self.work.later[what] = later
  later.row, later.count = math.max(later.row, row or 1), later.count + 1
end

return sketch
