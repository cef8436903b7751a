-- Stored processes cut down to the fields a caller asks for, as an SQL expression, so that rows
-- never become Lua tables. It runs nothing.

local attributes = require "remora.platform.attributes"

local projection = {}

-- The members of a stored process beside the model's attributes.
local SYSTEM_FIELDS = {
  "bk_process_id", "bk_biz_id", "service_instance_id", "bk_supplier_account", "create_time",
  "last_time", "bk_created_at", "bk_created_by", "bk_updated_at", "bk_updated_by",
}

local known = {}
for _, name in ipairs(SYSTEM_FIELDS) do known[name] = true end
for _, attribute in ipairs(attributes.list) do known[attribute.name] = true end

---Does a stored process have this member?
---@param name string
---@return boolean
function projection.is_field(name) return known[name] == true end

---The expression for a process of the table alias `p`.
---@param fields string[]|nil nil or empty: the whole document; unknown ones are left out
---@param required string[]|nil added to fields that are given
---@return string sql JSON text
function projection.sql(fields, required)
  if #(fields or {}) == 0 then return "p.doc" end
  local parts, taken = {}, {}
  local function take(names)
    for _, name in ipairs(names) do
      if known[name] and not taken[name] then
        taken[name] = true
        parts[#parts + 1] = ("'%s', p.doc -> '$.%s'"):format(name, name)
      end
    end
  end
  take(required or {})
  take(fields)
  return "json_object(" .. table.concat(parts, ", ") .. ")"
end

return projection
