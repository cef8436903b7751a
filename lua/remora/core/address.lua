-- Tells IP addresses from other texts. Pure; knows neither hosts nor enums.

local address = {}

local OCTETS = {}
for n = 0, 255 do OCTETS[tostring(n)] = true end

---Whether a text is an IPv4 address.
---@param text string
---@return boolean
function address.is_v4(text)
  local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  return a ~= nil and (OCTETS[a] and OCTETS[b] and OCTETS[c] and OCTETS[d]) == true
end

-- Number of 16-bit groups in a piece between "::" or the ends; an IPv4 address may end the text and
-- counts as two. nil when it is not such a piece.
local function groups(text, may_end_v4)
  if text == "" then return 0 end
  local count, rest = 0, text
  while rest do
    local part, behind = rest:match("^([^:]*):(.*)$")
    part = part or rest
    if part:find("^%x%x?%x?%x?$") then
      count = count + 1
    elseif may_end_v4 and not behind and address.is_v4(part) then
      count = count + 2
    else
      return nil
    end
    rest = behind
  end
  return count
end

---Whether a text is an IPv6 address, shortened or not (RFC 4291).
---@param text string
---@return boolean
function address.is_v6(text)
  local head, tail = text:match("^(.-)::(.*)$")
  if not head then return groups(text, true) == 8 end
  local before, after = groups(head, false), groups(tail, true)
  return before ~= nil and after ~= nil and before + after < 8
end

---Whether something is an IP address as a text.
---@param text any
---@return boolean
function address.is_literal(text)
  return type(text) == "string" and (address.is_v4(text) or address.is_v6(text))
end

return address
