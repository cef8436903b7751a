-- The benchmark as a program: bench-run [--rows N,N] [--latency MS,MS] [--rounds N] [--width N].
-- Owns the sizes and the table; what is measured is in contestants.lua.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local measure = require "tests.bench.measure"
local tabulate = require "tests.bench.tabulate"

local USAGE = [[
usage: ./dev bench [--rows N,N…] [--latency MS,MS…] [--rounds N] [--width N]
  --rows     processes in the fleet; 10000,100000
  --latency  milliseconds that every answer is held back; 0,50
  --rounds   runs of each, of which the median counts; 5
  --width    requests in flight; 8
]]

local DEFAULTS = { rows = "10000,100000", latency = "0,50", rounds = "5", width = "8" }

local function numbers(text)
  local list = {}
  for word in text:gmatch("[^,]+") do
    list[#list + 1] = math.tointeger(tonumber(word)) or error(USAGE, 0)
  end
  return list
end

-- The flags as lists of numbers.
local function read(arguments)
  local options = {}
  for name, text in pairs(DEFAULTS) do options[name] = numbers(text) end
  for i = 1, #arguments, 2 do
    local name = arguments[i]:match("^%-%-(%a+)$")
    if not options[name] or not arguments[i + 1] then error(USAGE, 0) end
    options[name] = numbers(arguments[i + 1])
  end
  return options
end

---@param arguments string[]
---@return integer exit code
return function(arguments)
  local read_well, options = pcall(read, arguments)
  if not read_well then
    io.stderr:write(options)
    return 64
  end
  local complete = true
  local bin = cli.program():match("^(.*)/") or "."
  for _, rows in ipairs(options.rows) do
    for _, latency in ipairs(options.latency) do
      local directory <close> = fs.temporary()
      local results, missing = measure.fleet { bin = bin, rows = rows,
        latency = latency, width = options.width[1], rounds = options.rounds[1],
        cwd = directory.path }
      print(tabulate(("%d processes, %d ms a call, %d in flight"):format(rows, latency,
        options.width[1]), results))
      for _, each in ipairs(missing) do print("NOT MEASURED: " .. each) end
      complete = complete and #missing == 0
      print()
    end
  end
  return complete and 0 or 1
end
