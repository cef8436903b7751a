-- Plans hosting: compares what rules want of each target with what its agent says and what was registered
-- earlier, and groups the operations. Pure. Works in rounds: a changed definition is taken back first
-- and registered in the next round, because an agent keeps the definition it was given.

local definition = require "remora.hosting.definition"
local job = require "remora.hosting.job"
local order = require "remora.core.order"
local targets = require "remora.hosting.targets"
local values = require "remora.model.values"

local plan = {}

local STAGE, TITLE = 4, "hosting"

local UNKNOWN = { hosted = false, running = false }

-- Members in which two definitions differ, for people.
local function differences(old, new)
  local fields, members = {}, {}
  for member in pairs(old) do members[member] = true end
  for member in pairs(new) do members[member] = true end
  for member in order.pairs(members) do
    if not values.equal(old[member], new[member]) then
      fields[#fields + 1] = { name = member, old = old[member], new = new[member] }
    end
  end
  return fields
end

---@class remora.hosting.Operation
---@field verb "register"|"unregister"|"start"|"stop"
---@field target remora.hosting.Target with the entry that the operation is about
---@field fields table[] as in a change
---@field cascades string[]?

local function operation(verb, target, entry, fields, cascade)
  local about = values.copy(target)
  about.entry = entry
  return { verb = verb, target = about, fields = fields or {}, cascades = { cascade } }
end

local KEPT = "the process itself goes on running"

-- What brings a target into the agents' care, with the definition the rule wants.
local function host(target, agent, known)
  local entry = target.entry
  if known and definition.key(known) ~= definition.key(entry) then
    return operation("unregister", target, known, differences(known, entry), KEPT)
  end
  if not agent.hosted then return operation("register", target, entry, differences({}, entry)) end
  if not known then
    return operation("unregister", target, entry,
      { { name = "definition", note = "registered by someone else, so it is not known" } }, KEPT)
  end
  if not values.equal(known, entry) then
    return operation("unregister", target, known, differences(known, entry), KEPT)
  end
  return nil
end

local wish = {}

wish.hosted = host

function wish.unhosted(target, agent, known)
  if not agent.hosted then return nil end
  return operation("unregister", target, known or target.entry, nil, KEPT)
end

function wish.running(target, agent, known)
  local first = host(target, agent, known)
  if first or agent.running then return first end
  return operation("start", target, target.entry)
end

function wish.stopped(target, agent, known)
  if agent.running then return operation("stop", target, target.entry) end
  return wish.unhosted(target, agent, known)
end

local ACTIONS = { register = "register", unregister = "unregister", start = "start", stop = "stop" }

local function schedule(state, b, verb, operations)
  if #operations == 0 then return end
  local list, changes = {}, {}
  for i, each in ipairs(operations) do
    list[i] = each.target
    changes[i] = b:change {
      type = "hosted process", action = ACTIONS[verb], label = each.target.label,
      fields = each.fields, cascades = each.cascades, at = each.target.at,
    }
  end
  local request = job[verb](state.business.id, list)
  b:step { stage = STAGE, title = TITLE, call = request.call, args = request.args, group = verb,
    objects = #list, changes = changes }
end

---@param pb table
---@param state table
---@param b table builder
function plan.plan(pb, state, b)
  local list, problems = targets.of(pb, state)
  for _, problem in ipairs(problems) do b:problem(problem) end
  local by_verb = { unregister = {}, register = {}, start = {}, stop = {} }
  for _, target in ipairs(list) do
    local agent = UNKNOWN
    if target.entry.setup_path then
      agent = state.hosting.agents[definition.target(target.entry, target.host)] or UNKNOWN
    end
    local wanted = wish[target.rule.state](target, agent, state.hosting.known[target.place])
    if wanted then table.insert(by_verb[wanted.verb], wanted) end
  end
  -- What is taken back now is registered in a round of its own, so that no host is left without.
  for verb, operations in order.pairs(by_verb) do schedule(state, b, verb, operations) end
end

local AFTER = {
  register = function(agent) agent.hosted = true end,
  unregister = function(agent) agent.hosted = false end,
  start = function(agent) agent.hosted, agent.running = true, true end,
  stop = function(agent) agent.hosted, agent.running = false, false end,
}

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
    for _, each in ipairs(job.addressed(step.args)) do
      local agent = values.copy(after.hosting.agents[each.key] or UNKNOWN)
      AFTER[step.group](agent)
      -- A resident process that is registered is started by its agent.
      if step.group == "register" and each.entry.type == 1 then agent.running = true end
      after.hosting.agents[each.key] = agent
      local kept = job.registers(step.call, step.args)
      after.hosting.known[targets.place(each.host, each.entry.proc_name)] =
        kept and each.entry or nil
    end
  end
  return after
end

return plan
