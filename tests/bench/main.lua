-- The benchmark as a program, ./dev bench: what is measured, in which order. How is in fleets.lua,
-- overlap.lua and parts.lua; what the figures are held to in goals.lua.

local cli = require "tests.support.cli"
local fleets = require "tests.bench.fleets"
local fs = require "tests.support.fs"
local load = require "tests.bench.load"
local overlap = require "tests.bench.overlap"
local pages = require "tests.bench.pages"
local parts = require "tests.bench.parts"
local peers = require "tests.bench.peers"
local report = require "tests.bench.report"
local system = require "system"

local USAGE = [[
usage: ./dev bench [--rounds N] [--rows N,N…] [--slow N] [--latency MS] [--width N,N…] [--parts N]
  --rounds   runs of each, of which the median counts; 5. What takes longer than 5 s runs once
  --rows     processes of the fleets; 10000,100000,1000000. 0: no fleet
  --slow     processes of the fleet that is read with latency; 100000. 0: none
  --latency  milliseconds that its answers are held back; 50
  --width    requests in flight there; 8,16. The first of them is that of the other fleets
  --parts    0: not what does not depend on a fleet
]]

local DEFAULTS = { rounds = "5", rows = "10000,100000,1000000", slow = "100000", latency = "50",
  width = "8,16", parts = "1" }

local ROW_MEMORY = 1400 -- bytes of a process in bench-pages

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

-- What this machine is, and what else it does: figures of a busy one say less.
local function machine()
  local function told(file) return system.read_file("/proc/" .. file) or "" end
  local _, processors = told("cpuinfo"):gsub("processor%s*:", "")
  local model = told("cpuinfo"):match("model name%s*: ([^\n]*)") or "who knows which"
  local busy = told("loadavg"):match("^%S+") or "unknown"
  return ("%d processors (%s), load before the first run: %s"):format(processors, model, busy)
end

-- Bytes of memory that are free; nil: who knows.
local function free_memory()
  local text = system.read_file("/proc/meminfo")
  local kilobytes = text and text:match("MemAvailable:%s*(%d+)")
  return kilobytes and tonumber(kilobytes) * 1024
end

-- A fleet in memory and its playbook, for as long as a function works on them.
local function on_fleet(setting, rows, width, work)
  local free = free_memory()
  if free and rows * ROW_MEMORY > free then
    return { title = ("%d processes"):format(rows), table = "", verdicts = {},
      problems = { ("%d MB of memory are needed"):format(rows * ROW_MEMORY // 1000000) } }
  end
  local served <close> = pages.start(setting.bin, rows)
  local place = { bin = setting.bin, cwd = setting.cwd, url = served.url, rows = rows,
    drifting = math.max(1, rows // 100), width = width,
    playbook = setting.cwd .. "/bench.yml" }
  assert(system.write_file(place.playbook, served:playbook()))
  return work(served, place)
end

-- Every part that was asked for, one after the other.
local function measure(options, setting, tell)
  local count = options.rounds[1]
  for _, rows in ipairs(options.rows) do
    if rows > 0 then
      tell(on_fleet(setting, rows, options.width[1], function(served, place)
        return fleets.report(served, place, { rounds = count, peers = setting.peers })
      end))
    end
  end
  for _, width in ipairs(options.slow[1] > 0 and options.width or {}) do
    tell(on_fleet(setting, options.slow[1], width, function(served, place)
      return overlap.report(served, place, { rounds = count, latency = options.latency[1] })
    end))
  end
  if options.parts[1] ~= 0 then tell(parts.report(setting, count)) end
end

---@param arguments string[]
---@return integer exit code
return function(arguments)
  if arguments[1] == "load" then return load(arguments[2]) end
  if arguments[1] == "--help" then
    print(USAGE)
    return 0
  end
  local read_well, options = pcall(read, arguments)
  if not read_well then
    io.stderr:write(options)
    return 64
  end
  local directory <close> = fs.temporary()
  local setting = { bin = cli.program():match("^(.*)/") or ".", cwd = directory.path }
  print(machine())
  local found, missing = peers.find(directory.path)
  setting.peers = found
  for _, why in ipairs(missing) do print("NOT MEASURED: " .. why) end
  local reports = {}
  measure(options, setting, function(each)
    print(report.text(each))
    io.stdout:flush()
    reports[#reports + 1] = each
  end)
  print(report.sum(reports))
  for _, each in ipairs(reports) do
    if #each.problems > 0 then return 1 end
  end
  return 0
end
