-- One HTTP server inside the loop: takes its requests, runs the handler of each in a task, sends
-- the answers. Every request is answered or dropped exactly once, whatever happens to its task.

local service = {}
service.__index = service

local FAILED = { 500, { ["Content-Type"] = "text/plain" }, "internal error\n" }

---Answers the requests of an HTTP server, each in a task of its own.
---@param loop remora.Loop that drives it
---@param server table of http_server
---@param handler fun(request: table): integer|"abort", table?, string?  status, headers, body;
---  "abort" drops the connection, after the body if there is one. A bug in it is logged and
---  answered with 500
---@return table service
function service.new(loop, server, handler)
  local self = setmetatable({
    loop = loop, server = server, handler = handler,
    busy = {}, -- task → id of the request that it has to answer
  }, service)
  table.insert(loop.services, self)
  return self
end

local function send(self, task, status, headers, body)
  local id = self.busy[task]
  if status == "abort" then
    self.server:abort(id, body)
  else
    self.server:reply(id, status, headers, body)
  end
  self.busy[task] = nil
end

-- An answer that the server refuses to send is as much a bug as a failing handler.
local function answer(self, task, request)
  local fine, failure = xpcall(function() send(self, task, self.handler(request)) end,
    debug.traceback)
  if fine then return end
  self.loop.log(("bug while answering %s %s: %s"):format(request.method, request.path,
    tostring(failure)))
  if self.busy[task] then send(self, task, table.unpack(FAILED)) end
end

---Does the network work that is due and starts a task for each request that has arrived.
function service:step()
  for _, request in ipairs(self.server:step()) do
    local task
    task = self.loop:spawn(function() answer(self, task, request) end)
    self.busy[task] = request.id
  end
end

---Ends what it is busy with; those requests get no answer.
function service:drop()
  for task, id in pairs(self.busy) do
    task:cancel()
    self.server:abort(id)
  end
  self.busy = {}
end

---Stops answering; the server itself stays open. Not for its own handlers. Safe to repeat.
function service:close()
  for i, each in ipairs(self.loop.services) do
    if each == self then table.remove(self.loop.services, i) end
  end
  self:drop()
end

return service
