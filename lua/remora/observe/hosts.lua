-- Reads which hosts are in which modules, and their addresses.
-- Owns state.hosts_of (module → host ids) and state.hosts (id → remora.model.Host).

local addresses = require "remora.model.addresses"
local catalogue = require "remora.catalogue"
local columns = require "remora.net.columns"
local order = require "remora.core.order"
local portions = require "remora.core.portions"

local hosts = {}

local HOSTS = assert(catalogue.get "cc.list_biz_hosts")
local RELATIONS = assert(catalogue.get "cc.find_host_topo_relation")
local MODULES_PER_CALL = catalogue.limit(RELATIONS.key, "bk_module_ids")
local HOSTS_PER_CALL = catalogue.limit(RELATIONS.key, "bk_host_ids")
local IDS = { host = "bk_host_id", module = "bk_module_id" } -- what counts of a relation
local ADDRESSES = {} -- what is wanted of a host
for _, name in ipairs(addresses.FIELDS) do ADDRESSES[name] = name end
local MOST_VALUES = 500 -- of one rule in a filter
local ALL = "all"

-- Hosts by id.
local function listed(reader, args)
  local found = {}
  local done, refused = reader:each(HOSTS.key, args,
    { columns = columns.new(HOSTS, ADDRESSES) }, function(row)
      found[row.bk_host_id] = addresses.host(row)
    end)
  if not done then return nil, refused end
  return found
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
  local _, refused = reader:gather(portions(list, MOST_VALUES), function(part)
    local key = field .. " " .. table.concat(part, ",")
    local found, failed = reader:memo("hosts", key, function()
      return listed(reader, {
        bk_biz_id = state.business.id, fields = addresses.FIELDS,
        host_property_filter = { condition = "AND", rules = {
          { field = field, operator = "in", value = part },
        } },
      })
    end)
    if not found then return nil, failed end
    for id, host in pairs(found) do state.hosts[id] = host end
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

-- Which modules have which hosts, or the other way round, as sets of ids; by ALL they are one set.
-- There are very many.
local function related(reader, args, by, of)
  local key = by .. " " .. table.concat(args.bk_module_ids or args.bk_host_ids, ",")
  return reader:memo("host_relations", key, function()
    local sets, ids = {}, columns.new(RELATIONS, IDS)
    local done, refused = reader:each(RELATIONS.key, args, { columns = ids }, function(row)
      local one = by == ALL and ALL or row[by]
      sets[one] = sets[one] or {}
      sets[one][row[of]] = true
    end)
    if not done then return nil, refused end
    return sets
  end)
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
    local sets, failed = related(reader,
      { bk_biz_id = state.business.id, bk_module_ids = part }, "module", "host")
    if not sets then return nil, failed end
    for _, id in ipairs(part) do state.hosts_of[id] = order.keys(sets[id] or {}) end
    return true
  end)
  if refused then return nil, refused end
  return true
end

---The hosts of some modules, as far as these were read.
---@param state table
---@param modules remora.observe.Module[]
---@return integer[] ids one that is in several modules stands there several times
function hosts.inside(state, modules)
  local hosts_of, ids = state.hosts_of or {}, {}
  for _, module in ipairs(modules) do
    local list = hosts_of[module.id] or {}
    table.move(list, 1, #list, #ids + 1, ids)
  end
  return ids
end

-- Hands the modules of some hosts to a function, portion by portion and as of related.
local function each_modules(reader, state, ids, by, take)
  local _, refused = reader:gather(portions(ids, HOSTS_PER_CALL), function(part)
    local sets, failed = related(reader,
      { bk_biz_id = state.business.id, bk_host_ids = part }, by, "module")
    if not sets then return nil, failed end
    for one, modules in pairs(sets) do take(modules, one) end
    return true
  end)
  return refused == nil, refused
end

---Reads which modules some hosts are in, built-in ones as well.
---@param reader table
---@param state table with business
---@param ids integer[] hosts
---@return table<integer, table<integer, boolean>>? relations host → set of modules
---@return table? fault
function hosts.relations(reader, state, ids)
  local modules_of = {}
  local done, refused = each_modules(reader, state, ids, "host", function(modules, id)
    modules_of[id] = modules
  end)
  if not done then return nil, refused end
  return modules_of
end

---Reads which modules there are on some hosts at all, built-in ones as well.
---@param reader table
---@param state table with business
---@param ids integer[] hosts
---@return table<integer, true>? modules set of ids
---@return table? fault
function hosts.modules_around(reader, state, ids)
  local around = {}
  local done, refused = each_modules(reader, state, ids, ALL, function(modules)
    for id in pairs(modules) do around[id] = true end
  end)
  if not done then return nil, refused end
  return around
end

return hosts
