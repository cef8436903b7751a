-- What a GSE request means by its meta, hosts, agents and spec: the targets, and the keys under
-- which each generation of the API names them in results.

local hosts = require "remora.platform.agents.hosts"
local messages = require "remora.platform.messages"

local gse_target = {}

local INVALID = 1306406 -- the bus's own code for arguments; GSE's are not published

---The refusal of an argument.
---@param what string its name
---@return remora.platform.Refusal
function gse_target.invalid(what)
  return messages.refuse_text(INVALID, "invalid argument: " .. what)
end

local function definition_of(spec, name)
  if not spec then return nil end
  local identity = spec.identity or {}
  local policy = spec.monitor_policy or spec.alive_monitor_policy or {}
  local limits = spec.resource or {}
  return {
    name = identity.proc_name, alias = name, setup_path = identity.setup_path or "",
    pid_path = identity.pid_path, user = identity.user, control = spec.control or {},
    auto_type = policy.auto_type, limits = { cpu = limits.cpu, mem = limits.mem },
    op_timeout = policy.op_timeout, start_check_secs = policy.start_check_secs,
  }
end

local function host_key(host, meta, generation)
  local supplier = generation == 1 and (host.bk_supplier_id or 0) .. ":" or ""
  return ("%d:%s%s:%s:%s"):format(host.bk_cloud_id, supplier, host.ip, meta.namespace, meta.name)
end

---The targets of a request: one per host, or per agent where agents are given (they go first).
---@param ctx remora.platform.Context
---@param request table {meta, hosts?, agent_id_list?, spec?}
---@param generation 1|2
---@return remora.platform.Target[]|nil
---@return remora.platform.Refusal|nil
function gse_target.list(ctx, request, generation)
  local meta = request.meta or {}
  if (meta.namespace or "") == "" then return nil, gse_target.invalid("meta.namespace") end
  if (meta.name or "") == "" then return nil, gse_target.invalid("meta.name") end
  local definition, targets = definition_of(request.spec, meta.name), {}
  local function add(key, host)
    targets[#targets + 1] = {
      key = key, host = host, namespace = meta.namespace, name = meta.name, labels = meta.labels,
      definition = definition,
    }
  end
  for _, id in ipairs(request.agent_id_list or {}) do
    add(("%s:%s:%s"):format(id, meta.namespace, meta.name),
      hosts.reachable(ctx, { bk_agent_id = id }))
  end
  if #targets > 0 then return targets end
  for _, host in ipairs(request.hosts or {}) do
    if not host.ip or not host.bk_cloud_id then return nil, gse_target.invalid("hosts") end
    add(host_key(host, meta, generation), hosts.reachable(ctx, host))
  end
  if #targets == 0 then return nil, gse_target.invalid("hosts") end
  return targets
end

return gse_target
