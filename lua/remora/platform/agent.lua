-- The simulated agents: takes operations on hosted processes, keeps what became of them, and lets
-- the results appear one by one. Its clock is virtual: every exchange of job or GSE moves it on by
-- one second, so that runs repeat exactly and nobody waits. All of it lives in the store.

local json = require "json"
local address = require "remora.platform.address"
local agent_process = require "remora.platform.agent_process"

local agent = {}

local STORED_AFTER = 2 -- virtual seconds until a task's results can be asked for
local STAGGER = 4      -- of so many targets: two done at once, one a second later, one two

local RUNNING = 115

---@class remora.platform.Target
---@field key string what the caller's generation of the API calls this target in results
---@field host table|nil the host's document; nil: no agent answers there
---@field namespace string
---@field name string the process's key inside the namespace
---@field labels table|nil
---@field definition table|nil {name, setup_path, control, auto_type}; nil: as registered

-- Moves the virtual clock on, and gives it. It is a counter, so that ticking is one atomic write.
local function tick(store)
  return store:next_id("agent")
end

-- The host part of a process's identity: one host is the same under every generation's name.
local function identity_of(target)
  return ("%d:%s:%s"):format(target.host.bk_host_id, target.namespace, target.name)
end

local function blank(target, identity)
  return {
    identity = identity, namespace = target.namespace, name = target.name,
    bk_host_id = target.host.bk_host_id, labels = {},
    process = {
      name = target.name, setup_path = "", control = {}, auto_type = 0,
      running = false, isauto = false, pid = -1, register_time = 0, last_start_time = 0,
    },
  }
end

-- Whether an operation brings its definition along. A query only looks, and what is registered
-- keeps the definition it was registered with.
local function redefines(op_type, process)
  return op_type ~= agent_process.QUERY and op_type ~= agent_process.UNREGISTER
    and not (op_type == agent_process.REGISTER and process.isauto)
end

local function define(entry, target)
  for field, value in pairs(target.definition or {}) do entry.process[field] = value end
  if target.labels and next(target.labels) then entry.labels = target.labels end
end

-- The stored process of a target; a new one gets its number, which its pids are made from.
local function process_of(store, target, op_type)
  local identity = identity_of(target)
  local entry = store:first("gse_process", { identity = identity })
  if entry then return entry, true end
  entry = blank(target, identity)
  if op_type ~= agent_process.QUERY then
    entry.id = store:next_id("gse_process")
    entry.process.id = entry.id
  else
    entry.process.name = (target.definition or {}).name or target.name
  end
  return entry, false
end

local function content_of(op_type, process, target, now, content)
  if op_type ~= agent_process.QUERY then return content or "" end
  local shown = {
    ip = address.first(target.host, "bk_host_innerip"), bk_agent_id = target.host.bk_agent_id,
  }
  return json.encode(agent_process.describe(process, shown, now))
end

---Applies one operation to one target.
---@param store table
---@param op_type integer
---@param target remora.platform.Target
---@param now integer unix seconds
---@return table result {error_code, error_msg, content}: content is "" or JSON text
function agent.operate(store, op_type, target, now)
  if not target.host then
    local code, message = agent_process.unreachable()
    return { error_code = code, error_msg = message, content = "" }
  end
  local entry, known = process_of(store, target, op_type)
  local process = entry.process
  if known then agent_process.supervise(process, now) end
  if redefines(op_type, process) then define(entry, target) end
  local code, message, content = agent_process.apply(process, op_type, now)
  if known then
    store:put("gse_process", entry)
  elseif op_type ~= agent_process.QUERY then
    store:insert("gse_process", entry)
  end
  return {
    error_code = code, error_msg = message,
    content = code == 0 and content_of(op_type, process, target, now, content) or "",
  }
end

---Replaces the definition a process is kept by; one that is not registered yet is registered.
---@param store table
---@param target remora.platform.Target
---@param now integer unix seconds
---@return table result {error_code, error_msg, content}
function agent.redefine(store, target, now)
  local entry = target.host and store:first("gse_process", { identity = identity_of(target) })
  if not entry or not entry.process.isauto then
    return agent.operate(store, agent_process.REGISTER, target, now)
  end
  define(entry, target)
  store:put("gse_process", entry)
  return { error_code = 0, error_msg = "success", content = "" }
end

---Takes a task: every operation on its target, the results to be asked for later.
---@param store table
---@param operations {op_type: integer, target: remora.platform.Target}[]
---@param now integer unix seconds
---@return string task_id such as "GSETASK:20180315180551:1000"
function agent.submit(store, operations, now)
  local clock = tick(store)
  local id = store:next_id("gse_task")
  local results = json.array {}
  for i, operation in ipairs(operations) do
    local result = agent.operate(store, operation.op_type, operation.target, now)
    result.key = operation.target.key
    result.delay = math.max(0, (i - 1) % STAGGER - 1)
    results[i] = result
  end
  local task_id = ("GSETASK:%s:%d"):format(os.date("!%Y%m%d%H%M%S", now + 8 * 3600), 999 + id)
  store:insert("gse_task", {
    id = id, task_id = task_id, due = clock + STORED_AFTER, results = results,
  })
  return task_id
end

---What is known of a task by now. A target two seconds from its end is not listed yet, one second
---from it is listed as running.
---@param store table
---@param task_id string
---@return table|nil results key → {error_code, error_msg, content}; nil: not stored yet, or unknown
---@return boolean finished
function agent.result(store, task_id)
  local clock = tick(store)
  local task = store:first("gse_task", { task_id = task_id })
  if not task or clock < task.due then return nil, false end
  local results, finished = {}, true
  for _, result in ipairs(task.results) do
    local left = task.due + result.delay - clock
    if left > 0 then finished = false end
    if left <= 0 then
      results[result.key] = {
        error_code = result.error_code, error_msg = result.error_msg, content = result.content,
      }
    elseif left == 1 then
      results[result.key] = { error_code = RUNNING, error_msg = "running", content = "" }
    end
  end
  return results, finished
end

---Processes the agents know.
---@param store table
---@param where table {namespace=, name=, bk_host_id=} columns of gse_process
---@param options table|nil {start, limit}
---@return table[] entries as stored: {namespace, name, labels, bk_host_id, process}
function agent.processes(store, where, options)
  return store:find("gse_process", where, options)
end

---How many processes the agents know.
---@param store table
---@param where table as for processes
---@return integer
function agent.count(store, where)
  return store:count("gse_process", where)
end

---The host a place means.
---@param store table
---@param place table {ip, bk_cloud_id} or {bk_agent_id}
---@return table|nil host
function agent.host(store, place)
  if place.bk_agent_id then
    local text = store:value("SELECT doc FROM host WHERE doc ->> '$.bk_agent_id' = ? LIMIT 1",
      place.bk_agent_id)
    return text and json.decode(text) or nil
  end
  return store:first("host", { bk_host_innerip = place.ip, bk_cloud_id = place.bk_cloud_id })
end

---The host an operation can be carried out on.
---@param ctx table the call's context
---@param place table as for host
---@return table|nil host nil as well when its agent is dead, as a fault rule may want it
function agent.reachable(ctx, place)
  local host = agent.host(ctx.store, place)
  if host and ctx.faults.is_dead(host) then return nil end
  return host
end

return agent
