-- Reads which hosts are in which modules, and their addresses.
-- Owns state.hosts_of (module → host ids) and state.hosts (id → {id, ip, ips}).

local order = require "remora.core.order"
local values = require "remora.model.values"

local hosts = {}

local FIELDS = { "bk_host_id", "bk_cloud_id", "bk_host_innerip", "bk_host_innerip_v6",
  "bk_host_outerip", "bk_host_outerip_v6" }

local MODULES_PER_CALL = 500 -- find_host_topo_relation
local HOSTS_PER_CALL = 500   -- values of one rule in a filter

local function chunks(list, size)
  local parts = {}
  for first = 1, #list, size do
    parts[#parts + 1] = table.move(list, first, math.min(first + size - 1, #list), 1, {})
  end
  return parts
end

-- A host may have several addresses in one text; the first one is the one people know it by.
local function addresses(text, ips)
  if values.unset(text) then return nil end
  local first
  for ip in text:gmatch("[^,%s]+") do
    first = first or ip
    ips[ip] = true
  end
  return first
end

---Makes a host of the state from what the platform calls one.
---@param row table with bk_host_id and the addresses that were read
---@return {id: integer, ip: string, ips: table<string, boolean>, first: table<string, string?>}
function hosts.from_row(row)
  local ips, first = {}, {}
  first["3"] = addresses(row.bk_host_innerip, ips)
  first["7"] = addresses(row.bk_host_innerip_v6, ips)
  local ip = first["3"] or first["7"] or ("host " .. row.bk_host_id)
  -- Outer addresses never select a host, they only fill bind rows.
  first["4"] = addresses(row.bk_host_outerip, {})
  first["8"] = addresses(row.bk_host_outerip_v6, {})
  return { id = row.bk_host_id, cloud_id = row.bk_cloud_id, ip = ip, ips = ips, first = first }
end

local function read_where(reader, state, field, list)
  local _, refused = reader:gather(chunks(list, HOSTS_PER_CALL), function(part)
    local key = field .. " " .. table.concat(part, ",")
    local rows, failed = reader:memo("hosts", key, function()
      return reader:pages("cc.list_biz_hosts", {
        bk_biz_id = state.business.id, fields = FIELDS,
        host_property_filter = { condition = "AND", rules = {
          { field = field, operator = "in", value = part },
        } },
      })
    end)
    if not rows then return nil, failed end
    for _, row in ipairs(rows) do state.hosts[row.bk_host_id] = hosts.from_row(row) end
    return true
  end)
  if refused then return nil, refused end
  return true
end

---The hosts that rules of a playbook name.
---@param rules table[] each with its `where`
---@return string[] ips inner addresses
---@return integer[] ids
function hosts.named(rules)
  local ips, ids = {}, {}
  for _, rule in ipairs(rules) do
    for _, ip in ipairs(rule.where.hosts or {}) do ips[ip] = true end
    for _, id in ipairs(rule.where.host_ids or {}) do ids[id] = true end
  end
  return order.keys(ips), order.keys(ids)
end

---Reads hosts by inner address and by id.
---@param reader table
---@param state table
---@param ips string[]
---@param ids integer[]
---@return boolean? done
---@return table? fault
function hosts.read(reader, state, ips, ids)
  state.hosts = state.hosts or {}
  local v4, v6, missing = {}, {}, {}
  for _, ip in ipairs(ips) do
    local list = ip:find(":", 1, true) and v6 or v4
    list[#list + 1] = ip
  end
  for _, id in ipairs(ids) do
    if not state.hosts[id] then missing[#missing + 1] = id end
  end
  local done, refused = reader:together {
    function() return read_where(reader, state, "bk_host_innerip", v4) end,
    function() return read_where(reader, state, "bk_host_innerip_v6", v6) end,
    function() return read_where(reader, state, "bk_host_id", missing) end,
  }
  if not done then return nil, refused end
  return true
end

---Reads which hosts are in some modules.
---@param reader table
---@param state table
---@param modules remora.observe.Module[]
---@return boolean? done
---@return table? fault
function hosts.read_modules(reader, state, modules)
  state.hosts_of = state.hosts_of or {}
  local ids = {}
  for _, module in ipairs(modules) do
    if not state.hosts_of[module.id] then ids[#ids + 1] = module.id end
  end
  local _, refused = reader:gather(chunks(ids, MODULES_PER_CALL), function(part)
    local rows, failed = reader:memo("host_relations", table.concat(part, ","), function()
      return reader:pages("cc.find_host_topo_relation",
        { bk_biz_id = state.business.id, bk_module_ids = part })
    end)
    if not rows then return nil, failed end
    local found = {}
    for _, id in ipairs(part) do found[id] = {} end
    for _, row in ipairs(rows) do
      if found[row.bk_module_id] then found[row.bk_module_id][row.bk_host_id] = true end
    end
    for id, set in pairs(found) do state.hosts_of[id] = order.keys(set) end
    return true
  end)
  if refused then return nil, refused end
  return true
end

---Reads which modules some hosts are in; built-in ones are left out.
---@param reader table
---@param state table with module_by_id
---@param ids integer[] hosts
---@return remora.observe.Module[]? modules each once, by id
---@return table? fault
function hosts.read_modules_of(reader, state, ids)
  local found = {}
  local _, refused = reader:gather(chunks(ids, HOSTS_PER_CALL), function(part)
    local rows, failed = reader:memo("host_relations", "of " .. table.concat(part, ","), function()
      return reader:pages("cc.find_host_topo_relation",
        { bk_biz_id = state.business.id, bk_host_ids = part })
    end)
    if not rows then return nil, failed end
    for _, row in ipairs(rows) do found[row.bk_module_id] = state.module_by_id[row.bk_module_id] end
    return true
  end)
  if refused then return nil, refused end
  local modules = {}
  for i, id in ipairs(order.keys(found)) do modules[i] = found[id] end
  return modules
end

return hosts
