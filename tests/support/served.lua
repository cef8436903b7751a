-- The embedded platform as a process of its own, `remora platform serve`, and a way to talk to it.
-- Owns its start and its end; judges no answer but that of `call`.

local cli = require "tests.support.cli"
local http_client = require "http_client"
local json = require "json"
local lu = require "luaunit"

local SIGTERM, SIGKILL = 15, 9
local PATIENCE = 60 -- seconds; only a test that fails takes so long

---@class tests.Served
---@field url string
---@field port integer
---@field process userdata
local Served = {}
Served.__index = Served

---Starts one with its data in `p.db`.
---@param directory {path: string}
---@param request table|nil further arguments as a list, and settings of tests.support.cli
---@return tests.Served served to-be-closed
local function serve(directory, request)
  request = request or {}
  request.cwd, request.hangup = directory.path, "default"
  for i, word in ipairs { "platform", "serve", "--data", "p.db" } do
    table.insert(request, i, word)
  end
  local self = setmetatable({ process = cli.start(request), client = http_client.new {} }, Served)
  local line = self.process:read_line(PATIENCE)
  self.url = line and line:match("^listening on (http://[%d.:]+)$")
  if not self.url then
    self.process:wait(PATIENCE)
    error(("no first line: %s %s"):format(tostring(line), self.process:read_stderr()), 2)
  end
  self.port = math.tointeger(tonumber(self.url:match("%d+$")))
  return self
end

---Sends requests, several at a time.
---@param requests {method: string?, path: string, body: string?, headers: table?}[]
---@return table[] answers in the order of the requests; as http_client gives them
function Served:exchange(requests)
  local places, answers, count = {}, {}, 0
  for i, request in ipairs(requests) do
    places[self.client:submit { method = request.method or "POST", url = self.url .. request.path,
      headers = request.headers, body = request.body, timeout = PATIENCE }] = i
  end
  while count < #requests do
    local finished = self.client:poll(PATIENCE)
    if finished then answers[places[finished.id]], count = finished, count + 1 end
  end
  return answers
end

---Posts one request that must be answered.
---@param path string
---@param body table|string
---@param headers table|nil
---@return any answer decoded
---@return integer status
function Served:post(path, body, headers)
  if type(body) == "table" then body = json.encode(body) end
  local answer = self:exchange { { path = path, body = body, headers = headers } }[1]
  lu.assertNil(answer.error, answer.error and answer.error.message)
  return json.decode(answer.body), answer.status
end

---Makes a call of the bus that must succeed.
---@param name string such as search_business
---@param args table
---@return any data
function Served:call(name, args)
  local answer = self:post("/api/c/compapi/v2/cc/" .. name .. "/", args)
  lu.assertEquals(answer.code, 0, answer.message)
  return answer.data
end

---Ends it and waits for that.
---@param signal integer|nil nil: SIGTERM
---@return integer|nil code
---@return integer|nil signal that ended it
function Served:stop(signal)
  self.process:kill(signal or SIGTERM)
  local code, by = self.process:wait(PATIENCE)
  self.client:close()
  return code, by
end

Served.__close = function(self)
  self.process:kill(SIGKILL)
  self.process:wait(PATIENCE)
  self.client:close()
end

return serve
