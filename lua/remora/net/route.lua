-- From a call and its arguments to an HTTP request: the URL, the verb and the place of credentials
-- and path arguments on each route. Pure; the rows say what differs between calls, this file what
-- differs between routes.

local json = require "json"
local CALLER = require "remora.catalogue.caller"
local fault = require "remora.core.fault"
local mask = require "remora.core.mask"
local percent = require "remora.core.percent"

local route = {}

---@class remora.Target  a platform and how to reach it
---@field url string  of the ESB or backend host, without a slash at its end; on the gateway with
---  the API and the stage, where "{api_name}" stands for the API:
---  https://bkapi.example.com/api/{api_name}/prod
---@field route "auto"|"esb"|"gateway"|"backend" auto: esb, and backend for what the bus never had
---@field credentials {bk_app_code: string?, bk_app_secret: string?, bk_token: string?,
---  bk_username: string?}
---@field language string|nil "en" or "zh-cn": the platform's messages
---@field ca_file string|nil
---@field verify boolean|nil
---@field timeout number|nil seconds for one request

local API_NAMES = { cc = "bk-cmdb", cc_v3 = "bk-cmdb", job = "bk-job", gse = "bk-gse" }
local DEFAULT_ACCOUNT = "0"
local LONGEST = 1000000 -- seconds; who has more patience than the HTTP client does not notice

---The part of a URL that names a server, without user and password.
---@param url string
---@return string place such as https://paas.example.com:8443
function route.place(url)
  local scheme, authority = url:match("^(%a+)://([^/?#]*)")
  if not scheme then return url end
  return scheme .. "://" .. authority:gsub("^.*@", "")
end

---A URL as it may be shown and stored: without user and password.
---@param url string
---@return string
function route.shown(url)
  return (url:gsub("^(%a+://)[^/?#]*@", "%1"))
end

local function is_loopback(url)
  local host = route.place(url):match("^%a+://(.-):?%d*$") or ""
  return host == "localhost" or host:find("^127%.") ~= nil or host == "[::1]"
end

-- An argument as it stands in a path or query.
local function in_url(value)
  if math.type(value) == "float" then value = math.tointeger(value) or value end
  return percent.encoded(tostring(value))
end

-- The arguments without who calls, and who calls: the arguments over the target's credentials.
local function separate(args, credentials)
  local body, caller = {}, {}
  for name, value in pairs(credentials) do caller[name] = value end
  for name, value in pairs(args) do
    local today = CALLER.names[name]
    if today then caller[today] = value else body[name] = value end
  end
  return body, caller
end

local function field_of(row, name)
  for _, field in ipairs(row.takes) do
    if field[1] == name then return field end
  end
  return {}
end

-- Moves what a backend expects in the path and the query out of the body.
local function fill_path(row, path, body)
  local missing
  path = path:gsub("{([%w_]+)}", function(name)
    local value = body[name]
    body[name] = nil
    if value == nil or value == json.null then value = field_of(row, name).default end
    if type(value) ~= "string" and type(value) ~= "number" then missing = missing or name end
    return in_url(value)
  end)
  if missing then
    return nil, fault.new { code = "call.missing_argument", call = row.key,
      message = missing .. " is missing, or not text or a number; it is part of the path" }
  end
  local query = {}
  for _, field in ipairs(row.takes) do
    local name = field[1]
    if field.in_query and body[name] ~= nil then
      query[#query + 1] = name .. "=" .. in_url(body[name])
      body[name] = nil
    end
  end
  if #query > 0 then path = path .. "?" .. table.concat(query, "&") end
  return path
end

-- Puts the free attributes where the bus wants them: everything but what its path needs.
local function wrapped(row, body)
  local member = row.esb_wrap
  if not member or type(body[member]) == "table" then return body end
  local outer, inner = {}, {}
  local stays = { bk_supplier_account = true }
  for _, name in ipairs(row.path_fields) do stays[name] = true end
  for name, value in pairs(body) do
    if stays[name] then outer[name] = value else inner[name] = value end
  end
  outer[member] = inner
  return outer
end

-- POST whatever the documents print: the bus takes both, and a query string ends up in logs.
local function over_esb(row, body, caller, target)
  body = wrapped(row, body)
  for name, value in pairs(caller) do body[name] = value end
  return {
    method = "POST", url = ("%s/api/c/compapi/v2/%s/"):format(target.url, row.esb),
    headers = { ["Blueking-Language"] = target.language }, body = body,
  }
end

local function over_gateway(row, body, caller, target)
  local path, refused = fill_path(row, row.gateway, body)
  if not path then return nil, refused end
  body.bk_supplier_account = nil -- the gateway sets it
  return {
    method = row.gateway_verb, url = target.url:gsub("{api_name}", API_NAMES[row.system]) .. path,
    headers = {
      ["X-Bkapi-Authorization"] = json.encode(caller), ["Blueking-Language"] = target.language,
    },
    body = body,
  }
end

-- Every header in its present and its older spelling: a backend reads the one it knows.
local function over_backend(row, body, caller, target)
  local account = body.bk_supplier_account or DEFAULT_ACCOUNT
  local path, refused = fill_path(row, row.path, body)
  if not path then return nil, refused end
  body.bk_supplier_account = nil
  if row.system == "job" then -- reads them from the body, where the bus puts them
    body.bk_username, body.bk_app_code = caller.bk_username, caller.bk_app_code
  end
  return {
    method = row.verb, url = target.url .. path, body = body,
    headers = {
      ["X-Bkcmdb-User"] = caller.bk_username, ["BK_User"] = caller.bk_username,
      ["Bk-Username"] = caller.bk_username,
      ["X-Bkcmdb-Supplier-Account"] = account, ["HTTP_BLUEKING_SUPPLIER_ID"] = account,
      ["X-Bkcmdb-App-Code"] = caller.bk_app_code, ["Bk-App-Code"] = caller.bk_app_code,
      ["X-Bkcmdb-Language"] = target.language, ["HTTP_BLUEKING_LANGUAGE"] = target.language,
    },
  }
end

-- The bus where it offers the call; calls that it never had go to the backend at the same address.
local function over_either(row, ...)
  return (row.esb and over_esb or over_backend)(row, ...)
end

local ROUTES = {
  auto = over_either, esb = over_esb, gateway = over_gateway, backend = over_backend,
}

-- Reading over GET and having nothing to say: no body. GSE takes a body even there.
local function encoded(request)
  local silent = request.method == "GET" or request.method == "DELETE"
  if silent and next(request.body) == nil then return nil end
  request.headers["Content-Type"] = "application/json"
  return json.encode(request.body)
end

local function refused_header(headers)
  for name, value in pairs(headers) do
    if type(value) ~= "string" or value:find("%c") then
      return fault.new { code = "config.bad_header",
        message = ("what should go into the header %s is not one line of text"):format(name),
        hint = "look at the credentials in the environment and the profile" }
    end
  end
end

---Why no call of a row can be made over the route of a target, whatever its arguments.
---@param row remora.Row
---@param target remora.Target
---@return table|nil fault call.no_route; nil: it can
function route.missing(row, target)
  local message, hint
  if target.route == "esb" and not row.esb then
    message, hint = "the bus does not offer this call", "use --route backend"
  elseif target.route == "gateway" and not row.gateway then
    message, hint = "the API gateway does not offer this call", "use --route esb or backend"
  end
  return message
    and fault.new { code = "call.no_route", call = row.key, message = message, hint = hint }
end

---Builds the request of a call.
---@param row remora.Row
---@param args table checked arguments; their auth members go before the target's credentials
---@param target remora.Target
---@return table|nil request for loop:fetch
---@return table|nil fault
---@return string[]|nil secrets in the request, in the forms of remora.core.mask; never to be shown
function route.request(row, args, target)
  local over = ROUTES[target.route] or error("no route named " .. tostring(target.route))
  local missing = route.missing(row, target)
  if missing then return nil, missing end
  local body, caller = separate(args, target.credentials or {})
  local request, refused = over(row, body, caller, target)
  if not request then return nil, refused end
  request.body = encoded(request)
  request.headers["Accept"], request.headers["User-Agent"] = "application/json", "remora"
  refused = refused_header(request.headers)
  if refused then return nil, refused end
  request.ca_file, request.verify = target.ca_file, target.verify
  request.timeout = target.timeout and math.min(target.timeout, LONGEST)
  if is_loopback(request.url) then request.proxy = "" end
  local secrets = {}
  for _, name in ipairs(CALLER.secrets) do
    local secret = caller[name]
    if type(secret) == "string" and secret ~= "" then secrets[#secrets + 1] = secret end
  end
  return request, nil, mask.forms(secrets)
end

return route
