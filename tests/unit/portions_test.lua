-- Cutting a list into portions that one call may carry.

local portions = require "remora.core.portions"
local lu = require "luaunit"

local tests = {}

function tests.test_portions_are_full_but_for_the_last_one()
  lu.assertEquals(portions({}, 2), {})
  lu.assertEquals(portions({ 1 }, 2), { { 1 } })
  lu.assertEquals(portions({ 1, 2 }, 2), { { 1, 2 } })
  lu.assertEquals(portions({ 1, 2, 3, 4, 5 }, 2), { { 1, 2 }, { 3, 4 }, { 5 } })
end

return tests
