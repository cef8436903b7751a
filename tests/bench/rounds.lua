-- Runs contestants in turns and collects what each run took. Prints nothing, compares nothing.

local cli = require "tests.support.cli"
local process = require "process"
local system = require "system"

local rounds = {}

local METER = cli.program():match("^(.*)/[^/]*$") .. "/bench-meter"
local LONGEST = 3600 -- seconds for one run
local LONG = 5       -- seconds; who takes longer runs once, whatever is asked

---@class tests.bench.Contestant a program and what it must do for a run to count
---@field name string
---@field argv string[]
---@field code integer? exit code it must have; 0
---@field says string? what must be in its output, plain

---@class tests.bench.Sample one run
---@field wall number seconds
---@field cpu number seconds of processor time
---@field peak integer most bytes of memory
---@field said string its output

---@class tests.bench.Result
---@field samples tests.bench.Sample[] by round
---@field problem string? what it did instead; it is not run again

-- What bench-meter wrote of a run.
local function taken(file)
  local wall, user, kernel, peak = assert(system.read_file(file)):match(
    "^(%S+) (%S+) (%S+) (%d+)\n$")
  return { wall = tonumber(wall), cpu = tonumber(user) + tonumber(kernel),
    peak = math.tointeger(tonumber(peak)) }
end

-- One run of a contestant; nil and why when it did not do what it is measured for.
local function sample(each, cwd)
  local out, usage = cwd .. "/output", cwd .. "/usage"
  local child <close> = assert(process.spawn { cwd = cwd, stdout = out, stderr = out .. ".err",
    argv = { METER, usage, table.unpack(each.argv) } })
  local code, signal = child:wait(LONGEST)
  if not code then error(each.name .. " did not end well: " .. tostring(signal), 2) end
  local said = assert(system.read_file(out))
  if code ~= (each.code or 0) or (each.says and not said:find(each.says, 1, true)) then
    return nil, ("%s did something else (exit %d):\n%s\n%s"):format(each.name, code,
      said:sub(-2000), assert(system.read_file(out .. ".err")):sub(-2000))
  end
  local run = taken(usage)
  run.said = said
  return run
end

---Measures contestants, one after the other in every round.
---@param list tests.bench.Contestant[]
---@param options {rounds: integer, cwd: string, before: (fun(each: tests.bench.Contestant))?,
---  after: (fun(each: tests.bench.Contestant, sample: tests.bench.Sample))?}  cwd: an empty
---  directory; before and after each run, and not measured
---@return table<string, tests.bench.Result> results by name
function rounds.run(list, options)
  local results = {}
  for _, each in ipairs(list) do results[each.name] = { samples = {} } end
  for round = 1, options.rounds do
    for _, each in ipairs(list) do
      local result = results[each.name]
      local first = result.samples[1]
      if not result.problem and (not first or first.wall < LONG) then
        if options.before then options.before(each) end
        result.samples[round], result.problem = sample(each, options.cwd)
        if options.after and not result.problem then options.after(each, result.samples[round]) end
      end
    end
  end
  return results
end

return rounds
