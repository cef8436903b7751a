-- How hosted processes go back to what they were before a run: from what their agents said then
-- and what had been registered, hosting rules that name them one by one. Pure.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local json = require "json"
local order = require "remora.core.order"
local verbs = require "remora.hosting.verbs"

local inverse = {}

-- What a call addressed, kept as long as the call.
local known = setmetatable({}, { __mode = "k" })

local function addressed(call)
  if not known[call] then
    local via, driver = drivers.of(call.name)
    local list = {}
    for each in driver.addressed(call.name, call.arguments) do list[#list + 1] = each end
    known[call] = { via = via, list = list }
  end
  return known[call]
end

local NO_STOP = "goes on running, if it does: it has no stop_cmd"

local function was_ended(object) return object.actions.stop or object.actions.kill end

-- The state to ask for of what its agent had in its care. What no agent keeps running may be meant
-- to run once: it is not started, and rests where the run made it one that is kept running.
local function kept(object, before, sent)
  if before.entry.type == definition.RESIDENT then
    return before.running and "running" or "hosted"
  elseif before.running then
    return "hosted", was_ended(object) and "was running, and is not started again" or nil
  elseif sent.entry.type ~= definition.RESIDENT then
    return "hosted"
  elseif sent.entry.stop_cmd then
    return "idle"
  end
  return "hosted", NO_STOP
end

-- The state to ask for, the definition and the driver; nil: there is no way back, or it takes none.
-- Then what will not be as it was.
local function wish(object, sent, via)
  if verbs[object.change.action].traceless then return nil end
  local before = object.change.before
  if not before then return nil, nil, nil, "its agent did not say how it was before" end
  if before.hosted and not before.entry then return nil end -- the change tells that it is lost
  if before.hosted then
    local state, reason = kept(object, before, sent)
    return state, before.entry, before.via, reason
  elseif before.running then
    return "unhosted", sent.entry, via, was_ended(object)
      and "was running without its agent's care, and is not started again" or nil
  elseif sent.entry.stop_cmd then
    return "stopped", sent.entry, via
  end
  return "unhosted", sent.entry, via, NO_STOP
end

---Adds what brings a hosted process back.
---@param rules table<string, table> hosting rules, by what they have in common
---@param object remora.undo.Undone
---@return string? reason what does not come back
function inverse.add(rules, object)
  local call = addressed(object.call)
  local sent = call.list[object.position]
  local state, entry, via, reason = wish(object, sent, call.via)
  if not state then return reason end
  local way = object.change.way or {}
  local key = json.encode { state, via, way.rollout or json.null }
  rules[key] = rules[key] or { state = state, via = via, rollout = way.rollout,
    where = { module = json.array {} }, given = {} }
  table.insert(rules[key].given, { host = sent.host, entry = entry, label = object.change.label,
    priority = way.priority or 0 })
  return reason
end

---The rules as a playbook has them.
---@param rules table<string, table> as of inverse.add
---@return table[]
function inverse.rules(rules)
  local list = json.array {}
  for _, rule in order.pairs(rules) do list[#list + 1] = rule end
  return list
end

return inverse
