-- The requests of a loop and whose they are: a bounded number in flight at the HTTP client, the
-- others in line there. Wakes nobody itself: what became of a flight goes to the `landed` function.

local http_client = require "http_client"

---@class remora.Flight
---@field owner table the flights that it is one of
---@field task table whose it is
---@field id integer the client's

local flights = {}
flights.__index = flights

---@param parallelism integer requests in flight at once
---@return table|nil flights
---@return {code: string, message: string}|nil failure
function flights.new(parallelism)
  local client, failure = http_client.new { parallelism = parallelism }
  if not client then return nil, failure end
  return setmetatable({ client = client, by_id = {} }, flights)
end

-- A flight that is closed before it landed belongs to a task that was cancelled.
local Flight = {}
function Flight.__close(flight)
  local self = flight.owner
  if self.by_id[flight.id] then
    self.client:cancel(flight.id)
    self.by_id[flight.id] = nil
  end
end

---Sends a request, as soon as there is room.
---@param request table as http_client's submit takes it; another one is an error
---@param task table
---@return remora.Flight flight to-be-closed
function flights:enter(request, task)
  local id = self.client:submit(request)
  local flight = setmetatable({ owner = self, task = task, id = id }, Flight)
  self.by_id[id] = flight
  return flight
end

---Whether none is on its way.
---@return boolean
function flights:empty() return next(self.by_id) == nil end

---Waits until something is there to be done, and reports flights that ended: as many as there are,
---but of large bodies one, whose reader makes room for the next.
---@param landed fun(flight: remora.Flight, answer: table)
---@param seconds number at most
---@param ... integer further descriptors to wait for
function flights:poll(landed, seconds, ...)
  local answer = self.client:poll(seconds, ...)
  while answer do
    local flight = self.by_id[answer.id]
    self.by_id[answer.id] = nil
    landed(flight, answer)
    answer = type(answer.body) ~= "userdata" and self.client:poll(0) or nil
  end
end

---Drops everything, as after the second Ctrl-C.
---@param landed fun(flight: remora.Flight, answer: table)
function flights:give_up(landed)
  local failure = { code = "net.interrupted", message = "interrupted" }
  for id, flight in pairs(self.by_id) do
    landed(flight, { error = failure, sent = self.client:cancel(id) })
  end
  self.by_id = {}
end

return flights
