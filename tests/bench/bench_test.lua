-- That the benchmark still runs and that what it measures does its work; never how fast.

local cli = require "tests.support.cli"
local figures = require "tests.bench.figures"
local fleets = require "tests.bench.fleets"
local fs = require "tests.support.fs"
local goals = require "tests.bench.goals"
local loop = require "remora.net.loop"
local overlap = require "tests.bench.overlap"
local pages = require "tests.bench.pages"
local report = require "tests.bench.report"
local rounds = require "tests.bench.rounds"
local system = require "system"
local lu = require "luaunit"

local tests = {}

local ROWS = 2000
local BIN = cli.program():match("^(.*)/")

-- A small fleet, for as long as a function works on it; skipped where the bench was not built.
local function on_fleet(work)
  lu.skipIf(not system.stat(BIN .. "/bench-pages"), "no g++ or no libsimdjson-dev")
  local directory <close> = fs.temporary()
  local served <close> = pages.start(BIN, ROWS)
  local place = { bin = BIN, cwd = directory.path, url = served.url, rows = ROWS, drifting = 20,
    width = 4, playbook = directory.path .. "/bench.yml" }
  fs.write(place.playbook, served:playbook())
  work(served, place)
end

-- A run that found another number of processes, or of drifted ones, is told of as a problem.
function tests.test_everybody_does_the_work_on_a_small_fleet()
  on_fleet(function(served, place)
    local found = fleets.report(served, place, { rounds = 1, peers = {} })
    lu.assertEquals(found.problems, {})
    local text = report.text(found)
    for _, name in ipairs { "2000 processes", "floor", "plan", "apply, 1 % drift", "pull" } do
      lu.assertStrContains(text, name)
    end
  end)
end

function tests.test_a_run_is_charged_with_its_own_memory_and_time()
  lu.skipIf(not system.stat(BIN .. "/bench-meter"), "no g++ or no libsimdjson-dev")
  local directory <close> = fs.temporary()
  local ballast = ("x"):rep(64 * 1024 * 1024) -- of who measures
  local run = rounds.run({ { name = "sleep", argv = { "sleep", "0.05" } } },
    { rounds = 1, cwd = directory.path }).sleep.samples[1]
  lu.assertTrue(run.peak < #ballast / 2)
  lu.assertTrue(run.wall >= 0.05)
end

function tests.test_who_does_something_else_is_told_of()
  lu.skipIf(not system.stat(BIN .. "/bench-meter"), "no g++ or no libsimdjson-dev")
  local directory <close> = fs.temporary()
  local result = rounds.run({ { name = "none", argv = { "false" } } },
    { rounds = 2, cwd = directory.path }).none
  lu.assertEquals(result, { samples = {}, problem = "none did something else (exit 1):\n\n" })
end

function tests.test_calls_are_counted_beside_their_ideal()
  on_fleet(function(served, place)
    local found = overlap.report(served, place, { rounds = 1, latency = 20 })
    lu.assertEquals(found.problems, {})
    -- four pages, all at once
    lu.assertStrMatches(found.table,
      ".*\n  floor +[%d.]+ s +[%d.]+ s +4 +0%.020 s +[%d.]+ +1%.000\n.*")
  end)
end

function tests.test_an_answer_is_held_back()
  on_fleet(function(served)
    served:latency(60 * 60 * 1000)
    local net = loop.new()
    net:run(function()
      local answer, late = net:fetch { method = "POST", timeout = 0.05, proxy = "",
        url = served.url .. "/api/c/compapi/v2/cc/search_business/" }
      lu.assertNil(answer)
      lu.assertEquals(late.code, "net.timeout")
    end)
  end)
end

function tests.test_the_ideal_is_the_chain_and_then_as_many_at_once_as_allowed()
  lu.assertEquals(overlap.ideal(200, 0, 8, 50), 25 * 50)
  lu.assertEquals(overlap.ideal(205, 3, 8, 50), (3 + 26) * 50)
  lu.assertEquals(overlap.ideal(205, 3, 16, 50), (3 + 13) * 50)
  lu.assertEquals(overlap.ideal(3, 3, 8, 50), 3 * 50)
end

local function samples(...)
  local list = {}
  for i, wall in ipairs { ... } do list[i] = { wall = wall } end
  return list
end

function tests.test_ratios_come_from_pairs_of_one_round()
  local floor = samples(1, 2, 1)
  lu.assertEquals(figures.ratio(samples(3, 4, 9), floor), 3) -- of 3, 2 and 9
  lu.assertEquals(figures.ratio(samples(30), floor), 30)
  lu.assertNil(figures.ratio(samples(1), {}))
  lu.assertEquals(figures.of(samples(1, 4, 2, 9), "wall"), 3)
end

function tests.test_a_goal_is_met_or_missed_by_a_factor()
  local list = { { of = "plan", what = "x floor", most = 0.8 },
    { of = "plan", what = "x faster than go", least = 11 },
    { of = "plan", what = "MB of memory", most = 24 },
    { of = "pull", what = "x floor", most = 1 } }
  local measured = { ["x floor"] = 1.2, ["x faster than go"] = 5.5, ["MB of memory"] = 24 }
  local verdicts = goals.judge(list, function(of, what)
    return of == "plan" and measured[what] or nil
  end)
  lu.assertEquals(#verdicts, 3)
  lu.assertEquals(goals.cells(verdicts[1]),
    { "MISSED", "plan", "1.20 x floor", "at most 0.8", "by 1.50 x" })
  lu.assertEquals(goals.cells(verdicts[2]),
    { "MISSED", "plan", "5.50 x faster than go", "at least 11", "by 2.00 x" })
  lu.assertEquals(goals.cells(verdicts[3]),
    { "met", "plan", "24.00 MB of memory", "at most 24", "" })
  lu.assertEquals(report.sum { { verdicts = verdicts, problems = {} } }, "1 of 3 goals met")
end

function tests.test_a_fleet_has_the_goals_of_its_size()
  local function limits(rows)
    local list = {}
    for _, goal in ipairs(goals.fleet(rows)) do
      list[("%s, %s"):format(goal.of, goal.what)] = goal.most or goal.least
    end
    return list
  end
  lu.assertEquals(limits(2000),
    { ["plan, MB of memory"] = 24, ["plan, 1 % drift, MB of memory"] = 24 })
  lu.assertEquals(limits(10000)["plan, x floor"], 1)
  lu.assertEquals(limits(1000000)["apply, 1 % drift, x floor"], 0.95)
  lu.assertEquals(limits(100000)["plan, x faster than python"], 17)
end

return tests
