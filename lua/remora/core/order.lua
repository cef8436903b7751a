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
  local keys, count, texts = {}, 0, 0
  for key in pairs(map) do
    count = count + 1
    keys[count] = key
    if type(key) == "string" then texts = texts + 1 end
  end
  -- Nearly all maps have one type of key, which can be sorted without a function.
  local mixed = texts > 0 and texts < count
  table.sort(keys, mixed and before or nil)
  return keys
end

---Sorts a list, which what the platform lists in order mostly is already.
---@param list any[]
---@param is_before fun(a: any, b: any): boolean
function order.sort(list, is_before)
  for i = 2, #list do
    if is_before(list[i], list[i - 1]) then
      table.sort(list, is_before)
      return
    end
  end
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
