-- What the journal keeps of a run.

local living = require "remora.core.living"
local lu = require "luaunit"
local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local journal = require "remora.journal"
local json = require "json"
local loop = require "remora.net.loop"
local migrations = require "remora.journal.schema"
local records = require "remora.journal.records"
local sqlite = require "sqlite"
local system = require "system"

local RUN = { command = "apply", playbook = "web", files = { "web.yml" }, platform = "test",
  business = 2 }
local CALL = { stage = "templates", call = "cc.update_proc_template", args = { bk_biz_id = 2 },
  objects = 1, labels = { "web/nginx" } }

local tests = {}

function tests.test_a_run_and_its_calls_survive()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/below/journal.db"
  do
    local book <close> = assert(journal.open(path))
    local run = assert(book:begin(RUN))
    local done = assert(book:intend(run, CALL))
    local refused = assert(book:intend(run, CALL))
    local lost = assert(book:intend(run, CALL))
    assert(book:intend(run, CALL)) -- the one a crash leaves open
    assert(book:outcome(done))
    assert(book:outcome(refused, fault.new { code = 1199014, message = "duplicate" }))
    assert(book:outcome(lost, fault.new { code = "net.timeout", message = "no answer" }))
    assert(book:finish(run, 4))
  end
  local db <close> = assert(sqlite.open(path))
  local run = db:row("SELECT * FROM run")
  lu.assertEquals(run.files, '["web.yml"]')
  lu.assertEquals(run.exit_code, 4)
  local outcomes = {}
  for _, row in ipairs(db:rows("SELECT outcome, code FROM call ORDER BY id")) do
    outcomes[#outcomes + 1] = (row.outcome or "open") .. " " .. (row.code or "")
  end
  lu.assertEquals(outcomes, { "done ", "refused 1199014", "unknown net.timeout", "open " })
end

function tests.test_records_give_back_what_was_written()
  local directory <close> = fs.temporary()
  local book <close> = assert(journal.open(directory.path .. "/journal.db", function(text)
    return (text:gsub("s3cret", "****"))
  end))
  local run = assert(book:begin { command = "undo", playbook = "web", files = {}, platform = "test",
    options = { var = { "password=s3cret" } },
    lost = { { label = "process a", reason = "no s3cret", left = true } } })
  local change = { kind = "instances", type = "process", action = "update", label = { "a", "b" },
    fields = json.array { { name = "user", old = json.null, new = "s3cret" } },
    before = { user = json.null, timeout = 30 }, place = { module = 1, host = 2 } }
  local id = assert(book:intend(run, { stage = "instances", call = "cc.x",
    args = { password = "s3cret" }, objects = 2, labels = { "a/b" }, changes = { change, change },
    work = { kind = "instances", keys = { "k" } } }))
  assert(book:outcome(id, fault.new { code = 117, message = "s3cret" },
    { attempts = 3, failed = { 2 } }))
  local its = assert(records.run(book, "last"))
  lu.assertEquals({ its.command, its.options.var, its.calls, its.objects, its.ended },
    { "undo", { "password=****" }, 1, 1, nil }) -- one of two failed
  lu.assertEquals(its.lost, { { label = "process a", reason = "no ****", left = true } })
  lu.assertEquals(assert(records.runs(book, 1))[1].lost, its.lost)
  local call = assert(records.calls(book, run))[1]
  lu.assertEquals({ call.attempts, call.failed, call.work.keys, call.arguments.password,
    call.message, call.outcome }, { 3, { 2 }, { "k" }, "****", "****", "refused" })
  lu.assertEquals(call.changes[1].before, { user = json.null, timeout = 30 })
  lu.assertEquals(call.changes[2].fields[1].new, "****")
  lu.assertEquals(#records.unsettled(book, run), 0)
  lu.assertEquals(select(2, records.run(book, 9)).code, "journal.no_run")
end

function tests.test_a_call_that_failed_in_several_ways_is_written_down_with_each()
  local directory <close> = fs.temporary()
  local book <close> = assert(journal.open(directory.path .. "/journal.db"))
  local run = assert(book:begin { command = "apply", playbook = "web", files = {},
    platform = "test" })
  local id = assert(book:intend(run, { stage = "hosting", call = "job.x", objects = 3, labels = {},
    changes = {} }))
  local failure = fault.list { fault.new { code = 117, message = "a is away" },
    fault.new { code = "hosting.no_result", message = "b is slow" } }
  assert(book:outcome(id, failure, { failed = { 1, 3 } }))
  local call = assert(records.calls(book, run))[1]
  lu.assertEquals({ call.code, call.message, call.outcome },
    { "117, hosting.no_result", "a is away; b is slow", "unknown" })
  lu.assertEquals(assert(records.run(book, run)).objects, 1)
  assert(book:settle(id, true))
  lu.assertEquals(assert(records.run(book, run)).objects, 3)
end

function tests.test_what_the_plan_says_of_a_call_is_kept_once()
  local directory <close> = fs.temporary()
  local book <close> = assert(journal.open(directory.path .. "/journal.db"))
  local function change(name)
    return { kind = "instances", type = "process", action = "update", label = { "web", name },
      fields = json.array {}, cascades = json.array {}, before = { user = "root" } }
  end
  local step = { title = "instances", kind = "instances", group = "g", call = "cc.x", objects = 2,
    args = { bk_biz_id = 2, user = "planned" }, changes = json.array { 3, 2 } }
  local other = { title = "templates", kind = "service_templates", group = "", call = "cc.y",
    objects = 0, args = {}, changes = json.array {} }
  local run = assert(book:begin { command = "apply", playbook = "web", files = {},
    platform = "test", plan = { steps = json.array { other, step }, problems = json.array {},
      changes = json.array { change "a", change "b", change "c" } } })
  assert(book:intend(run, { stage = "instances", call = "cc.x", objects = 2, step = 2 }))
  assert(book:intend(run, { stage = "instances", call = "cc.x", objects = 1,
    args = { user = "half" }, labels = { "web/c" }, changes = { change "c" },
    work = { group = "h" } }))
  for _, read in ipairs { records.calls, records.unsettled } do
    local calls = assert(read(book, run))
    lu.assertEquals(calls[1].arguments, step.args)
    lu.assertEquals(calls[1].labels, { "web/c", "web/b" })
    lu.assertEquals({ calls[1].changes[1].label[2], calls[1].changes[2].label[2] },
      { "c", "b" })
    lu.assertEquals(calls[1].changes[2].before, { user = "root" })
    lu.assertEquals(calls[1].work, { kind = "instances", group = "g" })
    lu.assertEquals({ calls[2].arguments, calls[2].work.group }, { { user = "half" }, "h" })
  end
  local again = "SELECT count(*) FROM intent WHERE arguments LIKE '%planned%'"
  lu.assertEquals(book.db:value(again), 0)
end

-- The database of a journal that counts what is committed.
local function counting(db)
  local counted = { commits = 0 }
  return setmetatable(counted, { __index = function(_, name)
    return function(_, ...)
      if name == "exec" and ... == "COMMIT" then counted.commits = counted.commits + 1 end
      return db[name](db, ...)
    end
  end })
end

function tests.test_what_is_written_at_the_same_time_is_committed_at_once()
  local directory <close> = fs.temporary()
  local l = loop.new()
  local book <close> = assert(journal.open(directory.path .. "/journal.db", nil, l))
  l:run(function()
    local run = assert(book:begin(RUN))
    book.db = counting(book.db)
    local function intend() return book:intend(run, CALL) end
    local ids = l:gather(3, { 1, 2, 3, 4 }, intend)
    lu.assertEquals(book.db.commits, 2) -- three at once, then the fourth
    for i, call in ipairs(assert(records.calls(book, run))) do
      lu.assertEquals(call.id, ids[i])
    end
    -- An outcome of no call at all is refused, and with it what came at the same time.
    local _, refusals = l:gather(2, { ids[1], 99 }, function(id) return book:outcome(id) end)
    lu.assertEquals({ refusals[1].code, refusals[2].code },
      { "sqlite.constraint", "sqlite.constraint" })
    lu.assertEquals(#assert(records.unsettled(book, run)), 4)
    assert(book:outcome(ids[1])) -- and it goes on
    lu.assertEquals(#assert(records.unsettled(book, run)), 3)
  end)
end

function tests.test_calls_without_a_known_outcome_are_open_until_settled()
  local directory <close> = fs.temporary()
  local book <close> = assert(journal.open(directory.path .. "/journal.db"))
  local run = assert(book:begin(RUN))
  local ids = {}
  for i = 1, 5 do ids[i] = assert(book:intend(run, CALL)) end
  assert(book:outcome(ids[1]))
  assert(book:outcome(ids[2], fault.new { code = "net.timeout", message = "" }))
  assert(book:outcome(ids[3], fault.new { code = "net.connect", message = "", sent = false }))
  local refusal = fault.new { code = 828, message = "" }
  assert(book:outcome(ids[4], fault.list { refusal, fault.new { code = 836, message = "" } }))
  local function open()
    local list = {}
    for i, call in ipairs(assert(records.unsettled(book, run))) do list[i] = call.id end
    return list
  end
  lu.assertEquals(open(), { ids[2], ids[5] })
  assert(book:settle(ids[2], true))
  assert(book:settle(ids[5], false))
  lu.assertEquals(open(), {})
end

-- What runs 1, 2 … were and how they ended → the runs that remora resume may go on with.
local WEB, CRON = { files = { "web.yml" } }, { files = { "cron.yml" } }
local AGAIN = { command = "op", files = {}, options = { verb = "restart", anew = true } }
local UNFINISHED = {
  { {}, {} },
  { { { WEB, 0 } }, {} },
  { { { WEB, 4 }, { CRON, 0 } }, { 1 } },
  { { { WEB, 4 }, { CRON, 130 }, { WEB, 1 } }, { 3, 2, 1 } },
  { { { WEB, 4 }, { WEB, 0 } }, {} },               -- the same to the end, as it turned out
  { { { WEB, 0 }, { WEB, 4 } }, { 2 } },
  { { { WEB, 4 }, { { files = { "web.yml" }, platform = "other" }, 0 } }, { 1 } },
  { { { WEB, 4 }, { { files = { "web.yml" }, options = { target = { "a" } } }, 0 } }, { 1 } },
  { { { WEB, 4 }, { { files = { "web.yml" }, options = { limits = { max_changes = "1" } } }, 0 } },
    {} },                                           -- which limits it had says nothing
  { { { WEB, 4 }, { { command = "undo", files = {}, options = { run = 1 } }, 0 } }, {} },
  { { { WEB, 4 }, { { command = "undo", files = {}, options = { run = 1 } }, 4 } }, { 2, 1 } },
  { { { AGAIN, 4 }, { AGAIN, 4 } }, { 2 } },        -- all of it anew, however far that came
}

function tests.test_unfinished_is_what_nothing_that_came_later_has_settled()
  for i, case in ipairs(UNFINISHED) do
    local directory <close> = fs.temporary()
    local book <close> = assert(journal.open(directory.path .. "/journal.db"))
    for _, run in ipairs(case[1]) do
      local its = { command = "apply", playbook = "", platform = "test" }
      for name, value in pairs(run[1]) do its[name] = value end
      assert(book:finish(assert(book:begin(its)), run[2]))
    end
    local ids = {}
    for k, run in ipairs(assert(records.unfinished_runs(book))) do ids[k] = run.id end
    lu.assertEquals(ids, case[2], "case " .. i)
  end
end

function tests.test_who_goes_on_sees_the_unfinished_runs_of_the_same_work()
  local directory <close> = fs.temporary()
  local book <close> = assert(journal.open(directory.path .. "/journal.db", function(text)
    return (text:gsub("s3cret", "****"))
  end))
  local work = { command = "op", playbook = "", files = {}, platform = "test",
    options = { verb = "stop", where = { "process=s3cret" } } }
  local first = assert(book:begin(work))
  assert(book:finish(first, 4))
  assert(book:finish(assert(book:begin(RUN)), 4))
  local function unfinished()
    local ids = {}
    for i, run in ipairs(assert(records.unfinished_runs(book, work))) do ids[i] = run.id end
    return ids
  end
  lu.assertEquals(unfinished(), { first })
  local going_on = assert(book:begin(work))
  assert(book:resumed(first, going_on))
  lu.assertEquals(unfinished(), {}) -- it runs
  assert(book:finish(going_on, 130))
  lu.assertEquals(unfinished(), { going_on })
  assert(book:intend(going_on, CALL))
  lu.assertEquals(records.count(book, going_on), 1)
end

function tests.test_a_run_is_unfinished_until_it_ends_well_or_another_goes_on()
  local here = { host = system.hostname(), pid = system.pid() }
  local gone = { host = system.hostname(), pid = math.maxinteger }
  lu.assertFalse(records.cut_short(here)) -- it runs
  here.pid_since = living.since(here.pid)
  lu.assertFalse(records.cut_short(here))
  here.pid_since = "1" -- another one had the number before
  lu.assertTrue(records.cut_short(here))
  lu.assertTrue(records.cut_short(gone))
  lu.assertTrue(records.unfinished(gone))
  lu.assertTrue(records.unfinished { host = "elsewhere", pid = 1 })
  lu.assertTrue(records.unfinished { ended = 1, exit_code = 130 })
  lu.assertFalse(records.unfinished { ended = 1, exit_code = 0 })
  lu.assertFalse(records.unfinished { ended = 1, exit_code = 4, resumed_by = 2 })
end

function tests.test_a_journal_of_an_older_version_is_brought_up_to_date()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/journal.db"
  do
    local db <close> = assert(sqlite.open(path))
    assert(db:exec(migrations[1] .. "; PRAGMA user_version = 1"))
    assert(db:run("INSERT INTO run (started, command, playbook, files, platform, user, host)"
      .. " VALUES (1, 'apply', 'web', '[]', 'test', 'ann', 'h')"))
    assert(db:run("INSERT INTO call (run, stage, name, arguments, objects, labels, intended)"
      .. " VALUES (1, 's', 'cc.x', '{}', 1, '[]', 2)"))
    assert(db:run("INSERT INTO call (run, stage, name, arguments, objects, labels, intended, ended,"
      .. " outcome) VALUES (1, 's', 'cc.y', '{}', 2, '[]', 3, 4, 'done')"))
  end
  local book <close> = assert(journal.open(path))
  local run, calls = assert(records.runs(book, 5))[1], assert(records.calls(book, 1))
  lu.assertEquals({ run.options, run.lost, run.calls, run.objects }, { {}, {}, 2, 2 })
  lu.assertEquals({ calls[1].changes, calls[1].outcome, calls[1].ended }, { {}, nil, nil })
  lu.assertEquals({ calls[2].name, calls[2].outcome, calls[2].ended }, { "cc.y", "done", 4 })
  lu.assertEquals(#assert(records.unsettled(book, 1)), 1)
end

function tests.test_plans_of_an_older_version_tell_of_their_calls()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/journal.db"
  local change = { kind = "instances", type = "process", action = "update", id = 7,
    label = { "s", "m", "h", "p" }, fields = {}, cascades = {}, before = { timeout = 40 } }
  local plan = { changes = { change }, steps = { { title = "instances", call = "cc.x", objects = 1,
    args = { ids = { 7 } }, changes = { 1 }, kind = "instances", group = "business" } } }
  do
    local db <close> = assert(sqlite.open(path))
    for number = 1, 6 do assert(db:exec(migrations[number])) end
    assert(db:exec("PRAGMA user_version = 6"))
    for _, text in ipairs { json.encode(plan), json.null } do -- the second has none
      assert(db:run("INSERT INTO run (plan, started, command, playbook, files, platform, user,"
        .. " host) VALUES (?, 1, 'apply', 'web', '[]', 'test', 'ann', 'h')", text))
    end
    assert(db:run("INSERT INTO intent (run, stage, name, objects, intended, step, arguments,"
      .. " labels) VALUES (1, 'instances', 'cc.x', 1, 2, 1, '{}', '[]')"))
  end
  local book <close> = assert(journal.open(path))
  lu.assertEquals(assert(records.run(book, 1)).plan, plan)
  lu.assertIsNil(assert(records.run(book, 2)).plan)
  local call = assert(records.calls(book, 1))[1]
  lu.assertEquals({ call.arguments, call.changes[1].before }, { { ids = { 7 } },
    { timeout = 40 } })
end

function tests.test_an_existing_journal_is_opened_again()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/journal.db"
  for expected = 1, 2 do
    local book <close> = assert(journal.open(path))
    lu.assertEquals(book:begin(RUN), expected)
  end
end

function tests.test_a_place_that_cannot_be_written_is_a_fault()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/file", "")
  local book, refused = journal.open(directory.path .. "/file/journal.db")
  lu.assertIsNil(book)
  lu.assertTrue(fault.is(refused))
  lu.assertStrContains(refused.message, "the journal cannot be written")
end

return tests
