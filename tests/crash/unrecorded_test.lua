-- A run that is killed with SIGKILL when the platform has carried out a call and the journal does
-- not know it yet finds the effect when it is resumed, and does not send the call again.

local crash = require "tests.support.crash"
local lu = require "luaunit"

local tests = {}

-- One call at a time, so that every second record after the first is an outcome.
function tests.test_killed_before_every_outcome()
  crash.with(function(world)
    local whole = world:apply(nil, 1)
    for record = 3, whole.records, 2 do
      local ended, found = world:check(whole, "before " .. record, 1), 0
      for _, outcome in ipairs(ended.outcomes) do
        if outcome == "1 found" then found = found + 1 end
      end
      lu.assertEquals(found, 1, record)
      lu.assertEquals(#ended.outcomes, #whole.outcomes)
    end
  end)
end

return tests
