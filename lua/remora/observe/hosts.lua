-- Reads which hosts are in which modules, and their addresses.
-- Owns state.hosts_of (module → host ids) and state.hosts (id → {id, ip, ips}).

local order = require "remora.core.order"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local hosts = {}

---What a host is made from (from_row).
hosts.FIELDS = { "bk_host_id", "bk_cloud_id", "bk_host_innerip", "bk_host_innerip_v6",
  "bk_host_outerip", "bk_host_outerip_v6" }

local MODULES_PER_CALL = 500 -- find_host_topo_relation
local HOSTS_PER_CALL = 500   -- values of one rule in a filter

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
---@return {id: integer, ip: string, ips: table<string, boolean>, first: table<string, string?>,
---  inner: string?} inner: all inner addresses, as service instances are named by them
function hosts.from_row(row)
  local ips, first = {}, {}
  first["3"] = addresses(row.bk_host_innerip, ips)
  first["7"] = addresses(row.bk_host_innerip_v6, ips)
  local ip = first["3"] or first["7"] or ("host " .. row.bk_host_id)
  -- Outer addresses never select a host, they only fill bind rows.
  first["4"] = addresses(row.bk_host_outerip, {})
  first["8"] = addresses(row.bk_host_outerip_v6, {})
  local inner = first["3"] and row.bk_host_innerip or first["7"] and row.bk_host_innerip_v6
  return { id = row.bk_host_id, cloud_id = row.bk_cloud_id, ip = ip, ips = ips, first = first,
    inner = inner or nil }
end

---Reads the hosts whose attribute has one of some values.
---@param reader table
---@param state table
---@param field string of a host
---@param list any[]
---@return boolean? done
---@return table? fault
function hosts.read_where(reader, state, field, list)
  state.hosts = state.hosts or {}
  local _, refused = reader:gather(portions(list, HOSTS_PER_CALL), function(part)
    local key = field .. " " .. table.concat(part, ",")
    local rows, failed = reader:memo("hosts", key, function()
      return reader:pages("cc.list_biz_hosts", {
        bk_biz_id = state.business.id, fields = hosts.FIELDS,
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

---Reads those hosts that are not known yet.
---@param reader table
---@param state table
---@param ids integer[] in any order; one may stand there twice
---@return boolean? done
---@return table? fault
function hosts.read(reader, state, ids)
  local missing = {}
  for _, id in ipairs(ids) do
    if not (state.hosts and state.hosts[id]) then missing[id] = true end
  end
  return hosts.read_where(reader, state, "bk_host_id", order.keys(missing))
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
  local _, refused = reader:gather(portions(ids, MODULES_PER_CALL), function(part)
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

---Reads which modules some hosts are in, built-in ones as well.
---@param reader table
---@param state table with business
---@param ids integer[] hosts
---@return table<integer, table<integer, boolean>>? relations host → set of modules
---@return table? fault
function hosts.relations(reader, state, ids)
  local modules_of = {}
  local _, refused = reader:gather(portions(ids, HOSTS_PER_CALL), function(part)
    local rows, failed = reader:memo("host_relations", "of " .. table.concat(part, ","), function()
      return reader:pages("cc.find_host_topo_relation",
        { bk_biz_id = state.business.id, bk_host_ids = part })
    end)
    if not rows then return nil, failed end
    for _, row in ipairs(rows) do
      modules_of[row.bk_host_id] = modules_of[row.bk_host_id] or {}
      modules_of[row.bk_host_id][row.bk_module_id] = true
    end
    return true
  end)
  if refused then return nil, refused end
  return modules_of
end

return hosts
