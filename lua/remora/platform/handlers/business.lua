-- Businesses: search_business, create_business, search_biz_inst_topo.
-- Never touches what is below a module.

local json = require "json"
local filter = require "remora.platform.filter"
local fleet = require "remora.platform.fleet"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local check_attributes = require "remora.platform.new_attributes"

local refuse = messages.refuse

local handlers = {}

function handlers.search_business(ctx, args)
  local test, wrong = filter.search(args, "biz_property_filter")
  if not test then return nil, refuse(1199006, wrong) end
  return listing.page(ctx.store, "biz", { default = 0 }, {
    test = test, page = args.page, fields = args.fields, always = "default",
  })
end

function handlers.create_business(ctx, args)
  local refusal = check_attributes(ctx, args, "bk_biz_name")
  if refusal then return nil, refusal end
  if ctx.store:count("biz", { bk_biz_name = args.bk_biz_name }) > 0 then
    return nil, refuse(1199014, "bk_biz_name")
  end
  return fleet.create_business(ctx, args)
end

local OBJECT_NAMES = {
  zh = { biz = "业务", set = "集群", module = "模块" },
  en = { biz = "business", set = "set", module = "module" },
}

local function node(ctx, kind, id, name, default)
  return {
    bk_obj_id = kind, bk_obj_name = OBJECT_NAMES[ctx.language][kind], bk_inst_id = id,
    bk_inst_name = name, default = default, child = json.array {},
  }
end

local function module_node(ctx, module)
  local made = node(ctx, "module", module.bk_module_id, module.bk_module_name, module.default)
  made.host_apply_enabled = module.host_apply_enabled
  if module.service_template_id ~= 0 then made.service_template_id = module.service_template_id end
  return made
end

local function set_node(ctx, set)
  local made = node(ctx, "set", set.bk_set_id, set.bk_set_name, set.default)
  if set.set_template_id ~= 0 then made.set_template_id = set.set_template_id end
  return made
end

function handlers.search_biz_inst_topo(ctx, args)
  local store, id = ctx.store, args.bk_biz_id
  local business = store:get("biz", id)
  if not business then return nil, refuse(1199006, "bk_biz_id") end
  local with_default = args.with_default ~= nil and args.with_default ~= ""
  local sorted = args.need_sort == "true"
  local root = node(ctx, "biz", id, business.bk_biz_name, business.default)
  local sets = {}
  for _, set in ipairs(store:find("set", { bk_biz_id = id },
    { sort = sorted and "bk_set_name" or nil })) do
    if set.default == 0 or with_default then
      sets[set.bk_set_id] = set_node(ctx, set)
      root.child[#root.child + 1] = sets[set.bk_set_id]
    end
  end
  for _, module in ipairs(store:find("module", { bk_biz_id = id },
    { sort = sorted and "bk_module_name" or nil })) do
    local set = sets[module.bk_set_id]
    if set then set.child[#set.child + 1] = module_node(ctx, module) end
  end
  return json.array { root }
end

return handlers
