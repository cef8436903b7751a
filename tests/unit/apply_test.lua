-- How a plan is carried out when the platform does not play along.

local lu = require "luaunit"
local builder = require "remora.reconcile.builder"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local report = require "remora.cli.report"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          cron: { hosts: ["10.0.1.1"] }
          batch: { hosts: ["10.0.2.1"] }
]]

local WEB = { "service_templates:", "  web:", "    processes:",
  "      nginx: { bk_func_name: nginx, timeout: 30 }" }

local function text(...)
  return playbook.text { ... }
end

local BOTH = text("instances:",
  "  - where: { module: cron }", "    processes: { crond: { bk_func_name: crond } }",
  "  - where: { module: batch }", "    processes: { batchd: { bk_func_name: batchd } }")

local tests = {}

-- Lets the platform refuse calls: the function gives a fault, or nothing.
local function refusing(platform, decide)
  platform.before_call = decide
  return platform
end

local function refusal(code)
  return fault.new { code = code, message = "no" }
end

function tests.test_a_refused_call_fails_alone_and_is_not_sent_again()
  local platform <close> = fleet.new(TOPOLOGY)
  local sent = 0
  refusing(platform, function(name, args)
    if name ~= "cc.create_service_instance" then return end
    sent = sent + 1
    if args.instances[1].processes[1].process_info.bk_process_name == "crond" then
      return refusal(1199014)
    end
  end)
  local result = world.apply(platform, BOTH)
  lu.assertEquals(sent, 2)
  lu.assertEquals(#result.failures, 1)
  lu.assertEquals(result.failures[1].labels, { "prod/cron/10.0.1.1" })
  lu.assertStrMatches(result.failures[1].places[1], ".*:4")
  lu.assertEquals(report.code(result), 4)
  lu.assertNotNil(world.processes(platform)["prod/batch/10.0.2.1/batchd"])
end

function tests.test_nothing_more_is_tried_when_nobody_is_there_any_more()
  local platform <close> = fleet.new(TOPOLOGY)
  local tried = {}
  refusing(platform, function(name)
    if #tried == 0 and name ~= "cc.create_service_instance" then return end
    tried[#tried + 1] = name
    return fault.new { code = "net.connect", message = "cannot be reached", sent = false }
  end)
  local result = world.apply(platform, BOTH)
  lu.assertEquals(tried, { "cc.create_service_instance" })
  lu.assertEquals({ #result.failures, #result.left, result.sent }, { 1, 2, 0 })
  lu.assertTrue(result.unreachable)
  lu.assertEquals(report.code(result), 4)
end

function tests.test_the_same_process_elsewhere_is_other_work()
  local function keys(instance)
    return builder.keys { call = "cc.create_process_instance", args = { bk_biz_id = 1,
      service_instance_id = instance, processes = { { process_info = { bk_func_name = "a" } } } } }
  end
  lu.assertEquals(#keys(1), 1)
  lu.assertEquals(keys(1), keys(1))
  lu.assertNotEquals(keys(1), keys(2))
end

function tests.test_what_rests_on_a_refused_call_is_not_tried()
  local platform <close> = fleet.new(TOPOLOGY)
  refusing(platform, function(name)
    if name == "cc.batch_create_proc_template" then return refusal(1113019) end
  end)
  platform:count_anew()
  local result = world.apply(platform, text(table.unpack(WEB)))
  lu.assertEquals(platform:writes(), { ["cc.batch_create_proc_template"] = 1 })
  lu.assertEquals(report.code(result), 4)
end

-- The playbook is as right as before: what speaks of the missing process waits, the rest goes on.
function tests.test_what_does_not_rest_on_a_refused_call_goes_on()
  local platform <close> = fleet.new(TOPOLOGY)
  refusing(platform, function(name)
    if name == "cc.batch_create_proc_template" then return refusal(1113019) end
  end)
  local result = world.apply(platform, text("service_templates:", "  web:", "    processes:",
    "      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: false } }",
    "instances:", "  - where: { module: web }", "    processes: { nginx: { timeout: 60 } }",
    "  - where: { module: cron }", "    processes: { crond: { bk_func_name: crond } }",
    "hosting:", "  - where: { module: web, process: nginx }", "    state: unhosted"))
  lu.assertEquals(result.problems, {})
  lu.assertNotNil(world.processes(platform)["prod/cron/10.0.1.1/crond"])
  local left = {}
  for i, change in ipairs(result.left) do left[i] = table.concat(change.label, "/") end
  lu.assertEquals(left, { "web/nginx", "web", "prod/web/10.0.0.1/nginx",
    "prod/web/10.0.0.2/nginx" })
  lu.assertEquals(report.code(result), 4)
end

function tests.test_a_busy_module_is_waited_for()
  local platform <close> = fleet.new(TOPOLOGY)
  local tries = 0
  refusing(platform, function(name)
    if name ~= "cc.sync_service_template_to_service_instance" then return end
    tries = tries + 1
    if tries < 3 then return refusal(1117008) end
  end)
  local result = world.apply(platform, text(table.unpack(WEB)))
  lu.assertEquals(tries, 3)
  lu.assertEquals(report.code(result), 0)
end

function tests.test_instances_do_not_stand_in_for_a_failed_sync()
  local platform <close> = fleet.new(TOPOLOGY)
  refusing(platform, function(name)
    if name == "cc.sync_service_template_to_service_instance" then return refusal(1199019) end
  end)
  platform:count_anew()
  local result = world.apply(platform, text(WEB[1], WEB[2], WEB[3],
    "      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: false } }",
    "instances:", "  - where: { module: web }", "    processes: { nginx: { timeout: 60 } }"))
  lu.assertEquals(platform:writes(), { ["cc.batch_create_proc_template"] = 1,
    ["cc.sync_service_template_to_service_instance"] = 1 })
  lu.assertEquals(#result.failures, 1)
  lu.assertEquals(#result.problems, 0)
end

-- A clock that runs only while somebody sleeps.
local function sleeping_loop(platform)
  local loop, clock = setmetatable({}, { __index = platform.loop }), { time = 0 }
  function loop.sleep(_, seconds)
    clock.time = clock.time + seconds
    return true
  end
  return loop, function() return clock.time end
end

function tests.test_a_sync_that_never_ends_is_given_up()
  local platform <close> = fleet.new(TOPOLOGY)
  refusing(platform, function(name)
    if name == "cc.sync_service_template_to_service_instance" then return refusal(1117008) end
  end)
  local loop, clock = sleeping_loop(platform)
  local result = world.apply(platform, text(table.unpack(WEB)),
    { loop = loop, clock = clock, sync_timeout = 60 })
  lu.assertEquals(result.failures[1].fault.code, "sync.timeout")
  lu.assertEquals(clock(), 60)
end

-- A journal that only knows how calls ended.
local function remembering()
  local book = { ended = {} }
  function book.intend() return 1 end
  function book.outcome(_, _, failure)
    book.ended[#book.ended + 1] = failure or false
    return 1
  end
  return book
end

function tests.test_what_cannot_be_waited_for_may_have_been_done()
  for _, trouble in ipairs { { code = "net.connect", message = "nobody is there", sent = false },
    { code = 1199998, message = "a bug" } } do
    local platform <close> = fleet.new(TOPOLOGY)
    local book = remembering()
    refusing(platform, function(name)
      if name == "cc.list_service_template_sync_status" then return fault.new(trouble) end
    end)
    local result = world.apply(platform, text(table.unpack(WEB)), { journal = book })
    local its = book.ended[#book.ended]
    lu.assertEquals({ its.code, its.sent, its.cause.code },
      { "call.end_unknown", true, trouble.code })
    lu.assertEquals(result.unreachable, trouble.sent == false)
    lu.assertEquals(report.code(result), 4)
  end
end

function tests.test_a_call_that_changes_nothing_is_not_repeated_for_ever()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, text(table.unpack(WEB)))
  local really = platform.call
  function platform:call(name, args)
    if name == "cc.update_proc_template" then return {} end
    return really(self, name, args)
  end
  local changed = text(WEB[1], WEB[2], WEB[3], (WEB[4]:gsub("30", "31")))
  local result = world.apply(platform, changed)
  lu.assertEquals(#result.stuck, 1)
  lu.assertEquals(result.stuck[1].labels, { "web/nginx" })
  lu.assertEquals(report.code(result), 5)
end

function tests.test_an_interrupt_ends_after_what_is_in_flight()
  local platform <close> = fleet.new(TOPOLOGY)
  local loop = setmetatable({}, { __index = platform.loop })
  local pressed = 0
  function loop.interrupted() return pressed end
  refusing(platform, function(name)
    if name == "cc.create_service_instance" then pressed = 1 end
  end)
  local result = world.apply(platform, BOTH, { loop = loop })
  lu.assertEquals(platform:writes()["cc.create_service_instance"], 1)
  lu.assertEquals(#result.left, 1)
  lu.assertEquals(report.code(result), 130)
end

function tests.test_an_unreadable_platform_ends_the_run()
  local platform <close> = fleet.new(TOPOLOGY)
  local wrote = false
  refusing(platform, function(name)
    if name == "cc.create_service_instance" then wrote = true end
    if wrote and name == "cc.list_process_related_info" then return refusal(9900403) end
  end)
  local result = world.apply(platform, BOTH)
  lu.assertEquals(result.fault.code, 9900403)
  lu.assertEquals(report.code(result), 4)
end

function tests.test_the_journal_holds_intent_and_outcome_of_every_call()
  local platform <close> = fleet.new(TOPOLOGY)
  local events = {}
  local journal = {}
  function journal.intend(_, run, call)
    events[#events + 1] = ("%d intend %s %d %s"):format(run, call.call, call.objects,
      call.labels[1])
    return #events
  end
  function journal.outcome(_, id, failure)
    events[#events + 1] = ("%d %s"):format(id, failure and failure.code or "done")
    return id
  end
  world.apply(platform, BOTH, { journal = journal, run = 7 })
  lu.assertEquals(events, {
    "7 intend cc.create_service_instance 1 prod/cron/10.0.1.1", "1 done",
    "7 intend cc.create_service_instance 1 prod/batch/10.0.2.1", "3 done",
  })
end

function tests.test_the_journal_counts_how_often_a_call_was_sent()
  local platform <close> = fleet.new(TOPOLOGY)
  local really, attempts = platform.call, {}
  function platform:call(name, args, account)
    if account then account.attempts = (account.attempts or 0) + 2 end
    return really(self, name, args)
  end
  local journal = { intend = function(_, _, call) return call.call end }
  function journal.outcome(_, call, _, more)
    attempts[call] = more.attempts
    return 1
  end
  world.apply(platform, text(table.unpack(WEB)), { journal = journal, run = 7 })
  lu.assertEquals(attempts, { ["cc.batch_create_proc_template"] = 2,
    ["cc.sync_service_template_to_service_instance"] = 2 })
end

function tests.test_a_budget_is_for_all_that_a_run_takes_away()
  local function cron(names, prune)
    local processes = {}
    for i, name in ipairs(names) do
      processes[i] = ("%s: { bk_func_name: %s }"):format(name, name)
    end
    return text("instances:", "  - where: { module: cron }", "    prune: " .. prune,
      "    processes: { " .. table.concat(processes, ", ") .. " }")
  end
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, cron({ "a", "b" }, "false"))
  refusing(platform, function(name, args)
    if name ~= "cc.create_process_instance" or #args.processes ~= 1 then return end
    local more = { { process_info = { bk_process_name = "x", bk_func_name = "x" } },
      { process_info = { bk_process_name = "y", bk_func_name = "y" } } }
    platform:must("cc.create_process_instance", { bk_biz_id = 1, processes = more,
      service_instance_id = args.service_instance_id }) -- somebody else
  end)
  local result = world.apply(platform, cron({ "a", "c" }, "true"),
    { limits = { deletes = { count = 2 } } })
  lu.assertEquals({ #result.problems, result.problems[1].message },
    { 1, "3 processes would go, more than 2" })
end

function tests.test_only_what_was_touched_is_read_again()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, BOTH)
  local rows = world.processes(platform)
  local crond = rows["prod/cron/10.0.1.1/crond"].process.bk_process_id
  local batchd = rows["prod/batch/10.0.2.1/batchd"].process.bk_process_id
  local asked, meddled = {}, false
  refusing(platform, function(name, args)
    if name == "cc.list_process_related_info" and #asked > 0 or name:find("update", 1, true) then
      asked[#asked + 1] = args
    end
    if name == "cc.update_process_instance" and not meddled then
      meddled = true -- somebody else, elsewhere
      platform:must("cc.update_process_instances_by_ids", { bk_biz_id = 1,
        process_ids = { batchd }, update_data = { bk_func_name = "other" } })
    end
  end)
  local changed = BOTH:gsub("bk_func_name: crond", "bk_func_name: crond, user: root")
  local result = world.apply(platform, changed)
  lu.assertEquals(report.code(result), 0)
  local read = asked[#asked]
  lu.assertEquals(read.process_property_filter.rules[1].value, { crond })
  lu.assertEquals(#read.service_instance.ids, 1)
  lu.assertEquals(world.steps(world.plan(platform, changed)),
    { "1 update_process_instance 1" })
end

function tests.test_nothing_is_sent_that_the_journal_cannot_hold()
  local platform <close> = fleet.new(TOPOLOGY)
  local journal = { intend = function() return nil, refusal("sqlite.full") end }
  platform:count_anew()
  local result = world.apply(platform, BOTH, { journal = journal, run = 7 })
  lu.assertEquals(platform:writes(), {})
  lu.assertEquals(result.fault.code, "sqlite.full")
  lu.assertEquals(report.code(result), 1)
end

function tests.test_what_was_done_is_not_left_when_the_journal_ends_it()
  local platform <close> = fleet.new(TOPOLOGY)
  local open = 0
  local journal = { outcome = function() return 1 end, intend = function()
    open = open + 1
    if open > 1 then return nil, refusal("sqlite.full") end
    return open
  end }
  local all = #world.plan(platform, BOTH).changes
  local result = world.apply(platform, BOTH, { journal = journal, run = 7 })
  lu.assertEquals(result.sent, 1)
  lu.assertEquals(#result.left, all - result.objects)
end

return tests
