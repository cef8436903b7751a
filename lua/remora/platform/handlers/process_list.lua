-- Reads of processes: by service instance, by ids, grouped by name. list_process_related_info has
-- a file of its own.

local json = require "json"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local projection = require "remora.platform.projection"
local regex = require "remora.platform.regex"

local refuse = messages.refuse

local MOST_DETAILED = 500

local handlers = {}

function handlers.list_process_instance(ctx, args)
  if (args.service_instance_id or 0) == 0 then
    return nil, refuse(1199006, "service_instance_id")
  end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1108024) end
  -- A relation may outlive its process, which another business can delete; property is null then.
  return json.raw(ctx.store:value([[
    SELECT '[' || coalesce(group_concat('{"property":' || coalesce(p.doc, 'null')
      || ',"relation":' || r.doc || '}', ','), '') || ']'
    FROM (SELECT * FROM relation WHERE service_instance_id = ? AND bk_biz_id = ? ORDER BY rowid) r
    LEFT JOIN process p ON p.bk_process_id = r.bk_process_id]],
    args.service_instance_id, args.bk_biz_id))
end

function handlers.list_process_detail_by_ids(ctx, args)
  local ids = args.bk_process_ids or {}
  if #ids < 1 or #ids > MOST_DETAILED then
    return nil, refuse(1199089, "bk_process_ids", MOST_DETAILED)
  end
  local sql = ([[SELECT '[' || coalesce(group_concat(row, ','), '') || ']' FROM (SELECT %s AS row
    FROM process p WHERE p.bk_process_id IN (SELECT value FROM json_each(?)) AND p.bk_biz_id = ?
    ORDER BY p.bk_process_id)]]):format(projection.sql(args.fields))
  return json.raw(ctx.store:value(sql, json.encode(ids), args.bk_biz_id))
end

local NO_RELATION = json.encode {
  bk_biz_id = 0, bk_process_id = 0, service_instance_id = 0, process_template_id = 0,
  bk_host_id = 0, bk_supplier_account = "",
}

-- A relation of another business counts as none.
local DETAIL_SQL = [[SELECT '{"process_id":' || p.bk_process_id
    || ',"service_instance_name":' || json_quote(coalesce(i.name, ''))
    || ',"property":' || p.doc || ',"relation":' || coalesce(r.doc, ?) || '}' AS row
  FROM process p
  LEFT JOIN relation r ON r.bk_process_id = p.bk_process_id AND r.bk_biz_id = ?
  LEFT JOIN service_instance i ON i.id = r.service_instance_id
  WHERE p.bk_process_id = ?]]

function handlers.list_process_instances_details_by_ids(ctx, args)
  local ids = args.process_ids or {}
  if (args.bk_biz_id or 0) <= 0 then return nil, refuse(1199006, "bk_biz_id") end
  if #ids == 0 then return nil, refuse(1199006, "process_ids") end
  if not paging.is_strict(args.page) then return nil, refuse(1199006, "page.limit") end
  local window = paging.window(args.page)
  local shown = ctx.store:column("process", "bk_process_id", { bk_process_id = ids }, window)
  local info = json.array {}
  for i, id in ipairs(shown) do
    info[i] = json.raw(ctx.store:value(DETAIL_SQL, NO_RELATION, args.bk_biz_id, id))
  end
  return { count = ctx.store:count("process", { bk_process_id = ids }), info = info }
end

-- Names of a module's processes with the ids that carry them, names in ascending order.
local function grouped(rows, is_wanted)
  local groups, last = {}, nil
  for _, row in ipairs(rows) do
    if is_wanted(row.name) then
      if not last or last.bk_process_name ~= row.name then
        last = { bk_process_name = row.name, process_ids = json.array {} }
        groups[#groups + 1] = last
      end
      table.insert(last.process_ids, row.id)
    end
  end
  return groups
end

function handlers.list_process_instances_name_ids(ctx, args)
  for _, name in ipairs { "bk_biz_id", "bk_module_id" } do
    if (args[name] or 0) <= 0 then return nil, refuse(1199006, name) end
  end
  if not paging.is_strict(args.page) then return nil, refuse(1199006, "page.limit") end
  local pattern = args.process_name or ""
  local is_wanted = pattern == "" and function() return true end or regex.compile(pattern, true)
  if not is_wanted then return nil, refuse(1199017) end
  local groups = grouped(ctx.store:query([[
    SELECT p.bk_process_name AS name, p.bk_process_id AS id
    FROM service_instance i JOIN process p ON p.service_instance_id = i.id
    WHERE i.bk_module_id = ? AND i.bk_biz_id = ?
    ORDER BY p.bk_process_name, p.bk_process_id]], args.bk_module_id, args.bk_biz_id), is_wanted)
  local window = paging.window(args.page)
  if window.sort == "-bk_process_name" then
    table.sort(groups, function(a, b) return a.bk_process_name > b.bk_process_name end)
  end
  return { count = #groups, info = json.array(paging.cut(groups, window)) }
end

return handlers
