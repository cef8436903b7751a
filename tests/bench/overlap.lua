-- One fleet read with latency: how close each comes to what its own requests take when as many as
-- allowed are always on their way.

local contestants = require "tests.bench.contestants"
local figures = require "tests.bench.figures"
local fleets = require "tests.bench.fleets"
local goals = require "tests.bench.goals"
local tabulate = require "tests.bench.tabulate"

local overlap = {}

local HEAD = { "", "wall", "cpu", "calls", "ideal", "x ideal" }

---The ideal overlap: the links of the chain one after the other, everything else side by side.
---@param calls integer how many there are
---@param links integer so many of them wait for each other
---@param width integer as many may be on their way
---@param latency number of each
---@return number in the unit of the latency
function overlap.ideal(calls, links, width, latency)
  return (links + math.ceil((calls - links) / width)) * latency
end

-- The figures of a contestant: its calls, their ideal overlap in seconds, and the ratio to that.
local function figures_of(samples, each, place, latency)
  local calls = math.tointeger(figures.of(samples, "calls") // 1)
  local ideal = overlap.ideal(calls, each.links, place.width, latency / 1000)
  return calls, ideal, figures.of(samples, "wall") / ideal
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
  local lines, ratios, problems = { HEAD }, {}, {}
  for _, each in ipairs(list) do
    local result = results[each.name]
    if result.problem then
      problems[#problems + 1] = result.problem
    else
      local samples = result.samples
      local calls, ideal, ratio = figures_of(samples, each, place, options.latency)
      ratios[each.name] = ratio
      lines[#lines + 1] = { each.name, ("%.3f s"):format(figures.of(samples, "wall")),
        ("%.3f s"):format(figures.of(samples, "cpu")), tostring(calls),
        ("%.3f s"):format(ideal), ("%.3f"):format(ratio) }
    end
  end
  return {
    title = ("%d processes, %d ms a call, %d requests in flight"):format(place.rows,
      options.latency, place.width),
    table = tabulate(lines, 1), problems = problems,
    verdicts = goals.judge(goals.overlap, function(of) return ratios[of] end),
  }
end

return overlap
