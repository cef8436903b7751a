-- Labels of service instances: add, replace, remove, collect. The business of the instances is not
-- looked at, as on the platform.

local json = require "json"
local labels = require "remora.platform.labels"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local MOST_CHANGED, MOST_REMOVED = 100, 500

local handlers = {}

-- The instances meant, in no particular order; all of them have to exist.
local function instances_of(ctx, ids)
  local wanted, unique = {}, 0
  for _, id in ipairs(ids) do
    if not wanted[id] then wanted[id], unique = true, unique + 1 end
  end
  local found = ctx.store:find("service_instance", { id = ids })
  if #found ~= unique then return nil, refuse(1199006, "instance_ids") end
  return found
end

local function change(ctx, args, empty_name, merge)
  local ids = args.instance_ids or {}
  if #ids == 0 then return nil, refuse(1199010, empty_name) end
  if #ids > MOST_CHANGED then return nil, refuse(1199035, "add labels", MOST_CHANGED) end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  local refusal = labels.check(args.labels or {})
  if refusal then return nil, refusal end
  local found
  found, refusal = instances_of(ctx, ids)
  if not found then return nil, refusal end
  for _, instance in ipairs(found) do
    local map = merge and instance.labels ~= json.null and instance.labels or {}
    for key, value in pairs(args.labels or {}) do map[key] = value end
    instance.labels = map
    ctx.store:put("service_instance", instance)
  end
end

function handlers.add_label_for_service_instance(ctx, args)
  return change(ctx, args, "instanceIDs", true)
end

function handlers.replace_label_of_service_instance(ctx, args)
  return change(ctx, args, "service_instance_ids", false)
end

function handlers.remove_label_from_service_instance(ctx, args)
  local ids = args.instance_ids or {}
  if #ids == 0 then return nil, refuse(1199010, "InstanceIDs") end
  if #ids > MOST_REMOVED then return nil, refuse(1199035, "remove labels", MOST_REMOVED) end
  local found, refusal = instances_of(ctx, ids)
  if not found then return nil, refusal end
  for _, instance in ipairs(found) do
    if instance.labels ~= json.null then
      for _, key in ipairs(args.keys or {}) do instance.labels[key] = nil end
      ctx.store:put("service_instance", instance)
    end
  end
end

function handlers.find_service_instance_label_aggregation(ctx, args)
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199011, "bk_biz_id") end
  local where = { bk_biz_id = args.bk_biz_id }
  if (args.bk_module_id or 0) ~= 0 then where.bk_module_id = args.bk_module_id end
  local values, seen = {}, {}
  for _, instance in ipairs(ctx.store:find("service_instance", where)) do
    for key, value in pairs(instance.labels ~= json.null and instance.labels or {}) do
      values[key], seen[key] = values[key] or json.array {}, seen[key] or {}
      if not seen[key][value] then
        seen[key][value] = true
        table.insert(values[key], value)
      end
    end
  end
  return values
end

return handlers
