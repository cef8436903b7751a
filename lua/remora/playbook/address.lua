-- IP addresses as texts: is this one, and the shape that says so.

local address = {}

---Whether a text is an IPv4 address.
---@param text string
---@return boolean
function address.is_v4(text)
  local parts = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 or part:find("^0%d") then return false end
  end
  return #parts == 4
end

-- Number of 16-bit groups in a piece between colons; nil when it is not such a piece.
local function groups(text)
  if text == "" then return 0 end
  local count = 0
  for part in (text .. ":"):gmatch("([^:]*):") do
    if part:find("^%x%x?%x?%x?$") then
      count = count + 1
    elseif address.is_v4(part) and text:sub(-#part) == part then
      count = count + 2
    else
      return nil
    end
  end
  return count
end

---Whether a text is an IPv6 address, shortened or not.
---@param text string
---@return boolean
function address.is_v6(text)
  local head, tail = text:match("^(.-)::(.*)$")
  if not head then return groups(text) == 8 end
  local before, after = groups(head), groups(tail)
  return before ~= nil and after ~= nil and before + after < 8
end

---A literal address.
---@param may_be_empty boolean|nil
---@return table shape for remora.core.schema
function address.literal(may_be_empty)
  return {
    type = "text", words = "an IP address",
    convert = function(value)
      if value == "" and may_be_empty then return value end
      if address.is_v4(value) or address.is_v6(value) then return value end
      return nil, ('must be an IP address, not "%s"'):format(value),
        "write the address itself, such as 10.0.0.7"
    end,
  }
end

return address
