-- First in, first out. Owns nothing but its items; never waits.

local queue = {}
queue.__index = queue

---@return table queue
function queue.new()
  return setmetatable({ first = 1, last = 0 }, queue)
end

---@param item any not nil
function queue:push(item)
  self.last = self.last + 1
  self[self.last] = item
end

---@return any item nil when it is empty
function queue:pop()
  local item = self[self.first]
  if item == nil then return nil end
  self[self.first] = nil
  self.first = self.first + 1
  return item
end

---@return integer
function queue:length() return self.last - self.first + 1 end

---@return boolean
function queue:empty() return self.first > self.last end

return queue
