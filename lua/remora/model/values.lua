-- Values as the platform stores them: when two are the same, and how they are copied.
-- Pure; knows no field, no call and no kind of object.

local json = require "json"

local values = {}

---Whether a value is unset; the platform does not tell an absent key from null.
---@param value any
---@return boolean
function values.unset(value)
  return value == nil or value == json.null
end

---Whether two values are the same to the platform. Unset equals unset; lists and maps by content.
---@param a any
---@param b any
---@return boolean
function values.equal(a, b)
  if a == b then return true end
  if values.unset(a) then return values.unset(b) end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, item in pairs(a) do
    if not values.equal(item, b[key]) then return false end
  end
  for key, item in pairs(b) do
    if a[key] == nil and not values.unset(item) then return false end
  end
  return true
end

---A value that may be sent: null stays null, absent becomes null.
---@param value any
---@return any
function values.sent(value)
  if value == nil then return json.null end
  return value
end

values.copy = require "remora.core.copy"

return values
