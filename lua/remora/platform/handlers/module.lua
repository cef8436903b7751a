-- Modules: search_module, create_module, find_module_batch.
-- Binding a module to a service template happens here, at creation; unbinding with the templates.

local filter = require "remora.platform.filter"
local fleet = require "remora.platform.fleet"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local check_attributes = require "remora.platform.new_attributes"

local refuse = messages.refuse

local handlers = {}

function handlers.search_module(ctx, args)
  local where, wanted = { bk_biz_id = args.bk_biz_id }, args.condition or {}
  if (args.bk_set_id or 0) ~= 0 then where.bk_set_id = args.bk_set_id end
  for field in pairs(where) do wanted[field] = nil end -- what the path says rules
  local condition = filter.condition(wanted)
  if not condition then return nil, refuse(1199011, "condition") end
  return listing.page(ctx.store, "module", where, {
    test = condition, page = args.page, fields = args.fields, always = "default",
  })
end

-- What a template prescribes: the module takes its name, its category and what it presets.
local function follow_template(store, args, business_id)
  local template = store:get("service_template", args.service_template_id)
  if not template or template.bk_biz_id ~= business_id then
    return refuse(1199006, "service_template_id")
  end
  local category = args.service_category_id or 0
  if category ~= 0 and category ~= template.service_category_id then return refuse(1108036) end
  args.bk_module_name = template.name
  args.service_category_id = template.service_category_id
  for _, preset in ipairs(store:find("service_template_attribute",
    { service_template_id = template.id })) do
    args[preset.bk_property_id] = preset.bk_property_value
  end
  return nil
end

local function check_category(store, args, business_id)
  local id = args.service_category_id or 0
  if id == 0 then
    args.service_category_id = nil -- the default
    return nil
  end
  local category = store:get("category", id)
  if not category or category.bk_biz_id ~= 0 and category.bk_biz_id ~= business_id then
    return refuse(1199006, "service_category_id")
  end
  return nil
end

function handlers.create_module(ctx, args)
  local store, business_id = ctx.store, args.bk_biz_id
  local refusal = check_attributes(ctx, args, "bk_module_name")
  if refusal then return nil, refusal end
  local set = store:get("set", args.bk_set_id)
  if not set or set.bk_biz_id ~= business_id then return nil, refuse(1199006, "bk_set_id") end
  if args.bk_parent_id ~= nil and args.bk_parent_id ~= set.bk_set_id then
    return nil, refuse(1199006, "bk_parent_id")
  end
  local bound = (args.service_template_id or 0) ~= 0
  local settle = bound and follow_template or check_category
  refusal = settle(store, args, business_id)
  if refusal then return nil, refusal end
  local place = { bk_set_id = set.bk_set_id, bk_module_name = args.bk_module_name }
  if store:count("module", place) > 0 then return nil, refuse(1199014, "bk_module_name") end
  return fleet.create_module(ctx, set, args)
end

function handlers.find_module_batch(ctx, args)
  return listing.batch(ctx, args, "module", "bk_module_id")
end

return handlers
