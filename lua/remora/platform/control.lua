-- The embedded platform's own route, /remora/faults: GET lists the fault rules, POST {rules} adds
-- some, DELETE removes all. Only for this machine, whoever else the platform listens to.

local json = require "json"
local fault = require "remora.core.fault"
local access = require "remora.platform.access"
local envelope = require "remora.platform.envelope"
local form = require "remora.platform.faults_form"

local control = {}

---Where the route is.
control.PATH = "/remora/faults"

local HEADERS = envelope.HEADERS

local function done(data)
  return 200, HEADERS, json.encode { result = true, code = 0, message = "success", data = data }
end

local function refused(status, message)
  return status, HEADERS, json.encode { result = false, code = status, message = message,
    data = json.null }
end

local function add(faults, request)
  local body = json.decode(request.body)
  local rules, problem = form.rules(type(body) == "table" and body.rules or json.null)
  if not rules then return refused(400, fault.render(problem)) end
  faults:add(rules)
  return done { seed = faults.seed, rules = faults:list() }
end

local METHODS = {
  GET = function(faults) return done { seed = faults.seed, rules = faults:list() } end,
  POST = add,
  DELETE = function(faults) return done { removed = faults:clear() } end,
}

---Whether a request is for this route.
---@param request table
---@return boolean
function control.owns(request)
  return request.path == control.PATH
end

---Answers it.
---@param faults table of remora.platform.faults
---@param request table of http_server
---@return integer status
---@return table headers
---@return string body
function control.handle(faults, request)
  local peer = request.peer:match("^%[?(.-)%]?:%d+$")
  if not peer or not access.is_loopback(peer) then
    return refused(403, "faults are set from the machine the platform runs on")
  end
  local method = METHODS[request.method]
  if not method then return refused(405, request.method .. " does not work here") end
  return method(faults, request)
end

return control
