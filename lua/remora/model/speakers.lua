-- Which rules speak of what is in a module, found by the hosts and names that they name. A playbook
-- of a large fleet may have a rule for each host of a module: nobody may go through all of them for
-- each of the hosts. Pure.

local glob = require "remora.core.glob"
local order = require "remora.core.order"

---@class remora.model.Speaker a rule with what it names resolved
---@field index integer number of the rule
---@field found remora.observe.Module[] its modules
---@field modules table<integer, true> the same, by id
---@field hosts table<integer, boolean>? nil: all
---@field keys (string|integer)[]? names or ids of service instances or processes that it names,
---  none of them with wildcards (speakers.keys); nil: it may mean any

---@class remora.model.Speakers
---@field by_module table<integer, remora.model.Speaker[]> by module, all of them
---@field anywhere table<integer, remora.model.Speaker[]> by module, those found in no other way
---@field by_host table<integer, remora.model.Speaker[]>
---@field by_key table<string|integer, remora.model.Speaker[]>
local speakers = {}
speakers.__index = speakers

local NONE = {}

local function add(lists, key, rule)
  local list = lists[key] or {}
  lists[key] = list
  list[#list + 1] = rule
end

---What a rule names by its `where`, if it can be found by that.
---@param names (string|integer)[]? names, globs and ids
---@return (string|integer)[]? keys nil: it names nothing, or something by a glob
function speakers.keys(names)
  for _, name in ipairs(names or {}) do
    if glob.is(name) then return nil end
  end
  return names
end

---@param rules remora.model.Speaker[] in their order
---@return remora.model.Speakers
function speakers.new(rules)
  local self = setmetatable({ by_module = {}, anywhere = {}, by_host = {}, by_key = {} }, speakers)
  for _, rule in ipairs(rules) do
    for _, module in ipairs(rule.found) do
      add(self.by_module, module.id, rule)
      if not (rule.hosts or rule.keys) then add(self.anywhere, module.id, rule) end
    end
    for id in pairs(rule.hosts or NONE) do add(self.by_host, id, rule) end
    for _, key in ipairs(not rule.hosts and rule.keys or NONE) do add(self.by_key, key, rule) end
  end
  return self
end

---The rules that speak of something in a module.
---@param module_id integer
---@return remora.model.Speaker[]? rules in their order; not to be changed
function speakers:of(module_id)
  return self.by_module[module_id]
end

local function before(a, b) return a.index < b.index end

---The rules that may speak of something on a host in a module: none of the others does.
---@param module_id integer
---@param host_id integer
---@param name string? of a service instance or a process, as the rules name them; nil: none has any
---@param id integer|string|nil
---@return remora.model.Speaker[] rules in their order, each once; not to be changed
function speakers:on(module_id, host_id, name, id)
  local anywhere = self.anywhere[module_id] or NONE
  local of_host = self.by_host[host_id]
  local of_name, of_id = name ~= nil and self.by_key[name], id ~= nil and self.by_key[id]
  if not (of_host or of_name or of_id) then return anywhere end
  local list, seen = {}, {}
  local function take(rules)
    for _, rule in ipairs(rules or NONE) do
      if rule.modules[module_id] and not seen[rule] then
        seen[rule], list[#list + 1] = true, rule
      end
    end
  end
  take(of_host)
  take(of_name)
  take(of_id)
  take(anywhere)
  order.sort(list, before)
  return list
end

return speakers
