-- Agents that work for real: every host is this machine, and operations run their commands here.
-- Takes tasks and keeps their results; what an operation does is exec_process.lua's, the care for
-- what is registered keeper.lua's. What was started lives on when the server ends.

local system = require "system"
local exec_process = require "remora.platform.agents.exec_process"
local fault = require "remora.core.fault"
local finder = require "remora.platform.agents.finder"
local keeper = require "remora.platform.agents.keeper"
local phrase = require "remora.core.phrase"
local protocol = require "remora.platform.agents.protocol"
local site = require "remora.platform.agents.site"

local PROCESSES, RESULTS = finder.COLLECTION, "exec_result"
local PARALLELISM = 16 -- operations of one task at once

local codes, operations = protocol.codes, protocol.operations

---@class remora.platform.Exec: remora.platform.Agents
local Exec = {}
Exec.__index = Exec

local exec = {}

-- Carries out one operation, when nothing else is done with its process.
local function perform(self, operation)
  local op_type, target = operation.op_type, operation.target
  if not target.host then return protocol.unreachable() end
  if not protocol.knows(op_type) then return protocol.result(protocol.unknown(op_type)) end
  if op_type == operations.QUERY then
    return protocol.result(codes.DONE, "success",
      exec_process.describe(self.site, self.site:entry(target), target.host))
  end
  return self.site:alone(self.site:entry(target).identity, function()
    return protocol.result(exec_process.apply(self.site, op_type,
      self.site:enter(op_type, target)))
  end)
end

local function write(self, id, result)
  local row = self.store:get(RESULTS, id)
  if not row then return end -- the call that made the task was taken back
  for name, value in pairs(result) do row[name] = value end
  self.store:put(RESULTS, row)
end

local function carry_out(self, id, operation)
  local fine = self.site:guard(function() write(self, id, perform(self, operation)) end)
  if fine then return end
  self.site:guard(function()
    write(self, id, protocol.result(codes.COMMAND_FAILED, "the agent failed, its log says why"))
  end)
end

---Takes a task: its operations begin when the call has been answered.
---@param list {op_type: integer, target: remora.platform.Target}[]
---@param now integer unix seconds
---@return string task_id
function Exec:submit(list, now)
  local task_id, ids = protocol.task_id(self.store:next_id(RESULTS), now), {}
  for i, operation in ipairs(list) do
    local row = protocol.result(codes.RUNNING, "running")
    row.task_id, row.key = task_id, operation.target.key
    ids[i] = self.store:insert(RESULTS, row).id
  end
  self.site:spawn(function()
    if not self.store:get(RESULTS, ids[1]) then return end -- the call was taken back
    self.site.loop:gather(PARALLELISM, list, function(operation, i)
      carry_out(self, ids[i], operation)
    end)
  end)
  return task_id
end

---What is known of a task by now.
---@param task_id string
---@return table<string, remora.platform.Result>|nil results by key; nil: unknown
---@return boolean finished
function Exec:result(task_id)
  local results, finished = {}, true
  for _, row in ipairs(self.store:find(RESULTS, { task_id = task_id })) do
    results[row.key] = protocol.result(row.error_code, row.error_msg, row.content)
    finished = finished and row.error_code ~= codes.RUNNING
  end
  if not next(results) then return nil, false end
  return results, finished
end

---Registers or unregisters one target, for calls that answer at once: what is registered is started
---on the next round.
---@param op_type integer
---@param target remora.platform.Target
---@param now integer unix seconds
---@return remora.platform.Result
function Exec:operate(op_type, target, now)
  if not target.host then return protocol.unreachable() end
  local entry = self.site:enter(op_type, target)
  local registers = op_type == operations.REGISTER
  if registers and entry.process.isauto then
    return protocol.result(codes.ALREADY_REGISTERED, "the process is registered already")
  end
  self.site:change(entry, { isauto = registers, register_time = registers and now or 0 })
  return protocol.result(codes.DONE, "success")
end

---Replaces the definition a process is kept by; one that is not registered yet is registered.
---@param target remora.platform.Target
---@param now integer unix seconds
---@return remora.platform.Result
function Exec:redefine(target, now)
  if not target.host then return protocol.unreachable() end
  local entry = self.site:enter(operations.REGISTER, target, true)
  if not entry.process.isauto then return self:operate(operations.REGISTER, target, now) end
  return protocol.result(codes.DONE, "success")
end

---As of simulated agents, and as the last look found them.
function Exec:processes(where, options)
  return self.store:find(PROCESSES, where, options)
end

---As of simulated agents.
function Exec:count(where)
  return self.store:count(PROCESSES, where)
end

local function tell_what_is_left(self)
  local left = 0
  for _, entry in ipairs(self.store:find(PROCESSES)) do
    if finder.find(self.store, entry) then left = left + 1 end
  end
  if left == 0 then return end
  self.site.log("left running, and looked after by nobody until this platform serves again: "
    .. phrase.count(left, "process"))
end

---Lets go of the machine. What runs goes on, and it is told how much that is.
function Exec:close()
  self.site:guard(function() tell_what_is_left(self) end)
  self.lock:close()
end

-- Nobody knows what became of operations that were under way when an earlier server ended.
local function end_interrupted(self)
  for _, row in ipairs(self.store:find(RESULTS, { error_code = codes.RUNNING })) do
    write(self, row.id,
      protocol.result(codes.COMMAND_FAILED, "the platform ended before the operation did"))
  end
  return true
end

-- Two of them would start everything twice.
local function locked(directory)
  local made, failure = system.mkdir(directory)
  local lock
  if made then lock, failure = system.lock(directory .. "/lock") end
  if lock then return lock end
  return nil, fault.new { code = "platform.agent", at = { file = directory },
    message = "the agent cannot work here: " .. failure.message,
    hint = failure.code == "system.locked" and "another platform is the agent of these hosts"
      or nil }
end

---Takes over the machine for the hosts of a platform: what is registered is looked after from the
---next turn of the loop on.
---@param options {store: table, loop: remora.Loop, directory: string, log: fun(text: string)}
---  directory: for what commands write; it is made
---@return remora.platform.Exec|nil
---@return table|nil fault
function exec.new(options)
  local lock, refused = locked(options.directory)
  if not lock then return nil, refused end
  local self = setmetatable({ store = options.store, site = site.new(options), lock = lock }, Exec)
  local done
  done, refused = self.store:transaction(end_interrupted, self)
  if not done then
    lock:close()
    return nil, refused
  end
  keeper.begin(self.site)
  return self
end

return exec
