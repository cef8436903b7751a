-- Random draws from a seed that mean the same on every machine and in every run. Owns the numbers;
-- knows nothing of what is drawn.

local draws = {}
draws.__index = draws

---@param seed integer
---@return table draws
function draws.new(seed)
  return setmetatable({ state = seed * 2654435761 % 4294967296 + 1 }, draws)
end

---A number from 1 to a limit.
---@param limit integer
---@return integer
function draws:next(limit)
  self.state = (self.state * 1103515245 + 12345) % 2147483648
  return (self.state >> 8) % limit + 1
end

---@param percent integer how likely it is
---@return boolean
function draws:chance(percent) return self:next(100) <= percent end

---One item of a list.
---@param list any[]
---@return any
function draws:pick(list) return list[self:next(#list)] end

return draws
