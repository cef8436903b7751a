-- The requests of a loop, over a client that does as it is told.

local buffer = io.tmpfile() -- any userdata
local flights = require "remora.net.flights"
local lu = require "luaunit"

-- Flights over a client whose next answers are given; what it is asked for is noted.
local function over(answers)
  local its, asked, last = assert(flights.new(1)), {}, 0
  its.client:close()
  its.client = {
    submit = function()
      last = last + 1
      return last
    end,
    poll = function(_, seconds, ...)
      asked[#asked + 1] = { seconds, ... }
      return table.remove(answers, 1)
    end,
    cancel = function(_, id)
      asked[#asked + 1] = "cancel " .. id
      return id == 1
    end,
  }
  return its, asked
end

local tests = {}

function tests.test_all_answers_that_are_there_land_at_once()
  local its, asked = over { { id = 2, body = "b" }, { id = 1, error = {} } }
  its:enter({}, "first")
  its:enter({}, "second")
  local landed = {}
  its:poll(function(flight, answer) landed[#landed + 1] = { flight.task, answer.id } end, 7, 3, 4)
  lu.assertEquals(landed, { { "second", 2 }, { "first", 1 } })
  lu.assertEquals(asked, { { 7, 3, 4 }, { 0 }, { 0 } })
  lu.assertTrue(its:empty())
end

function tests.test_a_large_body_lands_alone()
  local its, asked = over { { id = 1, body = buffer }, { id = 2, body = "b" } }
  its:enter({}, "first")
  its:enter({}, "second")
  local count = 0
  local function landed() count = count + 1 end
  its:poll(landed, 7)
  lu.assertEquals({ count, #asked, its:empty() }, { 1, 1, false })
  its:poll(landed, 7)
  lu.assertEquals({ count, its:empty() }, { 2, true })
end

function tests.test_a_flight_that_is_let_go_of_is_cancelled_unless_it_landed()
  local its, asked = over { { id = 1, body = "" } }
  do
    local _ <close> = its:enter({}, "lands")
    its:poll(function() end, 0)
  end
  lu.assertEquals(asked, { { 0 }, { 0 } })
  do
    local _ <close> = its:enter({}, "does not")
  end
  lu.assertEquals(asked[3], "cancel 2")
  lu.assertTrue(its:empty())
end

-- Who waits for an answer is told whether the request may have left.
function tests.test_everything_is_given_up()
  local its = over {}
  its:enter({}, "left")
  its:enter({}, "still in line")
  local sent = {}
  its:give_up(function(flight, answer)
    lu.assertEquals(answer.error.code, "net.interrupted")
    sent[flight.task] = answer.sent
  end)
  lu.assertEquals(sent, { left = true, ["still in line"] = false })
  lu.assertTrue(its:empty())
end

return tests
