-- Finds the known name a mistyped one was probably meant to be. Pure: no state, no I/O.
-- The module is the function itself: local nearest = require "remora.core.nearest".

-- Edits between two words; a swap of neighbours counts once, as people do that most often.
local function distance(a, b)
  local two_above, above = nil, {}
  for j = 0, #b do above[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, two_above[j - 2] + 1)
      end
      row[j] = best
    end
    two_above, above = above, row
  end
  return above[#b]
end

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
  local wanted = tostring(name):lower()
  local best, best_distance = nil, tolerance(wanted) + 1
  local listed = rawget(candidates, 1) ~= nil
  for key, value in pairs(candidates) do
    local candidate = listed and value or key
    if type(candidate) == "string" and math.abs(#candidate - #wanted) < best_distance + 1 then
      local d = distance(wanted, candidate:lower())
      if d < best_distance or (d == best_distance and best and candidate < best) then
        best, best_distance = candidate, d
      end
    end
  end
  return best
end
