-- What became of everything a run was to do, and how it is told.

local branches_of = require "remora.journal.page.branches"
local lu = require "luaunit"
local page = require "remora.journal.page"
local records = require "remora.journal.records"
local story = require "remora.journal.story"
local system = require "system"
local text = require "remora.journal.text"
local listing = require "remora.journal.listing"

local tests = {}

local function change(host, more)
  local its = { kind = "instances", type = "process", action = "update",
    label = { "prod", "web", host, "nginx" }, fields = { { name = "user", old = "a", new = "b" } },
    at = { file = "web.yml", line = 7 } }
  for name, value in pairs(more or {}) do its[name] = value end
  return its
end

local function call(fields, ...)
  local its = { name = "cc.x", stage = "instances", intended = 1, objects = select("#", ...),
    changes = { ... } }
  for name, value in pairs(fields) do its[name] = value end
  return its
end

local function run(changes, more)
  local its = { id = 3, started = 1, ended = 2, exit_code = 4, command = "apply", playbook = "web",
    files = { "web.yml" }, platform = "test", business = 2, user = "ann", host = "h", lost = {},
    objects = 5, plan = { changes = changes, business = { id = 2, name = "demo" } } }
  for name, value in pairs(more or {}) do its[name] = value end
  return its
end

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
    { { outcome = "done", attempts = 3 }, "done, 3 attempts" },
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
  for seconds, expected in pairs { [0.0004] = "0 ms", [0.35] = "350 ms", [1] = "1.00 s",
    [59.9] = "59.90 s", [60] = "1 min 00 s", [3661] = "1 h 01 min" } do
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

function tests.test_the_list_of_runs_stays_straight_whoever_ran_them()
  local runs = { run({}, { user = "管理员" }), run({}, { user = "ann" }) }
  local _, one, two = listing.history(runs, plain):match("^(.-)\n(.-)\n(.-)$")
  local before_one, before_two = one:match("^(.-)管理员"), two:match("^(.-)ann")
  lu.assertEquals(one:sub(#before_one + #"管理员" + 1), two:sub(#before_two + #"ann   " + 1))
end

function tests.test_siblings_in_which_all_is_alike_share_a_branch()
  local items = story.items(run { change "10.0.0.1", change "10.0.0.2", change "10.0.0.3",
    change("web", { kind = "service_templates", label = { "web" } }) }, {
    call({ outcome = "done" }, change "10.0.0.1", change "10.0.0.3") })
  local branches = branches_of(items)
  lu.assertEquals({ branches[1].names, branches[2].names },
    { { "prod" }, { "service templates" } }) -- in the order of the plan
  local hosts = branches[1].branches[1].branches
  lu.assertEquals({ hosts[1].names, hosts[1].last, hosts[1].count, hosts[1].undone },
    { { "10.0.0.1", "10.0.0.3" }, { "nginx" }, 2, {} })
  lu.assertEquals({ hosts[2].names, hosts[2].undone }, { { "10.0.0.2" }, { left = 1 } })
  lu.assertEquals(#branches[1].kinds, 1)
end

local EVIL = "<script>alert('x')</script>\"&"

function tests.test_nothing_of_a_run_gets_through_as_html()
  local its = change(EVIL, { type = EVIL, label = { EVIL, EVIL, EVIL, EVIL }, cascades = { EVIL },
    fields = { { name = EVIL, old = EVIL, new = EVIL } }, at = { file = EVIL, line = 1 } })
  local made = page(run({ its }, { playbook = EVIL, user = EVIL, host = EVIL, files = { EVIL },
    platform = EVIL, lost = { { label = EVIL, reason = EVIL, left = true } },
    plan = { changes = { its }, business = { id = 1, name = EVIL } } }), {
    call({ name = EVIL, stage = EVIL, outcome = "refused", message = EVIL, code = EVIL,
      ended = 2 }, its) })
  lu.assertNil(made:find("<script", 1, true))
  lu.assertNil(made:find("alert('", 1, true))
  lu.assertStrContains(made, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;")
end

function tests.test_the_tree_is_of_the_plan_not_of_the_calls()
  local made = page(run { change "never-sent" }, {})
  lu.assertStrContains(made, "never-sent")
  lu.assertStrContains(made, "<li class=left><b>1</b> not sent</li>")
end

-- Kind and label of a change → the name that the chart counts it under.
local PLACES = {
  { "instances", { "prod", "web", "10.0.0.1", "nginx" }, "prod/web" },
  { "hosting", { "prod", "web", "10.0.0.1", "nginx_1" }, "prod/web" },
  { "service_templates", { "web" }, "template web" },
  { "service_templates", { "web", "nginx" }, "template web" },
  { "processes", { "nginx" }, "process nginx" },      -- of api: v3
  { "processes", { "nginx", "web" }, "process nginx" }, -- bound to a module
}

function tests.test_the_chart_counts_by_where_a_change_is()
  for _, place in ipairs(PLACES) do
    local its = change("", { kind = place[1], label = place[2] })
    lu.assertStrContains(page(run { its }, {}), "<li><span>" .. place[3] .. "</span>")
  end
end

function tests.test_what_an_undo_aims_at_is_no_playbook()
  lu.assertStrContains(page(run {}, {}), "differed from the playbook when")
  lu.assertStrContains(page(run({}, { command = "undo", options = { run = 2 } }), {}),
    "differed from the state before run 2 when")
end

function tests.test_a_run_of_an_older_journal_has_a_page()
  local old = run({}, { business = false, exit_code = 0 })
  old.plan, old.business = nil, nil
  lu.assertStrContains(page(old, { call { outcome = "done", ended = 2 } }), "business ? of test")
end

return tests
