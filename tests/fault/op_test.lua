-- remora op where agents are dead or silent, calls are refused or lost, and remora itself ends in
-- the middle: who failed is told, no further tier is touched, and what goes on does nothing twice.

local cli = require "tests.support.cli"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local source = require "tests.support.source"
local tiers = require "tests.support.tiers"
local troubled = require "tests.support.troubled"

local SIGINT = 2

local HOSTS = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4" }

local tests = {}

-- The fleet, all of it running, and the pids; takes what tests.support.tiers takes.
local function running(...)
  local fleet = tiers.new(...)
  fleet:op(0, "start", "module=monitor")
  local _, pids = fleet:agents "module=monitor"
  return fleet, pids
end

local function with_faults(fleet, rule)
  if rule then fleet:write("faults.yml", "rules:\n  - " .. rule .. "\n") end
  fleet.env.REMORA_FAULTS = rule and "faults.yml" or nil
end

-- How often each tier was restarted on each host; the simulated agents number their pids on.
local function restarts(fleet, before)
  local _, after = fleet:agents "module=monitor"
  local counts = {}
  for _, name in ipairs { "front_1", "app_1", "db_1" } do
    local of_tier = {}
    for i, ip in ipairs(HOSTS) do
      of_tier[i] = after[ip .. " " .. name] - before[ip .. " " .. name]
    end
    counts[#counts + 1] = table.concat(of_tier, " ")
  end
  return counts
end

-- A fault of the platform → what is said of a restart, how often each was restarted (front, app and
-- db on the four hosts), and how much was done as far as anybody knows.
local FAULTS = {
  { "{ action: agent_dead, host: 10.0.0.2 }",
    "the agent cannot be reached: front_1 on 10.0.0.2", { "1 0 1 1", "0 0 0 0", "0 0 0 0" },
    "0 calls done, 1 in part, 3 objects changed" },
  { "{ action: running_forever, host: 10.0.0.3 }",
    "no result in the time allowed: front_1 on 10.0.0.3",
    { "1 1 1 1", "0 0 0 0", "0 0 0 0" }, -- its agent was just too slow to say so
    "0 calls done, 1 in part, 3 objects changed" },
  { "{ call: operate_process, nth: 1, action: refuse, code: 1241002 }",
    "job.operate_process: ", { "0 0 0 0", "0 0 0 0", "0 0 0 0" },
    "0 calls done, 0 objects changed" },
  { "{ call: operate_process, nth: 2, action: reset_before }",
    "perhaps not done", { "1 1 1 1", "0 0 0 0", "0 0 0 0" },
    "1 call done, 4 objects changed" },
}

function tests.test_a_failed_tier_ends_the_rest()
  for i, case in ipairs(FAULTS) do
    local fleet <close>, before = running()
    with_faults(fleet, case[1])
    local failed = fleet:op(4, "restart", "module=monitor")
    lu.assertStrContains(failed.stderr, case[2])
    lu.assertStrContains(failed.stdout, case[4] .. ", not everything; remora resume to go on")
    with_faults(fleet)
    lu.assertEquals(restarts(fleet, before), case[3], "case " .. i)
  end
end

-- How many may fail nobody said, so no number of theirs is named; what --max-failures says is about
-- calls.
function tests.test_what_stops_an_operation_is_told_as_it_is()
  local fleet <close> = running()
  with_faults(fleet, FAULTS[1][1])
  local failed = fleet:op(4, "restart", "process=db", "--batch", "2", "--max-failures", "1")
  lu.assertStrContains(failed.stderr,
    "error: the rollout stopped after 1 failed operation: 2 not sent\n")
  lu.assertNotStrContains(failed.stderr, "max_failures")
  lu.assertStrContains(failed.stdout,
    "then stopped after 1 failed call, as --max-failures says; remora resume to go on\n")
end

-- The platform did it, and nobody heard: what the agents say now tells.
function tests.test_a_restart_whose_answer_was_lost_is_not_done_again()
  local fleet <close>, before = running()
  with_faults(fleet, "{ call: operate_process, nth: 1, action: reset_after }")
  fleet:op(4, "restart", "module=monitor")
  with_faults(fleet)
  local err = fleet:expect(0, "resume", "--force", "--settle", "0.1").stderr
  -- One for each tier: what the agents said told that the first one was done.
  lu.assertStrMatches(err, ".*\nrun 3 of [^\n]+: done in part after 3 calls\n.*")
  lu.assertStrContains(err, "looking for the effect of 1 call with unknown outcome")
  lu.assertStrContains(err, "1 of them had been done")
  lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "1 1 1 1", "1 1 1 1" })
  lu.assertStrContains(fleet:expect(0, "history").stdout, "done in part, then run 4")
end

function tests.test_a_restart_goes_on_where_it_was_only()
  local fleet <close> = running()
  with_faults(fleet, FAULTS[3][1])
  fleet:op(4, "restart", "module=monitor")
  with_faults(fleet)
  lu.assertStrContains(fleet:expect(1, "resume", "--platform", "http://127.0.0.1:9").stderr,
    "error: run 3 was on the embedded platform, this is http://127.0.0.1:9\n")
end

-- Whatever came later: only what did the same is about the same. Its limits still hold, and others
-- only where they are given.
function tests.test_a_restart_goes_on_after_other_work_within_its_own_limits()
  local fleet <close>, before = running()
  with_faults(fleet, "{ call: operate_process, nth: 2, action: refuse, code: 1241002 }")
  fleet:expect(4, "op", "restart", "--business", "demo", "module=monitor", "--max-deletes", "100%",
    "--max-failures", "1")
  with_faults(fleet)
  fleet:expect(0, "apply", "--yes", "tiers.yml")
  fleet:write("none.yml", "business: demo\ninstances: []\n")
  fleet:expect(0, "apply", "none.yml")
  lu.assertStrContains(fleet:expect(0, "show", "3").stdout, "to go on: remora resume 3\n")
  lu.assertStrContains(fleet:expect(1, "resume", "1").stderr,
    "error: there is nothing to go on with in run 1: done\n")
  lu.assertStrContains(fleet:expect(3, "resume", "--max-deletes", "0").stderr, "--max-deletes")
  fleet:expect(0, "resume", "3", "--settle", "0.1")
  lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "1 1 1 1", "1 1 1 1" })
  lu.assertStrContains(fleet:expect(0, "resume").stderr, "nothing to resume")
  lu.assertStrContains(fleet:expect(1, "resume", "3").stderr, "run 3: done in part, then run ")
end

-- Of a reload nothing is seen. Done twice it is as if done once, so nobody waits for what may come.
function tests.test_a_reload_whose_answer_was_lost_is_done_again()
  local l, reloads = loop.new(), nil
  l:run(function()
    local platform <close> = troubled.start(l, function(call, _, request)
      local is_reload = call == "job.operate_process" and troubled.arguments(request).op_type == 8
      if not (reloads and is_reload) then return nil end
      reloads = reloads + 1
      return reloads == 1 and "lost" or nil
    end)
    local fleet <close> = running(l, platform.url)
    reloads = 0
    local failed = fleet:op(4, "reload", "process=db")
    lu.assertStrContains(failed.stderr,
      "perhaps not done (remora resume: that does it again): tools/monitor/10.0.0.1/db_1")
    local err = fleet:expect(0, "resume", "--force", "--settle", "600").stderr
    lu.assertStrContains(err,
      "doing again what 1 call with unknown outcome may have done: it leaves no trace")
    lu.assertNotStrContains(err, "looking for")
    lu.assertEquals(reloads, 2)
    lu.assertStrContains(fleet:expect(0, "show", "3").stdout, "nobody knows whether it was done")
    fleet:expect(0, "resume") -- nothing is left to go on with
    lu.assertEquals(reloads, 2)
  end)
end

-- Who asks again means all of them anew; what is then gone on with is that, not the run before it.
function tests.test_asked_for_again_all_are_restarted_anew()
  local fleet <close>, before = running()
  for _, nth in ipairs { 2, 1 } do
    with_faults(fleet,
      ("{ call: operate_process, nth: %d, action: refuse, code: 1241002 }"):format(nth))
    fleet:op(4, "restart", "module=monitor")
  end
  with_faults(fleet)
  fleet:expect(0, "resume", "--force")
  lu.assertEquals(restarts(fleet, before), { "2 2 2 2", "1 1 1 1", "1 1 1 1" })
end

-- Killed at each record of the journal: after the first, before the last.
function tests.test_a_restart_that_was_killed_goes_on_where_it_was()
  for record = 2, 7 do
    local fleet <close>, before = running()
    local killed = cli.run { cwd = fleet.path, "op", "restart", "--business", "demo", "--force",
      "module=monitor", env = {
        REMORA_LUA_DIR = source.directory() .. "/tests/support/mortal",
        REMORA_JOURNAL = source.directory() .. "/lua/remora/journal/init.lua",
        REMORA_KILL = (record % 2 == 0 and "after " or "before ") .. record,
      } }
    lu.assertEquals(killed.signal, 9, killed.stdout .. killed.stderr)
    fleet:expect(0, "resume", "--force", "--settle", "0.1")
    lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "1 1 1 1", "1 1 1 1" }, record)
    fleet:expect(0, "resume")
    lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "1 1 1 1", "1 1 1 1" }, record)
  end
end

-- What is in flight is finished; what comes after it is left, and done when it is gone on with.
function tests.test_ctrl_c_stops_between_tiers()
  local l, began = loop.new(), nil
  l:run(function()
    local platform <close> = troubled.start(l, function(call)
      if began and call:find "operate_process" then began:kill(SIGINT) end
    end)
    local fleet <close>, before = running(l, platform.url)
    began = cli.start { cwd = fleet.path, env = fleet.env, "op", "restart", "--business", "demo",
      "--force", "module=monitor" }
    local stopped = cli.finish(began, { loop = l })
    began = nil
    lu.assertEquals(stopped.code, 130, stopped.stderr)
    lu.assertStrContains(stopped.stdout, "then stopped; remora resume to go on")
    lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "0 0 0 0", "0 0 0 0" })
    fleet:expect(0, "resume", "--force")
    lu.assertEquals(restarts(fleet, before), { "1 1 1 1", "1 1 1 1", "1 1 1 1" })
  end)
end

function tests.test_one_at_a_time()
  local fleet <close> = running()
  with_faults(fleet, "{ call: operate_process, nth: 1, action: delay, seconds: 2 }")
  local began <close> = cli.start { cwd = fleet.path, env = fleet.env, "op", "stop", "--json",
    "--business", "demo", "--force", "process=db" }
  assert(began:read_line(60))
  lu.assertStrContains(fleet:op(6, "start", "process=app").stderr, "with op stop process=db")
  lu.assertEquals(cli.finish(began).code, 0)
end

function tests.test_who_does_not_say_is_told_apart()
  local fleet <close> = running()
  for rule, code in pairs { agent_dead = 117, running_forever = 115 } do
    with_faults(fleet, ("{ action: %s, host: 10.0.0.4 }"):format(rule))
    for _, row in ipairs(fleet:rows "process=app") do
      local silent = row.ip == "10.0.0.4"
      lu.assertEquals({ row.hosted, row.running, row.silent and row.silent.code },
        silent and { nil, nil, code } or { true, true }, row.ip)
    end
  end
  local text = fleet:expect(0, "status", "--business", "demo", "process=app", "--agent-timeout",
    "0.2").stdout
  lu.assertStrContains(text, "4 processes: 3 hosted, 3 running, 1 unknown")
end

-- Whoever only wants to know need not wait for a silent agent either.
function tests.test_who_looks_waits_as_long_as_is_said()
  local fleet <close> = running()
  fleet:write("kept.yml", "business: demo\nhosting:\n"
    .. "  - { where: { module: monitor, process: db }, state: hosted, owner: ops }\n")
  with_faults(fleet, "{ action: running_forever, host: 10.0.0.4 }")
  for _, command in ipairs { "plan", "drift" } do
    local ran = fleet:expect(0, command, "--agent-timeout", "0.2", "kept.yml")
    lu.assertStrContains(ran.stdout, "no result in the time allowed")
  end
end

return tests
