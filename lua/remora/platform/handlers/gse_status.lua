-- What GSE knows of processes: get_proc_status, get_proc_status_v2, sync_proc_status, and the
-- resource pools of groups: get_process_group_info, set_process_group_info.

local json = require "json"
local host_address = require "remora.platform.host_address"
local hosts = require "remora.platform.agents.hosts"
local gse_target = require "remora.platform.gse_target"

local MOST_ROWS = 1000
local SUPPLIER = 0

-- States that are wanted, and states that are.
local UNREGISTERED, RUNNING, STOPPED = 0, 1, 2

local handlers = {}

-- A state, of a process that is registered or has been since it was unregistered last.
local function state_of(process, running)
  if running then return RUNNING end
  return process.register_time > 0 and STOPPED or UNREGISTERED
end

-- One row of a status answer; `place` is how the caller's generation names the host.
local function info(ctx, entry, place)
  local process = entry.process
  local row = {
    meta = { namespace = entry.namespace, name = entry.name, labels = entry.labels },
    flag = state_of(process, process.isauto), status = state_of(process, process.running),
    isauto = process.isauto,
    message = "", pid = process.pid, version = "", register_time = process.register_time,
    last_start_time = process.last_start_time, report_time = math.floor(ctx.time),
    cpu_usage = 0, mem_usage = 0, fd = 0, disk = 0, net = 0,
  }
  for field, value in pairs(place) do row[field] = value end
  return row
end

local function where_of(meta, host)
  local where = { namespace = meta.namespace, bk_host_id = host.bk_host_id }
  if (meta.name or "") ~= "" then where.name = meta.name end
  return where
end

-- Status rows of the hosts or agents asked for; hosts without such a process have none.
local function status(ctx, args, generation)
  local meta = args.meta or {}
  if (meta.namespace or "") == "" then return nil, gse_target.invalid("meta.namespace") end
  local rows = json.array {}
  local function add(place, lookup)
    local host = hosts.at(ctx.store, lookup)
    if not host then return end
    for _, entry in ipairs(ctx.agents:processes(where_of(meta, host))) do
      rows[#rows + 1] = info(ctx, entry, place)
    end
  end
  for _, id in ipairs(args.agent_id_list or {}) do
    add({ bk_agent_id = id }, { bk_agent_id = id })
  end
  if #(args.agent_id_list or {}) > 0 then return { proc_infos = rows } end
  for _, asked in ipairs(args.hosts or {}) do
    local host = { ip = asked.ip, bk_cloud_id = asked.bk_cloud_id }
    if generation == 1 then host.bk_supplier_id = asked.bk_supplier_id or SUPPLIER end
    if host.ip and host.bk_cloud_id then add({ host = host }, host) end
  end
  return { proc_infos = rows }
end

function handlers.get_proc_status(ctx, args)
  local found, refusal = status(ctx, args, 1)
  for _, row in ipairs(found and found.proc_infos or {}) do row.isauto = nil end
  return found, refusal
end

function handlers.get_proc_status_v2(ctx, args)
  return status(ctx, args, 2)
end

function handlers.sync_proc_status(ctx, args)
  local meta, page = args.meta or {}, args.page or {}
  if (meta.namespace or "") == "" then return nil, gse_target.invalid("meta.namespace") end
  local start, limit = page.start or 0, page.limit or 0
  if start < 0 or limit < 1 or limit > MOST_ROWS then return nil, gse_target.invalid("page") end
  local where = { namespace = meta.namespace }
  local rows = json.array {}
  local entries = ctx.agents:processes(where, { start = start, limit = limit })
  for i, entry in ipairs(entries) do
    local host = ctx.store:get("host", entry.bk_host_id)
    rows[i] = info(ctx, entry, { host = {
      ip = host_address.first(host, "bk_host_innerip"), bk_cloud_id = host.bk_cloud_id,
      bk_supplier_id = SUPPLIER,
    } })
  end
  return { count = ctx.agents:count(where), proc_infos = rows }
end

local function group_key(host, meta)
  return ("%d:%d:%s:%s"):format(host.bk_cloud_id, host.bk_supplier_id or SUPPLIER, host.ip,
    meta.namespace)
end

-- The hosts of a group call with their keys, or what is missing.
local function group_hosts(args)
  local meta, keyed = args.meta or {}, {}
  if (meta.namespace or "") == "" then return nil, gse_target.invalid("meta.namespace") end
  for i, host in ipairs(args.hosts or {}) do
    if not host.ip or not host.bk_cloud_id then return nil, gse_target.invalid("hosts") end
    keyed[i] = { host = host, key = group_key(host, meta) }
  end
  if #keyed == 0 then return nil, gse_target.invalid("hosts") end
  return keyed
end

function handlers.get_process_group_info(ctx, args)
  local keyed, refusal = group_hosts(args)
  if not keyed then return nil, refusal end
  local infos = json.array {}
  for _, item in ipairs(keyed) do
    local stored = ctx.store:first("gse_group", { identity = item.key })
    for _, group in ipairs(stored and stored.groups or {}) do
      infos[#infos + 1] = {
        meta = { namespace = args.meta.namespace, name = "", labels = {} }, host = item.host,
        id = group.id, resource = group.resource,
      }
    end
  end
  return { process_group_infos = infos }
end

function handlers.set_process_group_info(ctx, args)
  local keyed, refusal = group_hosts(args)
  if not keyed then return nil, refusal end
  local groups = (args.spec or {}).process_group or {}
  if #groups == 0 then return nil, gse_target.invalid("spec.process_group") end
  local results = {}
  for _, item in ipairs(keyed) do
    ctx.store:delete("gse_group", { identity = item.key })
    ctx.store:insert("gse_group", { identity = item.key, groups = groups })
    results[item.key] = { error_code = 0, error_msg = "success", content = "" }
  end
  return results
end

return handlers
