-- IP literals, and the enum a template uses in their place. Pure.

local address = {}

local function is_v4(text)
  local parts = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 or (#part > 1 and part:sub(1, 1) == "0") then
      return false
    end
  end
  return #parts == 4
end

-- Counts the 16-bit groups of "a:b:c"; an IPv4 tail counts as two. nil when a group is wrong.
local function groups_of(text, may_end_v4)
  if text == "" then return 0 end
  local count = 0
  for part, colon in (text .. ":"):gmatch("([^:]*)(:)") do
    local rest = colon and part or ""
    if rest:find(".", 1, true) then
      if not may_end_v4 or not is_v4(rest) or not text:find(rest .. "$") then return nil end
      count = count + 2
    elseif rest:find("^%x%x?%x?%x?$") then
      count = count + 1
    else
      return nil
    end
  end
  return count
end

local function is_v6(text)
  local head, tail = text:match("^(.-)::(.*)$")
  if not head then return groups_of(text, true) == 8 end
  if tail:find("::", 1, true) then return false end
  local before, after = groups_of(head, false), groups_of(tail, true)
  return before ~= nil and after ~= nil and before + after <= 7
end

---Is this one IPv4 or IPv6 literal?
---@param text any
---@return boolean
function address.is_literal(text)
  return type(text) == "string" and (is_v4(text) or text:find(":", 1, true) ~= nil and is_v6(text))
end

-- id → family and the literal, or the host attribute whose first item it is
local kinds = {
  ["1"] = { v = 4, literal = "127.0.0.1" },
  ["2"] = { v = 4, literal = "0.0.0.0" },
  ["3"] = { v = 4, host = "bk_host_innerip" },
  ["4"] = { v = 4, host = "bk_host_outerip" },
  ["5"] = { v = 6, literal = "::1" },
  ["6"] = { v = 6, literal = "::" },
  ["7"] = { v = 6, host = "bk_host_innerip_v6" },
  ["8"] = { v = 6, host = "bk_host_outerip_v6" },
}

---The address family an enum id belongs to.
---@param id string
---@return 4|6|nil
function address.family(id) return kinds[id] and kinds[id].v end

---The first of the addresses a host attribute holds (text separated by commas, or a list).
---@param host table
---@param attribute string
---@return string "" when the host has none
function address.first(host, attribute)
  local value = host[attribute]
  if type(value) == "table" then value = value[1] end
  return type(value) == "string" and value:match("^[^,]*") or ""
end

---What an enum id means on a host.
---@param id any enum id, "" or null
---@param host table host document
---@return string address "" when nothing is set or the host lacks that address
function address.resolve(id, host)
  local kind = kinds[id]
  if not kind then return "" end
  return kind.literal or address.first(host, kind.host)
end

return address
