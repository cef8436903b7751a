-- Resolves the `where` of a rule against what is known of the business: names, globs and ids to
-- modules, hosts and service instances. What was not read is not found; nothing is read here.

local addresses = require "remora.model.addresses"
local directory = require "remora.model.directory"
local fault = require "remora.core.fault"
local filtered = require "remora.core.filtered"
local glob = require "remora.core.glob"
local json = require "json"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"

---@class remora.model.Scope where some rules hold
---@field state table with sets, modules and hosts, and modules_on where hosts alone are named; each
---  looked at when a `where` asks for it first, and not again
---@field at fun(container: table, key: any): table? place in the playbook
---@field rules {where: table}[]
---@field compared integer how many names were held against wrong ones
---@field areas table<string, remora.model.Area> sets that somebody asked for, by how he named them
local scope = {}
scope.__index = scope

local MOST_NAMED = 10
local MOST_COMPARED = 20000 -- names; who got so much wrong has taken another business

-- The nearest name, or all of them when they are few.
local function advice(self, kind, wanted, candidates)
  if kind == "host" then return "name a host of the business by its inner address or its id" end
  if self.compared > MOST_COMPARED then return nil end
  self.compared = self.compared + #candidates
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
local function unknown(self, kind, wanted, candidates, at, place)
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
    hint = advice(self, kind, wanted, candidates),
  }
end

---Resolves the `where` of rules. All of them ask for the same things, so these are sorted out once.
---@param rules {where: table}[] normal form; the addresses of no other hosts are found
---@param state table as of the scope
---@param at fun(container: table, key: any): table?
---@return remora.model.Scope good as long as nothing more is read into the state
function scope.new(rules, state, at)
  return setmetatable({ rules = rules, state = state, at = at, compared = 0, directories = {},
    areas = {} }, scope)
end

-- The sets, or the modules.
local function directory_of(self, what)
  self.directories[what] = self.directories[what] or directory.new(self.state[what])
  return self.directories[what]
end

-- All that the items of a list name; faults for items that name none.
local function select(self, kind, list, find, candidates, problems, place)
  local picked, seen = {}, {}
  for i, wanted in ipairs(list) do
    local found = find(wanted)
    if #found == 0 then
      problems[#problems + 1] = unknown(self, kind, wanted, candidates, self.at(list, i), place)
    end
    for _, each in ipairs(found) do
      if not seen[each.id] then
        seen[each.id] = true
        picked[#picked + 1] = each
      end
    end
  end
  return picked
end

-- The same of all that a directory has.
local function select_of(self, kind, list, known, problems)
  return select(self, kind, list, function(wanted) return known:meant(wanted) end, known.all,
    problems)
end

-- Ids of hosts by those of their addresses that the rules name.
local function ids_by_address(self)
  local ids = {}
  for _, rule in ipairs(self.rules) do
    for _, ip in ipairs(rule.where.hosts or {}) do ids[ip] = {} end
  end
  for id, host in pairs(next(ids) and self.state.hosts or {}) do
    for _, ip in addresses.each(host) do
      if ids[ip] then table.insert(ids[ip], id) end
    end
  end
  return ids
end

---The hosts a `where` names, nil when it does not restrict them.
---@param where table of one of the rules
---@return table<integer, boolean>? hosts
---@return table[] problems faults
function scope:hosts(where)
  if not where.hosts and not where.host_ids then return nil, {} end
  self.ids_of = self.ids_of or ids_by_address(self)
  local hosts, problems = {}, {}
  for i, ip in ipairs(where.hosts or {}) do
    for _, id in ipairs(self.ids_of[ip]) do hosts[id] = true end
    if #self.ids_of[ip] == 0 then
      problems[#problems + 1] = unknown(self, "host", ip, {}, self.at(where.hosts, i))
    end
  end
  for i, id in ipairs(where.host_ids or {}) do
    hosts[id] = true
    if not self.state.hosts[id] then
      problems[#problems + 1] = unknown(self, "host", id, {}, self.at(where.host_ids, i))
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

-- The modules that some hosts are in.
local function held(known, modules_on, hosts)
  local seen, list = {}, {}
  for id in pairs(hosts) do
    for module_id in pairs(modules_on[id] or {}) do
      if not seen[module_id] then list[#list + 1] = known.by_id[module_id] end
      seen[module_id] = true
    end
  end
  return list
end

---@class remora.model.Area
---@field chosen table<integer|string, true> ids of the sets
---@field modules table[] in them; shared, not to be changed

-- The sets that rules name, and faults. Rules are alike: most of them ask what others have asked.
local function area_of(self, names)
  local key = json.encode(names)
  if self.areas[key] then return self.areas[key], {} end
  local problems, area = {}, { chosen = {}, modules = {} }
  for _, set in ipairs(select_of(self, "set", names, directory_of(self, "sets"), problems)) do
    area.chosen[set.id] = true
    local its = directory_of(self, "modules"):inside(set.id)
    table.move(its, 1, #its, #area.modules + 1, area.modules)
  end
  if #problems == 0 then self.areas[key] = area end
  return area, problems
end

-- Those of its modules that the items of a list name. What is short is gone through: few modules
-- are in one set, and few have one name.
local function select_inside(self, list, known, area, problems)
  return select(self, "module", list, function(wanted)
    local meant = known:meant(wanted)
    if #meant < #area.modules then
      return filtered(meant, function(module) return area.chosen[module.set_id] end)
    end
    local matches = glob.matcher(wanted)
    return filtered(area.modules, function(module) return matches(module.name, module.id) end)
  end, area.modules, problems, " in these sets")
end

local function copied(list) return table.move(list, 1, #list, 1, {}) end

---The modules a `where` speaks of, by id.
---@param where table of one of the rules
---@return table[] modules
---@return table[] problems faults
function scope:modules(where)
  local problems, known = {}, directory_of(self, "modules")
  local modules
  if where.set then
    local area, unknown_sets = area_of(self, where.set)
    -- In an unknown set every module would be unknown as well; one message is enough.
    if #unknown_sets > 0 then return {}, unknown_sets end
    modules = where.module and select_inside(self, where.module, known, area, problems)
      or copied(area.modules)
  elseif where.module then
    modules = select_of(self, "module", where.module, known, problems)
  elseif self.state.modules_on and scope.is_of_hosts(where) then
    modules = held(known, self.state.modules_on, self:hosts(where))
  else
    modules = copied(known.all)
  end
  order.sort(modules, order.by_id)
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
