-- Chooses which of the operations that a rule still needs come next: tier by tier, batch by batch,
-- and none after too many failures. Pure; keeps nothing, so an interrupted rollout goes on where
-- it was.

local order = require "remora.core.order"
local states = require "remora.hosting.states"
local verbs = require "remora.hosting.verbs"

local rollout = {}

-- More batches than this make a plan that nobody reads. Each is three rounds of planning at most,
-- and those have an end, too (reconcile/plan.lua).
rollout.MOST_BATCHES = 150

-- What a rule without `rollout` does.
local AT_ONCE =
  { batch = { percent = 100 }, order = "none", pause = 0, max_failures = math.huge }
local IN_ORDER = { batch = { percent = 100 }, order = "priority", pause = 0, max_failures = 0 }

local function way_of(rule)
  return rule.rollout or states[rule.state].in_order and IN_ORDER or AT_ONCE
end

local function sum(counts)
  local total = 0
  for _, count in pairs(counts) do total = total + count end
  return total
end

-- How many of so many targets a batch has; shares are rounded down.
local function size_of(way, total)
  return math.max(1, way.batch.count or total * way.batch.percent // 100)
end

local function priority_of(operation, way)
  return way.order == "priority" and operation.target:priority() or 0
end

-- The same by tier. A share is one of the tier, as hosts often have a process of each.
local function sizes_of(way, counts)
  if way.order ~= "priority" then return { [0] = size_of(way, sum(counts)) } end
  local sizes = {}
  for priority, count in pairs(counts) do sizes[priority] = size_of(way, count) end
  return sizes
end

---How many batches are still to come, and among how many tiers.
---@param rule table hosting rule in normal form
---@param pending remora.hosting.Operation[] what its targets need
---@param counts table<integer, integer> how many targets of each priority the rule has
---@return integer batches
---@return integer tiers
function rollout.batches(rule, pending, counts)
  local way = way_of(rule)
  local sizes, met, batches, tiers = sizes_of(way, counts), {}, 0, 0
  for _, operation in ipairs(pending) do
    local tier = priority_of(operation, way)
    if not met[tier] then tiers = tiers + 1 end
    local before = met[tier] or 0
    if before % sizes[tier] == 0 then batches = batches + 1 end
    met[tier] = before + 1
  end
  return batches, tiers
end

local function split(pending)
  local takes, gives = {}, {}
  for _, operation in ipairs(pending) do
    local list = verbs[operation.verb].takes and takes or gives
    list[#list + 1] = operation
  end
  return takes, gives
end

-- The failures that count: giving back goes on after failures to take; taking ends after any.
local function failures(takes, failed)
  local count = 0
  for verb, its in pairs(failed) do
    if takes or not verbs[verb].takes then count = count + its end
  end
  return count
end

local function place_of(operation) return operation.target.place end

-- The first of those whose turn it is.
local function batch(list, way, sizes)
  local first, tier, size = math.huge, {}, nil
  for _, operation in ipairs(list) do
    local priority = priority_of(operation, way)
    local turn = verbs[operation.verb].takes and -priority or priority
    if turn < first then first, tier, size = turn, {}, sizes[priority] end
    if turn == first then tier[#tier + 1] = operation end
  end
  if #tier > size then order.by_number(tier, place_of) end
  return table.move(tier, 1, math.min(size, #tier), 1, {})
end

---@class remora.hosting.Round what a rule does next
---@field chosen remora.hosting.Operation[] of one kind: all take, or all give
---@field gives boolean
---@field comes_back boolean what is taken is given back in the next round
---@field halted integer? failures that are too many for what is still needed: nothing is chosen
---@field pause number seconds to wait afterwards, or if it comes back, when all of it failed, so
---  that nothing does; 0: none

---@param rule table hosting rule in normal form
---@param pending remora.hosting.Operation[] what its targets need; failed operations are not here
---@param counts table<integer, integer> how many targets of each priority the rule has
---@param failed table<string, integer> failures by verb
---@return remora.hosting.Round
function rollout.next(rule, pending, counts, failed)
  local way, total = way_of(rule), sum(counts)
  local takes, gives = split(pending)
  -- What a batch took is given back before the next one is taken. All in one go, taking comes
  -- first, so that everything is given in one call.
  local first, second = gives, takes
  if size_of(way, total) >= total then first, second = takes, gives end
  local halted
  for _, list in ipairs { first, second } do
    local count = #list > 0 and failures(list == takes, failed) or 0
    if count > way.max_failures then
      halted = count
    elseif #list > 0 then
      local chosen = batch(list, way, sizes_of(way, counts))
      local settled = list == gives or states[rule.state].ends_taken == true
      return { chosen = chosen, gives = list == gives, comes_back = not settled,
        pause = #pending > #chosen and way.pause or 0 }
    end
  end
  return { chosen = {}, gives = false, comes_back = false, halted = halted, pause = 0 }
end

---The rounds that rules begin together. While one takes what it will give back, those who would
---give wait for it: then one call gives to all.
---@param rounds remora.hosting.Round[]
---@return remora.hosting.Round[]
function rollout.together(rounds)
  local begun, comes_back = {}, false
  for _, round in ipairs(rounds) do comes_back = comes_back or round.comes_back end
  for _, round in ipairs(rounds) do
    if not (comes_back and round.gives) then begun[#begun + 1] = round end
  end
  return begun
end

---How long to wait after rounds that were begun together.
---@param rounds remora.hosting.Round[]
---@return number? seconds nil: not at all
---@return boolean? goes_on only where nothing of it was done: what was taken comes back first
function rollout.pause(rounds)
  local settled, coming_back = 0, 0
  for _, round in ipairs(rounds) do
    if round.comes_back then
      coming_back = math.max(coming_back, round.pause)
    else
      settled = math.max(settled, round.pause)
    end
  end
  if settled > 0 then return settled end
  if coming_back > 0 then return coming_back, true end
  return nil
end

return rollout
