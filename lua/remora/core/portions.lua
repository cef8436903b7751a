-- Cuts a list into portions, for calls that take only so many at once. Pure; knows no call.
-- The module is the function itself: local portions = require "remora.core.portions".

---@param list any[]
---@param most integer items of a portion
---@return any[][] portions in order, none of them empty
return function(list, most)
  local parts = {}
  for first = 1, #list, most do
    parts[#parts + 1] = table.move(list, first, math.min(first + most - 1, #list), 1, {})
  end
  return parts
end
