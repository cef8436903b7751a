-- An operation that somebody asks for by hand, as a playbook of one hosting rule that names each
-- process: it goes the way of any other playbook. What is registered is operated the way it was
-- registered; what was before, as the CMDB says now, with what a rule had added to it; all else by
-- what the CMDB says. Pure; sends and asks nothing.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local json = require "json"
local numbers = require "remora.hosting.numbers"
local order = require "remora.core.order"
local states = require "remora.hosting.states"
local story = require "remora.journal.story"
local targets = require "remora.hosting.targets"
local topology = require "remora.observe.topology"
local verbs = require "remora.hosting.verbs"

local by_hand = {}

-- What each operation wants of a process.
local STATES = {}
for name, state in pairs(states) do
  if state.verb then STATES[state.verb] = name end
end

---The names of the operations.
by_hand.VERBS = order.keys(STATES)

---What a hosting rule is looked at with first, when only `where` is known of its processes.
by_hand.LOOKS = "seen"

-- A limit that is a share is one of all processes in the places of those that are meant.
local function portions(state, list)
  local at, all = {}, json.array {}
  for _, target in ipairs(list) do
    local within = target:within()
    if not at[within] then
      at[within] = { what = targets.TYPE, within = within, count = 0 }
      all[#all + 1] = at[within]
    end
  end
  for found in numbers.each(state) do
    local its = at[topology.place(found.module)]
    if its then its.count = its.count + numbers.copies(found.values) end
  end
  return all
end

---@class remora.hosting.Earlier what runs that were cut short have done of an operation
---@field acted table<string, true> places where it is done, though no agent tells
---@field before table<string, string> of all others that it came to: the pids before it, as what
---  failed may have been done when nobody waited any more

---The same for the calls of such runs.
---@param calls remora.journal.Call[]
---@return remora.hosting.Earlier
function by_hand.earlier(calls)
  local earlier = { acted = {}, before = {} }
  for _, call in ipairs(calls) do
    local ends = story.states(call)
    for i, change in ipairs(call.changes) do
      local verb = change.type == targets.TYPE and verbs[change.action]
      if verb and verb.traceless and ends[i] == "done" then
        earlier.acted[change.id] = true
      elseif verb and verb.traceless and change.before then
        earlier.before[change.id] = change.before.pids
      end
    end
  end
  return earlier
end

-- The way a target is operated, and its definition then.
local function about_of(target, hosting, told)
  local agent = hosting.agents[target.place]
  local known, former = hosting.known[target.place], hosting.former[target.place]
  local otherwise = former and told.via and told.via ~= former.via
  if known or not former or otherwise or agent and agent.hosted then return known or target end
  local entry = definition.as_before(target.entry, former.entry,
    drivers.via[former.via].expressible)
  entry.proc_owner = entry.proc_owner and told.owner or entry.proc_owner
  return { via = former.via, entry = entry }
end

---The playbook of an operation.
---@param pb table with one hosting rule of the state `LOOKS`
---@param state table as read for that
---@param verb string
---@param earlier remora.hosting.Earlier? of runs that it goes on with
---@param told {owner: string?, via: string?}? what was asked for in so many words; all else is as
---  it was when it was last registered, or else as the rule says
---@return table pb in normal form; its one rule names each process (`given`), knows the pids of
---  before (`before`, by place) and among how many these processes are (`among`)
function by_hand.playbook(pb, state, verb, earlier, told)
  local seen, list = pb.sections.hosting[1], targets.of(pb, state)
  local rule = { state = STATES[verb], rollout = seen.rollout, where = { module = json.array {} },
    given = {}, before = {}, among = portions(state, list) }
  for i, target in ipairs(list) do
    local about = about_of(target, state.hosting, told or {})
    local agent = state.hosting.agents[target.place]
    rule.given[i] = { host = target:host(), via = about.via, entry = about.entry,
      label = target:label(), priority = target:priority() }
    rule.before[target.place] = earlier and earlier.before[target.place]
      or agent and not agent.lost and agent.pids or nil
  end
  return setmetatable({ sections = { hosting = json.array { rule } } }, { __index = pb })
end

return by_hand
