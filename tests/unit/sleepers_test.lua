-- Who is woken first: by deadline, then by who came first.

local lu = require "luaunit"
local sleepers = require "remora.net.sleepers"

local tests = {}

-- Deadlines in the order they are added, the time, who is due then, and the next deadline.
local ROWS = {
  { {}, 9, {}, nil },
  { { 5 }, 4, {}, 5 },
  { { 5 }, 5, { 1 }, nil },
  { { 3, 1, 2, 0, 1 }, 9, { 4, 2, 5, 3, 1 }, nil },
  { { 3, 1, 2, 0, 1 }, 1, { 4, 2, 5 }, 2 },
  { { 7, 7, 7 }, 7, { 1, 2, 3 }, nil },
}

function tests.test_the_earliest_deadline_goes_first()
  for i, row in ipairs(ROWS) do
    local list, woken = sleepers.new(), {}
    for number, deadline in ipairs(row[1]) do list:add(number, deadline) end
    for sleeper in list:due(row[2]) do woken[#woken + 1] = sleeper.task end
    lu.assertEquals({ woken, list:next() }, { row[3], row[4] }, "row " .. i)
  end
end

return tests
