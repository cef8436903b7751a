-- That the benchmark still runs and that what it measures does its work; never how fast.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local luaunit = require "luaunit"
local measure = require "tests.bench.measure"
local tabulate = require "tests.bench.tabulate"

local tests = {}

-- A run that found another number of processes, or of drifted ones, is told of as missing.
function tests.test_everything_that_is_measured_runs_on_a_small_fleet()
  local directory <close> = fs.temporary()
  local results, missing = measure.fleet { bin = cli.program():match("^(.*)/"), rows = 2000,
    latency = 1, width = 4, rounds = 1, cwd = directory.path }
  for _, each in ipairs(missing) do luaunit.assertStrContains(each, "python3 has no requests") end
  for _, each in ipairs(results) do luaunit.assertEquals(#each.samples, 1, each.name) end
  local text = tabulate("small", results)
  for _, name in ipairs { "small", "floor", "plan", "apply, 1 % drift" } do
    luaunit.assertStrContains(text, name)
  end
end

function tests.test_ratios_come_from_pairs_of_one_round()
  local function samples(...)
    local list = {}
    for i, wall in ipairs { ... } do list[i] = { wall = wall, cpu = wall, peak = 2e6 } end
    return list
  end
  local text = tabulate("title", {
    { name = "floor", samples = samples(1, 2, 1) },
    { name = "plan", samples = samples(3, 4, 9) }, -- ratios 3, 2 and 9
    { name = "python", samples = samples(30) },
  })
  luaunit.assertStrMatches(text:match("\n  (plan[^\n]*)"),
    "plan +4%.000s +4%.000s +2%.0 MB +3%.00 +0%.10")
  luaunit.assertStrMatches(text:match("\n  (python[^\n]*)"),
    "python +30%.000s +30%.000s +2%.0 MB +30%.00 +1%.00")
end

return tests
