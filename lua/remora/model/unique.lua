-- The order of changes that trade unique names among siblings. The platform runs the updates of a
-- batch, and the sync of a template, in no order, so a change that takes a key another sibling
-- still holds must wait until the holder has let go, and one that keeps a key for those that need
-- it free for a moment; a ring of such changes needs one temporary key. Pure; knows keys and
-- siblings, not where they live.

local order = require "remora.core.order"

local unique = {}

---@class remora.model.Sibling one member of the scope in which keys are unique
---@field now table<string, string>? keys held (key → words); nil: does not exist yet
---@field next table<string, string>? keys wanted; nil: goes away
---@field takes table<string, string>? keys that must be free for it to change; default: next
---@field lingers boolean? who takes a key of it has to wait for more than its change

---@class remora.model.Conflict two that would hold the same key in the end
---@field a remora.model.Sibling
---@field b remora.model.Sibling
---@field words string what the key is called
---@field passing boolean? b needs the key only for a moment, to change, which a keeps

local function holders_of(siblings)
  local holders = {}
  for _, sibling in ipairs(siblings) do
    for key in pairs(sibling.now or {}) do holders[key] = holders[key] or sibling end
  end
  return holders
end

local function claims(siblings, conflicts)
  local claimed = {}
  for _, sibling in ipairs(siblings) do
    for key, words in order.pairs(sibling.next or {}) do
      if claimed[key] then
        conflicts[#conflicts + 1] = { a = claimed[key], b = sibling, words = words }
      else
        claimed[key] = sibling
      end
    end
  end
end

-- For every sibling that must wait: the siblings it waits for.
local function waits_of(siblings, holders, conflicts)
  local waits = {}
  for _, sibling in ipairs(siblings) do
    local now = sibling.now or {}
    for key, words in order.pairs(sibling.takes or sibling.next or {}) do
      local holder = holders[key]
      if not now[key] and holder and holder ~= sibling then
        if holder.next and holder.next[key] then
          -- A conflict over a wanted key is already known when the holder claims it as well.
          if not (sibling.next and sibling.next[key]) then
            conflicts[#conflicts + 1] = { a = holder, b = sibling, words = words, passing = true }
          end
        else
          waits[sibling] = waits[sibling] or {}
          table.insert(waits[sibling], holder)
        end
      end
    end
  end
  return waits
end

-- Lets those go first that need a key only for a moment, to change: once another sibling has it,
-- they cannot any more. That makes no ring: what they wait for to have the key, the other one waits
-- for as well.
local function let_pass(siblings, waits)
  local claimants = {}
  for _, sibling in ipairs(siblings) do
    for key in pairs(sibling.next or {}) do
      if not (sibling.now and sibling.now[key]) then claimants[key] = sibling end
    end
  end
  for _, sibling in ipairs(siblings) do
    local now, after = sibling.now or {}, sibling.next or {}
    for key in pairs(sibling.takes or {}) do
      local claimant = claimants[key]
      if claimant and not now[key] and not after[key] then
        waits[claimant] = waits[claimant] or {}
        table.insert(waits[claimant], sibling)
      end
    end
  end
end

-- Whether a waiting sibling is, in the end, waiting for itself; with all that it waits for.
local function in_ring(start, waits)
  local seen, open, ring = {}, { start }, false
  while #open > 0 do
    for _, holder in ipairs(waits[table.remove(open)] or {}) do
      ring = ring or holder == start
      if not seen[holder] then
        seen[holder] = true
        open[#open + 1] = holder
      end
    end
  end
  return ring, seen
end

-- The member of a ring with which the most change before one that lingers holds up the rest; the
-- first of several.
local function opener(ring, waits)
  local takers, best, most = {}, nil, -1
  for _, member in ipairs(ring) do
    for _, holder in ipairs(waits[member]) do takers[holder] = member end
  end
  for _, member in ipairs(ring) do
    local count, last = 0, member
    while not last.lingers and count < #ring do count, last = count + 1, takers[last] end
    if count > most then best, most = member, count end
  end
  return best
end

-- One sibling of each ring.
local function openers(siblings, waits)
  local stepping, opened = {}, {}
  for _, sibling in ipairs(siblings) do
    local is_ring, met = false, {}
    if waits[sibling] and not opened[sibling] then is_ring, met = in_ring(sibling, waits) end
    local ring = {}
    for _, each in ipairs(is_ring and siblings or {}) do
      if met[each] and in_ring(each, waits) then ring[#ring + 1], opened[each] = each, true end
    end
    if is_ring then stepping[opener(ring, waits)] = true end
  end
  return stepping
end

---Says which siblings may change now.
---@param siblings remora.model.Sibling[] all of the scope, also those that do not change
---@return table<remora.model.Sibling, remora.model.Sibling[]> waiting those that may not change
---  yet, each with the siblings it waits for
---@return table<remora.model.Sibling, true> stepping those that open a ring by taking temporary
---  keys
---@return remora.model.Conflict[] conflicts
function unique.settle(siblings)
  local conflicts = {}
  claims(siblings, conflicts)
  local waits = waits_of(siblings, holders_of(siblings), conflicts)
  local stepping = openers(siblings, waits)
  let_pass(siblings, waits)
  return waits, stepping, conflicts
end

---How many changes come one after the other, beginning with that of a sibling: its own and those
---that wait for it.
---@param waiting table<remora.model.Sibling, remora.model.Sibling[]> of settle
---@param stepping table<remora.model.Sibling, true> of settle
---@param counts fun(sibling: remora.model.Sibling): boolean which changes are counted
---@return fun(sibling: remora.model.Sibling, aside: boolean?): integer aside: it opens its ring
function unique.rows(waiting, stepping, counts)
  local takers, met = {}, {}
  for taker, holders in pairs(waiting) do
    for _, holder in ipairs(holders) do
      takers[holder] = takers[holder] or {}
      table.insert(takers[holder], taker)
    end
  end
  local function length(sibling, aside)
    local longest = 0
    -- Who opens a ring comes last in it.
    if (stepping[sibling] and not aside) or met[sibling] then return 1 end
    met[sibling] = true
    for _, taker in ipairs(takers[sibling] or {}) do
      if counts(taker) then longest = math.max(longest, length(taker)) end
    end
    met[sibling] = nil
    return longest + 1
  end
  return length
end

local function moves(sibling) return sibling.next ~= sibling.now end

---Conflicts as the doing of one of the two. Two that both stay as they are were told of when one of
---them came.
---@param conflicts remora.model.Conflict[] of settle
---@return {mover: remora.model.Sibling, holder: remora.model.Sibling, words: string}[] intrusions
function unique.intrusions(conflicts)
  local intrusions = {}
  for _, conflict in ipairs(conflicts) do
    local mover, holder = conflict.b, conflict.a
    if not (conflict.passing or moves(mover)) then mover, holder = holder, mover end
    if conflict.passing or moves(mover) then
      intrusions[#intrusions + 1] = { mover = mover, holder = holder, words = conflict.words }
    end
  end
  return intrusions
end

return unique
