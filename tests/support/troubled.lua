-- The embedded platform on a port of its own, in the loop of the test, whose answers a test may
-- replace one by one. Owns what is asked for and how often; never which trouble there is.

local catalogue = require "remora.catalogue"
local json = require "json"
local platform = require "tests.support.platform"
local server = require "tests.support.server"

local troubled = {}

-- The call that a request over the bus makes.
local calls = {}
for _, row in ipairs(catalogue.rows()) do
  if row.esb then calls["/api/c/compapi/v2/" .. row.esb .. "/"] = row.key end
end

local Troubled = {}
Troubled.__index = Troubled

---Starts one with the demo fleet.
---@param loop remora.Loop
---@param trouble (fun(call: string, number: integer, request: table): tests.Answer|"lost"|nil)|nil
---  asked before each request, with how often that call was made; nil: the platform's own answer;
---  "lost": the platform does it, and the connection ends before the answer
---@param options table|nil of tests.support.platform; also port: where it listens, nil: anywhere
---@return {url: string, asked: table<string, integer>, platform: table} troubled to-be-closed
function troubled.start(loop, trouble, options)
  local self = setmetatable({ asked = {}, platform = platform.new(options) }, Troubled)
  self.server = server.start(loop, function(request)
    local call = calls[request.path] or request.path
    self.asked[call] = (self.asked[call] or 0) + 1
    local instead = trouble and trouble(call, self.asked[call], request)
    if instead and instead ~= "lost" then return instead end
    local status, headers, body = self.platform.router:handle(request)
    if instead then return { reset = true } end
    return { status = status, headers = headers, body = body }
  end, { port = options and options.port })
  self.url = self.server.url
  return self
end

---The calls made so far that write, by name.
---@return table<string, integer>
function Troubled:writes()
  local writes = {}
  for call, count in pairs(self.asked) do
    local row = catalogue.get(call)
    if row and row.writes then writes[call] = count end
  end
  return writes
end

---The JSON object of a request.
---@param request table
---@return table
function troubled.arguments(request)
  return json.decode(request.body)
end

function Troubled:close()
  self.server:close()
  self.platform:close()
end
Troubled.__close = Troubled.close

return troubled
