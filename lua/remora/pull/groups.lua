-- Folds instances into groups that are alike: per trait, the modules of which it is true as a whole
-- and the hosts of which it is true alone. Keeps nothing of an instance but that, so that a fleet
-- of any size folds into what differs. Pure.

local address = require "remora.core.address"
local express = require "remora.pull.express"
local json = require "json"

local groups = {}
groups.__index = groups

---@class remora.pull.Group one trait and where it is met, in modules of one name
---@field trait {process: string, fields: table, rank: integer}
---@field whole table<integer, boolean> modules all of whose hosts have it
---@field hosts table<integer, string[]> module → addresses
---@field host_ids table<integer, integer[]> module → hosts that no address tells apart
---@field instances table<integer, (string|integer)[]> module → service instances that share a host

---@return table groups
function groups.new()
  return setmetatable({ named = {} }, groups)
end

-- Everything met so far in modules of a name: groups by trait, and which module an address is in
-- (0: in several).
function groups:of(name)
  local found = self.named[name]
  if not found then
    found = { groups = {}, module_of = {} }
    self.named[name] = found
  end
  return found
end

local function group_of(found, trait)
  local key = trait.process .. "\0" .. json.encode(trait.fields)
  local group = found.groups[key]
  if not group then
    group = { trait = trait, whole = {}, hosts = {}, host_ids = {}, instances = {} }
    found.groups[key] = group
  end
  return group
end

local function counts(instances)
  local on_host, named, crowded = {}, {}, false
  for _, instance in ipairs(instances) do
    on_host[instance.host_id] = (on_host[instance.host_id] or 0) + 1
    named[instance.name] = (named[instance.name] or 0) + 1
    crowded = crowded or on_host[instance.host_id] > 1
  end
  return on_host, named, crowded
end

local function put(map, key, item)
  local list = map[key] or {}
  map[key] = list
  list[#list + 1] = item
end

-- How many hosts of a module have an address; also notes which module it is in.
local function addresses(found, module, members, hosts)
  local count = {}
  for _, id in ipairs(members) do
    for ip in pairs(hosts[id].ips) do
      count[ip] = (count[ip] or 0) + 1
      local other = found.module_of[ip]
      found.module_of[ip] = other and other ~= module.id and 0 or module.id
    end
  end
  return count
end

local function address_of(host, count)
  local literal = address.is_literal(host.ip)
  return literal and count[host.ip] == 1 and host.ip or nil
end

local function name_of(instance, named)
  local plain = named[instance.name] == 1 and express.can_select(instance.name)
  return plain and instance.name or instance.id
end

---Folds the service instances of one module.
---@param module remora.observe.Module
---@param instances remora.observe.Instance[]
---@param members integer[] hosts of the module
---@param hosts table<integer, table> the addresses of all of them
---@param traits_of fun(instance: remora.observe.Instance): table[]
function groups:fold(module, instances, members, hosts, traits_of)
  local found, met = self:of(module.name), {}
  local on_host, named, crowded = counts(instances)
  local complete, partial = not crowded and #members == #instances, {}
  for _, instance in ipairs(instances) do
    for _, trait in ipairs(traits_of(instance)) do
      local group = group_of(found, trait)
      put(met, group, instance)
    end
  end
  for group, list in pairs(met) do
    if complete and #list == #instances then
      group.whole[module.id] = true
    else
      partial[group] = list
    end
  end
  local count = next(partial) and addresses(found, module, members, hosts)
  for group, list in pairs(partial) do
    for _, instance in ipairs(list) do
      local ip = address_of(hosts[instance.host_id], count)
      if on_host[instance.host_id] > 1 then
        put(group.instances, module.id, name_of(instance, named))
      elseif ip then
        put(group.hosts, module.id, ip)
      else
        put(group.host_ids, module.id, instance.host_id)
      end
    end
  end
end

return groups
