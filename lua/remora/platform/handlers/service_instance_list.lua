-- Reads of service instances: plain lists by module, host and set template, and with processes.
-- Changes nothing.

local json = require "json"
local labels = require "remora.platform.labels"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local processes = require "remora.platform.processes"
local regex = require "remora.platform.regex"

local refuse = messages.refuse

local MOST_HOSTS = 1000

local handlers = {}

-- The test that no index can do: name pattern and label selectors.
local function further_test(args)
  local by_label, refusal = labels.test(args.selectors)
  if refusal then return nil, refusal end
  local key = args.search_key or ""
  local by_name = key ~= "" and regex.compile(key)
  if key ~= "" and not by_name then return nil, refuse(1199017) end
  if not by_name and not by_label then return nil end
  return function(instance)
    return (not by_name or by_name(instance.name)) and (not by_label or by_label(instance))
  end
end

local function listed(ctx, where, window, args)
  local test, refusal = further_test(args)
  if refusal then return nil, refusal end
  return listing.whole(ctx.store, "service_instance", where, window, test)
end

function handlers.list_service_instance(ctx, args)
  if #(args.bk_host_ids or {}) > MOST_HOSTS then
    return nil, refuse(1199035, "search service instances", MOST_HOSTS)
  end
  if not paging.is_loose(args.page) then return nil, refuse(1199059) end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  local where = { bk_biz_id = args.bk_biz_id }
  if (args.bk_module_id or 0) ~= 0 then where.bk_module_id = args.bk_module_id end
  if #(args.bk_host_ids or {}) > 0 then where.bk_host_id = args.bk_host_ids end
  return listed(ctx, where, paging.window(args.page), args)
end

function handlers.list_service_instance_by_host(ctx, args)
  if (args.bk_host_id or 0) == 0 then return nil, refuse(1199003) end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  return listed(ctx, { bk_biz_id = args.bk_biz_id, bk_host_id = args.bk_host_id },
    paging.window(args.page), args)
end

function handlers.list_service_instance_by_set_template(ctx, args)
  if not paging.is_strict(args.page) then return nil, refuse(1199059) end
  if (args.set_template_id or 0) == 0 then return nil, refuse(1199008, "set_template_id") end
  local sets = ctx.store:column("set", "bk_set_id",
    { bk_biz_id = args.bk_biz_id, set_template_id = args.set_template_id })
  local modules = ctx.store:column("module", "bk_module_id", { bk_set_id = sets })
  local window = paging.window(args.page)
  window.sort = "id"
  return listed(ctx, { bk_biz_id = args.bk_biz_id, bk_module_id = modules }, window, {})
end

-- Only the bind rows of free processes can lack members of the typed form.
local ENTRIES_SQL = [[
  SELECT r.service_instance_id AS id, r.doc AS relation,
    CASE r.process_template_id WHEN 0 THEN p.doc END AS free,
    json_remove(p.doc, '$.bk_created_at', '$.bk_created_by', '$.bk_updated_at', '$.bk_updated_by')
      AS process
  FROM relation r LEFT JOIN process p ON p.bk_process_id = r.bk_process_id
  WHERE r.service_instance_id IN (SELECT value FROM json_each(?)) ORDER BY r.rowid]]

-- Process entries of many service instances, by instance id.
local function entries_of(ctx, ids)
  local entries = {}
  for _, row in ipairs(ctx.store:query(ENTRIES_SQL, json.encode(json.array(ids)))) do
    local process = row.process and json.raw(row.process) or json.null
    if row.free then process = processes.typed(json.decode(row.free)) end
    entries[row.id] = entries[row.id] or json.array {}
    table.insert(entries[row.id], { process = process, relation = json.raw(row.relation) })
  end
  return entries
end

local function detail_where(args)
  local host, hosts = args.bk_host_id or 0, args.bk_host_list or {}
  if host ~= 0 and #hosts > 0 then return nil, refuse(1199006, "bk_host_id and bk_host_list") end
  local where = { bk_biz_id = args.bk_biz_id, id = args.service_instance_ids }
  if (args.bk_module_id or 0) ~= 0 then where.bk_module_id = args.bk_module_id end
  if host ~= 0 then where.bk_host_id = host end
  if #hosts > 0 then where.bk_host_id = hosts end
  return where
end

function handlers.list_service_instance_detail(ctx, args)
  if (args.bk_biz_id or 0) <= 0 then return nil, refuse(1199006, "bk_biz_id") end
  if not paging.is_strict(args.page) then return nil, refuse(1199059) end
  local where, refusal = detail_where(args)
  if not where then return nil, refusal end
  local test
  test, refusal = further_test(args)
  if refusal then return nil, refusal end
  local shown, count = listing.find(ctx.store, "service_instance", where,
    paging.window(args.page, "-create_time"), test)
  local ids = {}
  for i, instance in ipairs(shown) do ids[i] = instance.id end
  local entries = entries_of(ctx, ids)
  for _, instance in ipairs(shown) do
    instance.process_instances = entries[instance.id] or json.null
  end
  return { count = count, info = shown }
end

return handlers
