-- Who is measured on a fleet: the floor, the commands of remora and the peers, each as a program
-- with arguments and a test of what it printed. Owns what a run must have done to count.

local source = require "tests.support.source"

local contestants = {}

---@class tests.bench.Place where the programs are and what they work on
---@field bin string directory of the built programs
---@field url string of bench-pages
---@field playbook string file
---@field rows integer processes of the fleet
---@field drifting integer of them with drift, when a contestant asks for it
---@field width integer requests in flight

---@class tests.bench.Contender : tests.bench.Contestant
---@field drift boolean? run on a fleet with drift
---@field links integer? calls that have to wait for each other, for those measured with latency

local PENDING = 2 -- exit code of a plan with --detailed-exitcode that has something to do

local function remora(place, command, ...)
  return { place.bin .. "/remora", command, "--platform", place.url, "--route", "esb",
    "--parallelism", tostring(place.width), ... }
end

---The floor, and what is held to the overlap of its requests. A plan's links: the business, its
---modules, and the first page, which tells how many there are; an apply then looks again, writes,
---and looks at what it wrote.
---@param place tests.bench.Place
---@return tests.bench.Contender[] the floor first
function contestants.readers(place)
  return {
    { name = "floor", links = 0, argv = { place.bin .. "/bench-floor", place.url,
      tostring(place.rows), tostring(place.width) } },
    { name = "plan", links = 3, says = "nothing to do",
      argv = remora(place, "plan", place.playbook, "--detailed-exitcode") },
    { name = "plan, 1 % drift", links = 3, drift = true, code = PENDING,
      says = (" %d "):format(place.drifting),
      argv = remora(place, "plan", place.playbook, "--detailed-exitcode") },
    { name = "apply, 1 % drift", links = 6, drift = true,
      says = ("%d objects changed"):format(place.drifting),
      argv = remora(place, "apply", place.playbook, "--yes") },
  }
end

---What else is measured on a fleet.
---@param place tests.bench.Place
---@param peers {python: string[]?, go: string[]?} how each is started
---@return tests.bench.Contender[]
function contestants.others(place, peers)
  local list = {
    { name = "pull", argv = remora(place, "pull", "--business", "bench") },
    { name = "pull, 1 % drift", drift = true, says = "timeout: 40",
      argv = remora(place, "pull", "--business", "bench") },
    { name = "script on every row", says = ("%d\t0\n"):format(place.rows),
      argv = remora(place, "run", source.directory() .. "/tests/bench/every_row.lua") },
  }
  for _, name in ipairs { "python", "go" } do
    local start = peers[name]
    if start then
      local argv = table.move(start, 1, #start, 1, {})
      for _, word in ipairs { place.url, place.playbook, tostring(place.width) } do
        argv[#argv + 1] = word
      end
      table.insert(list, { name = name, argv = argv, says = ("%d 0\n"):format(place.rows) })
      table.insert(list, { name = name .. ", 1 % drift", argv = argv, drift = true,
        says = ("%d %d\n"):format(place.rows, place.drifting) })
    end
  end
  return list
end

return contestants
