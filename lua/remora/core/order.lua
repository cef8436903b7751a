-- Maps and lists in a fixed order, so that equal input always gives equal output. Owns nothing but
-- the order.

local order = {}

-- Numbers before texts, each in its own natural order; what has none goes by its name.
local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "number" or ta == "string" then return a < b end
  return tostring(a) < tostring(b)
end

---The keys of a map, numbers before texts.
---@param map table
---@return any[]
function order.keys(map)
  local keys, count, texts, numbers = {}, 0, 0, 0
  for key in pairs(map) do
    count = count + 1
    keys[count] = key
    local kind = type(key)
    if kind == "string" then
      texts = texts + 1
    elseif kind == "number" then
      numbers = numbers + 1
    end
  end
  -- Nearly all maps have one type of key, which can be sorted without a function.
  local plain = texts == count or numbers == count
  table.sort(keys, not plain and before or nil)
  return keys
end

---Puts objects in the order of their ids; for sorting.
---@param a {id: any}
---@param b {id: any}
---@return boolean
function order.by_id(a, b) return a.id < b.id end

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

local LONGEST_NUMBER = 20 -- digits

local function widen(known, digits)
  known[digits] = ("0"):rep(LONGEST_NUMBER - #digits) .. digits
  return known[digits]
end

---Sorts a list by texts, the numbers in them as numbers: 10.0.0.2 comes before 10.0.0.10.
---@param list any[]
---@param text_of (fun(item: any): string)? nil: the items are texts
---@return any[] list the same
function order.by_number(list, text_of)
  local keys, wide = {}, setmetatable({}, { __index = widen })
  for _, item in ipairs(list) do
    local text = text_of and text_of(item) or item
    keys[item] = text:gsub("%d+", wide) .. "\0" .. text
  end
  table.sort(list, function(a, b) return keys[a] < keys[b] end)
  return list
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
