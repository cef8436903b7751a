-- Folds instances into groups that are alike: per trait, the modules of which it is true as a whole
-- and the hosts of which it is true alone. Keeps nothing of an instance but that, so that a fleet
-- of any size folds into what differs. Pure.

local address = require "remora.core.address"
local addresses = require "remora.model.addresses"
local express = require "remora.pull.express"
local tally = require "remora.pull.tally"

local groups = {}
groups.__index = groups

---@class remora.pull.Group one trait and where it is met, in modules of one name
---@field trait remora.pull.Trait
---@field whole table<integer, boolean> modules all of whose hosts have it
---@field hosts table<integer, string[]> module → addresses
---@field host_ids table<integer, integer[]> module → hosts that no address tells apart
---@field crowds table<integer, table<integer, remora.pull.Crowd>> module → host with more than one
---  service instance

---@class remora.pull.Crowd those service instances of a host that are meant
---@field ip string? that tells the host apart
---@field names string[]
---@field ids integer[] of those that their name does not tell apart

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

local function group_of(found, met)
  local group = found.groups[met.key]
  if not group then
    group = { trait = met.trait, whole = {}, hosts = {}, host_ids = {}, crowds = {} }
    found.groups[met.key] = group
  end
  return group
end

local function put(map, key, item)
  local list = map[key] or {}
  map[key] = list
  list[#list + 1] = item
end

-- How many hosts of a module have an address; also notes which module it is in.
local function met_addresses(found, module, members, hosts)
  local count = {}
  for _, id in ipairs(members) do
    for _, ip in addresses.each(hosts[id]) do
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

local function put_crowded(group, module, place, ip, names)
  local crowds = group.crowds[module.id] or {}
  local crowd = crowds[place.host_id] or { ip = ip, names = {}, ids = {} }
  group.crowds[module.id], crowds[place.host_id] = crowds, crowd
  if names[tally.named(place)] == 1 and express.can_select(place.name) then
    table.insert(crowd.names, place.name)
  else
    table.insert(crowd.ids, place.id)
  end
end

---Folds what was met in one module.
---@param module remora.observe.Module
---@param met_there table remora.pull.tally
---@param members integer[]? hosts of the module
---@param hosts table<integer, table>? the addresses of all of them
---@return boolean folded false, and nothing is changed: the hosts are needed to tell parts of it
function groups:fold(module, met_there, members, hosts)
  local whole, partial = met_there:divide(members)
  if #partial > 0 and not hosts then return false end
  local found = self:of(module.name)
  for _, met in ipairs(whole) do group_of(found, met).whole[module.id] = true end
  if #partial == 0 then return true end
  local count = met_addresses(found, module, members, hosts)
  local on_host, names = met_there:occurrences(), met_there:names()
  for _, met in ipairs(partial) do
    local group = group_of(found, met)
    for _, place in ipairs(met_there:places(met, members)) do
      local ip = address_of(hosts[place.host_id], count)
      if (on_host[place.host_id] or 0) > 1 then
        put_crowded(group, module, place, ip, names)
      elseif ip then
        put(group.hosts, module.id, ip)
      else
        put(group.host_ids, module.id, place.host_id)
      end
    end
  end
  return true
end

return groups
