-- Who may talk to the embedded platform: addresses it listens on, and the credentials it demands
-- when others than this machine can reach it. Decides only; never logs what it was shown.

local arguments = require "remora.platform.arguments"
local json = require "json"

local access = {}

---Splits a listening address.
---@param listen string "127.0.0.1:0" or "[::1]:8080"
---@return string|nil address
---@return integer|nil port
function access.parse(listen)
  local address, port = listen:match("^%[([%x:]+)%]:(%d+)$")
  if not address then address, port = listen:match("^([%d.]+):(%d+)$") end
  port = math.tointeger(tonumber(port))
  if not address or port > 65535 then return nil, nil end
  return address, port
end

---Whether only this machine can reach an address.
---@param address string
---@return boolean
function access.is_loopback(address)
  return address:match("^127%.%d+%.%d+%.%d+$") ~= nil or address == "::1"
end

-- Equal texts, in a time that does not tell how much of them is.
local function equal(a, b)
  if type(a) ~= "string" or #a ~= #b then return false end
  local difference = 0
  for i = 1, #b do difference = difference | (a:byte(i) ~ b:byte(i)) end
  return difference == 0
end

-- What a request shows: the gateway's header, else the members of its body as ESB takes them; of a
-- request without a body, those of its query.
local function shown(request)
  local header = request.headers["x-bkapi-authorization"]
  local value = json.decode(header or request.body or "")
  return type(value) == "table" and value or arguments.query(request.query)
end

---Whether a request carries the credentials wanted.
---@param request table {headers, body, query}
---@param wanted {bk_app_code: string, bk_app_secret: string}
---@return boolean
function access.grants(request, wanted)
  local carried = shown(request)
  local code = equal(carried.bk_app_code or carried.app_code, wanted.bk_app_code)
  local secret = equal(carried.bk_app_secret or carried.app_secret, wanted.bk_app_secret)
  return code and secret
end

return access
