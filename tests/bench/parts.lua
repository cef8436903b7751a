-- What does not depend on a fleet: how remora starts and checks, how YAML is loaded, and how fast
-- the embedded platform lists.

local figures = require "tests.bench.figures"
local goals = require "tests.bench.goals"
local listening = require "tests.bench.listening"
local rounds = require "tests.bench.rounds"
local system = require "system"
local tabulate = require "tests.bench.tabulate"
local written = require "tests.bench.written"

local parts = {}

local SHORT = 20        -- rounds of what takes milliseconds
local CHECKED = 1000    -- lines of a playbook
local LOADED = 10000000 -- bytes of another one

local PAGE = 500
local HOSTS = 2000
local TOPOLOGY = [[
businesses:
  bench: { sets: { all: { modules: { app: { hosts: ["10.0.[0-7].[1-250]"] } } } } }
]]
local NAMES = { "p0", "p1", "p2", "p3", "p4" }
local BUSINESS = 1 -- the id of the first one

local function run(list, count, cwd)
  local results = rounds.run(list, { rounds = count, cwd = cwd })
  for _, each in ipairs(list) do
    local problem = results[each.name].problem
    if problem then return nil, problem end
  end
  return results
end

local function milliseconds(result)
  local value = figures.of(result.samples, "wall") * 1000
  return { value = value, text = ("%.1f ms"):format(value) }
end

local function start(bin, cwd)
  local file = cwd .. "/checked.yml"
  assert(system.write_file(file, written(CHECKED)))
  local results, problem = run({
    { name = "version", argv = { bin .. "/remora", "--version" } },
    { name = "check", argv = { bin .. "/remora", "check", file } },
  }, SHORT, cwd)
  if not results then return nil, problem end
  return { ["remora --version"] = milliseconds(results.version),
    ["check, 1,000 lines"] = milliseconds(results.check) }
end

-- The seconds that each round of a program printed.
local function printed(result)
  local list = {}
  for i, sample in ipairs(result.samples) do list[i] = { wall = tonumber(sample.said) } end
  return list
end

local function load(bin, cwd, count)
  local file, line = cwd .. "/loaded.yml", #written(CHECKED) / CHECKED
  assert(system.write_file(file, written(LOADED // line)))
  local results, problem = run({
    { name = "libyaml", argv = { bin .. "/bench-events", file } },
    { name = "remora", argv = { bin .. "/bench-run", "load", file } },
  }, count, cwd)
  if not results then return nil, problem end
  local floor, ours = printed(results.libyaml), printed(results.remora)
  return { ["load 10 MB of YAML"] = { value = figures.ratio(ours, floor),
    text = ("%.3f s, libyaml's events alone %.3f s"):format(figures.of(ours, "wall"),
      figures.of(floor, "wall")) } }
end

-- A playbook that gives every host of the topology some processes.
local function filling()
  local lines = { "playbook: fill", "business: bench", "instances:",
    "  - where: { set: all, module: app }", "    processes:" }
  for _, name in ipairs(NAMES) do
    lines[#lines + 1] = ("      %s: { bk_func_name: %s, start_cmd: ./%s, user: root }"):format(
      name, name, name)
  end
  return table.concat(lines, "\n") .. "\n"
end

local function list(bin, cwd)
  assert(system.write_file(cwd .. "/topology.yml", TOPOLOGY))
  assert(system.write_file(cwd .. "/fill.yml", filling()))
  local served <close> = listening { cwd = cwd, argv = { bin .. "/remora", "platform", "serve",
    "--listen", "127.0.0.1:0", "--data", "platform.db", "--topology", "topology.yml" } }
  local results, problem = run({ { name = "fill", argv = { bin .. "/remora", "apply",
    cwd .. "/fill.yml", "--yes", "--platform", served.url } } }, 1, cwd)
  if not results then return nil, problem end
  local rows = HOSTS * #NAMES
  local before = served:cpu()
  results, problem = run({ { name = "list", argv = { bin .. "/bench-floor", served.url,
    tostring(rows), "8", tostring(BUSINESS) } } }, SHORT, cwd)
  if not results then return nil, problem end
  local pages = rows / PAGE
  local of_core = pages * SHORT / (served:cpu() - before)
  return { ["embedded platform"] = { value = of_core,
    text = ("%.0f pages of %d a second, %.0f a second of processor time"):format(
      pages / figures.of(results.list.samples, "wall"), PAGE, of_core) } }
end

---Measures them.
---@param place {bin: string, cwd: string}
---@param count integer rounds
---@return tests.bench.Report
function parts.report(place, count)
  local found, problems = {}, {}
  for _, part in ipairs { start, load, list } do
    local measured, problem = part(place.bin, place.cwd, count)
    for name, figure in pairs(measured or {}) do found[name] = figure end
    problems[#problems + 1] = problem
  end
  local lines = {}
  for _, goal in ipairs(goals.parts) do
    local figure = found[goal.of]
    lines[#lines + 1] = { goal.of, figure and figure.text or "failed" }
  end
  return { title = "start and parts", table = tabulate(lines, 2), problems = problems,
    verdicts = goals.judge(goals.parts, function(of) return found[of] and found[of].value end) }
end

return parts
