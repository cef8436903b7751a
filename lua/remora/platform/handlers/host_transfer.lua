-- Where hosts are: add_host_to_resource, transfer_resourcehost_to_idlemodule, transfer_host_module.
-- A host without any module is in the resource pool.

local json = require "json"
local address = require "remora.core.address"
local copy = require "remora.core.copy"
local fleet = require "remora.platform.fleet"
local messages = require "remora.platform.messages"
local placement = require "remora.platform.placement"
local processes = require "remora.platform.processes"

local refuse, refuse_text = messages.refuse, messages.refuse_text

local HOST_CREATE_FAILED = 1110004

local handlers = {}

-- What is wrong with a host to be added, or nil.
local function flaw(store, host)
  local ip, cloud = host.bk_host_innerip, host.bk_cloud_id
  if type(ip) ~= "string" or ip == "" then return refuse(1199010, "bk_host_innerip") end
  for part in (ip .. ","):gmatch("([^,]*),") do
    if not address.is_literal(part) then return refuse(1199011, "bk_host_innerip") end
  end
  if math.type(cloud) ~= "integer" then return refuse(1199009, "bk_cloud_id") end
  if not store:get("cloud", cloud) then return refuse(1199011, "bk_cloud_id") end
  return nil
end

-- A host that is known by its address gets the attributes sent, like the real call.
local function add_or_update(ctx, host)
  local place = { bk_host_innerip = host.bk_host_innerip, bk_cloud_id = host.bk_cloud_id }
  local known = ctx.store:first("host", place)
  if not known then
    fleet.create_host(ctx, host)
    return
  end
  local before = copy(known)
  for field, value in pairs(host) do
    if known[field] ~= nil and field ~= "bk_host_id" then known[field] = value end
  end
  known.last_time, known.bk_updated_at, known.bk_updated_by = ctx.now, ctx.now, ctx.user
  ctx.store:put("host", known)
  processes.follow_host(ctx, known, before)
end

function handlers.add_host_to_resource(ctx, args)
  if not args.host_info then return nil, refuse(1199010, "host_info") end
  local keys = {}
  for key in pairs(args.host_info) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local x, y = tonumber(a), tonumber(b)
    if x and y and x ~= y then return x < y end
    return a < b
  end)
  local added = json.array {}
  for i, key in ipairs(keys) do
    local host = args.host_info[key]
    if type(host) ~= "table" then return nil, refuse(1199000) end
    if host.bk_cloud_id == nil then host.bk_cloud_id = 0 end
    local refusal = flaw(ctx.store, host)
    if refusal then
      return nil, refuse_text(HOST_CREATE_FAILED,
        ("host %s: %s"):format(key, messages.text(refusal, ctx.language)))
    end
    add_or_update(ctx, host)
    added[i] = key
  end
  return { success = added }
end

-- The hosts by id, in the order sent.
local function hosts_of(store, ids)
  local hosts = {}
  for i, id in ipairs(ids or {}) do
    hosts[i] = store:get("host", id)
    if not hosts[i] then return nil, refuse(1113003, id) end
  end
  if #hosts == 0 then return nil, refuse(1199010, "bk_host_id") end
  return hosts
end

-- Whether every host is where it has to be: in the business, or with nil in the resource pool.
local function check_owner(store, hosts, business_id)
  for _, host in ipairs(hosts) do
    local place = store:first("host_module", { bk_host_id = host.bk_host_id })
    if (place and place.bk_biz_id) ~= business_id then
      return refuse(1113002, host.bk_host_id, business_id or "resource pool")
    end
  end
  return nil
end

-- The hosts that a transfer names, for a business that there is.
local function transferred(store, args)
  local id = args.bk_biz_id
  if not id or not store:get("biz", id) then
    return nil, refuse(1113006, id or 0)
  end
  return hosts_of(store, args.bk_host_id)
end

-- The module hosts from the resource pool go to: the one named, or the idle module.
local function receiving_module(store, business_id, module_id)
  if (module_id or 0) == 0 then return fleet.idle_module(store, business_id) end
  local module = store:get("module", module_id)
  if not module or module.bk_biz_id ~= business_id then
    return nil, refuse(1113004, module_id, business_id)
  end
  if module.default == 0 then
    return nil, refuse(1113008, module_id, business_id)
  end
  return module
end

function handlers.transfer_resourcehost_to_idlemodule(ctx, args)
  local store = ctx.store
  local hosts, refusal = transferred(store, args)
  if not hosts then return nil, refusal end
  refusal = check_owner(store, hosts, nil)
  if refusal then return nil, refusal end
  local module
  module, refusal = receiving_module(store, args.bk_biz_id, args.bk_module_id)
  if not module then return nil, refusal end
  for _, host in ipairs(hosts) do placement.join(ctx, host, module) end
  return json.null
end

-- The modules hosts shall be in; an idle, fault or recycle module only alone.
local function target_modules(store, business_id, ids)
  local modules, inner = {}, nil
  for i, id in ipairs(ids or {}) do
    local module = store:get("module", id)
    if not module or module.bk_biz_id ~= business_id then
      return nil, refuse(1113004, id, business_id)
    end
    modules[i], inner = module, inner or module.default ~= 0 and id
  end
  if #modules == 0 then return nil, refuse(1199010, "bk_module_id") end
  if inner and #modules > 1 then
    return nil, refuse(1113005, inner)
  end
  return modules
end

function handlers.transfer_host_module(ctx, args)
  local store = ctx.store
  local hosts, refusal = transferred(store, args)
  if not hosts then return nil, refusal end
  local modules
  modules, refusal = target_modules(store, args.bk_biz_id, args.bk_module_id)
  if not modules then return nil, refusal end
  refusal = check_owner(store, hosts, args.bk_biz_id)
  if refusal then return nil, refusal end
  -- An incremental transfer leaves only the module where hosts wait, and an inner module never
  -- stands beside another.
  local keep = nil
  if args.is_increment and modules[1].default == 0 then
    keep = function(module_id) return store:get("module", module_id).default == 0 end
  end
  for _, host in ipairs(hosts) do
    placement.move(ctx, host, modules, keep, args.disable_auto_create)
  end
  return json.null
end

return handlers
