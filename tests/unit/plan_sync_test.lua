-- What a sync does beyond what the playbook changes, where modules are out of line: what a plan
-- says of it, and when it has to wait.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local guard = require "remora.reconcile.guard"
local json = require "json"
local playbook = require "tests.support.playbook"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-3]"] }
]]

local MAIN = "      main: { bk_func_name: main, timeout: 30 }"
local SIDE = "      side: { bk_func_name: side }"

local function web(...)
  return playbook.text { "service_templates:", "  web:", "    prune: true", "    processes:", ... }
end

-- Two processes on each of three hosts, and what somebody then does by hand.
local function meddled(meddle)
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, web(MAIN, SIDE))
  meddle(platform)
  return platform
end

local function timeout(seconds)
  return function(platform)
    platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 1,
      process_property = { timeout = { value = seconds, as_default_value = true } } })
  end
end

local function late(platform)
  platform:must("cc.batch_create_proc_template", { bk_biz_id = 1, service_template_id = 1,
    processes = { { spec = { bk_process_name = { value = "late" },
      bk_func_name = { value = "late" } } } } })
end

local function without_instance(platform)
  local row = world.processes(platform)["prod/web/10.0.0.2/main"]
  platform:must("cc.delete_service_instance",
    { bk_biz_id = 1, service_instance_ids = { row.service_instance.id } })
end

local function all_of(...)
  local acts = { ... }
  return function(platform)
    for _, act in ipairs(acts) do act(platform) end
  end
end

local CHANGES = "changes 3 processes that differed from their templates before"
local MAKES = "makes %d processes that were missing before"
local SIXTY = MAIN:gsub("30", "60")
local LATE = "      late: { bk_func_name: late }"

-- What was done by hand, the playbook, what is said, how many processes that is.
local ROWS = {
  { "another value", timeout(60), web(SIXTY, SIDE), { CHANGES }, 3 },
  { "what the playbook changes itself", timeout(60), web((MAIN:gsub("30", "90")), SIDE), {}, 0 },
  { "what the playbook takes back", timeout(60), web(MAIN, SIDE), {}, 0 },
  { "beside what the playbook changes", timeout(60), web(SIXTY, (SIDE:gsub(" }", ", user: x }"))),
    { CHANGES }, 3 },
  { "a new process template", late, web(MAIN, SIDE, LATE), { MAKES:format(3) }, 3 },
  { "one that the playbook removes again", late, web(MAIN, SIDE), {}, 0 },
  { "a lost service instance", without_instance, web(MAIN, SIDE), { MAKES:format(2) }, 2 },
  { "several things", all_of(without_instance, timeout(60), late), web(SIXTY, SIDE, LATE),
    { MAKES:format(5), "changes 2 processes that differed from their templates before" }, 7 },
}

local tests = {}

local function sync_of(plan)
  for _, change in ipairs(plan.changes) do
    if change.action == "sync" then return change end
  end
  error("no sync is planned")
end

for _, row in ipairs(ROWS) do
  tests["test_" .. row[1]:gsub(" ", "_")] = function()
    local platform <close> = meddled(row[2])
    local change = sync_of(world.plan(platform, row[3]))
    lu.assertEquals(change.cascades, json.array(row[4]))
    lu.assertEquals(change.brings or {}, row[5] == 0 and {}
      or { { what = "process", within = "prod/web", count = row[5] } })
    world.converge(platform, row[3])
  end
end

local FREE_ROWS = ", bind_info: { as_default_value: false, value: "
  .. "[{ ip: 0.0.0.0, port: %d, protocol: TCP }] } }"

-- The platform compares no bind rows of a column that is free as a whole: all its instances are in
-- line, and a sync sets them.
function tests.test_bind_rows_that_nobody_compares()
  local platform <close> = fleet.new(TOPOLOGY)
  local function listening_on(port) return (MAIN:gsub(" }", FREE_ROWS:format(port))) end
  world.converge(platform, web(listening_on(80), SIDE))
  world.converge(platform, web(listening_on(81), SIDE))
  local changed = web((listening_on(81):gsub("30", "60")), SIDE)
  local change = sync_of(world.plan(platform, changed))
  lu.assertEquals(change.cascades, json.array { CHANGES })
  lu.assertEquals(change.losses,
    { "what instances had in bind_info, unlike their template, is lost" })
  world.converge(platform, changed)
end

-- Where there have never been any, nobody has to look.
function tests.test_processes_that_cannot_differ_are_not_read()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, web(MAIN, SIDE))
  platform:count_anew()
  world.plan(platform, web(SIXTY, SIDE))
  lu.assertNil(platform.sent["cc.list_process_related_info"])
end

-- Nobody is told the outer addresses of hosts with their processes: that they are the same is no
-- change.
function tests.test_outer_addresses_are_taken_to_be_what_they_were()
  local platform <close> = fleet.new((TOPOLOGY:gsub('"10.0.0.%[1%-3%]"',
    "{ ip: 10.0.0.1, outer_ip: 192.0.2.1 }")))
  local outer = MAIN:gsub(" }", ", bind_info: [{ ip: first_outer, port: 80, protocol: TCP }] }")
  world.converge(platform, web(outer))
  lu.assertEquals(
    world.processes(platform)["prod/web/10.0.0.1/main"].process.bind_info[1].ip, "192.0.2.1")
  late(platform)
  lu.assertEquals(sync_of(world.plan(platform, web(outer, LATE))).cascades,
    json.array { "makes 1 process that was missing before" })
end

-- One module, and the three processes in it.
function tests.test_what_it_brings_counts_as_changes()
  local platform <close> = meddled(timeout(60))
  local plan = world.plan(platform, web(SIXTY, SIDE))
  local function refused(most)
    return #guard.refusals(plan, { existing = {}, limits = { changes = { count = most } } }) > 0
  end
  lu.assertEquals({ refused(3), refused(4) }, { true, false })
end

-- Where a rule for instances looks at the processes of a module that is out of line, they are read
-- once for both.
function tests.test_processes_are_read_once()
  local platform <close> = meddled(timeout(60))
  platform:count_anew()
  world.plan(platform, web(SIXTY, SIDE)
    .. "instances: [{ where: { module: web }, processes: { side: { user: root } } }]\n")
  lu.assertEquals(platform.sent["cc.list_process_related_info"], 1)
end

-- Somebody has set a locked field by hand, which no sync has brought to the instances yet; the
-- playbook frees it and adds a process. A sync without the first would take what instances have.
function tests.test_no_sync_overwrites_what_a_failed_change_would_have_freed()
  local platform <close> = meddled(timeout(60))
  local wanted = web("      main: { bk_func_name: main, "
    .. "timeout: { value: 60, as_default_value: false } }", SIDE,
    "      more: { bk_func_name: more }")
  platform.before_call = function(name)
    if name ~= "cc.update_proc_template" then return nil end
    return fault.new { code = 1199019, message = "no" }
  end
  local left = {}
  for i, change in ipairs(world.apply(platform, wanted).left) do left[i] = change.action end
  lu.assertEquals(left, { "update", "sync" })
  platform.before_call = nil
  world.converge(platform, wanted)
  local there = world.processes(platform)
  lu.assertEquals(there["prod/web/10.0.0.1/main"].process.timeout, 30)
  lu.assertNotNil(there["prod/web/10.0.0.1/more"])
end

return tests
