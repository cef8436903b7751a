-- How a handler says that it has nothing to answer yet: it returns a pause, and the router runs it
-- again afterwards, on the data of then. A value only; it waits for nothing itself.

local pause = {}

local Pause = {}

---@param seconds number
---@return table pause
function pause.new(seconds)
  return setmetatable({ seconds = seconds }, Pause)
end

---How long a value asks to wait.
---@param value any
---@return number|nil seconds nil when it is no pause
function pause.of(value)
  return getmetatable(value) == Pause and value.seconds or nil
end

return pause
