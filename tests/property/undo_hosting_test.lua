-- What must hold for all that a playbook has hosted, whatever was done to agents by hand before:
-- undoing its run leaves each process with its agent as it was, wherever nothing is said to be
-- lost of it, and what is remembered of it, too.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local inverse = require "remora.undo.inverse"
local later = require "remora.undo.later"
local property = require "tests.support.property"
local random = require "tests.support.random_hosting"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference_hosting"
local undoing = require "tests.support.undoing"
local way_back = require "remora.undo.way_back"

local PLAYBOOKS = 4 -- one after the other on the same fleet

local RESIDENT = 1

-- What agents have, by host and name: which of them keep it, by which definition, whether that is
-- remembered, and whether it runs. For each way and directory the simulated agents run another one;
-- so of what is kept somewhere, it does not count what runs elsewhere.
local function portrait(platform)
  local drawn = {}
  for _, doc in ipairs(platform.store:find("gse_process")) do
    local host, its = platform.store:get("host", doc.bk_host_id), doc.process
    local place = host.bk_host_innerip .. "/" .. doc.name:match "[^/]*$"
    local now = drawn[place] or { kept = {} }
    if its.isauto then
      -- An agent brings a resident process back before it answers.
      local runs = its.running or its.auto_type == RESIDENT
      drawn[place], now.runs = now, nil
      now.kept[doc.identity] = { its.name, its.setup_path, its.control, its.auto_type, runs }
    elseif its.running and not next(now.kept) then
      drawn[place], now.runs = now, true
    end
  end
  for place, registration in pairs(assert(platform.registry:all())) do
    local ip, name = place:match "^0:([^:]*):(.*)$"
    local host = platform.store:first("host", { bk_host_innerip = ip })
    local agent = reference.agent(platform, host.bk_host_id, registration.via, registration.entry)
    if agent.hosted then
      local its = drawn[ip .. "/" .. name]
      its.known = registration
      -- Agents do not tell definitions: nobody can see that a stranger has taken the place.
      its.is_taken = agent.process.setup_path ~= registration.entry.setup_path
    end
  end
  return drawn
end

local function apart_from(lost, before, drawn)
  for _, each in ipairs(lost) do
    local place = each.label:match "^hosted process [^/]+/[^/]+/(.*)$"
    if place then drawn[place] = nil end
  end
  for place, its in pairs(before) do
    if its.is_taken then drawn[place] = nil end
  end
  return drawn
end

-- Agents are not asked of processes that a run makes, nor over another way than they were told.
local function can_be_foretold(plan, calls)
  for _, change in ipairs(plan.changes) do
    if change.type ~= "hosted process" then return false end
  end
  return #calls == #plan.steps
end

-- Applies a playbook, undoes it, and applies it again; says whether it could be.
local function there_and_back(platform, event)
  local pb, _, context = property.load(event.files)
  if not pb then return false end
  local made, reader, after = undoing.plan(platform, pb)
  if #made.problems > 0 then return false end
  local before, foretold = portrait(platform), way_back(made, after())
  local calls = undoing.carry_out(platform, reader, pb, made)

  local undo, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local back, its_reader = undoing.plan(platform, undo)
  lu.assertEquals(later.changed(calls, back), {}, context) -- nobody was there
  for _, problem in ipairs(back.problems) do error(context .. fault.render(problem), 0) end
  if can_be_foretold(made, calls) then
    lu.assertEquals(undoing.summary(back), undoing.summary(foretold), context)
    lu.assertEquals(foretold.problems, {}, context)
  end
  undoing.carry_out(platform, its_reader, undo, back)
  lu.assertEquals(apart_from(lost, before, portrait(platform)), apart_from(lost, before, before),
    context)

  made, reader = undoing.plan(platform, pb)
  if #made.problems == 0 then undoing.carry_out(platform, reader, pb, made) end
  return true
end

local happen = property.happening(random.happen, there_and_back)

local tests = {}

function tests.test_undoing_gives_agents_back_what_they_had()
  property.holds { usual = 20, fleet = random_fleet.fleet, happen = happen,
    draw = property.histories(PLAYBOOKS, random) }
end

local CRON = { businesses = { demo = { sets = { one = { modules = {
  cron = { hosts = { { ip = "10.0.3.1" } } } } } } } } }

local PROCESS = { bk_func_name = "c", work_path = "/d", pid_file = "/p", start_cmd = "s",
  stop_cmd = "t", user = "u" }

local function hosted(via, kind)
  return { { business = "demo",
    instances = { { where = { module = "cron" }, processes = { c = PROCESS } } },
    hosting = { { where = { module = "cron" }, state = "hosted", via = via, owner = "admin",
      type = kind } } } }
end

-- What an agent was not to keep running is stopped, not only taken out of its care.
function tests.test_what_was_not_run_before()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = hosted("job", "once") }))
  lu.assertTrue(happen(platform, { files = hosted("job", "resident") }))
end

-- What is meant to run once is not started again, and that is said.
function tests.test_what_ran_once()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = hosted("job", "resident") }))
  lu.assertTrue(happen(platform, { files = hosted("job", "once") }))
  local files = hosted("job", "once")
  files[1].hosting[1].state = "stopped"
  lu.assertTrue(happen(platform, { files = files }))
end

-- It is found after the one of before was taken back.
function tests.test_what_someone_else_had_over_the_other_way()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = hosted "job" }))
  lu.assertTrue(happen(platform, { files = hosted "gse",
    drift = { { act = "stranger", name = "c_1", number = 1 } } }))
end

return tests
