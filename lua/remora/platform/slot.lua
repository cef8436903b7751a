-- What a process template holds of one attribute, or of one cell of a bind row: a value, and
-- whether its processes are kept to it. Pure.

local json = require "json"
local any_case = require "remora.platform.any_case"

local slot = {}

---@class remora.platform.Slot
---@field value any json.null: none
---@field as_default_value boolean|userdata true: locked; json.null: nothing is said

---A slot that says nothing; a new table each time.
---@return remora.platform.Slot
function slot.empty() return { value = json.null, as_default_value = json.null } end

---Decodes a slot of a request.
---@param raw any nil and null say nothing
---@param typed fun(value: any): any the typed form of a value that is not null; nil: of the wrong
---  type
---@return remora.platform.Slot|nil slot nil when something has the wrong JSON type (1199000)
function slot.decode(raw, typed)
  if raw == nil or raw == json.null then return slot.empty() end
  if not json.is_object(raw) then return nil end
  raw = any_case(raw)
  local value, flag = raw.value, raw.as_default_value
  if value == nil then value = json.null end
  if flag == nil then flag = json.null end
  if value ~= json.null then value = typed(value) end
  if value == nil or flag ~= json.null and type(flag) ~= "boolean" then return nil end
  return { value = value, as_default_value = flag }
end

---Are processes kept to the value?
---@param of remora.platform.Slot
---@return boolean
function slot.is_locked(of) return of.as_default_value == true end

return slot
