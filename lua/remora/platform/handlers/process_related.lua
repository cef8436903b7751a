-- list_process_related_info: pages of processes with set, module, host and service instance beside
-- each. It is the call that whole fleets are read with, so rows are put together by the database
-- and never become Lua tables.

local json = require "json"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local process_filter = require "remora.platform.process_filter"
local projection = require "remora.platform.projection"
local tables = require "remora.platform.tables"

local refuse = messages.refuse

local handlers = {}

-- In every row, whatever fields are asked for.
local REQUIRED_FIELDS = { "bk_process_id", "bk_process_name" }

-- The window is cut out of the processes alone, before anything is joined to them; cross joins keep
-- the order of the window.
local DETAILS = [[
  CROSS JOIN process p ON p.bk_process_id = chosen.bk_process_id
  CROSS JOIN relation r ON r.bk_process_id = p.bk_process_id
  CROSS JOIN service_instance i ON i.id = p.service_instance_id
  CROSS JOIN module m ON m.bk_module_id = i.bk_module_id
  CROSS JOIN "set" s ON s.bk_set_id = m.bk_set_id
  CROSS JOIN host h ON h.bk_host_id = r.bk_host_id]]

local function row_sql(fields)
  return [['{"set":' || s.brief || ',"module":' || m.brief || ',"host":' || h.brief
    || ',"service_instance":' || i.brief
    || ',"process_template":{"id":' || r.process_template_id
    || '},"process":' || ]] .. projection.sql(fields, REQUIRED_FIELDS) .. " || '}'"
end

local function listed(values)
  return json.encode(json.array(values))
end

-- Processes that satisfy the conditions on sets, modules, service instances (empty lists do not
-- restrict) and attributes.
local function chosen_from(args)
  local from, sql, values = " FROM process p", { "p.bk_biz_id = ?" }, { args.bk_biz_id }
  local function one_of(expression, ids)
    if #(ids or {}) == 0 then return end
    from = " FROM process p JOIN service_instance i ON i.id = p.service_instance_id"
    sql[#sql + 1] = expression
    values[#values + 1] = listed(ids)
  end
  one_of("i.id IN (SELECT value FROM json_each(?))", (args.service_instance or {}).ids)
  one_of("i.bk_module_id IN (SELECT value FROM json_each(?))", (args.module or {}).bk_module_ids)
  one_of("i.bk_module_id IN (SELECT bk_module_id FROM module "
    .. "WHERE bk_set_id IN (SELECT value FROM json_each(?)))", (args.set or {}).bk_set_ids)
  local filtered, filter_values = process_filter.sql(args.process_property_filter)
  if not filtered then return nil end
  sql[#sql + 1] = filtered
  table.move(filter_values, 1, #filter_values, #values + 1, values)
  return from .. " WHERE " .. table.concat(sql, " AND "), values
end

local KEY = "p.bk_process_id"

local function sorted_by(name)
  if name == "bk_process_id" then return KEY end
  return projection.is_field(name) and ("p.doc ->> '$.%s'"):format(name) or nil
end

function handlers.list_process_related_info(ctx, args)
  local from, values = chosen_from(args)
  if not from then return nil, refuse(1199006, "host_property_filter") end
  if not paging.is_strict(args.page) then return nil, refuse(1199006, "page.limit") end
  local window = paging.window(args.page)
  local count = ctx.store:total("SELECT count(*)" .. from, table.unpack(values))
  local sql = ([[SELECT '[' || coalesce(group_concat(row, ','), '') || ']' FROM (
    SELECT %s AS row FROM (SELECT p.bk_process_id%s%s LIMIT ? OFFSET ?) chosen%s)]]):format(
    row_sql(args.fields), from, tables.order_by(window.sort, sorted_by, KEY), DETAILS)
  values[#values + 1] = window.limit
  values[#values + 1] = window.start
  return { count = count, info = json.raw(ctx.store:value(sql, table.unpack(values))) }
end

return handlers
