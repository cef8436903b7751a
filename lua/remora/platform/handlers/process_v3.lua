-- The old process calls (cc_v3): create, search, detail, update, batch update, delete.
-- A process belongs to a business here; nothing knows of templates or service instances.

local json = require "json"
local filter = require "remora.platform.filter"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local process_v3 = require "remora.platform.process_v3"

local refuse = messages.refuse

-- Members of a request that are no attributes: where it goes, and who sends it.
local ADDRESSING = {
  bk_supplier_account = true, bk_biz_id = true, bk_process_id = true, bk_app_code = true,
  bk_app_secret = true, bk_token = true, bk_username = true, access_token = true,
}

local handlers = {}

local function attributes_of(args)
  local values = {}
  for name, value in pairs(args) do
    if not ADDRESSING[name] then values[name] = value end
  end
  return values
end

-- Whether a process may have a name in its business. Without any name the platform compares the
-- business alone, so that every other process is in the way.
local function name_refusal(store, business_id, name, own_id)
  local where = { bk_biz_id = business_id }
  if type(name) == "string" then where.bk_process_name = name end
  for _, id in ipairs(store:column("v3_process", "bk_process_id", where)) do
    if id ~= own_id then return refuse(1199014, "bk_process_name") end
  end
  return nil
end

local function stored(store, business_id, id)
  local process = store:get("v3_process", id)
  return process and process.bk_biz_id == business_id and process or nil
end

function handlers.create_process(ctx, args)
  local values = attributes_of(args)
  local refusal = process_v3.check(values)
    or name_refusal(ctx.store, args.bk_biz_id, values.bk_process_name)
  if refusal then return nil, refusal end
  process_v3.fill(values)
  values.bk_biz_id, values.bk_supplier_account = args.bk_biz_id, ctx.account
  values.create_time, values.last_time = ctx.now, ctx.now
  return { bk_process_id = ctx.store:insert("v3_process", values).bk_process_id }
end

-- Validates one process's changes; an id that does not exist is only found out by its lack of a
-- name.
local function change_refusal(ctx, business_id, id, values)
  local process = stored(ctx.store, business_id, id)
  local name = values.bk_process_name
  if name == nil and process then name = process.bk_process_name end
  return process_v3.check(values) or name_refusal(ctx.store, business_id, name, id)
end

local function change(ctx, business_id, id, values)
  local process = stored(ctx.store, business_id, id)
  if not process then return end
  for name, value in pairs(values) do process[name] = value end
  process.last_time = ctx.now
  ctx.store:put("v3_process", process)
end

function handlers.update_process(ctx, args)
  local values = attributes_of(args)
  local refusal = change_refusal(ctx, args.bk_biz_id, args.bk_process_id, values)
  if refusal then return nil, refusal end
  change(ctx, args.bk_biz_id, args.bk_process_id, values)
  return json.null
end

function handlers.batch_update_process(ctx, args)
  if type(args.bk_process_id) ~= "string" then return nil, refuse(1108009) end
  local ids = {}
  for part in (args.bk_process_id .. ","):gmatch("([^,]*),") do
    local id = math.tointeger(tonumber(part:match("^%s*([+-]?%d+)%s*$")))
    if not id then return nil, refuse(1199003) end
    ids[#ids + 1] = id
  end
  local values = attributes_of(args)
  values.bk_process_name, values.bk_func_id = nil, nil -- dropped, never refused
  for _, id in ipairs(ids) do
    local refusal = change_refusal(ctx, args.bk_biz_id, id, values)
    if refusal then return nil, refusal end
  end
  for _, id in ipairs(ids) do change(ctx, args.bk_biz_id, id, values) end
  return json.null
end

function handlers.delete_process(ctx, args)
  local id = args.bk_process_id
  if ctx.store:count("v3_binding", { bk_process_id = id }) > 0 then
    local refusal = refuse(1108013)
    refusal.status = 500
    return nil, refusal
  end
  ctx.store:delete("v3_process", { bk_process_id = id, bk_biz_id = args.bk_biz_id })
  return json.null
end

-- The condition as a predicate: a part of the name, exact values of everything else.
local function search_test(condition)
  local exact = {}
  for field, value in pairs(condition) do
    if field ~= "bk_biz_id" and field ~= "bk_module_name" then exact[field] = value end
  end
  local part, named = exact.bk_process_name, filter.everything
  if type(part) == "string" then
    named, exact.bk_process_name = filter.part("bk_process_name", part), nil
  end
  local test = filter.condition(exact)
  return test and filter.all { named, test }
end

function handlers.search_process(ctx, args)
  local condition, where = args.condition or {}, { bk_biz_id = args.bk_biz_id }
  local test = search_test(condition)
  if not test then return nil, refuse(1199000) end
  if type(condition.bk_module_name) == "string" then
    where.bk_process_id = ctx.store:column("v3_binding", "bk_process_id",
      { bk_biz_id = args.bk_biz_id, bk_module_name = condition.bk_module_name })
  end
  return listing.page(ctx.store, "v3_process", where,
    { test = test, page = args.page, fields = args.fields })
end

function handlers.get_process_detail(ctx, args)
  local process = stored(ctx.store, args.bk_biz_id, args.bk_process_id) or {}
  local detail = json.array {}
  for i, attribute in ipairs(process_v3.attributes) do
    local value = process[attribute.name]
    if value == nil then value = json.null end
    detail[i] = {
      bk_property_id = attribute.name, bk_property_name = attribute.title,
      bk_property_value = value,
    }
  end
  return detail
end

return handlers
