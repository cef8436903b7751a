-- Whether the data of an answer has the shape that the row's `gives` tells: "list of …", "{name:
-- list of …}", or one thing in words. Coarse on purpose: it keeps what is no answer of this
-- platform away from who reads it. Pure.

local json = require "json"

local shape = {}

local SCALARS = { "ids", "keys", "values" } -- words for lists whose members are no objects

local function holds_objects(words)
  for _, word in ipairs(SCALARS) do
    if words:find("%f[%w]" .. word .. "%f[%W]") then return false end
  end
  return true
end

-- A list, or what is the matter. None at all is null on some versions of the platform.
local function as_list(value, of_objects, name)
  if value == nil or value == json.null then return json.array {} end
  if not json.is_array(value) then return nil, name .. " is no list" end
  if of_objects then
    for _, item in ipairs(value) do
      if not json.is_object(item) then return nil, name .. " is no list of objects" end
    end
  end
  return value
end

local known = setmetatable({}, { __mode = "k" }) -- lists_of by row

-- The members of an object that are lists, and whether of objects; a page's rows always are.
local function lists_of(row)
  local lists = known[row]
  if not lists then
    lists = {}
    if row.page then lists[row.page.rows] = true end
    for name, words in row.gives:gmatch("([%w_]+): (list of [^,}]*)") do
      lists[name] = holds_objects(words)
    end
    known[row] = lists
  end
  return lists
end

---The data of an answer, with lists that are null made empty.
---@param row remora.Row
---@param data any changed in place
---@return any|nil data
---@return string|nil problem with nil
function shape.checked(row, data)
  if row.gives:find("^list of") then return as_list(data, holds_objects(row.gives), "data") end
  if not row.gives:find("^{") then return data end
  if data == json.null and not row.page then return data end
  if not json.is_object(data) then return nil, "data is no object" end
  for name, of_objects in pairs(lists_of(row)) do
    local list, problem = as_list(data[name], of_objects, "data." .. name)
    if not list then return nil, problem end
    data[name] = list
  end
  return data
end

return shape
