-- How service instances of one module, and the processes in them, are called: for people, and for
-- whoever looks for them again. Pure.

local glob = require "remora.core.glob"
local instance_name = require "remora.model.instance_name"
local packed = require "remora.observe.packed"

local naming = {}
naming.__index = naming

---@class remora.kinds.instances.Naming
---@field state table
---@field module remora.observe.Module
---@field template remora.observe.Template? of the module
---@field crowded table<integer, true> hosts that have, or are to have, more than one service
---  instance of the module
---@field on_host table<integer, remora.observe.Instance[]>? those that are there, once asked for

-- Only rules that pick want more than one service instance on a host.
local function crowded(instances, area)
  local seen, hosts = {}, {}
  local function add(host_id) hosts[host_id], seen[host_id] = seen[host_id], true end
  for i = 1, #instances do add((packed.host(instances, i))) end
  for _, target in ipairs(area.wish and {} or area.targets()) do
    if not target.instance then add(target.host_id) end
  end
  return hosts
end

---@param state table
---@param area remora.kinds.instances.Area
---@return remora.kinds.instances.Naming
function naming.new(state, area)
  local module = area.module
  return setmetatable({ state = state, module = module,
    template = state.templates and state.templates[module.template_id],
    crowded = crowded(state.instances_of[module.id], area) }, naming)
end

local function by_host(instances)
  local present = {}
  for _, instance in ipairs(instances) do
    present[instance.host_id] = present[instance.host_id] or {}
    table.insert(present[instance.host_id], instance)
  end
  return present
end

---The id of a service instance until the platform draws one.
---@param module remora.observe.Module
---@param host_id integer
---@param name string? nil: the platform names it
---@return string
function naming.planned_id(module, host_id, name)
  return ("service instance %s/%s/%d %s"):format(module.set_name, module.name, host_id, name or "")
end

---The service instances of the module on a host.
---@param host_id integer
---@return remora.observe.Instance[]
function naming:neighbours(host_id)
  self.on_host = self.on_host or by_host(self.state.instances_of[self.module.id])
  return self.on_host[host_id] or {}
end

-- What tells a service instance from others on its host, as `where` takes it: the name, by which it
-- can be made anew, or the id where the name would mean others, too.
local function told_apart(self, target)
  if target.name or not self.crowded[target.host_id] then return target.name end
  local id, name, alike = target.instance.id, target.instance.name, 0
  for _, other in ipairs(self:neighbours(target.host_id)) do
    alike = alike + (other.name == name and 1 or 0)
  end
  return (name == "" or alike > 1 or glob.is(name)) and id or name
end

-- The address of its host. Where not all instances are listed, their rows alone tell it.
local function ip_of(self, target)
  local host, instance = self.state.hosts[target.host_id], target.instance
  return host and host.ip or target.ip or instance and instance.ip or "host " .. target.host_id
end

-- A service instance as its module names it; which: as of told_apart.
local function text_of(self, target, which)
  local place = ip_of(self, target)
  if not which then return place end
  local name = target.name or target.instance and target.instance.name
  if which ~= name and name ~= "" then which = ("%s, %s"):format(name, which) end
  return ("%s (%s)"):format(place, which)
end

---The name of a service instance, or of a process in it, for people. No other object has the same.
---@param target {host_id: integer, instance: remora.observe.Instance?, name: string?} as of
---  remora.kinds.instances.Target
---@param process string?
---@return string[]
function naming:label(target, process)
  return { self.module.set_name, self.module.name,
    text_of(self, target, told_apart(self, target)), process }
end

---Where a service instance is, as a change keeps it.
---@param target {host_id: integer, instance: remora.observe.Instance?, name: string?} as of
---  remora.kinds.instances.Target
---@return table
function naming:place(target)
  return { module = self.module.id, host = target.host_id,
    template = self.template and self.template.name, instance = told_apart(self, target) }
end

-- The process that is made first when all are made anew.
local function first_of(processes)
  local first
  for _, each in ipairs(processes) do
    if not first or each.name < first.name then first = each end
  end
  return first
end

---Where a service instance is that goes with all its processes: by the name that somebody gave it,
---which one that takes its place would not get by itself.
---@param target {host_id: integer, instance: remora.observe.Instance} as of
---  remora.kinds.instances.Target
---@return table place as a change keeps it
function naming:place_of_going(target)
  local place, instance = self:place(target), target.instance
  local usual = instance_name(self.state.hosts[target.host_id], first_of(instance.processes).values)
  local is_given = instance.name ~= usual and instance.name ~= "" and not glob.is(instance.name)
  if is_given then place.instance = place.instance or instance.name end
  return place
end

---A service instance by its number in the module, without that being made where its host tells
---enough of it.
---@param number integer
---@return {host_id: integer, ip: string?, instance: remora.observe.Instance?} target for label and
---  place
function naming:numbered(number)
  local instances = self.state.instances_of[self.module.id]
  local host_id, ip = packed.host(instances, number)
  return { host_id = host_id, ip = ip,
    instance = self.crowded[host_id] and instances[number] or nil }
end

---In what the updates of processes of the module differ that change the same: each keeps its id and
---the number of its `instance` in the module.
---@return remora.reconcile.Differing
function naming:differing()
  local function row(change)
    local target = self:numbered(change.instance)
    local which = told_apart(self, target)
    return { change.id, text_of(self, target, which), target.host_id, which }
  end
  return { row = row,
    members = { { "id" }, { "label", 3 }, { "place", "host" }, { "place", "instance" } } }
end

return naming
