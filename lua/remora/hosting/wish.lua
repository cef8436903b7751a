-- What each state of a hosting rule (states.lua) asks for next, of one process. Pure; owns how what
-- an agent says is held against a state, groups nothing into calls.

local definition = require "remora.hosting.definition"
local order = require "remora.core.order"
local outcome = require "remora.hosting.outcome"
local values = require "remora.model.values"

---@class remora.hosting.Operation
---@field verb string of hosting/verbs.lua
---@field target remora.hosting.Target
---@field via string the driver; the one that registered it, when it is taken back
---@field entry table the definition that the operation is about
---@field fields table[] as in a change
---@field cascades string[]
---@field agent remora.hosting.Agent how it is
---@field known remora.hosting.Registration? what was registered earlier

local function shown(member, value)
  if member == "type" then return definition.TYPES[value] end
  return value
end

-- Remembers what a function of two definitions gave for the pair that each was in last: a fleet has
-- few of them, and meets them again and again.
local function once(fn)
  local last = setmetatable({}, { __mode = "k" })
  return function(one, other, rule)
    local known = last[one]
    if not known or known.other ~= other or known.rule ~= rule then
      known = { other = other, rule = rule, given = fn(one, other, rule) }
      last[one] = known
    end
    return known.given
  end
end

-- Members in which two definitions differ, for people. Never changed.
local differences = once(function(new, old, rule)
  local fields, members = {}, {}
  for member in pairs(old) do members[member] = true end
  for member in pairs(new) do members[member] = true end
  for member in order.pairs(members) do
    if not values.equal(old[member], new[member]) then
      fields[#fields + 1] = { name = member, old = shown(member, old[member]),
        new = shown(member, new[member]),
        derived = rule and not definition.is_stated(rule, member) or nil }
    end
  end
  return fields
end)

local function preceded(fields, first)
  return table.move(fields, 1, #fields, 2, { first })
end

local function operation(verb, target, registration, fields)
  local about = registration or target
  return { verb = verb, target = target, via = about.via, entry = about.entry,
    fields = fields or {}, cascades = {} }
end

local function unregister(target, registration, fields)
  local needed = operation("unregister", target, registration, fields)
  needed.cascades = { "the process itself goes on running" }
  return needed
end

local STRANGER = {
  { name = "definition", note = "registered by someone else, so it is not known" },
}

local is_same = once(function(entry, other, rule)
  return values.equal(definition.compared(entry, rule.ignore),
    definition.compared(other, rule.ignore))
end)

local NONE = {} -- a definition that states nothing

local function register(target)
  return operation("register", target, nil, differences(target.entry, NONE))
end

-- What brings a target into the agents' care, with the definition the rule wants.
local function host(target, agent, known)
  local via, entry = target.via, target.entry
  if not agent.hosted then
    return register(target)
  elseif not known then
    return unregister(target, nil, STRANGER)
  elseif known.via ~= via or not is_same(known.entry, entry, target.rule) then
    local fields = differences(entry, known.entry, target.rule)
    if known.via ~= via then
      fields = preceded(fields, { name = "via", old = known.via, new = via })
    end
    return unregister(target, known, fields)
  end
  return nil
end

-- What each state asks for next, nil when it is reached.
local asks = { hosted = host }

function asks.unhosted(target, agent, known)
  if agent.hosted or agent.lost then return unregister(target, known) end
  return nil
end

function asks.running(target, agent, known)
  local first = host(target, agent, known)
  if first or agent.running then return first end
  return operation("start", target)
end

-- What is not running any more, but cared for, would be brought back.
local function ended_by(verb)
  return function(target, agent, known)
    if agent.running or agent.lost then return operation(verb, target, known) end
    return asks.unhosted(target, agent, known)
  end
end

asks.stopped = ended_by "stop"

-- Where an agent runs by a definition what none is to run, taking that back would leave it running.
-- Only undo asks for it.
function asks.idle(target, agent, known)
  local first = host(target, agent, known)
  local is_run = first and first.verb == "unregister" and agent.running
  return is_run and operation("stop", target, known) or first
end

-- States that only an operation by hand asks for (hosting/by_hand.lua).

asks.killed = ended_by "kill"

function asks.seen() return nil end

function asks.registered(target, agent)
  return not agent.hosted and register(target) or nil
end

function asks.started(target, agent)
  return not agent.running and operation("start", target) or nil
end

-- It runs, and not as the one that was there before. Of that one an agent may have said nothing.
function asks.restarted(target, agent, _, acted)
  local before = target.rule.before[target.place]
  local is_another = acted or before ~= nil and agent.pids ~= before
  if agent.running and is_another then return nil end
  return operation("restart", target)
end

-- What does not run reads its configuration when it starts.
function asks.reloaded(target, agent, _, acted)
  if acted or not (agent.running or agent.lost) then return nil end
  return operation("reload", target)
end

-- An agent that did not say how things are is not taken to have said that all is well.
local function doubt(needed, agent)
  if agent.lost then
    needed.fields = preceded(needed.fields, { name = "agent",
      unseen = true, note = "did not say how it is now: " .. outcome.of(agent.lost).text })
  end
  return needed
end

-- A process that does not exist yet was not asked about.
local UNKNOWN = { hosted = false, running = false, pids = "" }

local wish = { UNKNOWN = UNKNOWN }

---What a target still needs.
---@param target remora.hosting.Target
---@param hosting table of the state: agents, known, acted
---@return remora.hosting.Operation? operation nil: nothing
function wish.of(target, hosting)
  local agent, known = hosting.agents[target.place] or UNKNOWN, hosting.known[target.place]
  local needed = asks[target.rule.state](target, agent, known, hosting.acted[target.place])
  if not needed then return nil end
  needed.agent, needed.known = agent, known
  return doubt(needed, agent)
end

return wish
