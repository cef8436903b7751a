-- Runs the contestants of one fleet, in turns, and collects what each run took. Owns the platform
-- in memory that they talk to; prints nothing.

local contestants = require "tests.bench.contestants"
local loop = require "remora.net.loop"
local process = require "process"
local system = require "system"

local measure = {}

local LONGEST = 3600 -- seconds for one run
local LONG = 5       -- seconds; who takes longer runs once, whatever is asked

---@class tests.bench.Sample one run
---@field wall number seconds
---@field cpu number seconds of processor time
---@field peak integer most bytes of memory

---@class tests.bench.Result
---@field name string
---@field samples tests.bench.Sample[] by round
---@field failed boolean? it did something else; it is not run again

local function must(value, problem)
  if value == nil then error(problem.message or tostring(problem), 2) end
  return value
end

-- Runs a program to its end; its output and its exit code.
local function run(argv, cwd)
  local out = cwd .. "/output"
  local child <close> = must(process.spawn { argv = argv, cwd = cwd, stdout = out,
    stderr = out .. ".err" })
  local code, signal = child:wait(LONGEST)
  if not code then error(argv[1] .. " did not end well: " .. tostring(signal), 2) end
  return code, must(system.read_file(out)), must(system.read_file(out .. ".err")), child:usage()
end

-- A request to bench-pages; the body of its answer.
local function ask(url, method)
  local net = loop.new()
  return net:run(function()
    local answer = must(net:fetch { method = method, url = url, proxy = "" })
    assert(answer.status == 200, url)
    return answer.body
  end)
end

-- One run of a contestant; nil and why when it did not do what it is measured for.
local function sample(place, each)
  ask(("%s/drift/%d"):format(place.url, each.drift and place.rows // place.drifting or 0), "POST")
  local start = system.monotonic()
  local code, said, complaint, usage = run(each.argv, place.cwd)
  local wall = system.monotonic() - start
  if code ~= (each.code or 0) or (each.says and not said:find(each.says, 1, true)) then
    return nil, ("%s did something else (exit %d):\n%s\n%s"):format(each.name, code,
      said:sub(-2000), complaint:sub(-2000))
  end
  return { wall = wall, cpu = usage.user + usage.system, peak = usage.peak }
end

---Measures all contestants on one fleet.
---@param fleet {bin: string, rows: integer, latency: number, width: integer,
---  rounds: integer, cwd: string}  bin: directory of the
---  built programs; latency: milliseconds; cwd: an empty directory
---@return tests.bench.Result[] the floor first
---@return string[] missing what could not be measured here, and why
function measure.fleet(fleet)
  local server <close> = must(process.spawn { stdout = "pipe",
    argv = { fleet.bin .. "/bench-pages", tostring(fleet.rows), tostring(fleet.latency) } })
  local place = { bin = fleet.bin, rows = fleet.rows, width = fleet.width,
    drifting = math.max(1, fleet.rows // 100), cwd = fleet.cwd,
    playbook = fleet.cwd .. "/bench.yml" }
  place.url = assert(must(server:read_line(60)):match("listening on (.*)"))
  must(system.write_file(place.playbook, ask(place.url .. "/playbook", "GET")))
  local list, missing = contestants.of(place)
  local results = {}
  for i, each in ipairs(list) do results[i] = { name = each.name, samples = {} } end
  for round = 1, fleet.rounds do
    for i, each in ipairs(list) do
      local result = results[i]
      local first = result.samples[1]
      if not result.failed and (not first or first.wall < LONG) then
        local problem
        result.samples[round], problem = sample(place, each)
        result.failed = problem ~= nil
        missing[#missing + 1] = problem
      end
    end
  end
  return results, missing
end

return measure
