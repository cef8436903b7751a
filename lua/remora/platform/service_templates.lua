-- Service templates as stored documents: created, renamed and recategorised, with what that does to
-- the modules bound to them.

local categories = require "remora.platform.categories"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local service_templates = {}

local LONGEST = 256 -- characters

local function is_name(name)
  local length = name and utf8.len(name) or 0
  return length > 0 and length <= LONGEST and not name:find('[\\|/:*,<>"?#%s]')
end

local function name_owner(ctx, business_id, name)
  return ctx.store:first("service_template", { bk_biz_id = business_id, name = name })
end

---Creates a service template.
---@param ctx remora.platform.Author
---@param args {bk_biz_id: integer, name: string, service_category_id: integer,
---  host_apply_enabled: boolean|nil}
---@return table|nil template
---@return remora.platform.Refusal|nil refusal
function service_templates.create(ctx, args)
  if not is_name(args.name) then return nil, refuse(1199006, "name") end
  if not ctx.store:get("biz", args.bk_biz_id or 0) then return nil, refuse(1199006, "bk_biz_id") end
  local category, refusal = categories.usable(ctx.store, args.service_category_id, args.bk_biz_id,
    "bk_biz_id")
  if not category then return nil, refusal end
  if name_owner(ctx, args.bk_biz_id, args.name) then return nil, refuse(1199014, "name") end
  return ctx.store:insert("service_template", {
    bk_biz_id = args.bk_biz_id, name = args.name, service_category_id = category.id,
    creator = ctx.user, modifier = ctx.user, create_time = ctx.now, last_time = ctx.now,
    bk_supplier_account = ctx.account, host_apply_enabled = args.host_apply_enabled or false,
  })
end

-- A module follows its template's name, so no other module beside one may have it.
local function name_is_free(ctx, template, name)
  local owner = name_owner(ctx, template.bk_biz_id, name)
  if owner and owner.id ~= template.id then return false end
  local sets = ctx.store:column("module", "bk_set_id", { service_template_id = template.id })
  for _, other in ipairs(ctx.store:find("module", { bk_set_id = sets, bk_module_name = name })) do
    if other.service_template_id ~= template.id then return false end
  end
  return true
end

---Renames or recategorises a service template and, at once, its modules. Absent, 0 and "" mean
---unchanged.
---@param ctx remora.platform.Author
---@param template table stored document
---@param args {name: string|nil, service_category_id: integer|nil}
---@return table|nil template
---@return remora.platform.Refusal|nil refusal
function service_templates.update(ctx, template, args)
  local category_id, name = args.service_category_id or 0, args.name or ""
  if category_id ~= 0 and category_id ~= template.service_category_id then
    local category, refusal = categories.usable(ctx.store, category_id, template.bk_biz_id,
      "service_category_id")
    if not category then return nil, refusal end
    template.service_category_id = category.id
  end
  if name ~= "" and name ~= template.name then
    if not is_name(name) then return nil, refuse(1199006, "name") end
    if not name_is_free(ctx, template, name) then return nil, refuse(1199014, "name") end
    template.name = name
  end
  ctx.store:put("service_template", template)
  ctx.store:patch("module", { service_template_id = template.id },
    { bk_module_name = template.name, service_category_id = template.service_category_id })
  return template
end

return service_templates
