-- Plans hosting: groups the operations that targets still need (wish.lua) into calls. Pure. Works
-- in rounds: a changed definition is taken back first and registered in the next round, because an
-- agent keeps the definition it was given.

local builder = require "remora.reconcile.builder"
local drivers = require "remora.hosting.drivers"
local fault = require "remora.core.fault"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local rollout = require "remora.hosting.rollout"
local said = require "remora.hosting.said"
local targets = require "remora.hosting.targets"
local values = require "remora.model.values"
local verbs = require "remora.hosting.verbs"
local wish = require "remora.hosting.wish"

local plan = {}

local STAGE, TITLE = 4, "hosting"

-- Taken back over one way, or in one directory, by which the job platform tells processes apart, a
-- process may turn out to be registered over the other way, or in another directory, as well.
local function key_of(verb, via, place, entry)
  return builder.key(verb .. " " .. via, place .. " " .. (entry.setup_path or ""))
end

-- What each rule's targets still need, without what failed, and how many failed of each verb.
local function needs(list, state, b)
  local by_rule = {}
  for _, target in ipairs(list) do
    local rule = by_rule[target.index]
    if not rule then
      rule = { rule = target.rule, at = target.at, counts = {}, pending = {}, failed = {} }
      by_rule[target.index] = rule
    end
    local priority = target:priority()
    rule.counts[priority] = (rule.counts[priority] or 0) + 1
    local needed = wish.of(target, state.hosting)
    if needed and b:gave_up(key_of(needed.verb, needed.via, target.place, needed.entry)) then
      rule.failed[needed.verb] = (rule.failed[needed.verb] or 0) + 1
    elseif needed and not b:excludes { type = targets.TYPE, action = needed.verb,
      label = target:label() } then
      rule.pending[#rule.pending + 1] = needed
    end
  end
  return by_rule
end

local function too_many_batches(each)
  local count, tiers = rollout.batches(each.rule, each.pending, each.counts)
  if count <= rollout.MOST_BATCHES then return nil end
  return fault.new {
    code = "hosting.rollout", at = each.at,
    message = ("the rollout would take %d batches, more than %d"):format(
      count, rollout.MOST_BATCHES),
    hint = tiers < count and "make batch larger; a share such as 5% grows with the fleet"
      or "each priority is a batch of its own: ask for fewer processes at a time",
  }
end

-- What a rollout is not going on with, and why. That any failure ends it need not be said: whoever
-- works by hand has set nothing, and takes the name of that for the flag, which counts calls.
local function halt_of(each, failures)
  local way = each.rule.rollout
  local allowed = way and way.max_failures > 0
    and (", more than its max_failures of %d"):format(way.max_failures) or ""
  return fault.new {
    code = "hosting.halted", at = each.at,
    message = ("the rollout stopped after %s%s: %d not sent"):format(
      phrase.count(failures, "failed operation"), allowed, #each.pending),
  }
end

-- How things are before an operation, as the agent says and as it was registered.
local function image(each)
  local known = each.known or {}
  return { hosted = each.agent.hosted, running = each.agent.running, pids = each.agent.pids,
    via = known.via, entry = known.entry }
end

local STRANGER = { "someone else had registered it, with a definition that is not known" }

local function change(b, each)
  local target, told, verb = each.target, not each.agent.lost, verbs[each.verb]
  local goes = { what = targets.TYPE, within = target:within(), count = 1 }
  return b:change {
    type = targets.TYPE, action = each.verb, id = target.place, label = target:label(),
    protected = target.protected, removes = verb.takes and { goes } or nil,
    fields = each.fields, cascades = each.cascades, at = target.at,
    losses = each.agent.hosted and not (each.known or verb.traceless) and STRANGER or nil,
    before = told and image(each) or nil,
    rests = told and { [verb.rests] = each.agent[verb.rests] } or nil,
    way = { priority = target:priority(), rollout = target.rule.rollout },
  }
end

-- Adds the calls of a group: one verb over one driver. Their changes are in the order of those they
-- address.
local function schedule(business, b, group, pause, goes_on)
  local via, verb, by_place, list = group.via, group.verb, {}, {}
  for i, each in ipairs(group) do
    by_place[each.target.place] = each
    list[i] = { entry = each.entry, host = each.target:host() }
  end
  for _, request in ipairs(drivers.via[via].requests(verb, business.id, list)) do
    local changes, keys = {}, {}
    for each in drivers.via[via].addressed(request.call, request.args) do
      local place, i = targets.place(each.host, each.entry.proc_name), #changes + 1
      changes[i], keys[i] = change(b, by_place[place]), key_of(verb, via, place, each.entry)
    end
    b:step { stage = STAGE, title = TITLE, call = request.call, args = request.args, group = verb,
      objects = #changes, entries = request.entries, changes = changes, keys = keys,
      repeatable = verbs[verb].repeatable, pause = pause, goes_on = goes_on }
  end
end

-- Operations of all rules share calls when they are of one verb over one driver.
local function collect(groups, chosen)
  for _, one in ipairs(chosen) do
    local key = one.via .. " " .. one.verb
    groups[key] = groups[key] or { via = one.via, verb = one.verb }
    table.insert(groups[key], one)
  end
end

---@param pb table
---@param state table
---@param b table builder
function plan.plan(pb, state, b)
  local list, problems = targets.of(pb, state)
  for _, problem in ipairs(problems) do b:problem(problem) end
  local rounds, groups = {}, {}
  for _, each in order.pairs(needs(list, state, b)) do
    local refused = too_many_batches(each)
    if refused then
      b:problem(refused)
    else
      local round = rollout.next(each.rule, each.pending, each.counts, each.failed)
      if round.halted then b:halt(halt_of(each, round.halted)) end
      rounds[#rounds + 1] = round
    end
  end
  local begun = rollout.together(rounds)
  for _, round in ipairs(begun) do collect(groups, round.chosen) end
  local pause, goes_on = rollout.pause(begun)
  for _, group in order.pairs(groups) do schedule(state.business, b, group, pause, goes_on) end
end

---The state after some steps of this kind.
---@param state table
---@param steps remora.reconcile.Step[]
---@return table state
function plan.simulate(state, steps)
  local after = values.copy(state)
  after.hosting = values.copy(state.hosting)
  after.hosting.agents = said.copy(state.hosting.agents)
  after.hosting.known = values.copy(state.hosting.known)
  after.hosting.acted = values.copy(state.hosting.acted)
  for _, step in ipairs(steps) do
    local via, driver = drivers.of(step.call)
    local verb = verbs[step.group]
    for each in driver.addressed(step.call, step.args) do
      local place = targets.place(each.host, each.entry.proc_name)
      local agent = after.hosting.agents[place] or values.copy(wish.UNKNOWN)
      agent.lost = nil
      verb.after(agent, each.entry)
      after.hosting.agents[place] = agent
      if verb.traceless then
        after.hosting.acted[place] = true
      else
        after.hosting.known[place] = verb.teaches and { via = via, entry = each.entry } or nil
      end
    end
  end
  return after
end

return plan
