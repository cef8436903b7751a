-- An HTTP server for tests that answers from data, well or badly, in the loop of the test.
-- Remembers what it was asked; judges nothing.

local http_server = require "http_server"
local json = require "json"
local service = require "remora.net.service"

local server = {}

---@class tests.Answer  one of json, body, raw, reset and silent
---@field status integer? 200
---@field headers table?
---@field json any a body that is encoded
---@field body string?
---@field delay number? seconds before it is sent
---@field raw string? written as it is, head and all; then the connection ends
---@field reset boolean? the connection is reset
---@field silent boolean? nothing ever comes

local Server = {}
Server.__index = Server

local function send(self, answer)
  if answer.delay then self.loop:sleep(answer.delay) end
  if answer.silent then self.loop:sleep(math.huge) end
  if answer.reset then return "abort" end
  if answer.raw then return "abort", nil, answer.raw end
  local headers = { ["Content-Type"] = answer.json ~= nil and "application/json" or "text/html" }
  for name, value in pairs(answer.headers or {}) do headers[name] = value end
  local body = answer.json ~= nil and json.encode(answer.json) or answer.body
  return answer.status or 200, headers, body
end

---Starts a server on a free port of the loopback.
---@param loop remora.Loop
---@param script tests.Answer[]|fun(request: table, number: integer): tests.Answer
---  a list is answered in turn, its last one for ever
---@param options table|nil for http_server.listen
---@return {url: string, requests: table[], peers: integer} server to-be-closed; peers: connections
function server.start(loop, script, options)
  local listening = assert(http_server.listen(options or {}))
  local self = setmetatable({
    loop = loop, listening = listening, requests = {}, peers = 0,
    url = "http://127.0.0.1:" .. listening:port(),
  }, Server)
  local seen = {}
  self.service = service.new(loop, listening, function(request)
    table.insert(self.requests, request)
    if not seen[request.peer] then
      seen[request.peer], self.peers = true, self.peers + 1
    end
    local number = #self.requests
    request.json = json.decode(request.body)
    local answer = type(script) == "function" and script(request, number)
      or type(script) == "table" and script[math.min(number, #script)]
    return send(self, answer)
  end)
  return self
end

---An answer as the bus gives it.
---@param data any
---@return tests.Answer
function server.fine(data)
  return { json = { result = true, code = 0, message = "", data = data, request_id = "r-1" } }
end

---A refusal as the bus gives it.
---@param code integer
---@param message string|nil
---@return tests.Answer
function server.refusal(code, message)
  return { json = { result = false, code = code, message = message or "no", data = json.null,
    request_id = "r-1" } }
end

---Stops it. Idempotent.
function Server:close()
  self.service:close()
  self.listening:close()
end
Server.__close = Server.close

return server
