-- Resolves the `where` of a rule against what is known of the business: names, globs and ids to
-- modules, hosts and service instances. Pure; what was not read is not found.

local addresses = require "remora.model.addresses"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"

local scope = {}

local MOST_NAMED = 10

-- The nearest name, or all of them when they are few.
local function advice(kind, wanted, candidates)
  if kind == "host" then return "name a host of the business by its inner address or its id" end
  local known = {}
  for _, candidate in ipairs(candidates) do known[candidate.name] = true end
  if known[tostring(wanted)] then
    return ('a name that is a number is written ["%s"]'):format(wanted)
  end
  local guess = phrase.did_you_mean(wanted, known)
  if guess then return guess end
  local names = order.keys(known)
  if #names == 0 or #names > MOST_NAMED then return nil end
  return "there are: " .. table.concat(names, ", ")
end

-- Where it is missing is told behind it, if that is not everywhere.
local function unknown(kind, wanted, candidates, at, place)
  local message
  if glob.is(wanted) then
    message = ('no %s matches "%s"'):format(kind, wanted)
  elseif type(wanted) == "string" then
    message = ('there is no %s "%s"'):format(kind, wanted)
  else
    message = ("there is no %s with the id %s"):format(kind, wanted)
  end
  return fault.new {
    code = "playbook.unknown_" .. kind:gsub(" ", "_"), message = message .. (place or ""), at = at,
    hint = advice(kind, wanted, candidates),
  }
end

-- Those candidates that some item of a list names; a list that is not there names all.
local function select(kind, list, candidates, at, problems, place)
  if not list then return candidates end
  local picked, seen = {}, {}
  for i, wanted in ipairs(list) do
    local matches, found = glob.matcher(wanted), false
    for _, candidate in ipairs(candidates) do
      if matches(candidate.name, candidate.id) then
        found = true
        if not seen[candidate.id] then
          seen[candidate.id] = true
          picked[#picked + 1] = candidate
        end
      end
    end
    if not found then
      problems[#problems + 1] = unknown(kind, wanted, candidates, at(list, i), place)
    end
  end
  return picked
end

-- Ids of the hosts that have some addresses, by address.
local function by_address(ips, hosts)
  local found = {}
  for _, ip in ipairs(ips) do found[ip] = {} end
  for id, host in pairs(#ips > 0 and hosts or {}) do
    for _, ip in addresses.each(host) do
      if found[ip] then table.insert(found[ip], id) end
    end
  end
  return found
end

---The hosts a `where` names, nil when it does not restrict them.
---@param where table normal form
---@param state table with hosts (id → remora.model.Host)
---@param at fun(container: table, key: any): table?
---@return table<integer, boolean>? hosts
---@return table[] problems faults
function scope.hosts(where, state, at)
  if not where.hosts and not where.host_ids then return nil, {} end
  local hosts, problems = {}, {}
  local ids_of = by_address(where.hosts or {}, state.hosts)
  for i, ip in ipairs(where.hosts or {}) do
    for _, id in ipairs(ids_of[ip]) do hosts[id] = true end
    if #ids_of[ip] == 0 then
      problems[#problems + 1] = unknown("host", ip, {}, at(where.hosts, i))
    end
  end
  for i, id in ipairs(where.host_ids or {}) do
    hosts[id] = true
    if not state.hosts[id] then
      problems[#problems + 1] = unknown("host", id, {}, at(where.host_ids, i))
    end
  end
  return hosts, problems
end

---Whether a `where` says by hosts alone which modules it means: those that they are in.
---@param where table normal form
---@return boolean
function scope.is_of_hosts(where)
  return (where.hosts or where.host_ids) ~= nil and not (where.set or where.module)
end

-- The modules that a `where` can speak of, before their names are looked at.
local function candidates(where, state, at)
  if not (state.modules_on and scope.is_of_hosts(where)) then return state.modules end
  local held, list = {}, {}
  for id in pairs(scope.hosts(where, state, at)) do
    for module_id in pairs(state.modules_on[id] or {}) do held[module_id] = true end
  end
  for _, module in ipairs(state.modules) do
    if held[module.id] then list[#list + 1] = module end
  end
  return list
end

---The modules a `where` speaks of, by id.
---@param where table normal form
---@param state table with sets and modules, and modules_on where hosts alone are named
---@param at fun(container: table, key: any): table? place in the playbook
---@return table[] modules
---@return table[] problems faults
function scope.modules(where, state, at)
  local problems, chosen = {}, {}
  for _, set in ipairs(select("set", where.set, state.sets, at, problems)) do
    chosen[set.id] = true
  end
  local inside = {}
  for _, module in ipairs(candidates(where, state, at)) do
    if chosen[module.set_id] then inside[#inside + 1] = module end
  end
  -- In an unknown set every module would be unknown as well; one message is enough.
  if #problems > 0 then return {}, problems end
  local found = select("module", where.module, inside, at, problems,
    where.set and " in these sets")
  local modules = table.move(found, 1, #found, 1, {})
  table.sort(modules, order.by_id)
  return modules, problems
end

---A test for service instances by `where.service_instance`; nil when it does not restrict them.
---@param where table normal form
---@return (fun(instance: {id: integer|string, name: string}): boolean)?
function scope.instances(where)
  if not where.service_instance then return nil end
  local names = glob.any(where.service_instance)
  return function(instance) return names(instance.name, instance.id) end
end

return scope
