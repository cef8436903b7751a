-- Makes a failing value smaller: leaves out members and items as long as it goes on failing. Owns
-- what is left out in which order; what failing means is the caller's.

local json = require "json"
local order = require "remora.core.order"

-- A copy, without one member of one of its containers.
local function copy(value, container, key)
  if type(value) ~= "table" then return value end
  local list = json.is_array(value)
  local result = list and json.array {} or {}
  for name, item in order.pairs(value) do
    if value ~= container or name ~= key then
      result[list and #result + 1 or name] = copy(item, container, key)
    end
  end
  return result
end

-- Every place of a tree, the ones that hold most first: container and key, in turn.
local function places(tree)
  local found, level = {}, { tree }
  while #level > 0 do
    local below = {}
    for _, container in ipairs(level) do
      for key, item in order.pairs(container) do
        found[#found + 1] = { container, key }
        if type(item) == "table" then below[#below + 1] = item end
      end
    end
    level = below
  end
  return found
end

-- The first smaller tree that fails too.
local function smaller(tree, fails)
  for _, place in ipairs(places(tree)) do
    local candidate = copy(tree, place[1], place[2])
    if fails(candidate) then return candidate end
  end
  return nil
end

---Shrinks a failing tree until nothing more can be left out alone.
---@param tree table of lists (json.array) and objects
---@param fails fun(tree: table): boolean whether a tree fails as the first one did; it must not
---  change it
---@return table tree the smallest that was found
return function(tree, fails)
  while true do
    local candidate = smaller(tree, fails)
    if not candidate then return tree end
    tree = candidate
  end
end
