-- Lists of hosts: list_biz_hosts, list_biz_hosts_topo, list_hosts_without_biz.
-- Only reads; where hosts are is host_transfer's business.

local json = require "json"
local filter = require "remora.platform.filter"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local query_rules = require "remora.platform.query_rules"

local refuse = messages.refuse

local MOST_ROWS, MOST_TOPO_ROWS = 1000, 500
local MOST_SETS, MOST_MODULES = 200, 500

local handlers = {}

-- The older conditions of list_biz_hosts: {field, operator = $eq or $ne, value}, all of which hold.
local function conditions(list)
  local tests = {}
  for i, rule in ipairs(list) do
    local field, wanted = rule.field, rule.value
    if type(field) ~= "string" or (rule.operator ~= "$eq" and rule.operator ~= "$ne") then
      return nil
    end
    local equal = rule.operator == "$eq"
    tests[i] = function(doc) return (doc[field] == wanted) == equal end
  end
  return filter.all(tests)
end

-- The ids of the sets or modules that are asked for, nil when all of them are.
local function chosen_ids(store, args, kind, most)
  local ids = args["bk_" .. kind .. "_ids"] or {}
  local rules = args[kind .. "_cond"] or {}
  if #ids > 0 and #rules > 0 then return nil, refuse(1199006, "bk_" .. kind .. "_ids") end
  if #ids > most then return nil, refuse(1199006, "bk_" .. kind .. "_ids") end
  if #ids > 0 then return ids end
  if #rules == 0 then return nil end
  local test = conditions(rules)
  if not test then return nil, refuse(1199006, kind .. "_cond") end
  local found = json.array {}
  for i, doc in ipairs(filter.select(store:find(kind, { bk_biz_id = args.bk_biz_id }), test)) do
    found[i] = doc["bk_" .. kind .. "_id"]
  end
  return found
end

function handlers.list_biz_hosts(ctx, args)
  local store = ctx.store
  local problem = paging.misplaced(args.page, MOST_ROWS)
  if problem then return nil, refuse(1199006, problem) end
  local sets, set_refusal = chosen_ids(store, args, "set", MOST_SETS)
  if set_refusal then return nil, set_refusal end
  local modules, module_refusal = chosen_ids(store, args, "module", MOST_MODULES)
  if module_refusal then return nil, module_refusal end
  local test = filter.rules(args.host_property_filter)
  if not test then return nil, refuse(1199006, "host_property_filter") end
  local hosts = store:distinct("host_module", "bk_host_id",
    { bk_biz_id = args.bk_biz_id, bk_set_id = sets, bk_module_id = modules })
  return listing.page(store, "host", { bk_host_id = hosts },
    { test = test, page = args.page, fields = args.fields })
end

-- Hosts that no business has taken from the resource pool.
function handlers.list_hosts_without_biz(ctx, args)
  local problem = paging.misplaced(args.page, MOST_ROWS)
  if problem then return nil, refuse(1199006, problem) end
  local test = filter.rules(args.host_property_filter)
  if not test then return nil, refuse(1199006, "host_property_filter") end
  local taken = {}
  for _, id in ipairs(ctx.store:column("host_module", "bk_host_id")) do taken[id] = true end
  return listing.page(ctx.store, "host", {}, { page = args.page, fields = args.fields,
    test = function(host) return not taken[host.bk_host_id] and test(host) end })
end

-- The filter of list_biz_hosts_topo on one kind of object, which tells rules that are wrong from
-- rules that go too deep.
local function topo_filter(kind, args)
  local name = kind .. "_property_filter"
  local test, too_deep = filter.rules(args[name])
  if test then return test end
  return nil, too_deep and refuse(1199035, name, query_rules.DEEPEST) or refuse(1199006, name)
end

-- Documents of a business by id, only those a filter holds for.
local function filtered(store, kind, args)
  local test, refusal = topo_filter(kind, args)
  if not test then return nil, refusal end
  local by_id, ids = {}, json.array {}
  for _, doc in ipairs(filter.select(store:find(kind, { bk_biz_id = args.bk_biz_id }), test)) do
    local id = doc["bk_" .. kind .. "_id"]
    by_id[id] = doc
    ids[#ids + 1] = id
  end
  return { by_id = by_id, ids = ids }
end

-- The sets and modules a host is in, as the answer nests them.
local function topo_of(places, sets, modules)
  local topo, by_set = json.array {}, {}
  for _, place in ipairs(places) do
    local entry = by_set[place.bk_set_id]
    if not entry then
      local set = sets.by_id[place.bk_set_id]
      entry = { bk_set_id = set.bk_set_id, bk_set_name = set.bk_set_name, module = json.array {} }
      by_set[place.bk_set_id] = entry
      topo[#topo + 1] = entry
    end
    local module = modules.by_id[place.bk_module_id]
    entry.module[#entry.module + 1] =
      { bk_module_id = module.bk_module_id, bk_module_name = module.bk_module_name }
  end
  return topo
end

function handlers.list_biz_hosts_topo(ctx, args)
  local store, page = ctx.store, args.page or {}
  if (page.limit or 0) == 0 then return nil, refuse(1199010, "page.limit") end
  if page.limit > MOST_TOPO_ROWS then return nil, refuse(1199035, "page.limit", MOST_TOPO_ROWS) end
  if paging.misplaced(page, MOST_TOPO_ROWS) then return nil, refuse(1199006, "page") end
  local sets, set_refusal = filtered(store, "set", args)
  if not sets then return nil, set_refusal end
  local modules, module_refusal = filtered(store, "module", args)
  if not modules then return nil, module_refusal end
  local test, host_refusal = topo_filter("host", args)
  if not test then return nil, host_refusal end
  local places = {}
  local where = { bk_biz_id = args.bk_biz_id, bk_set_id = sets.ids, bk_module_id = modules.ids }
  for _, place in ipairs(store:find("host_module", where)) do
    local of_host = places[place.bk_host_id] or {}
    places[place.bk_host_id] = of_host
    of_host[#of_host + 1] = place
  end
  local ids = store:distinct("host_module", "bk_host_id", where)
  local found = listing.page(store, "host", { bk_host_id = ids }, { test = test, page = page })
  for i, host in ipairs(found.info) do
    found.info[i] = {
      host = listing.project(host, args.fields, "bk_host_id"),
      topo = topo_of(places[host.bk_host_id], sets, modules),
    }
  end
  return found
end

return handlers
