-- Sync tasks: rows that become due some time after they were asked for, run by whoever handles the
-- next request then. Each chunk is one transaction that also records how far the task is, so a
-- killed server goes on where it stopped and no chunk is done twice.

local fault = require "remora.core.fault"
local clock = require "remora.platform.clock"
local messages = require "remora.platform.messages"
local sync = require "remora.platform.sync"

local tasks = {}

---Statuses of a task that keeps others from being created.
tasks.UNFINISHED = { "new", "waiting", "executing" }

---Enqueues a sync of one module.
---@param ctx remora.platform.Context
---@param module_id integer
---@param service_template_id integer
function tasks.enqueue(ctx, module_id, service_template_id)
  ctx.store:insert("sync_task", {
    bk_module_id = module_id, service_template_id = service_template_id, status = "new",
    creator = ctx.user, create_time = ctx.now, last_time = ctx.now,
    asked = math.floor(ctx.time * 1000), done_hosts = 0,
  })
end

local function context(store, task, time)
  return { store = store, user = task.creator, account = "0", now = clock.stamp(time) }
end

local function finish(ctx, task, status)
  task.status, task.last_time = status, ctx.now
  ctx.store:put("sync_task", task)
  return true
end

-- Runs the next chunk of a task, read anew because another process may have run it meanwhile.
local function run_chunk(store, id, time)
  local task = store:get("sync_task", id)
  if task.status ~= "new" and task.status ~= "executing" then return true end
  local ctx = context(store, task, time)
  local module = store:get("module", task.bk_module_id)
  if not module then return finish(ctx, task, "failure") end
  if task.done_hosts == 0 then sync.module(ctx, module) end
  local hosts = store:column("host_module", "bk_host_id", { bk_module_id = task.bk_module_id })
  local size = sync.chunk_size(ctx, task.service_template_id)
  local chunk = table.move(hosts, task.done_hosts + 1,
    math.min(task.done_hosts + size, #hosts), 1, {})
  local done, refusal = sync.hosts(ctx, module, task.service_template_id, chunk)
  if not done then return nil, refusal end
  task.done_hosts = task.done_hosts + #chunk
  return finish(ctx, task, task.done_hosts < #hosts and "executing" or "finished")
end

local function fail(store, id, time)
  local task = store:get("sync_task", id)
  return finish(context(store, task, time), task, "failure")
end

local function is_over(store, id)
  local status = store:get("sync_task", id).status
  return status == "finished" or status == "failure"
end

-- A refused chunk ends its task; what earlier chunks did stays.
local function run_task(store, id, time)
  repeat
    local done, problem = store:transaction(run_chunk, store, id, time)
    if fault.is(problem) then error(problem, 0) end
    if messages.is(problem) then done = store:transaction(fail, store, id, time) end
  until not done or is_over(store, id)
end

---Runs the tasks that were asked for long enough ago.
---@param store table
---@param time number unix seconds
---@param delay number seconds a task waits
function tasks.run_due(store, time, delay)
  local due = store:query("SELECT id FROM sync_task WHERE status IN ('new', 'executing') "
    .. "AND asked <= ? ORDER BY id", math.floor((time - delay) * 1000))
  for _, task in ipairs(due) do run_task(store, task.id, time) end
end

---What a router runs ahead of every call.
---@param delay number seconds a task waits
---@return fun(store: table, time: number)
function tasks.before(delay)
  return function(store, time) tasks.run_due(store, time, delay) end
end

return tasks
