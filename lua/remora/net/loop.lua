-- The one loop of a process: tasks are coroutines, all waiting is one poll of the HTTP client with
-- the servers' descriptors beside it. Owns time and what is in flight; knows no platform, retries
-- nothing. Inside a task, whatever waits lets the others run.

local system = require "system"
local fault = require "remora.core.fault"
local flights = require "remora.net.flights"
local queue = require "remora.net.queue"
local sleepers = require "remora.net.sleepers"

local PARALLELISM = 16    -- requests in flight, and connections to one host
local LONGEST_WAIT = 3600 -- seconds in one poll; nothing depends on it

---@class remora.Task
---@field co thread? nil once it ended
---@field token any what it waits for; a wake-up with another token is stale and ignored
---@field ended boolean
---@field results table|nil packed, once it returned
---@field failed any the error with its traceback, once it failed
---@field waiters {task: remora.Task, token: any}[]? nil once it ended
local Task = {}
Task.__index = Task

---@class remora.Loop
---@field current remora.Task|nil the task that runs now
local Loop = {}
Loop.__index = Loop

local loop = {}

-- Scheduling.

local function wake(self, task, token, ...)
  if task.token ~= token then return end
  task.token = nil
  self.ready:push { task = task, values = table.pack(...) }
end

---Makes a loop.
---@param options {parallelism: integer?, log: (fun(text: string))?}|nil  parallelism: requests in
---  flight at once, more of them wait in line; log: told of bugs in what serves requests
---@return remora.Loop|nil
---@return table|nil fault
function loop.new(options)
  options = options or {}
  local its_flights, failure = flights.new(options.parallelism or PARALLELISM)
  if not its_flights then
    return nil, fault.new { code = failure.code, message = failure.message }
  end
  local self = setmetatable({
    log = options.log or function(text) io.stderr:write(text, "\n") end,
    tasks = {},          -- set of those that have not ended
    ready = queue.new(), -- woken, with what to resume them with
    flights = its_flights,
    sleepers = sleepers.new(),
    services = {}, -- of remora.net.service, which adds them
    interrupts = 0,
    patience = 2, -- interrupts after which requests in flight are dropped
  }, Loop)
  function self.landed(flight, ...) wake(self, flight.task, flight, ...) end
  return self
end

local function waiting_task(self)
  local task = self.current
  if not task or task.co ~= coroutine.running() then
    error("only a task of the loop can wait here, and not from a coroutine of its own", 3)
  end
  return task
end

local function suspend(task, token)
  task.token = token
  return coroutine.yield()
end

local function ended(self, task)
  task.ended = true
  self.tasks[task] = nil
  if task.failed ~= nil and #task.waiters == 0 then self.bug = self.bug or task.failed end
  for _, waiter in ipairs(task.waiters) do wake(self, waiter.task, waiter.token) end
  task.co, task.waiters = nil, nil -- what it returned may be kept long, and these with it
end

-- Text gets the stack of the task below it; other values pass as they are.
local function with_traceback(co, message)
  if type(message) ~= "string" then return message end
  return debug.traceback(co, message)
end

local function resume(self, task, values)
  if task.ended then return end
  self.current = task
  local results = table.pack(coroutine.resume(task.co, table.unpack(values, 1, values.n)))
  self.current = nil
  if not results[1] then
    task.failed = with_traceback(task.co, results[2])
    coroutine.close(task.co)
    ended(self, task)
  elseif coroutine.status(task.co) == "dead" then
    task.results = table.pack(table.unpack(results, 2, results.n))
    ended(self, task)
  end
end

---Starts a function as a task of its own, at the next turn of the loop.
---An error that nobody waits for ends the run.
---@param fn fun(...): ...
---@return remora.Task
function Loop:spawn(fn, ...)
  local task = setmetatable({
    loop = self, co = coroutine.create(fn), ended = false, waiters = {}, token = fn,
  }, Task)
  self.tasks[task] = true
  wake(self, task, fn, ...)
  return task
end

local function outcome(task)
  if task.failed ~= nil then error(task.failed, 0) end
  if not task.results then error("the task was cancelled", 3) end
  return table.unpack(task.results, 1, task.results.n)
end

---Waits for the end of a task.
---@return ... what its function returned; an error in it is raised again here
function Task:wait()
  if not self.ended then
    local task = waiting_task(self.loop)
    table.insert(self.waiters, { task = task, token = self })
    suspend(task, self)
  end
  return outcome(self)
end

---Ends a task that waits: its requests are dropped, its to-be-closed variables closed.
function Task:cancel()
  if self.ended then return end
  assert(self ~= self.loop.current, "a task cannot cancel itself")
  self.token = nil
  local closed, failure = coroutine.close(self.co)
  if not closed then self.failed = failure end
  ended(self.loop, self)
end

local all_cancelled = { __close = function(tasks)
  for _, task in ipairs(tasks) do task:cancel() end
end }

---Runs a function for each item of a list, several at a time. An error in one of them ends the
---others and is raised again.
---@param limit integer how many at once
---@param list any[]
---@param fn fun(item: any, index: integer): any, any  result, or nil and a fault
---@return any[] results at the places of their items; nil where there was none
---@return table<integer, any>|nil faults by place, nil when there was none
function Loop:gather(limit, list, fn)
  local task = waiting_task(self)
  local results, faults, last, count = {}, nil, 0, #list
  local function work()
    while last < count do
      last = last + 1
      local i = last
      local failure
      results[i], failure = fn(list[i], i)
      if failure ~= nil then
        faults = faults or {}
        faults[i] = failure
      end
    end
  end
  local workers <close> = setmetatable({}, all_cancelled)
  for i = 1, math.min(limit, count) do
    workers[i] = self:spawn(work)
    workers[i].waiters[1] = { task = task, token = workers }
  end
  local working = #workers > 0
  while working do
    suspend(task, workers)
    working = false
    for _, worker in ipairs(workers) do
      if worker.failed ~= nil then error(worker.failed, 0) end
      working = working or not worker.ended
    end
  end
  return results, faults
end

-- Time.

---Lets a time pass.
---@param seconds number
---@return boolean whole false when Ctrl-C ended it early
function Loop:sleep(seconds)
  local task = waiting_task(self)
  return suspend(task, self.sleepers:add(task, system.monotonic() + seconds))
end

local function wake_sleepers(self, now, whole)
  for sleeper in self.sleepers:due(now) do wake(self, sleeper.task, sleeper, whole) end
end

---How often Ctrl-C was pressed since the program began. After the first, tasks should come to a
---clean end; after the second, every request in flight fails with net.interrupted (drop_after).
---@return integer
function Loop:interrupted()
  return system.interrupted()
end

---Says after how many Ctrl-C requests in flight fail: one will do where all of them only read.
---@param count integer two, until this is called
function Loop:drop_after(count)
  self.patience = count
end

-- Requests.

---Sends one request and waits for its answer.
---@param request table as http_client's submit takes it
---@return {status: integer, headers: table<string, string>, body: string, seconds: number}|nil
---@return table|nil fault net.…, with `sent` false when the request surely did not arrive
function Loop:fetch(request)
  local task = waiting_task(self)
  local flight <close> = self.flights:enter(request, task)
  local answer = suspend(task, flight)
  if not answer.error then return answer end
  return nil, fault.new {
    code = answer.error.code, message = answer.error.message, sent = answer.sent,
  }
end

-- The turns.

local function watch_interrupts(self)
  local count = self:interrupted()
  if count > self.interrupts then wake_sleepers(self, math.huge, false) end
  self.interrupts = count
  if count >= self.patience then self.flights:give_up(self.landed) end
end

local function time_to_wait(self)
  if not self.ready:empty() then return 0 end
  local wait = LONGEST_WAIT
  local deadline = self.sleepers:next()
  if deadline then wait = math.max(0, deadline - system.monotonic()) end
  for _, each in ipairs(self.services) do wait = math.min(wait, each.server:timeout() or wait) end
  if not deadline and self.flights:empty() and #self.services == 0 then
    error("every task waits for another one")
  end
  return wait
end

local function turn(self)
  for _ = 1, self.ready:length() do
    local woken = self.ready:pop()
    resume(self, woken.task, woken.values)
    if self.bug ~= nil then return end
  end
  if self.main.ended then return end
  local fds = {}
  for i, each in ipairs(self.services) do fds[i] = each.server:fd() end
  self.flights:poll(self.landed, time_to_wait(self), table.unpack(fds))
  watch_interrupts(self)
  wake_sleepers(self, system.monotonic(), true)
  for _, each in ipairs(self.services) do each:step() end
end

local ends_everything = { __close = function(guard, failure)
  local self = guard.loop
  self.main, self.bug = nil, nil
  for _, each in ipairs(self.services) do each:drop() end
  while next(self.tasks) do next(self.tasks):cancel() end
  local bug = self.bug
  self.bug, self.sleepers = nil, sleepers.new()
  if bug ~= nil and failure == nil then error(bug, 0) end
end }

---Runs a function as the main task, and the loop until it returns; what else runs then is
---cancelled. Inside a task it simply calls the function.
---@param fn fun(...): ...
---@return ... what the function returned; errors keep the traceback of their task
function Loop:run(fn, ...)
  if self.current then return fn(...) end
  local main = self:spawn(fn, ...)
  main.waiters[1] = { task = main, token = main } -- the run itself waits for it
  self.main = main
  local _ <close> = setmetatable({ loop = self }, ends_everything)
  while not main.ended do
    turn(self)
    if self.bug ~= nil then error(self.bug, 0) end
  end
  return outcome(main)
end

return loop
