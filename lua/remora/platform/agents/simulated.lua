-- The simulated agents: take operations on hosted processes, keep what became of them, and let the
-- results appear one by one. Their clock is virtual: every exchange of job or GSE moves it on by
-- one second, so that runs repeat exactly and nobody waits. All of it lives in the store.

local json = require "json"
local entries = require "remora.platform.agents.entries"
local protocol = require "remora.platform.agents.protocol"
local simulated_process = require "remora.platform.agents.simulated_process"

local COLLECTION = "gse_process"
local STORED_AFTER = 2 -- virtual seconds until a task's results can be asked for
local STAGGER = 4      -- of so many targets: two done at once, one a second later, one two

local operations, codes = protocol.operations, protocol.codes

---@class remora.platform.Agents what both sorts of agents can do
local Simulated = {}
Simulated.__index = Simulated

-- Moves the virtual clock on. It is a counter, so that ticking is one atomic write.
local function tick(self)
  return self.store:next_id("agent")
end

---Applies one operation to one target, for calls that answer at once.
---@param op_type integer
---@param target remora.platform.Target
---@param now integer unix seconds
---@return remora.platform.Result
function Simulated:operate(op_type, target, now)
  if not target.host then return protocol.unreachable() end
  local entry, known = entries.of(self.store, COLLECTION, target)
  local process, stored = entry.process, known or op_type ~= operations.QUERY
  if not known and stored then -- its pids are made from its number
    entry.id = self.store:next_id(COLLECTION)
    process.id = entry.id
  end
  if known then simulated_process.supervise(process, now) end
  if entries.redefines(op_type, process) then entries.define(entry, target) end
  local code, message, content = simulated_process.apply(process, op_type, now)
  if known then
    self.store:put(COLLECTION, entry)
  elseif stored then
    self.store:insert(COLLECTION, entry)
  end
  if op_type == operations.QUERY then
    content = protocol.described(process, simulated_process.seen(process), target.host, now)
  end
  return protocol.result(code, message, content)
end

---Replaces the definition a process is kept by; one that is not registered yet is registered.
---@param target remora.platform.Target
---@param now integer unix seconds
---@return remora.platform.Result
function Simulated:redefine(target, now)
  local entry = target.host and entries.of(self.store, COLLECTION, target)
  if not entry or not entry.process.isauto then
    return self:operate(operations.REGISTER, target, now)
  end
  entries.define(entry, target)
  self.store:put(COLLECTION, entry)
  return protocol.result(codes.DONE, "success")
end

---Takes a task: every operation on its target, the results to be asked for later.
---@param list {op_type: integer, target: remora.platform.Target}[]
---@param now integer unix seconds
---@return string task_id such as "GSETASK:20180315180551:1000"
function Simulated:submit(list, now)
  local clock = tick(self)
  local id = self.store:next_id("gse_task")
  local results = json.array {}
  for i, operation in ipairs(list) do
    local result = self:operate(operation.op_type, operation.target, now)
    result.key = operation.target.key
    result.delay = math.max(0, (i - 1) % STAGGER - 1)
    results[i] = result
  end
  local task_id = protocol.task_id(id, now)
  self.store:insert("gse_task", {
    id = id, task_id = task_id, due = clock + STORED_AFTER, results = results,
  })
  return task_id
end

---What is known of a task by now. A target two seconds from its end is not listed yet, one second
---from it is listed as running.
---@param task_id string
---@return table<string, remora.platform.Result>|nil results by key; nil: not stored yet, or unknown
---@return boolean finished
function Simulated:result(task_id)
  local clock = tick(self)
  local task = self.store:first("gse_task", { task_id = task_id })
  if not task or clock < task.due then return nil, false end
  local results, finished = {}, true
  for _, result in ipairs(task.results) do
    local left = task.due + result.delay - clock
    if left > 0 then finished = false end
    if left <= 0 then
      results[result.key] = protocol.result(result.error_code, result.error_msg, result.content)
    elseif left == 1 then
      results[result.key] = protocol.result(codes.RUNNING, "running")
    end
  end
  return results, finished
end

---Processes the agents know.
---@param where table {namespace=, name=, bk_host_id=} columns of the collection
---@param options table|nil {start, limit}
---@return table[] entries as stored: {namespace, name, labels, bk_host_id, process}
function Simulated:processes(where, options)
  return self.store:find(COLLECTION, where, options)
end

---How many processes the agents know.
---@param where table as for processes
---@return integer
function Simulated:count(where)
  return self.store:count(COLLECTION, where)
end

---Nothing is held that would have to be let go.
function Simulated:close() end

return {
  ---@param store table
  ---@return remora.platform.Agents
  new = function(store) return setmetatable({ store = store }, Simulated) end,
}
