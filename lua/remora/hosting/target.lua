-- A target of a hosting rule: one hosted process on one host. Owns its form: what all targets of a
-- rule have in common they share, and what can be told from the process is told when somebody asks.
-- Pure.

local packed = require "remora.observe.packed"
local topology = require "remora.observe.topology"

---@class remora.hosting.Target
---@field place string host and process name: one registration (registry.lua)
---@field entry table the definition (definition.lua)
---@field id integer|string? of the process that it is made of; nil: the rule names it
---@field module_id integer? of the process
---@field number integer? of its service instance in the list of the module
---@field given remora.hosting.Given? as the rule names it
---@field via string the driver that reaches it
---@field rule table hosting rule in normal form
---@field index integer number of the rule
---@field at table? place of the rule in the playbook
---@field protected table? where the playbook forbids to un-host it
local Target = {}
Target.__index = Target

---@class remora.hosting.Given a target that a rule names, whatever processes there are
---@field host {bk_cloud_id: integer, ip: string}
---@field entry table
---@field label string[]
---@field priority integer
---@field via string? nil: that of the rule

-- The host of the process.
local function host_of(target)
  return target.hosts[(packed.host(target.instances_of[target.module_id], target.number))]
end

---The host, as its agent is addressed.
---@return {bk_cloud_id: integer, ip: string}
function Target:host()
  if self.given then return self.given.host end
  local host = host_of(self)
  return { bk_cloud_id = host.cloud_id, ip = host.ip }
end

---The service instance of the process it is made of.
---@return remora.observe.Instance
function Target:instance()
  return self.instances_of[self.module_id][self.number]
end

-- The processes of service instances by id, for those instances that somebody holds: each of very
-- many processes is asked for.
local by_id = setmetatable({}, { __mode = "k" })

---The process it is made of.
---@return remora.observe.Process
function Target:process()
  local processes = self:instance().processes
  if not by_id[processes] then
    by_id[processes] = {}
    for _, each in ipairs(processes) do by_id[processes][each.id] = each end
  end
  return assert(by_id[processes][self.id], "its service instance does not have the process")
end

---What plans call it.
---@return string[]
function Target:label()
  if self.given then return self.given.label end
  local module = self.modules[self.module_id]
  return { module.set_name, module.name, host_of(self).ip, self.entry.proc_name }
end

---The place for which limits count it: its module.
---@return string
function Target:within()
  if self.given then return self.given.label[1] .. "/" .. self.given.label[2] end
  return topology.place(self.modules[self.module_id])
end

---The priority of the process.
---@return integer
function Target:priority()
  if self.given then return self.given.priority end
  local priority = self:process().values.priority
  return math.type(priority) == "integer" and priority or 0
end

---@param state table with instances_of, hosts and module_by_id
---@param rule table what its targets have in common: rule, index, at, via, protected
---@return table metatable of the targets: each has its place and entry, and what it is made of
return function(state, rule)
  local common = setmetatable({ hosts = state.hosts, modules = state.module_by_id,
    instances_of = state.instances_of }, Target)
  for name, value in pairs(rule) do common[name] = value end
  return { __index = common }
end
