-- Every `where` that a group of instances needs: whole modules, hosts, and service instances that
-- share a host. Pure.

local json = require "json"
local order = require "remora.core.order"
local values = require "remora.model.values"

local wheres = {}

local WHERE_KEYS = { "set", "module", "hosts", "host_ids", "service_instance", "process" }

local BY_ID = "By id, because names do not tell these apart."
local NAMESAKES = "By id, because their names do not tell these from others on their host: another "
  .. "platform has no such service instances, and this rule has to be left out there."

local function copied(list)
  return json.array(table.move(list, 1, #list, 1, {}))
end

local function sorted(list)
  local copy = copied(list)
  table.sort(copy)
  return copy
end

local function by_number(ips) return order.by_number(copied(ips)) end

-- One `where` for hosts of several modules, when no address of theirs is in two of them.
local function add_hosts(places, name, found, group, add)
  local together, list, alone = {}, {}, {}
  for id, ips in pairs(group.hosts) do
    local apart = true
    for _, ip in ipairs(ips) do apart = apart and found.module_of[ip] == id end
    if apart then
      together[id] = true
      table.move(ips, 1, #ips, #list + 1, list)
    else
      alone[#alone + 1] = id
    end
  end
  if next(together) then
    local where, by_id = places:of(name, together)
    add(values.copy(where, { hosts = by_number(list) }), by_id and BY_ID or nil)
  end
  for _, id in ipairs(alone) do
    local where, by_id = places:of(name, { [id] = true })
    add(values.copy(where, { hosts = by_number(group.hosts[id]) }), by_id and BY_ID or nil)
  end
end

-- Hosts that have more than one service instance; one `where` for those of equal names.
local function add_crowds(place, by_id, crowds, add)
  local alike, ids = {}, {}
  for host_id, crowd in order.pairs(crowds) do
    local key, names = crowd.ip and "hosts" or "host_ids", sorted(crowd.names)
    if #names > 0 then
      local together = key .. "\0" .. table.concat(names, "\0")
      alike[together] = alike[together] or { key = key, names = names, hosts = {} }
      table.insert(alike[together].hosts, crowd.ip or host_id)
    end
    table.move(crowd.ids, 1, #crowd.ids, #ids + 1, ids)
  end
  for _, each in order.pairs(alike) do
    local hosts = each.key == "hosts" and by_number(each.hosts) or sorted(each.hosts)
    add(values.copy(place, { [each.key] = hosts, service_instance = each.names }),
      (by_id or each.key == "host_ids") and BY_ID or nil)
  end
  if #ids > 0 then add(values.copy(place, { service_instance = sorted(ids) }), NAMESAKES) end
end

---Finds every `where` of a group.
---@param places table remora.pull.places
---@param name string of the modules
---@param found table what remora.pull.groups found there
---@param group remora.pull.Group
---@param add fun(where: table, words: string|nil) words belong above the rule
function wheres.each(places, name, found, group, add)
  if next(group.whole) then
    local where, by_id = places:of(name, group.whole)
    add(where, by_id and BY_ID or nil)
  end
  if next(group.hosts) then add_hosts(places, name, found, group, add) end
  for id, list in order.pairs(group.host_ids) do
    add(values.copy((places:of(name, { [id] = true })), { host_ids = sorted(list) }), BY_ID)
  end
  for id, crowds in order.pairs(group.crowds) do
    local where, by_id = places:of(name, { [id] = true })
    add_crowds(where, by_id, crowds, add)
  end
end

---A `where` as it is written: a list of one stands alone.
---@param notes remora.pull.Notes
---@param where table
---@return table
function wheres.spelled(notes, where)
  local short = {}
  for key, list in pairs(where) do short[key] = #list == 1 and list[1] or list end
  notes:keys(short, WHERE_KEYS)
  return short
end

---A text by which rules are sorted: whole modules first, then hosts, then what needs more words.
---@param where table
---@return string
function wheres.order(where)
  local depth = 0
  for i, key in ipairs(WHERE_KEYS) do
    if i > 2 and where[key] then depth = i end
  end
  return ("%d %s"):format(depth, json.encode(where))
end

return wheres
