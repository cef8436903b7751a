-- Service categories: list, list with usage, create, rename, delete. The tree itself and the
-- built-in categories are remora.platform.categories'.

local json = require "json"
local categories = require "remora.platform.categories"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local LONGEST = 128 -- characters

-- Code points of the Han script, beside which only word characters and :-() may occur in a name.
local HAN = {
  { 0x2E80, 0x2FD5 }, { 0x3005, 0x3005 }, { 0x3007, 0x3007 }, { 0x3021, 0x3029 },
  { 0x3038, 0x303B }, { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xF900, 0xFAD9 },
  { 0x20000, 0x323AF },
}

local function is_name_character(code)
  if code < 128 then return string.char(code):find("^[%w_:%-()]$") ~= nil end
  for _, range in ipairs(HAN) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function is_name(name)
  local length = name and utf8.len(name) or 0
  if length == 0 or length > LONGEST then return false end
  for _, code in utf8.codes(name) do
    if not is_name_character(code) then return false end
  end
  return true
end

local function of_business(args)
  return { bk_biz_id = { 0, args.bk_biz_id or 0 } }
end

local handlers = {}

function handlers.list_service_category(ctx, args)
  local where = of_business(args)
  return { count = ctx.store:count("category", where),
    info = ctx.store:list("category", where, { sort = "name" }) }
end

function handlers.list_service_category_with_statistics(ctx, args)
  local info = json.array {}
  local found = ctx.store:find("category", of_business(args), { sort = "name" })
  for i, category in ipairs(found) do
    info[i] = { category = category,
      usage_amount = categories.usage(ctx.store, category.id, args.bk_biz_id or 0) }
  end
  return { count = #info, info = info }
end

-- Names of the first level are compared with each other, all deeper ones with all deeper ones.
local function is_taken(ctx, args, name, deeper)
  local where = of_business(args)
  where.name = name
  for _, other in ipairs(ctx.store:find("category", where)) do
    if (other.bk_parent_id ~= 0) == deeper then return true end
  end
  return false
end

function handlers.create_service_category(ctx, args)
  if not is_name(args.name) then return nil, refuse(1199006, "name") end
  if not ctx.store:get("biz", args.bk_biz_id or 0) then return nil, refuse(1199006, "bk_biz_id") end
  local parent
  if (args.bk_parent_id or 0) ~= 0 then
    parent = ctx.store:get("category", args.bk_parent_id)
    if not parent or parent.bk_biz_id ~= 0 and parent.bk_biz_id ~= args.bk_biz_id then
      return nil, refuse(1199006, "bk_biz_id")
    end
  end
  if is_taken(ctx, args, args.name, parent ~= nil) then return nil, refuse(1113017, args.name) end
  return categories.insert(ctx.store,
    { bk_biz_id = args.bk_biz_id, name = args.name, is_built_in = false }, parent)
end

function handlers.update_service_category(ctx, args)
  local category = ctx.store:get("category", args.id or 0)
  if not category then return nil, refuse(1199019) end
  if not is_name(args.name) then return nil, refuse(1199006, "name") end
  if category.is_built_in then return nil, refuse(1199054) end
  for _, other in ipairs(ctx.store:find("category", { name = args.name,
    bk_parent_id = category.bk_parent_id, bk_biz_id = { 0, category.bk_biz_id } })) do
    if other.id ~= category.id then return nil, refuse(1113017, args.name) end
  end
  category.name = args.name
  ctx.store:put("category", category)
  return category
end

function handlers.delete_service_category(ctx, args)
  local category = ctx.store:get("category", args.id or 0)
  if not category then return nil, refuse(1199019) end
  if ctx.store:count("category", { bk_parent_id = category.id }) > 0 then
    return nil, refuse(1199055)
  end
  if categories.usage(ctx.store, category.id) > 0 then return nil, refuse(1199056) end
  ctx.store:delete("category", { id = category.id })
end

return handlers
