-- Plans hosting: compares what rules want of each target with what its agent says and what was
-- registered earlier, and groups the operations. Pure. Works in rounds: a changed definition is
-- taken back first and registered in the next round, because an agent keeps the definition it was
-- given.

local builder = require "remora.reconcile.builder"
local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local fault = require "remora.core.fault"
local order = require "remora.core.order"
local outcome = require "remora.hosting.outcome"
local rollout = require "remora.hosting.rollout"
local targets = require "remora.hosting.targets"
local values = require "remora.model.values"

local plan = {}

local STAGE, TITLE = 4, "hosting"
local TYPE = "hosted process"

-- A process that does not exist yet was not asked about.
local UNKNOWN = { hosted = false, running = false }

local RESIDENT = 1

local TYPES = { [0] = "periodic", "resident", "once" }

local function shown(member, value)
  if member == "type" then return TYPES[value] end
  return value
end

-- Members in which two definitions differ, for people.
local function differences(old, new)
  local fields, members = {}, {}
  for member in pairs(old) do members[member] = true end
  for member in pairs(new) do members[member] = true end
  for member in order.pairs(members) do
    if not values.equal(old[member], new[member]) then
      fields[#fields + 1] = { name = member, old = shown(member, old[member]),
        new = shown(member, new[member]) }
    end
  end
  return fields
end

---@class remora.hosting.Operation
---@field verb "register"|"unregister"|"start"|"stop"
---@field target remora.hosting.Target
---@field via string the driver; the one that registered it, when it is taken back
---@field entry table the definition that the operation is about
---@field fields table[] as in a change
---@field cascades string[]
---@field agent remora.hosting.Agent how it is
---@field known remora.hosting.Registration? what was registered earlier

local function operation(verb, target, registration, fields, cascade)
  local about = registration or { via = target.rule.via, entry = target.entry }
  return { verb = verb, target = target, via = about.via, entry = about.entry,
    fields = fields or {}, cascades = { cascade } }
end

local KEPT = "the process itself goes on running"

local STRANGER = {
  { name = "definition", note = "registered by someone else, so it is not known" },
}

local function is_same(entry, other, rule)
  return values.equal(definition.compared(entry, rule.ignore),
    definition.compared(other, rule.ignore))
end

-- What brings a target into the agents' care, with the definition the rule wants.
local function host(target, agent, known)
  local via, entry = target.rule.via, target.entry
  if not agent.hosted then
    return operation("register", target, nil, differences({}, entry))
  elseif not known then
    return operation("unregister", target, nil, STRANGER, KEPT)
  elseif known.via ~= via or not is_same(known.entry, entry, target.rule) then
    local fields = differences(known.entry, entry)
    if known.via ~= via then
      table.insert(fields, 1, { name = "via", old = known.via, new = via })
    end
    return operation("unregister", target, known, fields, KEPT)
  end
  return nil
end

-- What each state asks for next, nil when it is reached.
local wish = { hosted = host }

function wish.unhosted(target, agent, known)
  if agent.hosted or agent.lost then return operation("unregister", target, known, nil, KEPT) end
  return nil
end

function wish.running(target, agent, known)
  local first = host(target, agent, known)
  if first or agent.running then return first end
  return operation("start", target)
end

function wish.stopped(target, agent, known)
  if agent.running or agent.lost then return operation("stop", target, known) end
  return wish.unhosted(target, agent, known)
end

-- An agent that did not say how things are is not taken to have said that all is well.
local function doubt(needed, agent)
  if agent.lost then
    table.insert(needed.fields, 1, { name = "agent",
      note = "did not say how it is now: " .. outcome.of(agent.lost).text })
  end
  return needed
end

-- Taken back over one way, a process may turn out to be registered over the other one as well.
local function key_of(verb, via, place)
  return builder.key(verb .. " " .. via, place)
end

-- What each rule's targets still need, without what failed, and how many failed of each verb.
local function needs(list, state, b)
  local by_rule = {}
  for _, target in ipairs(list) do
    local rule = by_rule[target.index]
    if not rule then
      rule = { rule = target.rule, at = target.at, total = 0, pending = {}, failed = {} }
      by_rule[target.index] = rule
    end
    rule.total = rule.total + 1
    local agent = state.hosting.agents[target.place] or UNKNOWN
    local known = state.hosting.known[target.place]
    local needed = wish[target.rule.state](target, agent, known)
    if needed and b:gave_up(key_of(needed.verb, needed.via, target.place)) then
      rule.failed[needed.verb] = (rule.failed[needed.verb] or 0) + 1
    elseif needed and not b:excludes { type = TYPE, action = needed.verb,
      label = target.label } then
      needed.agent, needed.known = agent, known
      rule.pending[#rule.pending + 1] = doubt(needed, agent)
    end
  end
  return by_rule
end

local function too_many_batches(each)
  local count = each.total // rollout.size(each.rule, each.total)
  if count <= rollout.MOST_BATCHES then return nil end
  return fault.new {
    code = "hosting.rollout", at = each.at,
    message = ("the rollout would take %d batches, more than %d"):format(
      count, rollout.MOST_BATCHES),
    hint = "make batch larger; a share such as 5% grows with the fleet",
  }
end

local TAKES = { unregister = true, stop = true }

-- What the agent says, as far as an operation is planned because of it.
local RESTS = {
  register = { hosted = false }, unregister = { hosted = true },
  start = { running = false }, stop = { running = true },
}

-- How things are before an operation, as the agent says and as it was registered.
local function image(each)
  local known = each.known or {}
  return { hosted = each.agent.hosted, running = each.agent.running, via = known.via,
    entry = known.entry }
end

local function change(b, each)
  local label, said = each.target.label, not each.agent.lost
  local place = label[1] .. "/" .. label[2]
  return b:change {
    type = TYPE, action = each.verb, id = each.target.place, label = label,
    protected = each.target.protected,
    removes = TAKES[each.verb] and { { what = "hosted process", within = place, count = 1 } }
      or nil,
    fields = each.fields, cascades = each.cascades, at = each.target.at,
    before = said and image(each) or nil, rests = said and RESTS[each.verb] or nil,
    way = { priority = each.target.priority, rollout = each.target.rule.rollout },
  }
end

-- Adds the calls of one verb over one driver. Their changes are in the order of those they address.
local function schedule(state, b, via, verb, chosen, pause)
  local by_place, list = {}, {}
  for i, each in ipairs(chosen) do
    by_place[each.target.place] = each
    list[i] = { entry = each.entry, host = each.target.host }
  end
  for _, request in ipairs(drivers.via[via].requests(verb, state.business.id, list)) do
    local changes, keys = {}, {}
    for i, each in ipairs(drivers.via[via].addressed(request.call, request.args)) do
      local place = targets.place(each.host, each.entry.proc_name)
      changes[i], keys[i] = change(b, by_place[place]), key_of(verb, via, place)
    end
    b:step { stage = STAGE, title = TITLE, call = request.call, args = request.args, group = verb,
      objects = request.objects, changes = changes, keys = keys,
      pause = pause > 0 and pause or nil }
  end
end

-- Operations of all rules share a call when they are of one verb over one driver.
local function collect(calls, chosen)
  for _, one in ipairs(chosen) do
    local key = one.via .. " " .. one.verb
    calls[key] = calls[key] or { via = one.via, verb = one.verb }
    table.insert(calls[key], one)
  end
end

---@param pb table
---@param state table
---@param b table builder
function plan.plan(pb, state, b)
  local list, problems = targets.of(pb, state)
  for _, problem in ipairs(problems) do b:problem(problem) end
  local rounds, calls, pause = {}, {}, 0
  for _, each in order.pairs(needs(list, state, b)) do
    local refused = too_many_batches(each)
    if refused then
      b:problem(refused)
    else
      rounds[#rounds + 1] = rollout.next(each.rule, each.pending, each.total, each.failed)
    end
  end
  for _, round in ipairs(rollout.together(rounds)) do
    pause = math.max(pause, round.pause)
    collect(calls, round.chosen)
  end
  for _, call in order.pairs(calls) do schedule(state, b, call.via, call.verb, call, pause) end
end

local AFTER = {
  register = function(agent, entry)
    agent.hosted = true
    agent.running = agent.running or entry.type == RESIDENT -- its agent starts it
  end,
  unregister = function(agent) agent.hosted = false end,
  start = function(agent) agent.hosted, agent.running = true, true end,
  stop = function(agent) agent.hosted, agent.running = false, false end,
}
local GIVES = { register = true, start = true }

---The state after some steps of this kind.
---@param state table
---@param steps remora.reconcile.Step[]
---@return table state
function plan.simulate(state, steps)
  local after = values.copy(state)
  after.hosting = values.copy(state.hosting)
  after.hosting.agents = values.copy(state.hosting.agents)
  after.hosting.known = values.copy(state.hosting.known)
  for _, step in ipairs(steps) do
    local via, driver = drivers.of(step.call)
    for _, each in ipairs(driver.addressed(step.call, step.args)) do
      local place = targets.place(each.host, each.entry.proc_name)
      local agent = values.copy(after.hosting.agents[place] or UNKNOWN)
      agent.lost = nil
      AFTER[step.group](agent, each.entry)
      after.hosting.agents[place] = agent
      after.hosting.known[place] = GIVES[step.group] and { via = via, entry = each.entry } or nil
    end
  end
  return after
end

return plan
