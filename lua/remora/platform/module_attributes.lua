-- The module attributes that a service template may preset, as data, and the presets themselves.
-- They reach modules when these are created and when they are synced.

local json = require "json"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local module_attributes = {}

local function is_people(value) return type(value) == "string" and #value <= 2000 end

-- id in the model → attribute; name and category follow the template itself.
local attributes = {
  [26] = { name = "bk_module_type", is_valid = function(v) return v == "1" or v == "2" end },
  [27] = { name = "operator", is_valid = is_people },
  [28] = { name = "bk_bak_operator", is_valid = is_people },
}

---Adds or changes presets of a template.
---@param ctx remora.platform.Author
---@param template table service template
---@param items table[] {bk_attribute_id, bk_property_value}
---@return boolean|nil done
---@return remora.platform.Refusal|nil refusal 1199011(attributes), 1199006(attribute name)
function module_attributes.set(ctx, template, items)
  for _, item in ipairs(items) do
    local attribute, value = attributes[item.bk_attribute_id or 0], item.bk_property_value
    if not attribute then return nil, refuse(1199011, "attributes") end
    if value == nil then value = json.null end
    if value ~= json.null and not attribute.is_valid(value) then
      return nil, refuse(1199006, attribute.name)
    end
    local key = { service_template_id = template.id, bk_attribute_id = item.bk_attribute_id }
    local changes = { bk_property_value = value, modifier = ctx.user, last_time = ctx.now }
    if ctx.store:patch("service_template_attribute", key, changes) == 0 then
      ctx.store:insert("service_template_attribute", {
        bk_biz_id = template.bk_biz_id, service_template_id = template.id,
        bk_attribute_id = item.bk_attribute_id, bk_property_id = attribute.name,
        bk_property_value = value, creator = ctx.user, modifier = ctx.user,
        create_time = ctx.now, last_time = ctx.now, bk_supplier_account = ctx.account,
      })
    end
  end
  return true
end

return module_attributes
