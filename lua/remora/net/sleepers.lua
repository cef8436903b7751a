-- Those who sleep in a loop, in the order in which they are due. Owns nothing but that order: keeps
-- no clock, wakes nobody itself.

local sleepers = {}
sleepers.__index = sleepers

---@class remora.Sleeper
---@field task table who sleeps
---@field deadline number when he is due, in seconds of system.monotonic

---@return table sleepers
function sleepers.new()
  return setmetatable({}, sleepers) -- the earliest is the last
end

---Adds one; of those due at the same time, the first to come is the first to go.
---@param task table
---@param deadline number
---@return remora.Sleeper
function sleepers:add(task, deadline)
  local low, high = 1, #self + 1
  while low < high do
    local middle = (low + high) // 2
    if self[middle].deadline > deadline then low = middle + 1 else high = middle end
  end
  local sleeper = { task = task, deadline = deadline }
  table.insert(self, low, sleeper)
  return sleeper
end

---When the next one is due.
---@return number? deadline nil: nobody sleeps
function sleepers:next()
  return self[1] and self[#self].deadline
end

---Takes out those who are due, the first one first.
---@param now number
---@return fun(): remora.Sleeper?
function sleepers:due(now)
  return function()
    local deadline = self:next()
    return deadline and deadline <= now and table.remove(self) or nil
  end
end

return sleepers
