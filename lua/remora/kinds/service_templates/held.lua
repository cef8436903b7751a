-- Collects which start regexes service instances have, process by process: one entry for all that
-- have the same. Pure; who clashes with them is said by regexes.lua.

local order = require "remora.core.order"
local values = require "remora.model.values"

local held = {}
held.__index = held

---@return table held
function held.new()
  return setmetatable({ usual = {}, instances = {} }, held)
end

local function place_of(module, host)
  return table.concat({ module.set_name, module.name, host and host.ip }, "/")
end

---Says what the service instances of a module have unless something else is noted of them.
---@param module remora.observe.Module
---@param of table<integer|string, string|false> as of Held
function held:presume(module, of)
  self.usual[module.id] = { of = of, place = place_of(module) }
end

---Notes the start regex of a process.
---@param module remora.observe.Module
---@param each remora.observe.Process
---@param instance remora.observe.Instance its own
function held:note(module, each, instance)
  local entry = self.instances[instance.id]
  if not entry then
    local usual = self.usual[module.id]
    entry = { of = usual and values.copy(usual.of) or {}, module_id = module.id,
      place = place_of(module, instance.host) }
    self.instances[instance.id] = entry
  end
  local regex = each.values.bk_start_param_regex
  entry.of[each.template_id] = type(regex) == "string" and regex
end

local function signature(entry)
  local parts = {}
  for id, regex in order.pairs(entry.of) do parts[#parts + 1] = id .. "=" .. tostring(regex) end
  return table.concat(parts, "\0")
end

---What was noted.
---@return table<integer, remora.kinds.service_templates.Held[]> by module
function held:lists()
  local lists, seen = {}, {}
  local function add(module_id, entry)
    local key = module_id .. "\0" .. signature(entry)
    lists[module_id] = lists[module_id] or {}
    if not seen[key] then table.insert(lists[module_id], { of = entry.of, place = entry.place }) end
    seen[key] = true
  end
  for id, entry in order.pairs(self.usual) do add(id, entry) end
  for _, entry in order.pairs(self.instances) do add(entry.module_id, entry) end
  return lists
end

return held
