-- The planning of one module: what the rules for templated and for free service instances share.
-- Owns how the objects of a module are named, and what is collected to be sent; decides nothing.

local scope = require "remora.model.scope"

local job = {}
job.__index = job

---@class remora.kinds.instances.Work what is to be sent, by what the platform lets share a call
---@field updates table[] items {value, change, row, fields} of update_process_instance, as of
---  remora.reconcile.builder; fields: as of the change
---@field deletions table[] items of delete_process_instance
---@field processes table<integer|string, table[]> service instance → items of
---  create_process_instance
---@field instances table<integer, table[]> module → items of create_service_instance
---@field later table<"updates"|"deletions"|integer, remora.reconcile.Later> what of each cannot go
---  yet; for new processes by service instance
---@field waits boolean? what is sent now decides about more

---@class remora.kinds.instances.Job
---@field pb table
---@field state table
---@field b table builder
---@field work remora.kinds.instances.Work
---@field module remora.observe.Module
---@field template remora.observe.Template? of the module
---@field targets remora.kinds.instances.Target[] all of the module
---@field target remora.kinds.instances.Target the one that is being planned

---@param about {pb: table, state: table, b: table, work: remora.kinds.instances.Work,
---  module: remora.observe.Module, targets: remora.kinds.instances.Target[]}
---@return remora.kinds.instances.Job
function job.new(about)
  local self = setmetatable(about, job)
  self.template = self.state.templates and self.state.templates[self.module.template_id]
  return self
end

-- Service instances of the module by host. Most modules need no change, and never ask.
local function by_host(self)
  local present = {}
  for _, instance in ipairs(self.state.instances_of[self.module.id]) do
    present[instance.host_id] = present[instance.host_id] or {}
    table.insert(present[instance.host_id], instance)
  end
  return present
end

---The service instances of the module on the host of the target, its own included.
---@return remora.observe.Instance[]
function job:neighbours()
  self.on_host = self.on_host or by_host(self)
  return self.on_host[self.target.host_id] or {}
end

-- Hosts that have, or are to have, more than one service instance of the module.
local function crowded(self)
  local seen, hosts = {}, {}
  local function add(host_id) hosts[host_id], seen[host_id] = seen[host_id], true end
  for _, instance in ipairs(self.state.instances_of[self.module.id]) do add(instance.host_id) end
  for _, target in ipairs(self.targets) do
    if not target.instance then add(target.host_id) end
  end
  return hosts
end

local function is_crowded(self)
  self.crowded = self.crowded or crowded(self)
  return self.crowded[self.target.host_id] == true
end

-- What tells the service instance of the target from others on its host, as `where` takes it: the
-- name, by which it can be made anew, or the id where the name would mean others, too.
local function told_apart(self)
  local target, alike = self.target, 0
  if target.name or not is_crowded(self) then return target.name end
  local id, name = target.instance.id, target.instance.name
  for _, other in ipairs(self:neighbours()) do alike = alike + (other.name == name and 1 or 0) end
  return (name == "" or alike > 1 or scope.is_glob(name)) and id or name
end

---The name of the target, or of a process in it, for people. No other object has the same.
---@param process string?
---@return string[]
function job:label(process)
  local target = self.target
  local host, which = self.state.hosts[target.host_id], told_apart(self)
  local place = host and host.ip or ("host " .. target.host_id)
  local name = target.name or target.instance and target.instance.name
  if which and which ~= name and name ~= "" then which = ("%s, %s"):format(name, which) end
  if which then place = ("%s (%s)"):format(place, which) end
  return { self.module.set_name, self.module.name, place, process }
end

---Where the target is, as a change keeps it.
---@return table
function job:place()
  return { module = self.module.id, host = self.target.host_id,
    template = self.template and self.template.name,
    instance = told_apart(self) }
end

---Collects the update of a process.
---@param current remora.observe.Process
---@param update {name: string, sent: table, before: table, fields: table[], at: table?,
---  row: integer?} sent: as the platform takes it, but for the id; before: what that overwrites;
---  fields: as a change shows them; row: how many updates come one after the other, beginning with
---  this one (1). Left as it is: processes that need the same share it
function job:update(current, update)
  local sent = { bk_process_id = current.id, bind_info = update.sent.bind_info }
  for name, value in pairs(update.sent) do sent[name] = value end
  local change = self.b:change {
    type = "process", action = "update", id = current.id, label = self:label(update.name),
    fields = update.fields, at = update.at, before = update.before, place = self:place(),
  }
  table.insert(self.work.updates, { row = update.row, value = sent, change = change,
    fields = update.fields })
end

---Collects the deletion of a process.
---@param current remora.observe.Process
---@param deletion {at: table?, is_last: boolean} is_last: of its service instance
function job:delete(current, deletion)
  local place = self.module.set_name .. "/" .. self.module.name
  local removes = { { what = "process", within = place, count = 1 } }
  if deletion.is_last then
    removes[2] = { what = "service instance", within = place, count = 1 }
  end
  table.insert(self.work.deletions, { value = current.id, change = self.b:change {
    type = "process", action = "delete", id = current.id, label = self:label(current.name),
    at = deletion.at, before = current.values, place = self:place(),
    cascades = deletion.is_last and { "it is the last one: the service instance goes with it" }
      or nil,
    removes = removes, protected = self.target.wish.protected,
  } })
end

---Collects a new process for the service instance of the target.
---@param process {name: string, info: table, fields: table[], at: table?}
function job:create(process)
  local id = self.target.instance.id
  local list = self.work.processes[id] or {}
  self.work.processes[id] = list
  list[#list + 1] = { value = { process_info = process.info }, change = self.b:change {
    type = "process", action = "create", label = self:label(process.name), at = process.at,
    fields = process.fields, place = self:place(),
  } }
end

---Collects a new service instance on the host of the target.
---@param instance {processes: table[]?, fields: table[], at: table?, cascades: string[]?,
---  place: table?}  processes: as create_service_instance takes them; place: where it can be undone
function job:create_instance(instance)
  local list = self.work.instances[self.module.id] or {}
  self.work.instances[self.module.id] = list
  list[#list + 1] = {
    value = { bk_host_id = self.target.host_id, service_instance_name = self.target.name,
      processes = instance.processes },
    change = self.b:change {
      type = "service instance", action = "create", label = self:label(), at = instance.at,
      fields = instance.fields, cascades = instance.cascades, place = instance.place,
    },
  }
end

---Says that one thing has to wait for what is sent now.
---@param what "updates"|"deletions"|integer|nil integer: new processes of this service instance;
---  nil: none of these
---@param row integer? how many of them come one after the other, beginning with it (1)
function job:wait(what, row)
  self.work.waits = true
  if not what then return end
  local later = self.work.later[what] or { row = 0, count = 0 }
  self.work.later[what] = later
  later.row, later.count = math.max(later.row, row or 1), later.count + 1
end

return job
