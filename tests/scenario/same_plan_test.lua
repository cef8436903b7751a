-- The same platform and the same playbook give the same bytes, in every form of a plan and in
-- every process. Two processes differ in what no result may show: the order in which Lua walks a
-- table (it seeds its hashes with the time and with addresses, which the system draws anew for each
-- process), when the collector runs, and in which order the answers arrive.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local draws = require "tests.support.draws"
local drift = require "tests.support.random_drift"
local fs = require "tests.support.fs"
local json = require "json"
local platform = require "tests.support.platform"
local random_fleet = require "tests.support.random_fleet"
local random_hosting = require "tests.support.random_hosting"
local random_playbook = require "tests.support.random_playbook"
local random_v3 = require "tests.support.random_v3"
local seeds = require "tests.support.seeds"

local DATA = "/.remora/platform.db" -- of the embedded platform

local FIRST, SECOND = "first.yml", "second.yml"

-- Some answers wait for others that were asked for later.
local LATE = '{ seed: %d, rules: [{ probability: 0.4, action: delay, seconds: 0.02 }] }'

-- What a run of the program may be like, and nobody may notice.
local RUNS = {
  { faults = 1 }, { faults = 2 }, { faults = 3, env = { REMORA_GC_STRESS = "1" } },
}

-- The playbooks, by seed in turn, and who meddles between them.
local SORTS = {
  { playbooks = random_playbook.playbooks, meddler = drift },
  { playbooks = random_hosting.playbooks, meddler = drift },
  { playbooks = random_v3.playbooks, meddler = { draw = random_v3.drift,
    happen = random_v3.happen } },
}

-- A directory with a fleet as somebody has left it, and a playbook that changes it.
local function prepared(seed)
  local directory, r = fs.temporary(fs.quick()), draws.new(seed)
  local sort = SORTS[(seed - 1) % #SORTS + 1]
  local topology, list = random_fleet.topology(r), sort.playbooks(r, 2, true)
  fs.write(directory.path .. "/" .. FIRST, json.encode(list[1]))
  fs.write(directory.path .. "/" .. SECOND, json.encode(list[2]))
  fs.write(directory.path .. DATA, "")
  do
    local made <close> = platform.new { path = directory.path .. DATA,
      topology = json.encode(topology) }
    lu.assertEquals(made.logged, {})
  end
  local applied = cli.run { cwd = directory.path, "apply", "--yes", "--force", FIRST }
  lu.assertTrue(applied.code == 0 or applied.code == 1, applied.stderr)
  do
    local found <close> = platform.new { path = directory.path .. DATA }
    sort.meddler.happen(found, sort.meddler.draw(r))
  end
  for i in ipairs(RUNS) do fs.write(("%s/%d.yml"):format(directory.path, i), LATE:format(i)) end
  return directory
end

-- Plans; gives all that is printed and the plan that is saved.
local function planned(directory, number, ...)
  local run, saved = RUNS[number], directory.path .. "/saved.plan"
  local env = { REMORA_FAULTS = ("%s/%d.yml"):format(directory.path, run.faults) }
  for name, value in pairs(run.env or {}) do env[name] = value end
  local result = cli.run { cwd = directory.path, env = env, "plan", SECOND, "-o", saved, ... }
  lu.assertNil(result.signal)
  if result.code ~= 0 then return { code = result.code, result.stdout, result.stderr } end
  return { code = 0, result.stdout, result.stderr, fs.read(saved) }
end

local tests = {}

function tests.test_every_process_gives_the_same_bytes()
  local fine, tried = 0, 0
  for seed in seeds(#SORTS) do
    local directory <close> = prepared(seed)
    for _, form in ipairs { "--no-color", "--json" } do
      local first = planned(directory, 1, form)
      for number = 2, #RUNS do
        lu.assertEquals(planned(directory, number, form), first, seeds.again(seed))
      end
      fine, tried = fine + (first.code == 0 and 1 or 0), tried + 1
    end
  end
  lu.assertTrue(seeds.alone() or fine > tried / 2, fine .. " sound plans")
end

-- Else the test above would compare nothing.
function tests.test_processes_walk_tables_in_orders_of_their_own()
  local orders, count = {}, 0
  local walk = [[
    local all, names = {}, {}
    for i = 1, 30 do all["name" .. i] = i end
    for name in pairs(all) do names[#names + 1] = name end
    print(table.concat(names, " "))]]
  for _ = 1, 4 do
    local result = cli.run { "run", "-e", walk }
    lu.assertEquals(result.code, 0, result.stderr)
    if not orders[result.stdout] then count = count + 1 end
    orders[result.stdout] = true
  end
  lu.assertTrue(count > 1, "every process walks in the same order")
end

return tests
