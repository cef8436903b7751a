-- Which service instances the rules of a playbook speak of, and which hosts that have none. What
-- they want of each, wanted.lua knows. Pure; the module is the function.

local filtered = require "remora.core.filtered"
local glob = require "remora.core.glob"
local reach = require "remora.model.reach"
local scope = require "remora.model.scope"
local speakers = require "remora.model.speakers"
local unmet = require "remora.kinds.instances.unmet"
local wanted = require "remora.kinds.instances.wanted"

---@class remora.kinds.instances.Target
---@field host_id integer
---@field instance remora.observe.Instance? nil: the host has none in this module, or none of the
---  name
---@field number integer? of the instance in the list of its module
---@field name string? of the service instance that a host is to have
---@field wish remora.kinds.instances.Wish

-- Full names of service instances that a rule wants on each of the hosts it names. Of what it says
-- about templates or labels no service instance can be made.
local function names_of(where, modules)
  local names = {}
  for _, module in ipairs(modules) do
    if module.template_id ~= 0 then return names end
  end
  if where.labels or not (where.hosts or where.host_ids) then return names end
  for _, name in ipairs(where.service_instance or {}) do
    if type(name) == "string" and not glob.is(name) then names[#names + 1] = name end
  end
  return names
end

---@class remora.kinds.instances.Resolved : remora.model.Reach, remora.model.Speaker a rule with
---  everything it names
---@field rule table
---@field reached table<integer, true> hosts on which it speaks of something, once targets are known
---@field met table<integer, true> modules in which it does, where some rule picks
---@field names string[] of the service instances that it wants made

-- A rule with everything it names resolved.
local function resolve(within, rule, index, problems)
  local resolved, unknown = reach.resolve(within, rule.where,
    rule.where.labels and within.state.labelled[index])
  table.move(unknown, 1, #unknown, #problems + 1, problems)
  resolved.index, resolved.rule, resolved.reached, resolved.met = index, rule, {}, {}
  resolved.names = names_of(rule.where, resolved.found)
  resolved.keys = speakers.keys(rule.where.service_instance)
  return resolved
end

local function speaks_of_host(rule, host_id)
  return not rule.hosts or rule.hosts[host_id] == true
end

local function picks(rule) return rule.picks end

-- Whether a rule wants service instances made.
local function makes(rule)
  return rule.hosts and #rule.names > 0
end

-- Calls a function for each host of a module and each name of a service instance that some rule
-- wants there and that is not there.
local function each_missing(module, state, rules, fn)
  if #filtered(rules:of(module.id), makes) == 0 then return end
  local present = {}
  for _, instance in ipairs(state.instances_of[module.id]) do
    present[instance.host_id .. " " .. instance.name] = true
  end
  for _, host_id in ipairs(state.hosts_of and state.hosts_of[module.id] or {}) do
    for _, rule in ipairs(rules:on(module.id, host_id)) do
      for _, name in ipairs(rule.hosts and rule.names or {}) do
        local key = host_id .. " " .. name
        if not present[key] then fn(host_id, name) end
        present[key] = true
      end
    end
  end
end

-- The hosts of a module that have none of some service instances.
local function hosts_without(module, state, occupied)
  local list = {}
  for _, host_id in ipairs(state.hosts_of and state.hosts_of[module.id] or {}) do
    if not occupied[host_id] then list[#list + 1] = host_id end
  end
  return list
end

-- Rules that pick nothing out want the same of all that is in a module.
local function alike_in(module, state, wish)
  local targets, occupied = {}, {}
  for i, instance in ipairs(state.instances_of[module.id]) do
    occupied[instance.host_id] = true
    targets[i] = { host_id = instance.host_id, instance = instance, number = i, wish = wish }
  end
  for _, host_id in ipairs(hosts_without(module, state, occupied)) do
    targets[#targets + 1] = { host_id = host_id, wish = wish }
  end
  return targets
end

-- What the rules that speak of a module want, where some of them pick.
local function picked_in(module, state, rules, join)
  local targets, occupied = {}, {}
  local function add(target, test, name, id)
    local theirs = filtered(rules:on(module.id, target.host_id, name, id), test)
    for _, rule in ipairs(theirs) do
      rule.reached[target.host_id], rule.met[module.id] = true, true
    end
    if #theirs == 0 then return end
    target.wish = join(theirs)
    targets[#targets + 1] = target
  end
  for i, instance in ipairs(state.instances_of[module.id]) do
    occupied[instance.host_id] = true
    add({ host_id = instance.host_id, instance = instance, number = i },
      function(rule) return reach.speaks_of(rule, instance) end, instance.name, instance.id)
  end
  each_missing(module, state, rules, function(host_id, name)
    occupied[host_id] = true
    local new = { host_id = host_id, name = name }
    add(new, function(rule) return not rule.labelled and reach.speaks_of(rule, new) end, name)
  end)
  for _, host_id in ipairs(hosts_without(module, state, occupied)) do
    add({ host_id = host_id }, function(rule)
      return speaks_of_host(rule, host_id) and not rule.labelled and not rule.accepts
    end)
  end
  return targets
end

---@class remora.kinds.instances.Area a module that some rule speaks of
---@field module remora.observe.Module
---@field wish remora.kinds.instances.Wish? for all that is in it; nil: rules pick
---@field targets fun(): remora.kinds.instances.Target[] existing instances first. Where rules do
---  not pick they are found anew when somebody asks: those of a whole fleet are never there at once

local function area_of(module, state, rules, join)
  local of_module = rules:of(module.id)
  if #filtered(of_module, picks) > 0 then
    local targets = picked_in(module, state, rules, join)
    return { module = module, targets = function() return targets end }
  end
  local wish = join(of_module)
  return { module = module, wish = wish,
    targets = function() return alike_in(module, state, wish) end }
end

---Every service instance, and every host without one, that some rule speaks of.
---@param pb table
---@param state table
---@return remora.kinds.instances.Area[] in the order of the modules
---@return table[] problems faults
return function(pb, state)
  local problems, resolved, areas, told = {}, {}, {}, {}
  local within = scope.new(pb.sections.instances, state, pb.at)
  for i, rule in ipairs(pb.sections.instances) do
    resolved[i] = resolve(within, rule, i, problems)
  end
  local function join(rules)
    local wish = wanted.join(pb, rules)
    if not told[wish] then
      told[wish] = true
      table.move(wish.problems, 1, #wish.problems, #problems + 1, problems)
    end
    return wish
  end
  local rules = speakers.new(resolved)
  for _, module in ipairs(state.modules) do
    if rules:of(module.id) then areas[#areas + 1] = area_of(module, state, rules, join) end
  end
  unmet(pb, state, resolved, problems)
  return areas, problems
end
