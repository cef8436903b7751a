-- remora platform serve --agent exec: what is hosted runs on this machine, is kept alive, and lives
-- on without the platform.

local cli = require "tests.support.cli"
local lu = require "luaunit"
local real_fleet = require "tests.support.real_fleet"
local system = require "system"

local SIGTERM, SIGKILL = 15, 9

local tests, fleet = {}, nil

function tests.setUp() fleet = real_fleet.new() end

function tests.tearDown()
  local _ <close> = fleet
end

local function kill(pid) lu.assertEquals(fleet:shell("kill -9 " .. pid), 0) end

-- Waits until a process runs under another number.
local function back(name, host, pid)
  return fleet:eventually(name .. " is back", function()
    local state = fleet:state(name, host)
    return state.running and state.pid ~= pid and state
  end)
end

function tests.test_what_is_hosted_is_started_and_brought_back()
  fleet:apply("app", {}, {})
  for host = 1, 2 do
    local state = fleet:state("app", host)
    lu.assertEquals(state.hosted and state.running, true)
    lu.assertEquals(("%d\n"):format(state.pid), fleet:read("app-" .. host .. ".pid"))
  end
  lu.assertStrContains(fleet:expect(0, "plan", "app.yml").stdout, "nothing to do")
  local before, other = fleet:state("app", 1), fleet:state("app", 2)
  kill(before.pid)
  lu.assertTrue(back("app", 1, before.pid).hosted)
  lu.assertEquals(fleet:state("app", 2), other)
end

function tests.test_by_hand()
  fleet:apply("app", { reload_cmd = "echo again >> reloaded",
    face_stop_cmd = "kill -9 $(cat app-${inst_id}.pid)" }, {})
  local pid = fleet:state("app", 1).pid
  fleet:op(0, "reload", "process=app", "hosts=10.0.0.1")
  lu.assertEquals(fleet:lines "reloaded", 1)
  lu.assertEquals(fleet:state("app", 1).pid, pid)
  fleet:op(0, "restart", "process=app", "hosts=10.0.0.1")
  local restarted = fleet:state("app", 1)
  lu.assertTrue(restarted.running and restarted.pid ~= pid)
  fleet:op(0, "stop", "process=app")
  for host = 1, 2 do
    lu.assertEquals(fleet:state("app", host), { hosted = false, running = false })
  end
  fleet:op(0, "start", "process=app")
  lu.assertTrue(fleet:state("app", 1).hosted)
  fleet:op(0, "kill", "process=app", "hosts=10.0.0.1")
  lu.assertEquals(fleet:state("app", 1), { hosted = false, running = false })
  lu.assertTrue(fleet:state("app", 2).running)
end

-- Both are killed; when the one that is still looked after is back, the other one would be, too.
function tests.test_what_is_unregistered_goes_on_and_is_not_brought_back()
  fleet:apply("app", {}, {})
  fleet:op(0, "unregister", "process=app", "hosts=10.0.0.1")
  local free, kept = fleet:state("app", 1), fleet:state("app", 2)
  lu.assertEquals({ free.hosted, free.running }, { false, true })
  kill(free.pid)
  kill(kept.pid)
  back("app", 2, kept.pid)
  lu.assertFalse(fleet:state("app", 1).running)
end

function tests.test_a_command_that_stays_is_the_process_itself()
  fleet:apply("app", { start_cmd = "./sleeper app-${inst_id}" }, {})
  local pid = fleet:state("app", 1).pid
  kill(pid)
  back("app", 1, pid)
end

function tests.test_what_fails_is_told_with_what_it_said()
  local rows = {
    { { start_cmd = "echo no such key >&2; exit 3" },
      "start_cmd ended with status 3: no such key", "code 65535" },
    { { start_cmd = "kill -9 $$" }, "start_cmd was ended by signal 9", "code 65535" },
    { { start_cmd = "true", bk_start_check_secs = 1 },
      "start_cmd has ended, but " .. fleet.path .. "/app-1.pid names no process that is alive",
      "code 836" },
    { { start_cmd = "echo $$ > app-${inst_id}.pid", bk_start_check_secs = 1 },
      "names no process that is alive", "code 836" },
    { { start_cmd = "sleep 1000", timeout = 1 }, "start_cmd took longer than 1 s",
      "code 65535" },
    { { work_path = fleet.path .. "/none" }, "there is no directory", "code 65535" },
    { { user = "nobody-of-that-name" }, "nobody-of-that-name", "code 65535" },
  }
  for _, row in ipairs(rows) do
    fleet:apply("app", row[1])
    local said = fleet:op(4, "start", "process=app", "hosts=10.0.0.1")
    lu.assertStrContains(said, row[2])
    lu.assertStrContains(said, row[3])
    lu.assertEquals(fleet:state("app", 1), { hosted = false, running = false })
  end
end

-- The number in a pid file that was left behind may be that of another process by now.
function tests.test_a_pid_file_of_long_ago_names_nobody()
  fleet:apply("app", {})
  fleet:shell "sleep 1000 & echo $! > app-1.pid; cp app-1.pid app-2.pid"
  fleet:shell "touch -d '1 hour ago' app-2.pid"
  lu.assertTrue(fleet:state("app", 1).running)
  lu.assertFalse(fleet:state("app", 2).running)
  fleet:op(0, "start", "process=app", "hosts=10.0.0.2")
  lu.assertTrue(fleet:state("app", 2).running)
end

-- All hosts are this machine: two of them cannot have one pid file.
function tests.test_pid_files_that_collide_are_told()
  local said = fleet:apply("app", { pid_file = "app.pid", start_cmd = "./sleeper app &" }, {}, 4)
  lu.assertStrContains(said,
    "its pid file " .. fleet.path .. "/app.pid is that of app_1 on 10.0.0.")
  lu.assertStrContains(said, "${inst_id}")
  local states = { fleet:state("app", 1), fleet:state("app", 2) }
  lu.assertNotEquals(states[1].running, states[2].running)
  lu.assertNotEquals(states[1].hosted, states[2].hosted)
end

-- GSE is told the executable, which is the same of all copies of a process.
function tests.test_a_pid_file_is_of_one_process_over_whichever_way()
  for _, way in ipairs { "job", "gse", "job" } do
    fleet:apply("app", {}, { via = way })
    lu.assertTrue(fleet:state("app", 1).hosted, way)
  end
  local said = fleet:apply("two", { proc_num = 2, pid_file = "two.pid",
    start_cmd = "./sleeper two &" }, { via = "gse" }, 4)
  lu.assertStrContains(said, "/two.pid is that of two_")
end

function tests.test_a_share_of_the_processors_that_is_passed_ends_in_the_stop_command()
  fleet:write("busy", "#!/bin/sh\necho $$ > \"$1.pid\"\nwhile :; do :; done\n")
  fleet:shell "chmod +x busy"
  fleet:apply("app", { start_cmd = "./busy app-${inst_id} &",
    stop_cmd = "echo ${inst_id} >> stopped; kill -9 $(cat app-${inst_id}.pid)" }, { cpu_lmt = 1 })
  local pid = fleet:state("app", 1).pid
  fleet:eventually("it is stopped", function() return fleet:lines "stopped" > 0 end)
  back("app", 1, pid) -- it is resident
  fleet:op(0, "stop", "process=app")
  fleet.served:stop()
  lu.assertStrContains(fleet.served.process:read_stderr(),
    "above its limit of 1 %; it was stopped")
end

-- GSE takes shares as small as any process has.
function tests.test_a_share_of_the_memory_that_is_passed_ends_in_the_stop_command()
  fleet:post("gse/operate_proc_multi", { proc_operate_req = { {
    meta = { namespace = "shop", name = "big" }, op_type = 3,
    hosts = { { ip = "10.0.0.1", bk_cloud_id = 0 } },
    spec = {
      identity = { proc_name = "big", setup_path = fleet.path, pid_path = "big.pid", user = "" },
      control = { start_cmd = "./sleeper big &" }, -- without a stop_cmd, it is sent a signal
      resource = { cpu = 0, mem = 0.000001 }, alive_monitor_policy = { auto_type = 1 },
    },
  } } })
  local function number() return (system.read_file(fleet.path .. "/big.pid")) end
  local first = fleet:eventually("it is started", number)
  fleet:eventually("it is stopped and started anew", function()
    local now = number()
    return now and now ~= "" and now ~= first
  end)
end

function tests.test_periodic_and_once()
  fleet:apply("once", { start_cmd = "echo x >> once-${inst_id}" }, { type = "once" })
  fleet:apply("tick", { start_cmd = "echo x >> tick-${inst_id}" },
    { type = "periodic", cycle_time = 1 })
  fleet:eventually("it ticks", function() return fleet:lines "tick-1" >= 3 end)
  lu.assertEquals({ fleet:lines "once-1", fleet:lines "once-2" }, { 1, 1 })
end

function tests.test_it_goes_on_without_the_platform()
  fleet:apply("app", {}, {})
  local pids = { fleet:state("app", 1).pid, fleet:state("app", 2).pid }
  lu.assertEquals({ fleet.served:stop(SIGTERM) }, { 0 })
  lu.assertStrContains(fleet.served.process:read_stderr(), "serves again: 2 processes")
  kill(pids[1])
  fleet:serve()
  lu.assertEquals(fleet:state("app", 2), { hosted = true, running = true, pid = pids[2] })
  lu.assertTrue(back("app", 1, pids[1]).hosted)
end

-- Of what was under way, nobody knows how it ended.
function tests.test_a_platform_that_is_killed()
  local task = fleet:post("jobv3/operate_process", { bk_biz_id = 1, op_type = 0, process_infos = { {
    proc_name = "slow", setup_path = fleet.path, pid_path = "slow.pid",
    start_cmd = "echo x > begun; sleep 1000", ip_list = { { ip = "10.0.0.1", bk_cloud_id = 0 } },
  } } }).bk_gse_taskid
  local function result()
    return fleet:post("jobv3/get_proc_result", { bk_biz_id = 1, bk_gse_taskid = task })
  end
  fleet:eventually("it is under way", function() return fleet:lines "begun" == 1 end)
  lu.assertEquals(result().status, 115)
  fleet.served:stop(SIGKILL)
  fleet:serve()
  local _, row = next(result().result)
  lu.assertEquals({ result().status, row.error_code, row.error_msg },
    { 0, 65535, "the platform ended before the operation did" })
end

function tests.test_nobody_else_runs_commands_and_no_command_sees_secrets()
  fleet:apply("app", { start_cmd = "env > seen-${inst_id}; ./sleeper app-${inst_id} &" }, {})
  lu.assertStrContains(fleet:read "seen-1", "PATH=")
  lu.assertNotStrContains(fleet:read "seen-1", "s3cret")
  local _, status = fleet.served:post("/api/c/compapi/v2/cc/search_business/", {})
  lu.assertEquals(status, 401)
  local open = cli.run { "platform", "serve", "--agent", "exec" }
  lu.assertEquals(open.code, 1)
  lu.assertStrContains(open.stderr, "a platform that runs commands needs credentials")
  local second = fleet:run("platform", "serve", "--data", "p.db", "--agent", "exec")
  lu.assertEquals(second.code, 1)
  lu.assertStrContains(second.stderr, "another platform is the agent of these hosts")
end

-- What simulated agents were told is nothing to real ones, and the other way round.
function tests.test_simulated_and_real_agents_do_not_believe_each_other()
  fleet:apply("app", {}, {})
  fleet.served:stop()
  local simulated <close> = require "tests.support.served"(fleet, { env = fleet.env })
  fleet.env.REMORA_PLATFORM = simulated.url
  lu.assertEquals(fleet:state("app", 1), { hosted = false, running = false })
end

function tests.test_reset_takes_its_files_along()
  fleet:apply("app", {}, {})
  fleet:op(0, "stop", "process=app")
  lu.assertNotNil(system.stat(fleet.path .. "/p.db-agent"))
  fleet.served:stop()
  fleet:expect(0, "platform", "reset", "--yes", "--data", "p.db")
  lu.assertNil((system.stat(fleet.path .. "/p.db-agent")))
end

return tests
