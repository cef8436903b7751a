-- The addresses of a host: the first one of an attribute, and the one that a template means, which
-- names kinds of addresses by an enum. Pure.

local host_address = {}

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
function host_address.family(id) return kinds[id] and kinds[id].v end

---The first of the addresses a host attribute holds (text separated by commas, or a list).
---@param host table
---@param attribute string
---@return string "" when the host has none
function host_address.first(host, attribute)
  local value = host[attribute]
  if type(value) == "table" then value = value[1] end
  return type(value) == "string" and value:match("^[^,]*") or ""
end

---What an enum id means on a host.
---@param id any enum id, "" or null
---@param host table host document
---@return string address "" when nothing is set or the host lacks that address
function host_address.resolve(id, host)
  local kind = kinds[id]
  if not kind then return "" end
  return kind.literal or host_address.first(host, kind.host)
end

return host_address
