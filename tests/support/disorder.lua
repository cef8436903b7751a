-- A loop with the face of remora.net.loop in which answers come in an order that is drawn: whoever
-- calls waits, and any of those who wait is the next to go on. Owns who goes on; talks to nobody.

local disorder = {}
disorder.__index = disorder

local Task = {}
Task.__index = Task

---@param r table tests.support.draws
---@return table loop its tasks are coroutines; they wait in `turn`, `gather` and for one another
function disorder.new(r)
  return setmetatable({ draws = r, tasks = {} }, disorder)
end

---Waits for an answer: lets others go on, any number of times.
function disorder.turn()
  coroutine.yield()
end

---Starts a function as a task of its own.
---@return table task
function disorder:spawn(fn, ...)
  local task = setmetatable({ co = coroutine.create(fn), given = table.pack(...) }, Task)
  table.insert(self.tasks, task)
  return task
end

---@return ... what the function returned; an error in it is raised again here
function Task:wait()
  while not self.ended do coroutine.yield(self) end
  if not self.results[1] then error(self.results[2], 0) end
  return table.unpack(self.results, 2, self.results.n)
end

function Task:cancel()
  if not self.ended then coroutine.close(self.co) end
  self.ended, self.results = true, self.results or { false, "the task was cancelled" }
end

-- Lets a task go on until it waits again.
local function resume(task)
  local given = task.given or { n = 0 }
  task.given = nil
  local results = table.pack(coroutine.resume(task.co, table.unpack(given, 1, given.n)))
  task.awaited = results[1] and results[2] or nil
  if coroutine.status(task.co) ~= "dead" then return end
  if not results[1] and type(results[2]) == "string" then
    results[2] = debug.traceback(task.co, results[2])
  end
  task.ended, task.results = true, results
end

-- One of those that wait for nothing but an answer; those that have ended are forgotten.
local function next_of(self)
  local going, free = {}, {}
  for _, task in ipairs(self.tasks) do
    if not task.ended then going[#going + 1] = task end
    local is_free = not task.ended and not (task.awaited and not task.awaited.ended)
    if is_free then free[#free + 1] = task end
  end
  self.tasks = going
  return self.draws:pick(free)
end

---Runs a function for each item of a list, all at a time.
---@param list any[]
---@param fn fun(item: any): any, any
---@return any[] results
---@return table<integer, any>? faults by place
function disorder:gather(_, list, fn)
  local results, faults, tasks = {}, nil, {}
  for i, item in ipairs(list) do tasks[i] = self:spawn(fn, item) end
  for i, task in ipairs(tasks) do
    local failure
    results[i], failure = task:wait()
    if failure ~= nil then
      faults = faults or {}
      faults[i] = failure
    end
  end
  return results, faults
end

function disorder.sleep()
  coroutine.yield()
  return true
end

function disorder.interrupted() return 0 end

---Runs a function as the main task until it returns; what else runs then is dropped.
---@return ... what it returned
function disorder:run(fn, ...)
  local main = self:spawn(fn, ...)
  while not main.ended do resume(next_of(self)) end
  for _, task in ipairs(self.tasks) do task:cancel() end
  self.tasks = {}
  return main:wait()
end

return disorder
