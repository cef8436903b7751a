-- The order of changes that trade unique names among siblings. The platform runs the updates of a
-- batch, and the sync of a template, in no order, so a change that takes a key another sibling
-- still holds must wait until the holder has let go; a ring of such changes needs one temporary
-- key. Pure; knows keys and siblings, not where they live.

local order = require "remora.core.order"

local unique = {}

---@class remora.model.Sibling one member of the scope in which keys are unique
---@field now table<string, string>? keys held (key → words); nil: does not exist yet
---@field next table<string, string>? keys wanted; nil: goes away
---@field takes table<string, string>? keys that must be free for it to change; default: next

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
            conflicts[#conflicts + 1] = { a = holder, b = sibling, words = words }
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

-- Whether a waiting sibling is, in the end, waiting for itself.
local function in_ring(start, waits)
  local seen, open = {}, { start }
  while #open > 0 do
    for _, holder in ipairs(waits[table.remove(open)] or {}) do
      if holder == start then return true end
      if not seen[holder] then
        seen[holder] = true
        open[#open + 1] = holder
      end
    end
  end
  return false
end

---Says which siblings may change now.
---@param siblings remora.model.Sibling[] all of the scope, also those that do not change
---@return table<remora.model.Sibling, remora.model.Sibling[]> waiting those that may not change
---  yet, each with the siblings it waits for
---@return remora.model.Sibling? stepping the one that opens a ring by taking temporary keys
---@return {a: remora.model.Sibling, b: remora.model.Sibling, words: string}[] conflicts two that
---  would hold the same key in the end
function unique.settle(siblings)
  local conflicts = {}
  claims(siblings, conflicts)
  local waits = waits_of(siblings, holders_of(siblings), conflicts)
  local stepping
  for _, sibling in ipairs(siblings) do
    if waits[sibling] and in_ring(sibling, waits) then
      stepping = sibling
      break
    end
  end
  return waits, stepping, conflicts
end

local function moves(sibling) return sibling.next ~= sibling.now end

---Conflicts as the doing of one of the two. Two that both stay as they are were told of when one of
---them came.
---@param conflicts {a: remora.model.Sibling, b: remora.model.Sibling, words: string}[] of settle
---@return {mover: remora.model.Sibling, holder: remora.model.Sibling, words: string}[] intrusions
function unique.intrusions(conflicts)
  local intrusions = {}
  for _, conflict in ipairs(conflicts) do
    local mover, holder = conflict.b, conflict.a
    if not moves(mover) then mover, holder = holder, mover end
    if moves(mover) then
      intrusions[#intrusions + 1] = { mover = mover, holder = holder, words = conflict.words }
    end
  end
  return intrusions
end

return unique
