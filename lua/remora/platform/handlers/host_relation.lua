-- How hosts relate to sets, modules and service templates: find_host_topo_relation,
-- find_host_by_service_template, list_host_service_template_id. Only reads.

local json = require "json"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"

local refuse = messages.refuse

local MOST_ROWS = 1000

-- Longest list of each kind of id, find_host_topo_relation.
local LIMITS = { { "bk_set_ids", 200 }, { "bk_module_ids", 500 }, { "bk_host_ids", 500 } }

local NO_CONDITION = 1199005

local handlers = {}

-- A list to search by, nil when it is empty: then it restricts nothing.
local function given(list)
  return list and #list > 0 and list or nil
end

function handlers.find_host_topo_relation(ctx, args)
  if paging.misplaced(args.page, MOST_ROWS) then return nil, refuse(1199059) end
  local filled = (args.bk_biz_id or 0) ~= 0
  for _, row in ipairs(LIMITS) do
    local list = args[row[1]] or {}
    if #list > row[2] then return nil, refuse(1199035, row[1], row[2]) end
    filled = filled or #list > 0
  end
  if not filled then return nil, refuse(NO_CONDITION) end
  local where = {
    bk_set_id = given(args.bk_set_ids), bk_module_id = given(args.bk_module_ids),
    bk_host_id = given(args.bk_host_ids),
  }
  if (args.bk_biz_id or 0) ~= 0 then where.bk_biz_id = args.bk_biz_id end
  local page = args.page
  local found = listing.page(ctx.store, "host_module", where, { page = page })
  return {
    count = found.count, data = found.info,
    page = { start = page.start or 0, limit = page.limit, sort = page.sort },
  }
end

function handlers.find_host_by_service_template(ctx, args)
  local templates, modules = args.bk_service_template_ids or {}, args.bk_module_ids or {}
  if #templates < 1 or #templates > 500 then
    return nil, refuse(1199089, "bk_service_template_ids", 500)
  end
  if #modules > 500 then return nil, refuse(1199089, "bk_module_ids", 500) end
  if #(args.fields or {}) == 0 then return nil, refuse(1199006, "fields") end
  local problem = paging.misplaced(args.page, MOST_ROWS)
  if problem then return nil, refuse(1199006, problem) end
  local bound = ctx.store:column("module", "bk_module_id", {
    bk_biz_id = args.bk_biz_id, service_template_id = templates, bk_module_id = given(modules),
  })
  local hosts = ctx.store:distinct("host_module", "bk_host_id", { bk_module_id = bound })
  return listing.page(ctx.store, "host", { bk_host_id = hosts },
    { page = args.page, fields = args.fields })
end

function handlers.list_host_service_template_id(ctx, args)
  local ids = args.bk_host_id or {}
  if #ids > 200 then return nil, refuse(1199073, "bk_host_id", 200) end
  local rows = ctx.store:query([[
    SELECT DISTINCT hm.bk_host_id AS host, m.service_template_id AS template
    FROM host_module hm JOIN module m ON m.bk_module_id = hm.bk_module_id
    WHERE hm.bk_host_id IN (SELECT value FROM json_each(?)) AND m.service_template_id <> 0
    ORDER BY 1, 2]], json.encode(json.array(ids)))
  local found, by_host = json.array {}, {}
  for _, row in ipairs(rows) do
    local entry = by_host[row.host]
    if not entry then
      entry = { bk_host_id = row.host, service_template_id = json.array {} }
      by_host[row.host] = entry
      found[#found + 1] = entry
    end
    table.insert(entry.service_template_id, row.template)
  end
  return found
end

return handlers
