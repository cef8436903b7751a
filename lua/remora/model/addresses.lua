-- A host as the state knows it, which is by its addresses: made from what the platform tells, kept
-- small, for there are very many. Pure.

local values = require "remora.model.values"

local addresses = {}

---@class remora.model.Host
---@field id integer
---@field cloud_id integer
---@field ip string the inner address that people know it by; "host ID" when it has none
---@field inner string? all inner addresses of the first kind that it has, as service instances are
---  named by them
---@field others string[]? its inner addresses beside `ip`, when it has more
---@field v6 string? the first inner one of version 6, when `ip` is one of version 4
---@field outer_v4 string? the first outer one of each version
---@field outer_v6 string?

---The members of what the platform calls a host that one is made from.
addresses.FIELDS = { "bk_host_id", "bk_cloud_id", "bk_host_innerip", "bk_host_innerip_v6",
  "bk_host_outerip", "bk_host_outerip_v6" }

---The kinds of addresses that nobody is told together with the processes of a host.
addresses.OUTER = { ["4"] = true, ["8"] = true }

local ADDRESS = "[^,%s]+" -- a host may have several in one text

local function first_of(text)
  if values.unset(text) or text == "" then return nil end
  return text:match(ADDRESS)
end

local function others_of(row, ip)
  local seen, others = { [ip] = true }, {}
  for _, text in ipairs { row.bk_host_innerip or "", row.bk_host_innerip_v6 or "" } do
    for other in (values.unset(text) and "" or text):gmatch(ADDRESS) do
      if not seen[other] then seen[other], others[#others + 1] = true, other end
    end
  end
  return #others > 0 and others or nil
end

---The `ip` of the host that would be made: the address that people know it by.
---@param row table as of addresses.host
---@return string
function addresses.ip(row)
  return first_of(row.bk_host_innerip) or first_of(row.bk_host_innerip_v6)
    or "host " .. row.bk_host_id
end

---Makes a host.
---@param row table with bk_host_id and those of addresses.FIELDS that were read
---@return remora.model.Host
function addresses.host(row)
  local v4, v6 = first_of(row.bk_host_innerip), first_of(row.bk_host_innerip_v6)
  local inner = v4 and row.bk_host_innerip or v6 and row.bk_host_innerip_v6 or nil
  local made = { id = row.bk_host_id, cloud_id = row.bk_cloud_id,
    ip = addresses.ip(row), inner = inner }
  if v4 and v6 or inner and inner ~= made.ip then made.others = others_of(row, made.ip) end
  made.v6 = v4 and v6
  -- Outer addresses never select a host, they only fill bind rows.
  made.outer_v4 = first_of(row.bk_host_outerip)
  made.outer_v6 = first_of(row.bk_host_outerip_v6)
  return made
end

local function following(host, i)
  if i == 0 then return host.inner and 1, host.ip end
  local other = host.others and host.others[i]
  return other and i + 1, other
end

---Walks the inner addresses of a host: `for _, ip in addresses.each(host) do … end`.
---@param host remora.model.Host
---@return fun(host: remora.model.Host, i: integer): integer?, string?
---@return remora.model.Host
---@return integer
function addresses.each(host)
  return following, host, 0
end

local function is_v6(host) return host.ip:find(":", 1, true) ~= nil end

-- By the kind of address as a process template names it.
local of_kind = {
  ["3"] = function(host) return host.inner and not is_v6(host) and host.ip or nil end,
  ["4"] = function(host) return host.outer_v4 end,
  ["7"] = function(host) return host.v6 or host.inner and is_v6(host) and host.ip or nil end,
  ["8"] = function(host) return host.outer_v6 end,
}

---The address of a host that a bind row of a process template means.
---@param host remora.model.Host
---@param kind any "3", "4", "7" or "8": first inner or outer one, of version 4 or 6
---@return string? nil: the host has none, or the kind is none of a host
function addresses.of_kind(host, kind)
  local find = of_kind[kind]
  return find and find(host)
end

---Whether a kind of address is one of a host, and not the same everywhere.
---@param kind any as a process template names it
---@return boolean
function addresses.is_of_host(kind)
  return of_kind[kind] ~= nil
end

return addresses
