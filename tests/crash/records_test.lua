-- A run that is killed with SIGKILL after any record of its journal and resumed ends as if nothing
-- had happened, and no call that was carried out is sent again.

local crash = require "tests.support.crash"
local lu = require "luaunit"

local tests = {}

function tests.test_killed_after_every_record()
  crash.with(function(world)
    local whole = world:apply(nil, 8)
    lu.assertTrue(#whole.outcomes >= 30, #whole.outcomes)
    for record = 1, whole.records do world:check(whole, "after " .. record, 8) end
  end)
end

return tests
