-- remora op and remora status over the command line and real HTTP: what the agents are made to do,
-- in which order, and what is refused.

local json = require "json"
local lu = require "luaunit"
local tiers = require "tests.support.tiers"

local tests, fleet = {}, nil

function tests.setUp() fleet = tiers.new() end

function tests.tearDown()
  local _ <close> = fleet
end

local function op(...) return fleet:op(...) end

local function rows(...) return fleet:rows(...) end

local function agents(...) return fleet:agents(...) end

-- What is done: "verb process hosts" of each call in turn.
local function done(code, ...)
  local calls = {}
  for line in op(code, "--json", ...).stdout:gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.event == "plan" then
      for i, step in ipairs(event.plan.steps) do
        local change = event.plan.changes[step.changes[1]]
        calls[i] = ("%s %s %d"):format(step.group, change.label[4], #step.changes)
      end
    end
  end
  return calls
end

function tests.test_starting_and_stopping_go_by_priority()
  lu.assertEquals(done(0, "start", "module=monitor"),
    { "start db_1 4", "start app_1 4", "start front_1 4" })
  lu.assertEquals(agents "module=monitor", { 12, 12 })
  lu.assertEquals(done(0, "start", "module=monitor"), {})
  lu.assertEquals(done(0, "stop", "module=monitor"),
    { "stop front_1 4", "stop app_1 4", "stop db_1 4" })
  lu.assertEquals(agents "module=monitor", { 0, 0 })
end

function tests.test_all_restart_once_each_time_that_it_is_asked_for()
  op(0, "start", "module=monitor")
  for _ = 1, 2 do
    local _, before = agents "module=monitor"
    lu.assertEquals(done(0, "restart", "module=monitor"),
      { "restart front_1 4", "restart app_1 4", "restart db_1 4" })
    local counts, after = agents "module=monitor"
    lu.assertEquals(counts, { 12, 12 })
    for place, pid in pairs(before) do lu.assertNotEquals(after[place], pid, place) end
  end
end

function tests.test_reloading_leaves_all_as_it_is()
  op(0, "start", "module=monitor", "process=db", "hosts=[10.0.0.1, 10.0.0.3]")
  local counts, before = agents "process=db"
  lu.assertEquals(counts, { 2, 2 })
  for _ = 1, 2 do -- what does not run has nothing to read anew
    lu.assertEquals(done(0, "reload", "process=db"), { "reload db_1 2" })
  end
  local _, after = agents "process=db"
  lu.assertEquals(after, before)
end

function tests.test_killing_ends_process_and_care()
  op(0, "start", "module=monitor", "process=db")
  lu.assertEquals(done(0, "kill", "process=db"), { "kill db_1 4" })
  lu.assertEquals(agents "process=db", { 0, 0 })
end

function tests.test_registering_restarting_and_taking_back_over_either_way()
  for _, way in ipairs { "job", "gse" } do
    lu.assertEquals(done(0, "register", "process=app", "--via", way), { "register app_1 4" })
    lu.assertEquals(agents "process=app", { 4, 4 }) -- what is resident is started
    lu.assertEquals(rows("process=app")[1].registered, { via = way, changed = false })
    local _, before = agents "process=app"
    lu.assertEquals(done(0, "restart", "process=app"), { "restart app_1 4" })
    local counts, after = agents "process=app"
    lu.assertEquals(counts, { 4, 4 })
    for place, pid in pairs(before) do lu.assertNotEquals(after[place], pid, place) end
    -- Whatever --via says: it is taken back the way it was registered.
    lu.assertEquals(done(0, "unregister", "process=app", "--via", "job"), { "unregister app_1 4" })
    lu.assertEquals(agents("process=app", "--via", way), { 0, 4 })
    op(0, "stop", "process=app", "--via", way)
  end
end

-- A definition that the CMDB has changed since is still the one that the agent has.
function tests.test_what_was_registered_is_operated_as_it_was_registered()
  op(0, "register", "process=app")
  fleet:apply("/opt/app", "/srv/app")
  lu.assertEquals(rows("process=app")[1].registered, { via = "job", changed = true })
  lu.assertStrContains(fleet:expect(0, "status", "--business", "demo", "process=app").stdout,
    "over job, as it was before  pid ")
  done(0, "stop", "process=app")
  local answer = json.decode(fleet:expect(0, "call", "--route", "backend", "gse.sync_proc_status",
    '{"meta": {"namespace": "job"}, "page": {"start": 0, "limit": 100}}').stdout).data
  local names = {}
  for _, info in ipairs(answer.proc_infos) do names[info.meta.name] = info.isauto end
  lu.assertEquals(names, { ["/opt/app/app_1"] = false })
end

function tests.test_batches()
  lu.assertEquals(done(0, "start", "module=monitor", "--batch", "3", "--pause", "0s"),
    { "start db_1 3", "start db_1 1", "start app_1 3", "start app_1 1", "start front_1 3",
      "start front_1 1" })
end

function tests.test_targets_and_excludes()
  lu.assertEquals(done(0, "start", "module=monitor", "--target", "tools/*/10.0.0.1",
    "--exclude", "tools/monitor/*/app_1"), { "start db_1 1", "start front_1 1" })
  lu.assertEquals(#rows("module=monitor", "--exclude", "tools/monitor/*/app_1"), 8)
end

-- A share is one of all processes of the module, not of those that are meant.
function tests.test_what_takes_too_much_needs_force()
  local function limited(code, ...)
    return fleet:expect(code, "op", "--business", "demo", ...).stderr
  end
  op(0, "start", "module=monitor")
  for _, verb in ipairs { "restart", "stop" } do
    lu.assertStrMatches(limited(3, verb, "module=monitor", "process=db"),
      ".*4 of 12 hosted processes would be %l+, more than 30 %%\n.*")
    limited(0, verb, "module=monitor", "process=db", "hosts=[10.0.0.1, 10.0.0.2]")
  end
  limited(3, "kill", "process=db", "--max-deletes", "1")
  limited(3, "unregister", "process=app", "--max-deletes", "3")
  lu.assertEquals(agents "module=monitor", { 10, 10 })
  limited(0, "unregister", "process=app", "--max-deletes", "4")
end

-- What the operation would lack → what is said; before the first tier it is known that the last one
-- would fail.
local MISSING = {
  { "reload", "", "", "app_1 and 7 more cannot be reloaded: they have no reload_cmd" },
  { "kill", "", "", "app_1 and 7 more cannot be killed: they have no face_stop_cmd" },
  { "restart", "stop_cmd: ./front stop", "stop_cmd: null",
    "front_1 and 3 more cannot be restarted: they have no stop_cmd" },
  { "start", "start_cmd: ./front,", "start_cmd: null,",
    "front_1 and 3 more cannot be started: they have no start_cmd" },
  { "register", "pid_file: /run/front.pid", "pid_file: null",
    "front_1 and 3 more cannot be registered: they have no pid_file" },
}

function tests.test_what_is_missing_is_said_before_anything_is_done()
  for _, case in ipairs(MISSING) do
    local verb, from, to, words = table.unpack(case)
    fleet:apply(from, to)
    lu.assertStrContains(op(1, verb, "module=monitor").stderr, words)
    lu.assertEquals(agents "process=db", { 0, 0 }, verb)
  end
end

function tests.test_what_nobody_can_be_asked_about()
  fleet:apply("pid_file: /run/front.pid", "pid_file: null")
  lu.assertEquals(rows("process=front")[1].silent,
    { reason = "cannot be asked: it has no pid_file" })
end

function tests.test_wrong_words()
  lu.assertStrContains(op(64, "start", "modul=monitor").stderr, 'did you mean "module"?')
  fleet:expect(64, "op", "start", "module=monitor")
  fleet:expect(64, "op", "--business", "demo", "strat", "module=monitor")
end

-- Names that are not there, as in a playbook.
function tests.test_unknown_names()
  for words, said in pairs { ["module=monitr"] = 'there is no module "monitr"',
    ["process=ap"] = 'no process there is called "ap"', ["hosts=10.9.9.9"] = "10.9.9.9" } do
    lu.assertStrContains(op(1, "start", words).stderr, said)
  end
  lu.assertStrContains(op(0, "start", "module=cron").stderr,
    "there is no process where that is")
end

-- Each way to select, and how many of the twelve processes it selects.
local SELECTED = {
  { 12 }, { 12, "set=tools" }, { 12, "set=to*", "module=mon*" }, { 4, "process=app" },
  { 8, "process=[app, db]" }, { 8, "process=app", "process=db" }, { 3, "hosts=10.0.0.2" },
  { 2, "process=d?", "hosts=[10.0.0.1, 10.0.0.4]" }, { 0, "labels={tier: web}" },
  { 3, "service_instance=10.0.0.3*" },
}

function tests.test_selecting()
  for i, case in ipairs(SELECTED) do
    lu.assertEquals(#rows(table.unpack(case, 2)), case[1], "case " .. i)
  end
  local row = rows("process=app", "hosts=10.0.0.2")[1]
  lu.assertEquals(#rows("host_ids=" .. row.bk_host_id, "process=app"), 1)
  lu.assertEquals(row.process.start_cmd, "./app")
  lu.assertEquals({ row.set, row.module, row.ip, row.name, row.hosted, row.running },
    { "tools", "monitor", "10.0.0.2", "app_1", false, false })
end

return tests
