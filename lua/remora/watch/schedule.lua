-- When something is to be done again: at its interval while all is well, and after failures sooner
-- or later, at growing distances. Pure but for the clock it is given.

local schedule = {}
schedule.__index = schedule

---@class remora.watch.Schedule
---@field next number when it is due, by the clock
---@param options {every: number, retry: number, longest: number, clock: fun(): number} seconds:
---  between two successes, after the first failure, and at most after any; all by the clock
---@return remora.watch.Schedule due at once
function schedule.new(options)
  return setmetatable({ every = options.every, retry = options.retry, longest = options.longest,
    clock = options.clock, failures = 0, next = options.clock() }, schedule)
end

---@return boolean
function schedule:due()
  return self.clock() >= self.next
end

---Makes it due.
function schedule:hurry()
  self.next = self.clock()
end

---Says how it went.
---@param good boolean
function schedule:went(good)
  self.failures = good and 0 or self.failures + 1
  local wait = good and self.every
    or math.min(self.retry * 2.0 ^ (self.failures - 1), self.longest)
  self.next = self.clock() + wait
end

return schedule
