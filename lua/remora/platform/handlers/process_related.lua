-- list_process_related_info: pages of processes with set, module, host and service instance beside
-- each. It is the call that whole fleets are read with, so rows are put together by the database
-- and never become Lua tables.

local json = require "json"
local attributes = require "remora.platform.attributes"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local process_filter = require "remora.platform.process_filter"

local refuse = messages.refuse

local M = {}

-- The members of a stored process beside the model's attributes.
local SYSTEM_FIELDS = {
  "bk_process_id", "bk_biz_id", "service_instance_id", "bk_supplier_account", "create_time",
  "last_time", "bk_created_at", "bk_created_by", "bk_updated_at", "bk_updated_by",
}
local is_field = {}
for _, name in ipairs(SYSTEM_FIELDS) do is_field[name] = true end
for _, attribute in ipairs(attributes.list) do is_field[attribute.name] = true end

-- The expression that makes the process member: the stored text, or some of its fields.
local function process_sql(fields)
  if #(fields or {}) == 0 then return "p.doc" end
  local parts, taken = {}, {}
  local function take(name)
    if is_field[name] and not taken[name] then
      taken[name] = true
      parts[#parts + 1] = ("'%s', p.doc -> '$.%s'"):format(name, name)
    end
  end
  take "bk_process_id"
  take "bk_process_name"
  for _, name in ipairs(fields) do take(name) end
  return "json_object(" .. table.concat(parts, ", ") .. ")"
end

local FROM = [[
  FROM process p
  JOIN relation r ON r.bk_process_id = p.bk_process_id
  JOIN service_instance i ON i.id = r.service_instance_id]]

local DETAILS = [[
  JOIN module m ON m.bk_module_id = i.bk_module_id
  JOIN "set" s ON s.bk_set_id = m.bk_set_id
  JOIN host h ON h.bk_host_id = r.bk_host_id]]

local function row_sql(fields)
  return [['{"set":{"bk_set_id":' || s.bk_set_id || ',"bk_set_name":' || json_quote(s.bk_set_name)
    || ',"bk_set_env":' || json_quote(coalesce(s.bk_set_env, ''))
    || '},"module":{"bk_module_id":' || m.bk_module_id
    || ',"bk_module_name":' || json_quote(m.bk_module_name)
    || '},"host":{"bk_host_id":' || h.bk_host_id || ',"bk_cloud_id":' || h.bk_cloud_id
    || ',"bk_host_innerip":' || json_quote(coalesce(h.bk_host_innerip, ''))
    || ',"bk_host_innerip_v6":' || json_quote(coalesce(h.bk_host_innerip_v6, ''))
    || ',"bk_addressing":' || json_quote(coalesce(h.bk_addressing, ''))
    || ',"bk_agent_id":' || json_quote(coalesce(h.bk_agent_id, ''))
    || '},"service_instance":{"id":' || i.id || ',"name":' || json_quote(i.name)
    || '},"process_template":{"id":' || r.process_template_id
    || '},"process":' || ]] .. process_sql(fields) .. " || '}'"
end

local function listed(values)
  return json.encode(json.array(values))
end

-- Conditions on sets, modules and service instances; empty lists do not restrict.
local function conditions(args)
  local sql, values = { "p.bk_biz_id = ?", "i.bk_biz_id = ?" }, { args.bk_biz_id, args.bk_biz_id }
  local function one_of(expression, ids)
    if #(ids or {}) == 0 then return end
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
  return " WHERE " .. table.concat(sql, " AND "), values
end

local function order(sort)
  local minus, name = (sort or ""):match("^([+-]?)([%w_]+)$")
  if not name or not is_field[name] or name == "bk_process_id" then
    return " ORDER BY p.bk_process_id" .. (minus == "-" and " DESC" or "")
  end
  return (" ORDER BY p.doc ->> '$.%s'%s, p.bk_process_id"):format(
    name, minus == "-" and " DESC" or "")
end

function M.list_process_related_info(ctx, args)
  local where, values = conditions(args)
  if not where then return nil, refuse(1199006, "host_property_filter") end
  if not paging.is_strict(args.page) then return nil, refuse(1199006, "page.limit") end
  local window = paging.window(args.page)
  local count = ctx.store:value("SELECT count(*)" .. FROM .. where, table.unpack(values))
  local sql = ([[SELECT '[' || coalesce(group_concat(row, ','), '') || ']' FROM (
    SELECT %s AS row%s%s%s%s LIMIT ? OFFSET ?)]]):format(
    row_sql(args.fields), FROM, DETAILS, where, order(window.sort))
  values[#values + 1] = window.limit
  values[#values + 1] = window.start
  return { count = count, info = json.raw(ctx.store:value(sql, table.unpack(values))) }
end

return M
