-- Chooses which of the operations that a rule still needs come next: tier by tier, batch by batch,
-- and none after too many failures. Pure; keeps nothing, so an interrupted rollout goes on where
-- it was.

local rollout = {}

-- More batches than this make a plan that nobody reads.
rollout.MOST_BATCHES = 100

-- What a rule without `rollout` does. Starting and stopping is always done in order.
local AT_ONCE =
  { batch = { percent = 100 }, order = "none", pause = 0, max_failures = math.huge }
local IN_ORDER = { batch = { percent = 100 }, order = "priority", pause = 0, max_failures = 0 }
local WITHOUT =
  { hosted = AT_ONCE, unhosted = AT_ONCE, running = IN_ORDER, stopped = IN_ORDER }

-- These leave a process less cared for than it was; they go from high priority numbers to low ones.
local TAKES = { unregister = true, stop = true }

-- States that are reached by taking; in the others something is given back afterwards.
local ENDS_TAKEN = { unhosted = true, stopped = true }

---How many targets a batch of a rule has.
---@param rule table hosting rule in normal form
---@param total integer targets of the rule
---@return integer size at least 1; shares are rounded down
function rollout.size(rule, total)
  local batch = (rule.rollout or WITHOUT[rule.state]).batch
  return math.max(1, batch.count or total * batch.percent // 100)
end

local function split(pending)
  local takes, gives = {}, {}
  for _, operation in ipairs(pending) do
    local list = TAKES[operation.verb] and takes or gives
    list[#list + 1] = operation
  end
  return takes, gives
end

-- Giving back goes on after failures to take; taking ends after any.
local function too_many(takes, failed, most)
  local count = 0
  for verb, failures in pairs(failed) do
    if takes or not TAKES[verb] then count = count + failures end
  end
  return count > most
end

local function before(a, b)
  if a.tier ~= b.tier then return a.tier < b.tier end
  return a.target.place < b.target.place
end

local function batch(list, way, size)
  for _, operation in ipairs(list) do
    local priority = way.order == "priority" and operation.target.priority or 0
    operation.tier = TAKES[operation.verb] and -priority or priority
  end
  table.sort(list, before)
  local chosen = {}
  for i = 1, math.min(size, #list) do
    if list[i].tier ~= list[1].tier then break end
    chosen[i] = list[i]
  end
  return chosen
end

---@param rule table hosting rule in normal form
---@param pending remora.hosting.Operation[] what its targets need; failed operations are not here
---@param total integer targets of the rule
---@param failed table<string, integer> failures by verb
---@return remora.hosting.Operation[] next of one kind: all take, or all give
---@return number pause seconds to wait afterwards; 0: none
function rollout.next(rule, pending, total, failed)
  local way, size = rule.rollout or WITHOUT[rule.state], rollout.size(rule, total)
  local takes, gives = split(pending)
  -- What a batch took is given back before the next one is taken. All in one go, taking comes
  -- first, so that everything is given in one call.
  local first, second = gives, takes
  if size >= total then first, second = takes, gives end
  for _, list in ipairs { first, second } do
    if #list > 0 and not too_many(list == takes, failed, way.max_failures) then
      local chosen = batch(list, way, size)
      local settled = list == gives or ENDS_TAKEN[rule.state]
      return chosen, settled and #pending > #chosen and way.pause or 0
    end
  end
  return {}, 0
end

return rollout
