-- Maps in a fixed order, so that equal input always gives equal output.
-- Owns nothing but the order; never changes what it walks.

local order = {}

-- Numbers before texts, each in its own natural order.
local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  return a < b
end

---The keys of a map, numbers first, then texts.
---@param map table
---@return any[]
function order.keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys, before)
  return keys
end

---Walks a map in the order of its keys.
---@param map table
---@return fun(): any, any
function order.pairs(map)
  local keys, i = order.keys(map), 0
  return function()
    i = i + 1
    local key = keys[i]
    if key ~= nil then return key, map[key] end
  end
end

return order
