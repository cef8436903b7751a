-- An embedded platform for tests, in memory and without a network: requests go straight to its
-- router. Owns how a call becomes a request; never what the answer should be.

local catalogue = require "remora.catalogue"
local demo = require "remora.platform.demo"
local events = require "remora.platform.events"
local handlers = require "remora.platform.handlers"
local json = require "json"
local router = require "remora.platform.router"
local seed = require "remora.platform.seed"
local store = require "remora.platform.store"
local tasks = require "remora.platform.tasks"
local topology = require "remora.platform.topology"

local platform = {}
platform.__index = platform

local NOW = "2026-11-22T00:00:00.000Z"

---Starts a platform.
---@param options table|nil {topology: string? YAML; nil: the demo fleet, path: string? data file,
---  nil: in memory, sync_delay: number? seconds, nil: 0}
---@return table platform with `store` and `logged` (what the router logged)
function platform.new(options)
  options = options or {}
  local self = setmetatable({ logged = {} }, platform)
  self.store = assert(store.open(options.path or ":memory:"))
  local seeded, refused = seed(
    { store = self.store, user = "admin", account = "0", now = NOW },
    function() return topology.read(options.topology or demo, "topology.yml") end)
  if seeded == nil then error(refused, 0) end
  events.record(self.store)
  self.router = router.new {
    rows = catalogue.rows(), handlers = handlers, store = self.store,
    before = tasks.before(options.sync_delay or 0),
    log = function(text) self.logged[#self.logged + 1] = text end,
  }
  return self
end

---Sends a request as it is.
---@param method string
---@param path string
---@param body table|string|nil
---@param headers table|nil
---@return table|string answer decoded when it is JSON
---@return integer status
function platform:request(method, path, body, headers)
  if type(body) == "table" then body = json.encode(body) end
  local status, _, text = self.router:handle {
    method = method, path = path, query = "", headers = headers or {}, body = body or "",
  }
  local answer = json.decode(text)
  return answer == nil and text or answer, status
end

-- The path of a row on the backend, and what is left of the arguments for the body.
local function backend_request(row, args)
  local body = {}
  for name, value in pairs(args) do body[name] = value end
  local path = row.path:gsub("{([%w_]+)}", function(name)
    local value = body[name]
    body[name] = nil
    return tostring(value == nil and "0" or value)
  end)
  return path, body
end

---Makes a call.
---@param key string such as "cc.search_set"
---@param args table|nil
---@param route "esb"|"backend"|nil nil: the bus, or the backend for calls that are not on it
---@return any data nil when refused
---@return integer code 0 when it succeeded
---@return string message
---@return integer status
function platform:call(key, args, route)
  local row = assert(catalogue.get(key))
  local answer, status
  if (route or (row.esb and "esb" or "backend")) == "esb" then
    answer, status = self:request("POST", "/api/c/compapi/v2/" .. row.esb .. "/", args or {})
  else
    local path, body = backend_request(row, args or {})
    answer, status = self:request(row.verb, path, body)
  end
  local code, message = answer.code or answer.bk_error_code, answer.message or answer.bk_error_msg
  local data = answer.data
  if not answer.result then data = nil end
  return data, code, message, status
end

---Makes a call that must succeed.
---@param key string
---@param args table|nil
---@return any data
function platform:must(key, args)
  local data, code, message = self:call(key, args)
  if code ~= 0 then error(("%s: %s %s"):format(key, code, message), 2) end
  return data
end

function platform:close()
  self.store:close()
end

platform.__close = platform.close

return platform
