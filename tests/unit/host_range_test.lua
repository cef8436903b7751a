-- Host ranges: what a pattern stands for and what is refused.

local host_range = require "remora.platform.host_range"
local lu = require "luaunit"

local tests = {}

function tests.test_patterns()
  local rows = {
    { "10.0.0.7", { "10.0.0.7" } },
    { "10.0.1.[1-3]", { "10.0.1.1", "10.0.1.2", "10.0.1.3" } },
    { "10.0.1.[7]", { "10.0.1.7" } },
    { "10.0.1.[1-2,9]", { "10.0.1.1", "10.0.1.2", "10.0.1.9" } },
    { "10.0.[1-2].[8-9]", { "10.0.1.8", "10.0.1.9", "10.0.2.8", "10.0.2.9" } },
    { "web-[1-2].example", { "web-1.example", "web-2.example" } },
  }
  for _, row in ipairs(rows) do lu.assertEquals(host_range.expand(row[1]), row[2], row[1]) end
end

function tests.test_refusals()
  local rows = {
    { "10.0.1.[4-1]", "backwards" },
    { "10.0.1.[a-b]", "is not a range" },
    { "10.0.1.[]", "is not a range" },
    { "10.0.1.[1-", "unpaired bracket" },
    { "10.0.1.1]", "unpaired bracket" },
    { "[0-9999].[0-9999]", "more than 65536" },
  }
  for _, row in ipairs(rows) do
    local values, problem = host_range.expand(row[1])
    lu.assertNil(values, row[1])
    lu.assertStrContains(problem, row[2])
  end
end

return tests
