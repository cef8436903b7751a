-- The requests of a loop: a bounded number in flight at the HTTP client, the others in line behind
-- them, so that nobody's time-out runs while he waits for a connection. Wakes nobody itself: what
-- became of a flight goes to the `landed` function it is given.

local http_client = require "http_client"
local queue = require "remora.net.queue"

---@class remora.Flight
---@field request table
---@field task table whose it is
---@field id integer|nil the client's, once it was launched
---@field dropped boolean|nil nobody waits for it any more

local flights = {}
flights.__index = flights

---@param parallelism integer requests in flight at once
---@return table flights
function flights.new(parallelism)
  return setmetatable({
    client = http_client.new { max_total = 2 * parallelism, max_host = parallelism },
    parallelism = parallelism,
    line = queue.new(),
    by_id = {},
    flying = 0,
  }, flights)
end

-- A flight that is closed before it landed belongs to a task that was cancelled.
local Flight = {}
function Flight.__close(flight)
  local self = flight.owner
  flight.dropped = true
  if flight.id and self.by_id[flight.id] then
    self.client:cancel(flight.id)
    self.by_id[flight.id], self.flying = nil, self.flying - 1
  end
end

---Puts a request in line.
---@param request table as http_client's submit takes it
---@param task table
---@return remora.Flight flight to-be-closed
function flights:enter(request, task)
  local flight = setmetatable({ owner = self, request = request, task = task }, Flight)
  self.line:push(flight)
  return flight
end

---Sends what is in line, as far as there is room.
---@param landed fun(flight: remora.Flight, answer: table|nil, error: any)  told of a request that
---  the client does not take
---@param most integer how many at most
function flights:launch(landed, most)
  while most > 0 and self.flying < self.parallelism and not self.line:empty() do
    most = most - 1
    local flight = self.line:pop()
    if not flight.dropped then
      local taken, id = pcall(self.client.submit, self.client, flight.request)
      if taken then
        flight.id, self.by_id[id], self.flying = id, flight, self.flying + 1
      else
        landed(flight, nil, id)
      end
    end
  end
end

---Waits until something is there to be done, and reports the flights that ended.
---@param landed fun(flight: remora.Flight, answer: table)
---@param seconds number at most
---@param ... integer further descriptors to wait for
function flights:poll(landed, seconds, ...)
  for _, answer in ipairs(self.client:poll(seconds, ...)) do
    local flight = self.by_id[answer.id]
    self.by_id[answer.id], self.flying = nil, self.flying - 1
    landed(flight, answer)
  end
end

---Drops everything, as after the second Ctrl-C.
---@param landed fun(flight: remora.Flight, answer: table)
function flights:give_up(landed)
  local failure = { code = "net.interrupted", message = "interrupted" }
  while not self.line:empty() do
    landed(self.line:pop(), { error = failure, sent = false })
  end
  for id, flight in pairs(self.by_id) do
    self.client:cancel(id)
    landed(flight, { error = failure, sent = true })
  end
  self.by_id, self.flying = {}, 0
end

return flights
