-- Instants as the platform writes them. Pure: the time comes in as a number.

local clock = {}

---RFC 3339 in UTC with milliseconds, as documents of the database are read back.
---@param seconds number unix time
---@return string such as "2026-11-22T00:08:02.471Z"
function clock.stamp(seconds)
  local whole = math.floor(seconds)
  local milliseconds = math.floor((seconds - whole) * 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%03dZ"):format(milliseconds)
end

return clock
