-- What became of everything a run was to do, and how it is told.

local lu = require "luaunit"
local page = require "remora.journal.page"
local records = require "remora.journal.records"
local story = require "remora.journal.story"
local system = require "system"
local text = require "remora.journal.text"
local listing = require "remora.journal.listing"
local values = require "tests.support.journal_values"

local change, call, run = values.change, values.call, values.run

local tests = {}

local function states(items)
  local list = {}
  for i, item in ipairs(items) do list[i] = item.change.label[3] .. " " .. item.state end
  return list
end

function tests.test_the_last_call_that_carried_an_object_speaks_for_it()
  local a, b, c, d, e = change "a", change "b", change "c", change "d", change "e"
  local items = story.items(run { a, b, c, d }, {
    call({ outcome = "refused", code = "1" }, a, b),
    call({ outcome = "done" }, a),
    call({ outcome = "refused", code = "1" }, b),
    call({ outcome = "unknown", code = "net.timeout" }, c),
    call({ outcome = "done" }, e),
  })
  lu.assertEquals(states(items), { "a done", "b failed", "c unknown", "d left", "e done" })
  lu.assertEquals(story.tally(items), { done = 2, failed = 1, unknown = 1, under_way = 0,
    left = 1 })
end

function tests.test_a_run_that_ended_well_left_nothing()
  lu.assertEquals(story.items(run({ change "a" }, { exit_code = 0 }), {}), {})
  lu.assertEquals(states(story.items(run({ change "a", change "b", change "c" }, { exit_code = 0 }),
    { call({ outcome = "done" }, change "a", change "c") })), { "a done", "c done" })
end

function tests.test_what_an_outcome_means_for_the_items()
  for _, row in ipairs {
    { { outcome = "done" }, "done", "done" },
    { { outcome = "refused" }, "failed", "failed" },
    { { outcome = "refused", failed = { 2 } }, "done", "failed" },
    { { outcome = "unknown", failed = { 2 } }, "done", "unknown" },
    { { outcome = "unknown", failed = { 2 }, settled = "found" }, "done", "done" },
    { { outcome = "unknown", failed = { 2 }, settled = "absent" }, "done", "failed" },
    { { outcome = "unknown" }, "unknown", "unknown" },
    { {}, "unknown", "unknown" },
    { { settled = "found" }, "done", "done" },
    { { outcome = "unknown", settled = "absent" }, "failed", "failed" },
  } do
    local items = story.items(run {}, { call(row[1], change "a", change "b") })
    lu.assertEquals({ items[1].state, items[2].state }, { row[2], row[3] })
  end
end

function tests.test_a_failure_is_what_nothing_made_good()
  local a, b, c = change "a", change "b", change "c"
  local calls = {
    call({ outcome = "refused", code = "7", message = "no" }, a, b),
    call({ outcome = "done" }, a),
    call({ outcome = "refused", code = "7", message = "no" }, b),
    call({ outcome = "refused", code = "7", message = "no" }, c),
    call({ name = "cc.y" }), -- of an older journal
  }
  local failures = story.failures(story.items(run { a, b, c }, calls), calls)
  lu.assertEquals({ #failures, failures[1].numbers, failures[2].numbers }, { 2, { 3, 4 }, { 5 } })
  lu.assertEquals(failures[1].labels, { "prod/web/b/nginx", "prod/web/c/nginx" })
  lu.assertEquals(failures[1].places, { "web.yml:7" })
end

function tests.test_words_for_a_call()
  for _, row in ipairs {
    { { outcome = "done" }, "done" },
    { { outcome = "done", attempts = 1 }, "done" },
    { { outcome = "done", attempts = 2 }, "done, 2 attempts" },
    { { outcome = "refused", code = "1199014" }, "refused" },
    { { outcome = "refused", code = "net.connect" }, "not sent" },
    { { outcome = "refused", code = "117", failed = { 1 } }, "1 of 2 failed" },
    { { outcome = "unknown", failed = { 1 } }, "unknown for 1 of 2" },
    { { outcome = "unknown", failed = { 1 }, settled = "found" }, "done, as was found out later" },
    { {}, "nobody knows whether it was done" },
    { { settled = "found" }, "done, as was found out later" },
    { { settled = "absent" }, "not done, as was found out later" },
  } do
    lu.assertEquals((text.outcome(call(row[1], change "a", change "b"))), row[2])
  end
end

function tests.test_durations()
  for seconds, expected in pairs { [0.0004] = "0 ms", [0.35] = "350 ms",
    [0.998] = "998 ms", [1] = "1.00 s", [59.9] = "59.90 s", [60] = "1 min 00 s",
    [3599] = "59 min 59 s", [3600] = "1 h 00 min", [3660] = "1 h 01 min", [7199] = "1 h 59 min",
    [86400] = "24 h 00 min" } do
    lu.assertEquals(text.duration(seconds), expected)
  end
  lu.assertEquals(text.duration(nil), "-")
end

function tests.test_advice_is_for_runs_that_are_not_done()
  lu.assertNil(text.advice(run({}, { exit_code = 0 })))
  lu.assertNil(text.advice(run({}, { resumed_by = 4 })))
  lu.assertNil(text.advice(run({}, { overtaken_by = 4 })))
  lu.assertEquals(text.advice(run {}), "to go on: remora resume 3")
  lu.assertEquals(text.advice(run({}, { revision = "1a2b3c" })), "to go on: remora watch")
end

local function plain(_, words) return words end

-- What of a run is otherwise → how it ended; of one that goes on, only who is here can know.
local FATES = {
  { { exit_code = 0 }, "done", "good" },
  { { exit_code = 4 }, "done in part", "error" },
  { { exit_code = 5 }, "not converged", "warning" },
  { { exit_code = 130 }, "interrupted", "warning" },
  { { exit_code = 1 }, "failed", "error" },
  { { resumed_by = 4 }, "done in part, then run 4", "dim" },
  { { overtaken_by = 5 }, "done in part, then run 5", "dim" },
  { { ended = false }, "cut short", "warning" },
  { { ended = false, host = system.hostname(), pid = system.pid() }, "running", "dim" },
}

function tests.test_how_a_run_ended()
  for i, row in ipairs(FATES) do
    lu.assertEquals({ text.ending(run({}, row[1])) }, { row[2], row[3] }, i)
  end
end

function tests.test_the_head_of_a_run()
  local its = run({}, { business = 7, started = 1, ended = 62 })
  lu.assertStrContains(listing.run(its, {}, plain), " by ann on h, took 1 min 01 s\n")
  its.plan.business = nil -- of an older journal
  lu.assertStrContains(listing.run(its, {}, plain), "\nbusiness 7 of test\n")
  its.ended = nil
  lu.assertStrContains(listing.run(its, {}, plain), " by ann on h\n")
end

function tests.test_long_lists_are_cut()
  lu.assertEquals({ text.calls { 3 }, text.calls { 1, 2, 3, 4, 5 },
    text.calls { 1, 2, 3, 4, 5, 6 } },
    { "call 3", "calls 1, 2, 3, 4, 5", "calls 1, 2, 3, 4, 5 and 1 more" })
  lu.assertEquals({ text.loss { labels = { "a", "b", "c" }, reason = "r" },
    text.loss { labels = { "a", "b", "c", "d" }, reason = "r" } },
    { "a, b, c: r", "a, b, c and 1 more: r" })
end

function tests.test_a_run_is_told_with_its_failures_first()
  local a, b = change "a", change "b"
  local told = listing.run(run { a, b }, {
    call({ outcome = "done", ended = 1.5 }, a),
    call({ outcome = "refused", code = "7", message = "no", ended = 1.5 }, b) }, plain)
  lu.assertStrContains(told, "run 3: apply web  done in part\n")
  lu.assertStrContains(told, "business demo (2) of test\n")
  lu.assertStrContains(told, "2 calls, 5 objects changed: 1 of 2 changes done, 1 failed\n")
  lu.assertStrContains(told, "what was not done\n  cc.x  refused  call 2\n      no (7)\n"
    .. "      prod/web/b/nginx  web.yml:7\n\ninstances\n  1  +0 ms  500 ms  cc.x  done\n"
    .. "      ~ process prod/web/a/nginx  web.yml:7\n        user a → b\n")
end

function tests.test_what_was_never_sent_was_not_done_either()
  local a, b = change "a", change "b"
  for halt, said in pairs { ["web.yml:7: 1 failed"] = "      web.yml:7: 1 failed\n",
    [false] = "" } do
    local its = run({ a, b }, { halt = halt or nil })
    local calls = { call({ outcome = "done", ended = 1.5 }, a) }
    lu.assertStrContains(listing.run(its, calls, plain), "\n\nwhat was not done\n  not sent\n"
      .. said .. "      prod/web/b/nginx  web.yml:7\n\ninstances\n")
    lu.assertStrContains(page(its, calls), "<li class=left><b>not sent</b>"
      .. (halt and "<p class=message>web.yml:7: 1 failed</p>" or "") .. "<p class=labels>"
      .. "prod/web/b/nginx <code>web.yml:7</code></p></li>")
  end
end

function tests.test_what_is_under_way_in_a_run_that_runs_has_not_failed()
  local a, b, c = change "a", change "b", change "c"
  local its = run({ a, b, c }, { host = system.hostname(), pid = system.pid() })
  its.ended, its.exit_code = nil, nil
  local calls = { call({ outcome = "done", ended = 1.5 }, a), call({}, b) }
  records.mark_running(its, calls)
  local told = listing.run(its, calls, plain)
  lu.assertStrContains(told, ": 1 of 3 changes done, 1 under way, 1 not sent\n")
  lu.assertStrContains(told, "  cc.x  under way\n")
  lu.assertNotStrContains(told, "what was not done")
  lu.assertNotStrContains(told, "nobody knows")
  lu.assertStrContains(page(its, calls), "<li class=under_way><b>1</b> under way</li>")

  its.pid, its.running = math.maxinteger, nil -- gone
  calls[2].under_way = nil
  records.mark_running(its, calls)
  lu.assertStrContains(listing.run(its, calls, plain), "what was not done\n  cc.x  nobody knows")
end

local LOST = {
  { label = "process a", reason = "somebody locked it", left = true },
  { label = "process b", reason = "comes back with a new id", left = false },
  { label = "process c", reason = "somebody locked it", left = true },
}

local function undo(more)
  local its = run({}, { command = "undo", playbook = "undo of run 2", options = { run = 2 },
    files = {}, lost = LOST })
  for name, value in pairs(more) do its[name] = value end
  return its
end

function tests.test_what_an_undo_does_not_bring_back_is_told_once_for_each_reason()
  local told = listing.run(undo { exit_code = 4 }, { call({ outcome = "done", ended = 2 },
    change "a") }, plain)
  lu.assertStrContains(told, "1 call, 5 objects changed: 1 of 1 change done, 2 not brought back\n")
  lu.assertStrContains(told, "\n\nwhat does not come back as it was\n"
    .. "  process a, process c: somebody locked it\n  process b: comes back with a new id\n\n")
  local made = page(undo { exit_code = 4 }, {})
  lu.assertStrContains(made, "<li class=failed>somebody locked it<p class=labels>"
    .. "process a, process c</p></li><li class=left>comes back with a new id")
  lu.assertNotStrContains(page(run {}, {}), "come back")
  lu.assertNotStrContains(listing.run(run {}, {}, plain), "come back")
end

-- What an undo wants has no place in a playbook.
function tests.test_nothing_stands_behind_what_has_no_place()
  local one = change "a"
  one.at = nil
  for _, ended in ipairs { { outcome = "done", ended = 2 },
    { outcome = "refused", code = "117", message = "no", ended = 2, failed = { 1 } } } do
    local plan = { changes = { one }, business = { id = 2, name = "demo" } }
    local told = listing.run(undo { plan = plan }, { call(ended, one) }, plain)
    lu.assertStrContains(told, "prod/web/a/nginx")
    lu.assertNotStrContains(told, " \n")
  end
end

-- Exit code of the calls, what is lost → how the run ended.
local ENDINGS = {
  { 0, {}, "done" },
  { 0, { LOST[2] }, "done" },         -- it is there again
  { 0, { LOST[2], LOST[1] }, "done in part" },
  { 130, { LOST[1] }, "interrupted" },
}

function tests.test_an_undo_that_left_something_is_done_in_part()
  for _, row in ipairs(ENDINGS) do
    local its = undo { exit_code = row[1], lost = row[2] }
    lu.assertEquals((text.ending(its)), row[3])
    lu.assertStrMatches(listing.history({ its }, plain), ".*  " .. row[3] .. " +undo of run 2")
  end
end

function tests.test_what_nobody_knows_of_a_call_is_marked()
  local told = listing.run(run { change "a", change "b" }, { call({ failed = { 2 },
    outcome = "unknown", code = "net.timeout", message = "no", ended = 2 }, change "a",
    change "b") }, plain)
  lu.assertStrContains(told, "unknown for 1 of 2\n      no (net.timeout)\n"
    .. "      ~ process prod/web/a/nginx  web.yml:7\n        user a → b\n"
    .. "      ~ process prod/web/b/nginx  nobody knows  web.yml:7\n        user a → b")
end

function tests.test_what_failed_of_a_call_is_marked()
  local told = listing.run(run { change "a", change "b", change "c" }, { call({ failed = { 2 },
    outcome = "refused", code = "117", message = "no", ended = 2 }, change "a", change "b",
    change "c") }, plain)
  lu.assertStrContains(told, "1 of 3 failed\n      no (117)\n"
    .. "      ~ process prod/web/a/nginx and 1 more alike  web.yml:7\n        user a → b\n"
    .. "      ~ process prod/web/b/nginx  failed  web.yml:7\n        user a → b")
end

-- So many changes, each with a value of its own.
local function unlike(count)
  local changes = {}
  for i = 1, count do
    changes[i] = change("h" .. i, { fields = { { name = "user", old = "a", new = "u" .. i } } })
  end
  return changes
end

function tests.test_of_a_long_call_the_first_lines_are_shown()
  for count, more in pairs { [10] = "", [11] = "\n      and 1 more",
    [13] = "\n      and 3 more" } do
    local told = listing.run(run({}, { exit_code = 0 }), { call({ outcome = "done", ended = 2 },
      table.unpack(unlike(count))) }, plain)
    lu.assertEquals(told:match "user a → u10(.*)$", more)
  end
end

function tests.test_of_a_change_of_many_fields_the_first_ones_are_shown()
  local fields, said = {}, { [4] = "a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2",
    [5] = "a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2, 1 more",
    [6] = "a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2, 2 more" }
  for i, name in ipairs { "a", "b", "c", "d", "e", "f" } do
    fields[i] = { name = name, old = 1, new = 2 }
    local told = listing.run(run({}, { exit_code = 0 }), { call({ outcome = "done", ended = 2 },
      change("h", { fields = { table.unpack(fields) } })) }, plain)
    if said[i] then lu.assertEquals(told:match "\n        ([^\n]*)$", said[i]) end
  end
end

function tests.test_of_what_was_not_done_the_first_are_named()
  local told = listing.run(run(unlike(5)), {}, plain)
  lu.assertStrContains(told, "  not sent\n      prod/web/h1/nginx, prod/web/h2/nginx, "
    .. "prod/web/h3/nginx and 2 more  web.yml:7")
  -- Of a call of an older journal nobody knows whom it was for.
  told = listing.run(run({}, { exit_code = 4 }), { call { outcome = "refused", code = "7",
    message = "no", ended = 2 } }, plain)
  lu.assertStrContains(told, "  cc.x  refused  call 1\n      no (7)\n\ninstances\n")
end

function tests.test_calls_stand_below_their_stage()
  local told = listing.run(run({}, { exit_code = 0 }), {
    call { stage = "templates", outcome = "done", ended = 1.5 },
    call { outcome = "done", intended = 1.5, ended = 2 },
    call { outcome = "done", intended = 2 } }, plain)
  lu.assertEquals(told:match "\n(\ntemplates.*)$", "\ntemplates\n"
    .. "  1    +0 ms  500 ms  cc.x  done\n\ninstances\n"
    .. "  2  +500 ms  500 ms  cc.x  done\n  3  +1.00 s       -  cc.x  done")
end

function tests.test_the_list_of_runs_stays_straight_whoever_ran_them()
  local runs = { run({}, { user = "管理员" }), run({}, { user = "ann" }) }
  local _, one, two = listing.history(runs, plain):match("^(.-)\n(.-)\n(.-)$")
  local before_one, before_two = one:match("^(.-)管理员"), two:match("^(.-)ann")
  lu.assertEquals(one:sub(#before_one + #"管理员" + 1), two:sub(#before_two + #"ann   " + 1))
end

return tests
