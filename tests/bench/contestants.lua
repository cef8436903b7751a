-- What the benchmark measures: the floor, the commands of remora and the peer, each as a program
-- with arguments and a test of what it printed. Owns what a run must have done to count.

local process = require "process"
local source = require "tests.support.source"
local system = require "system"

local contestants = {}

---@class tests.bench.Place where the programs are and what they work on
---@field bin string directory of the built programs
---@field url string of bench-pages
---@field playbook string file
---@field rows integer processes of the fleet
---@field drifting integer of them with drift, when a contestant asks for it
---@field width integer requests in flight

---@class tests.bench.Contestant
---@field name string
---@field drift boolean? run on a fleet with drift
---@field argv string[]
---@field env table<string, string>?
---@field code integer? exit code it must have; 0
---@field says string? what must be in its output, plain

local PENDING = 2 -- exit code of a plan with --detailed-exitcode that has something to do

local function remora(place, command, ...)
  return { place.bin .. "/remora", command, place.playbook, "--platform", place.url, "--route",
    "esb", "--parallelism", tostring(place.width), ... }
end

-- An interpreter that has requests; nil when there is none.
local function python()
  local child <close> = process.spawn { argv = { "python3", "-c", "import requests" },
    stdout = "pipe", stderr = "pipe" }
  return child and child:wait(60) == 0 and "python3" or nil
end

---All contestants, the floor first.
---@param place tests.bench.Place
---@return tests.bench.Contestant[]
---@return string[] missing what cannot be measured here, in words
function contestants.of(place)
  local nothing, some = "nothing to do", ("%d objects changed"):format(place.drifting)
  local list, missing = {
    { name = "floor", argv = { place.bin .. "/bench-floor", place.url, tostring(place.rows),
      tostring(place.width) } },
    { name = "plan", argv = remora(place, "plan", "--detailed-exitcode"), says = nothing },
    { name = "plan, 1 % drift", argv = remora(place, "plan", "--detailed-exitcode"), drift = true,
      code = PENDING, says = (" %d "):format(place.drifting) },
    { name = "apply, 1 % drift", argv = remora(place, "apply", "--yes"), drift = true,
      says = some },
  }, {}
  if system.stat(source.directory() .. "/lua/remora/cli/pull.lua") then
    table.insert(list, { name = "pull", argv = { place.bin .. "/remora", "pull", "--business",
      "bench", "--platform", place.url, "--route", "esb" } })
  end
  local interpreter = python()
  if interpreter then
    local peer = { interpreter, source.directory() .. "/tests/bench/peer.py", place.url,
      place.playbook }
    table.insert(list, { name = "python", argv = peer, says = ("%d 0\n"):format(place.rows) })
    table.insert(list, { name = "python, 1 % drift", argv = peer, drift = true,
      says = ("%d %d\n"):format(place.rows, place.drifting) })
  else
    missing[1] = "the peer: python3 has no requests (Debian: python3-requests)"
  end
  return list, missing
end

return contestants
