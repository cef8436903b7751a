-- A target of a hosting rule: one hosted process on one host. Owns its form, which is small, for
-- there are very many: what all targets of a rule have in common they share, and what can be told
-- from the process is told when somebody asks. Pure.

---@class remora.hosting.Target
---@field place string host and process name: one registration (registry.lua)
---@field entry table the definition (definition.lua)
---@field process remora.observe.Process? what it is made of; nil: the rule names it
---@field instance remora.observe.Instance? of the process
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

---The host, as its agent is addressed.
---@return {bk_cloud_id: integer, ip: string}
function Target:host()
  if self.given then return self.given.host end
  local host = self.hosts[self.instance.host_id]
  return { bk_cloud_id = host.cloud_id, ip = host.ip }
end

---The module of the process it is made of.
---@return remora.observe.Module
function Target:module()
  return self.modules[self.instance.module_id]
end

---What plans call it.
---@return string[]
function Target:label()
  if self.given then return self.given.label end
  local module, host = self:module(), self.hosts[self.instance.host_id]
  return { module.set_name, module.name, host.ip, self.entry.proc_name }
end

---The place for which limits count it: its module, as topology.place calls it.
---@return string
function Target:within()
  local label = self:label()
  return label[1] .. "/" .. label[2]
end

---The priority of the process.
---@return integer
function Target:priority()
  if self.given then return self.given.priority end
  local priority = self.process.values.priority
  return math.type(priority) == "integer" and priority or 0
end

---@param state table with hosts and module_by_id
---@param rule table what its targets have in common: rule, index, at, via, protected
---@return fun(own: table): remora.hosting.Target make makes a target of what it has of its own
return function(state, rule)
  local common = setmetatable({ hosts = state.hosts, modules = state.module_by_id }, Target)
  for name, value in pairs(rule) do common[name] = value end
  local shared = { __index = common }
  return function(own) return setmetatable(own, shared) end
end
