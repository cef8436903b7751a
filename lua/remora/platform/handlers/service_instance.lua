-- Service instances: create, rename, delete, and the hosts of a module that have none. Their lists
-- are in service_instance_list.lua.

local json = require "json"
local instances = require "remora.platform.instances"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local MOST_CREATED, MOST_RENAMED, MOST_DELETED = 100, 100, 500
local LONGEST_NAME = 256 -- bytes

local handlers = {}

local function checked_module(ctx, args)
  local module = ctx.store:get("module", args.bk_module_id or 0)
  if not module then return nil, refuse(1101034, "get none or multiple modules") end
  if module.bk_biz_id ~= args.bk_biz_id then
    return nil, refuse(1113004, module.bk_module_id, args.bk_biz_id or 0)
  end
  if module.default ~= 0 then return nil, refuse(1199006, "bk_module_id") end
  return module
end

-- The platform prints the list of hosts with a verb meant for texts.
local function strange_hosts(ctx, module, items)
  local strange, seen = {}, {}
  for _, item in ipairs(items) do
    local id = item.bk_host_id or 0
    if not seen[id] and ctx.store:count("host_module",
      { bk_module_id = module.bk_module_id, bk_host_id = id }) == 0 then
      strange[#strange + 1] = ("%%!s(int64=%d)"):format(id)
    end
    seen[id] = true
  end
  if #strange > 0 then return refuse(1110056, "[" .. table.concat(strange, " ") .. "]") end
end

local function check_filling(templates, items)
  if templates then
    return #templates == 0 and refuse(1199006, "service_template_id") or nil
  end
  for _, item in ipairs(items) do
    if #(item.processes or {}) == 0 then return refuse(1199010, "instances.processes") end
  end
end

function handlers.create_service_instance(ctx, args)
  local items, ids = args.instances or {}, json.array {}
  if #items == 0 then return nil, refuse(1199010, "service_instance_ids") end
  if #items > MOST_CREATED then
    return nil, refuse(1199035, "create service instances", MOST_CREATED)
  end
  local module, refusal = checked_module(ctx, args)
  if not module then return nil, refusal end
  local templates = (module.service_template_id or 0) ~= 0
    and instances.templates(ctx, module.service_template_id) or nil
  refusal = check_filling(templates, items) or strange_hosts(ctx, module, items)
  if refusal then return nil, refusal end
  for i, item in ipairs(items) do
    local made
    made, refusal = instances.create(ctx, module, ctx.store:get("host", item.bk_host_id), {
      name = item.service_instance_name, processes = item.processes, templates = templates })
    if not made then return nil, refusal end
    ids[i] = made.id
  end
  return ids
end

-- The words for a rename that cannot be, nil when it can.
local function fault_of_rename(item)
  if (item.service_instance_id or 0) <= 0 then return "service_instance_id" end
  for key in pairs(item.update or {}) do
    if key ~= "name" then return "update." .. key end
  end
  local name = item.update and item.update.name
  if type(name) ~= "string" then return "service instance name" end
  if name == "" then return "service instance name can't be empty" end
  if #name > LONGEST_NAME then return "service instance name" end
end

function handlers.update_service_instances(ctx, args)
  local items = args.data or {}
  if #items == 0 then return nil, refuse(1199006, "data") end
  if #items > MOST_RENAMED then return nil, refuse(1199035, "data", MOST_RENAMED) end
  for _, item in ipairs(items) do
    local words = fault_of_rename(item)
    if words then return nil, refuse(1199006, words) end
  end
  for _, item in ipairs(items) do
    ctx.store:patch("service_instance",
      { id = item.service_instance_id, bk_biz_id = args.bk_biz_id },
      { name = item.update.name, modifier = ctx.user, last_time = ctx.now })
  end
end

function handlers.delete_service_instance(ctx, args)
  local ids = args.service_instance_ids or {}
  if #ids == 0 then return nil, refuse(1199010, "service_instance_ids") end
  if #ids > MOST_DELETED then
    return nil, refuse(1199035, "delete service instance", MOST_DELETED)
  end
  local found = ctx.store:count("service_instance", { id = ids, bk_biz_id = args.bk_biz_id or 0 })
  if found ~= #ids then return nil, refuse(1199006, "service_instance_ids") end
  instances.delete(ctx, ids)
end

function handlers.list_host_with_no_service_instance(ctx, args)
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199010, "bk_biz_id") end
  if (args.bk_module_id or 0) == 0 then return nil, refuse(1199010, "bk_module_id") end
  local where = { bk_biz_id = args.bk_biz_id, bk_module_id = args.bk_module_id }
  if #(args.bk_host_ids or {}) > 0 then where.bk_host_id = args.bk_host_ids end
  local served, free = {}, json.array {}
  for _, id in ipairs(ctx.store:column("service_instance", "bk_host_id", where)) do
    served[id] = true
  end
  for _, id in ipairs(ctx.store:column("host_module", "bk_host_id", where)) do
    if not served[id] then free[#free + 1] = id end
  end
  return { bk_host_ids = free }
end

return handlers
