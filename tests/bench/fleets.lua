-- One fleet: everybody works on it in turns, and the table of what that took. Owns the figures by
-- which its goals are judged.

local contestants = require "tests.bench.contestants"
local figures = require "tests.bench.figures"
local goals = require "tests.bench.goals"
local rounds = require "tests.bench.rounds"
local tabulate = require "tests.bench.tabulate"

local fleets = {}

-- How long each took; how many times as long and as much processor time as the floor; how many
-- times as long the peers took for the same work.
local HEAD = { "", "wall", "cpu", "memory", "x floor", "x its cpu", "python x", "go x" }

---Measures contestants on a fleet.
---@param pages tests.bench.Pages
---@param place tests.bench.Place
---@param list tests.bench.Contender[]
---@param count integer rounds
---@return table<string, tests.bench.Result> results by name; each sample has `calls` as well
function fleets.run(pages, place, list, count)
  return rounds.run(list, { rounds = count, cwd = place.cwd,
    before = function(each)
      pages:drift(each.drift and place.rows // place.drifting or 0)
      pages:calls()
    end,
    after = function(_, sample) sample.calls = pages:calls() end,
  })
end

-- How many times as long a peer takes for the same work; nil when it was not measured.
local function faster_than(results, each, name)
  local peer = results[each.drift and name .. ", 1 % drift" or name]
  return peer and figures.ratio(peer.samples, results[each.name].samples)
end

-- What is known of a contestant beside its samples.
local function figure_of(results, each, what)
  local samples = results[each.name].samples
  if what == "x floor" then return figures.ratio(samples, results.floor.samples) end
  if what == "MB of memory" then return figures.of(samples, "peak") / 1e6 end
  return faster_than(results, each, what:match("^x faster than (%a+)$"))
end

local function times(ratio) return ratio and ("%.2f"):format(ratio) or "-" end

local function cells_of(results, each)
  local result = results[each.name]
  if result.problem then return { each.name, "failed", "", "", "", "", "", "" } end
  local samples = result.samples
  return { each.name, ("%.3f s"):format(figures.of(samples, "wall")),
    ("%.3f s"):format(figures.of(samples, "cpu")),
    ("%.1f MB"):format(figure_of(results, each, "MB of memory")),
    times(figure_of(results, each, "x floor")),
    times(figures.ratio(samples, results.floor.samples, "cpu")),
    times(faster_than(results, each, "python")), times(faster_than(results, each, "go")) }
end

---Measures a fleet.
---@param pages tests.bench.Pages
---@param place tests.bench.Place
---@param options {rounds: integer, peers: table}
---@return tests.bench.Report
function fleets.report(pages, place, options)
  local list = contestants.readers(place)
  local others = contestants.others(place, options.peers)
  table.move(others, 1, #others, #list + 1, list)
  local results = fleets.run(pages, place, list, options.rounds)
  local lines, by_name, problems = { HEAD }, {}, {}
  for _, each in ipairs(list) do
    by_name[each.name] = each
    lines[#lines + 1] = cells_of(results, each)
    problems[#problems + 1] = results[each.name].problem
  end
  local verdicts = goals.judge(goals.fleet(place.rows), function(of, what)
    return not results[of].problem and figure_of(results, by_name[of], what) or nil
  end)
  return { title = ("%d processes, %d requests in flight"):format(place.rows, place.width),
    table = tabulate(lines, 1), verdicts = verdicts, problems = problems }
end

return fleets
