-- What a sync does to the service instances of one module, as far as they were read. Pure: makes
-- new service instances and processes, changes only one table of the state that it is handed.

local addresses = require "remora.model.addresses"
local bind_rows = require "remora.model.bind_rows"
local instance_name = require "remora.model.instance_name"
local json = require "json"
local process = require "remora.model.process"
local values = require "remora.model.values"

local follow = {}

local FIXED = { ["1"] = "127.0.0.1", ["2"] = "0.0.0.0", ["5"] = "::1", ["6"] = "::" }

-- The address that a template's kind of address becomes on a host; "" when the host has none.
local function resolved(ip_id, host)
  if values.unset(ip_id) then return "" end
  return FIXED[ip_id] or host and addresses.of_kind(host, ip_id) or ""
end

---What a template's bind row puts into one cell of a new instance's row.
---@param row table template row
---@param cell "ip"|"port"|"protocol"|"enable"
---@param host table? for addresses
---@return any
function follow.cell(row, cell, host)
  local value = type(row[cell]) == "table" and row[cell].value
  if cell == "ip" then return resolved(value, host) end
  if cell == "enable" and values.unset(value) then return false end
  return value
end

-- Whether the address that a row gets is not known: its host is not, or only inner addresses are
-- told of that one, as whoever reads processes is told.
local function is_untold(row, host)
  local kind = type(row.ip) == "table" and row.ip.value
  if not addresses.is_of_host(kind) then return false end
  return not host or addresses.OUTER[kind] and not addresses.of_kind(host, kind)
end

---The bind rows of a process as a sync or an update leaves them: locked cells from the template,
---unlocked ones from the row that has its id, in template order. Addresses that are not known are
---taken to be what they were.
---@param property table of its process template
---@param current any its rows, or those that an update sends
---@param host table? for addresses
---@return table[] rows
function follow.rows(property, current, host)
  local template_rows = process.template_value(property, "bind_info") or {}
  local by_id, rows = {}, json.array {}
  for _, row in ipairs(bind_rows.list(current)) do
    by_id[row.template_row_id or 0] = row
  end
  for i, row in ipairs(template_rows) do
    local old, new = by_id[row.row_id], { template_row_id = row.row_id }
    for _, cell in ipairs(bind_rows.CELLS) do
      local stays = not process.is_locked(row[cell]) or cell == "ip" and is_untold(row, host)
      if old and stays then new[cell] = old[cell] else new[cell] = follow.cell(row, cell, host) end
    end
    rows[i] = new
  end
  return rows
end

local function created(template, instance, host)
  local made = { bk_process_name = template.name }
  for _, field in ipairs(process.FIELDS) do
    if field == "bind_info" then
      made.bind_info = follow.rows(template.property, nil, host)
    else
      made[field] = values.sent(process.template_value(template.property, field))
    end
  end
  return { id = ("process %s of %s"):format(template.name, instance.id), name = template.name,
    values = made, template_id = template.id }
end

-- What a sync sets in a process; nil: it leaves the field alone.
local function forced(field, current, template, host)
  if field == "bind_info" then return follow.rows(template.property, current.bind_info, host) end
  if not process.locked(template.property, field) then return nil end
  return values.sent(process.template_value(template.property, field))
end

local function updated(old, template, host)
  local new = values.copy(old)
  new.name, new.values = template.name, values.copy(old.values)
  for _, field in ipairs(process.FIELDS) do
    local value = forced(field, old.values, template, host)
    if value ~= nil then new.values[field] = value end
  end
  return new
end

---The fields of a process that a sync changes.
---@param current table<string, any> its values, as far as the template locks them
---@param template remora.observe.ProcessTemplate that it follows
---@param host table? for addresses
---@return string[]
function follow.differing(current, template, host)
  local fields = {}
  for _, field in ipairs(process.FIELDS) do
    local value, same = forced(field, current, template, host), true
    if field == "bind_info" then
      same = bind_rows.same_instance(value, bind_rows.list(current.bind_info))
    elseif value ~= nil then
      same = values.equal(value, current[field])
    end
    if not same then fields[#fields + 1] = field end
  end
  return fields
end

---A service instance brought in line with its template.
---@param old remora.observe.Instance
---@param template remora.observe.Template
---@param host table? for addresses
---@return remora.observe.Instance copy
function follow.instance(old, template, host)
  local new, present = values.copy(old), {}
  new.processes = {}
  local living = {}
  for _, each in ipairs(template.processes) do living[each.id] = each end
  for _, each in ipairs(old.processes) do
    local its = living[each.template_id]
    if its then
      present[its.id] = true
      table.insert(new.processes, updated(each, its, host))
    end
  end
  for _, each in ipairs(template.processes) do
    if not present[each.id] then table.insert(new.processes, created(each, new, host)) end
  end
  return new
end

---A service instance with the name that the platform gives one.
---@param instance remora.observe.Instance changed, unless it has a name already
---@param host table? of the state
---@return remora.observe.Instance the same
function follow.named(instance, host)
  local first = instance.processes[1]
  if instance.name == "" then instance.name = instance_name(host, first and first.values) end
  return instance
end

---Brings all service instances of a module in line, and makes those that hosts are missing.
---@param state table its instances_of is changed
---@param module remora.observe.Module
---@param template remora.observe.Template
function follow.module(state, module, template)
  local list, on_host = {}, {}
  for _, old in ipairs(state.instances_of[module.id]) do
    on_host[old.host_id] = true
    if #template.processes > 0 then
      list[#list + 1] = follow.instance(old, template, state.hosts[old.host_id])
    end
  end
  for _, host_id in ipairs(state.hosts_of and state.hosts_of[module.id] or {}) do
    if not on_host[host_id] and #template.processes > 0 then
      local id, host = ("service instance %s/%s/%d"):format(module.set_name, module.name, host_id),
        state.hosts[host_id]
      list[#list + 1] = follow.named(follow.instance(
        { id = id, name = "", module_id = module.id, host_id = host_id, processes = {} },
        template, host), host)
    end
  end
  state.instances_of[module.id] = list
end

return follow
