-- One fleet read with latency: how close each comes to what its own requests take when as many as
-- allowed are always on their way, and how close beside the floor, which does nothing but fetch.

local contestants = require "tests.bench.contestants"
local figures = require "tests.bench.figures"
local fleets = require "tests.bench.fleets"
local goals = require "tests.bench.goals"
local tabulate = require "tests.bench.tabulate"

local overlap = {}

local HEAD = { "", "wall", "cpu", "calls", "ideal", "x ideal", "x floor" }

---The ideal overlap: the links of the chain one after the other, everything else side by side.
---@param calls integer how many there are
---@param links integer so many of them wait for each other
---@param width integer as many may be on their way
---@param latency number of each
---@return number in the unit of the latency
function overlap.ideal(calls, links, width, latency)
  return (links + math.ceil((calls - links) / width)) * latency
end

-- What a contestant was seen to take, beside what its calls take at the least.
local function measured(result, each, place, latency)
  local samples = result.samples
  local calls = math.tointeger(figures.of(samples, "calls") // 1)
  local wall = figures.of(samples, "wall")
  local ideal = overlap.ideal(calls, each.links, place.width, latency / 1000)
  return { name = each.name, wall = wall, cpu = figures.of(samples, "cpu"), calls = calls,
    ideal = ideal, ratio = wall / ideal }
end

local function line_of(it, floor)
  return { it.name, ("%.3f s"):format(it.wall), ("%.3f s"):format(it.cpu), tostring(it.calls),
    ("%.3f s"):format(it.ideal), ("%.3f"):format(it.ratio),
    floor and ("%.3f"):format(it.ratio / floor.ratio) or "-" }
end

---Measures a fleet with latency.
---@param pages tests.bench.Pages
---@param place tests.bench.Place
---@param options {rounds: integer, latency: integer}  latency in milliseconds
---@return tests.bench.Report
function overlap.report(pages, place, options)
  local list = contestants.readers(place)
  pages:latency(options.latency)
  local results = fleets.run(pages, place, list, options.rounds)
  local of, problems, lines = {}, {}, { HEAD }
  for _, each in ipairs(list) do
    local result = results[each.name]
    problems[#problems + 1] = result.problem
    of[each.name] = not result.problem and measured(result, each, place, options.latency) or nil
  end
  for _, each in ipairs(list) do
    local it = of[each.name]
    if it then lines[#lines + 1] = line_of(it, of.floor) end
  end
  return {
    title = ("%d processes, %d ms a call, %d requests in flight"):format(place.rows,
      options.latency, place.width),
    table = tabulate(lines, 1), problems = problems,
    verdicts = goals.judge(goals.overlap, function(name)
      return of[name] and of.floor and of[name].ratio / of.floor.ratio
    end),
  }
end

return overlap
