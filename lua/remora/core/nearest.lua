-- Finds the known name a mistyped one was probably meant to be. Pure: no state, no I/O.
-- The module is the function itself: local nearest = require "remora.core.nearest".

-- Names that nobody types by hand are not guessed at.
local LONGEST = 100 -- bytes

-- Edits between two words; a swap of neighbours counts once, as people do that most often. More
-- than `most` are not counted to the end: no such path leaves the band around the diagonal.
local function distance(a, b, most)
  if math.abs(#a - #b) > most then return most + 1 end
  local two_above, above, row = {}, {}, {}
  for j = 0, math.min(#b, most) do above[j] = j end
  for i = 1, #a do
    local first, last = math.max(1, i - most), math.min(#b, i + most)
    row[first - 1] = first == 1 and i or nil
    local least = row[first - 1] or most + 1
    for j = first, last do
      local same = a[i] == b[j]
      local best = math.min((above[j] or most) + 1, (row[j - 1] or most) + 1,
        (above[j - 1] or most + 1) + (same and 0 or 1))
      if i > 1 and j > 1 and a[i] == b[j - 1] and a[i - 1] == b[j] then
        best = math.min(best, (two_above[j - 2] or most) + 1)
      end
      row[j], least = best, math.min(least, best)
    end
    row[last + 1] = nil
    if least > most then return least end
    two_above, above, row = above, row, two_above
  end
  return above[#b] or most + 1
end

local function letters(word) return { word:lower():byte(1, LONGEST) } end

-- Further away than this a suggestion confuses more than it helps.
local function tolerance(word)
  if #word <= 3 then return 1 end
  return math.max(2, #word // 3)
end

---The candidate closest to a name, or nil when none is close enough.
---Case is ignored; equally close candidates are decided alphabetically.
---@param name string
---@param candidates string[]|table<string, any> a list of names, or a table keyed by them
---@return string|nil
return function(name, candidates)
  local word = tostring(name)
  if #word > LONGEST then return nil end
  local wanted = letters(word)
  local best, best_distance = nil, tolerance(wanted) + 1
  local listed = rawget(candidates, 1) ~= nil
  for key, value in pairs(candidates) do
    local candidate = listed and value or key
    if type(candidate) == "string" and math.abs(#candidate - #word) <= best_distance then
      local d = distance(wanted, letters(candidate), best_distance)
      if d < best_distance or (d == best_distance and best and candidate < best) then
        best, best_distance = candidate, d
      end
    end
  end
  return best
end
