-- A copy of a table's first level, with others in place of some members or besides. Pure.

local json = require "json"

---@param map table
---@param more table? what the copy has besides, or in place of the same keys
---@return table copy the mark of a list is kept
return function(map, more)
  local copy = {}
  for key, item in pairs(map) do copy[key] = item end
  if more then
    for key, item in pairs(more) do copy[key] = item end
  end
  if json.is_array(map) then return json.array(copy) end
  return copy
end
