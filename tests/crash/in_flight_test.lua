-- A run that is killed with SIGKILL before any record of its journal, with several calls in flight:
-- what was to be committed together is lost together, and found when the run is resumed.

local crash = require "tests.support.crash"

local tests = {}

function tests.test_killed_before_every_record()
  crash.with(function(world)
    local whole = world:apply(nil, 8)
    for record = 2, whole.records do world:check(whole, "before " .. record, 8) end
  end)
end

return tests
