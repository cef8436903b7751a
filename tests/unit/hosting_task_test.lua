-- How agents' results are waited for, what each of their codes means, and what is remembered.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local json = require "json"
local drivers = require "remora.hosting.drivers"
local perform = require "remora.hosting.perform"
local registry = require "remora.hosting.registry"
local system = require "system"
local task = require "remora.hosting.task"

local NGINX = { proc_name = "nginx_1", proc_owner = "admin", setup_path = "/d", pid_path = "/p" }

local function targets(...)
  local list = {}
  for i, ip in ipairs { ... } do
    list[i] = { entry = NGINX, host = { bk_cloud_id = 0, ip = ip } }
  end
  return list
end

local function key(ip) return "/d/nginx_1:0:" .. ip end

-- A run whose time passes only while it sleeps, on a platform that answers questions from a list;
-- the last answer stays. An answer is a map ip → code, or a fault.
local function run_on(answers, more)
  local run = { time = 0, asked = 0, slept = {}, stop_at = math.huge }
  for name, value in pairs(more or {}) do run[name] = value end
  function run:call(name)
    if name ~= "job.get_proc_result" then
      if self.refused then return nil, self.refused end
      return { bk_gse_taskid = "GSETASK:1" }
    end
    self.asked = self.asked + 1
    local answer = answers[math.min(self.asked, #answers)]
    if fault.is(answer) then return nil, answer end
    local result = {}
    for ip, code in pairs(answer) do
      result[key(ip)] = type(code) == "table" and code
        or { error_code = code, error_msg = "said " .. code, content = "" }
    end
    return { status = 0, result = result }
  end
  function run:now() return self.time end
  function run:sleep(seconds)
    self.time = self.time + seconds
    self.slept[#self.slept + 1] = seconds
  end
  function run:interrupted() return self.time >= self.stop_at end
  return run
end

local function request(verb, ...)
  return drivers.via.job.requests(verb, 1, targets(...))[1]
end

-- The codes that a query of some hosts gives.
local function codes(run, ...)
  local function code_of(result) return result.code end
  local found, failure = task.run(run, drivers.via.job, request("query", ...), 60, code_of)
  if not found then return nil, failure end
  local list = {}
  for i, ip in ipairs { ... } do list[i] = found[key(ip)] end
  return list
end

local not_stored = fault.new { code = 1000115, message = "not stored" }
local refused = fault.new { code = 1210001, message = "no" }

-- answers to the questions → code of each target, how often was asked
local WAITS = {
  { "at once", { { a = 0, b = 0 } }, { 0, 0 }, 1 },
  { "115 is still running", { { a = 115, b = 0 }, { a = 115, b = 0 }, { a = 0, b = 0 } },
    { 0, 0 }, 3 },
  { "a missing key is still running", { {}, { b = 0 }, { a = 117, b = 0 } }, { 117, 0 }, 3 },
  { "a task that is not stored yet is asked for again",
    { not_stored, not_stored, { a = 0, b = 0 } }, { 0, 0 }, 3 },
  { "the first result stays", { { a = 836 }, { a = 0, b = 0 } }, { 836, 0 }, 2 },
  { "keys of nobody are passed over", { { a = 0, b = 0, c = 117 } }, { 0, 0 }, 1 },
}

local tests = {}

function tests.test_waiting()
  for _, case in ipairs(WAITS) do
    local run = run_on(case[2])
    lu.assertEquals(codes(run, "a", "b"), case[3], case[1])
    lu.assertEquals(run.asked, case[4], case[1])
  end
end

function tests.test_115_for_ever_ends_at_the_deadline()
  local run = run_on { { a = 115, b = 0 } }
  lu.assertEquals(codes(run, "a", "b"), { 115, 0 })
  lu.assertTrue(run.time > 50 and run.time <= 60)
  lu.assertTrue(run.slept[1] < run.slept[2])
  lu.assertEquals(run.slept[#run.slept], run.slept[#run.slept - 1])
end

function tests.test_ctrl_c_ends_the_waiting()
  local run = run_on({ { b = 0 } }, { stop_at = 3 })
  lu.assertEquals(codes(run, "a", "b"), { 115, 0 })
  lu.assertTrue(run.time < 6)
end

function tests.test_a_refused_question_ends_the_waiting()
  local found, failure = codes(run_on { {}, refused }, "a")
  lu.assertNil(found)
  lu.assertEquals(failure.code, 1210001)
end

local function content(auto, pid)
  return { process = json.array { { procname = "nginx_1",
    instance = json.array { { isAuto = auto, pid = pid } } } } }
end

-- code, content → hosted, pids
local STATES = {
  { 0, content(true, 77), true, { 77 } },
  { 0, content(true, -1), true, {} },
  { 0, content(false, 77), false, { 77 } },
  { 0, content(false, 0), false, {} },
  { 0, { process = json.array { content(true, 77).process[1], content(false, 9).process[1] } },
    true, { 9, 77 } },
  { 0, { process = json.array {} }, false, {} },
  { 0, { value = json.array { { isAuto = true, pid = 77 } } }, false, {} },
  { 0, json.encode(content(true, 77)), true, { 77 } }, -- as GSE itself sends it
  { 0, "", false, {} },
  { 0, "{oh", false, {} },
  { 0, json.null, false, {} },
  { 117, content(true, 77), false, {} },
}

function tests.test_what_a_query_says()
  for i, case in ipairs(STATES) do
    local run = run_on { { a = { error_code = case[1], content = case[2] } } }
    local found = task.run(run, drivers.via.job, request("query", "a"), 60, function(result)
      return { task.state(result) }
    end)
    lu.assertEquals(found[key "a"], { case[3], case[4] }, "case " .. i)
  end
end

local function remembered(memory)
  local places = {}
  for place, known in pairs(memory:all()) do
    places[place] = known.via .. " " .. known.entry.proc_name
  end
  return places
end

local HERE, THERE = "0:a:nginx_1", "0:b:nginx_1"

-- verb, code on host a → done, words of the fault, known of a afterwards (host b always succeeds)
local OUTCOMES = {
  { "register", 0, true, nil, "job nginx_1" },
  { "register", 850, true, nil, nil }, -- it keeps a definition that nobody knows
  { "register", 117, false, "the agent cannot be reached: nginx_1 on a", "job old" },
  { "register", 836, false, "the liveness check after the command failed: nginx_1 on a",
    "job old" },
  { "register", 65535, false, "the command failed: nginx_1 on a (said 65535)", "job old" },
  { "register", 4711, false, "the agent answered a code that is not documented: nginx_1 on a",
    "job old" },
  { "unregister", 0, true, nil, nil },
  { "unregister", 117, false, "the agent cannot be reached: nginx_1 on a", "job old" },
  { "start", 0, true, nil, "job nginx_1" },
  { "start", 828, true, nil, "job nginx_1" },
  { "stop", 0, true, nil, nil },
  { "stop", 829, true, nil, nil },
  { "stop", 832, false, "the agent does not know this operation: nginx_1 on a", "job old" },
  { "kill", 0, true, nil, nil },
  { "kill", 829, true, nil, nil },
  { "restart", 0, true, nil, "job old" },
  { "restart", 829, false, "not running: nginx_1 on a", "job old" },
  { "restart", 836, false, "the liveness check after the command failed: nginx_1 on a",
    "job old" },
  { "reload", 0, true, nil, "job old" },
  { "reload", 829, false, "not running: nginx_1 on a", "job old" },
}

function tests.test_outcomes()
  for _, case in ipairs(OUTCOMES) do
    local verb, code, done, words, known = table.unpack(case, 1, 5)
    local name = verb .. " " .. code
    local memory <close> = registry.new(":memory:", "test")
    assert(memory:put(HERE, { via = "job", entry = { proc_name = "old" } }))
    local step = request(verb, "a", "b")
    step.group = verb
    local run = run_on({ { a = code, b = 0 } }, { registry = memory })
    local ok, failure, positions = perform(run, step)
    lu.assertEquals(ok, done or nil, name)
    lu.assertEquals(remembered(memory)[HERE], known, name)
    lu.assertEquals(remembered(memory)[THERE],
      (verb == "register" or verb == "start") and "job nginx_1" or nil, name)
    if not done then
      lu.assertEquals(failure.code, code)
      lu.assertStrContains(failure.message, words)
      lu.assertEquals(positions, { 1 })
    end
  end
end

-- It may still be done, or have been: whoever goes on has to look first.
function tests.test_an_agent_that_has_not_answered_has_refused_nothing()
  for stop_at, words in pairs { [3] = "stopped waiting for the result: nginx_1 on a",
    [math.huge] = "no result in the time allowed: nginx_1 on a" } do
    local memory <close> = registry.new(":memory:", "test")
    local step = request("register", "a", "b")
    step.group = "register"
    local ok, failure, positions = perform(
      run_on({ { b = 0 } }, { registry = memory, stop_at = stop_at }), step)
    lu.assertNil(ok)
    lu.assertEquals(failure.message, words)
    lu.assertFalse(fault.is_certain(failure))
    lu.assertEquals(positions, { 1 })
  end
end

function tests.test_targets_that_fail_alike_share_a_message()
  local memory <close> = registry.new(":memory:", "test")
  local step = request("register", "a", "b", "c", "d", "e", "f", "g", "h")
  step.group = "register"
  local run = run_on({ { a = 117, b = 836, c = 117, d = 117, e = 117, f = 117, g = 117, h = 0 } },
    { registry = memory })
  local ok, failure, positions = perform(run, step)
  lu.assertNil(ok)
  lu.assertEquals(#failure.faults, 2)
  lu.assertStrContains(failure.faults[1].message, "1 more")
  lu.assertEquals(positions, { 1, 2, 3, 4, 5, 6, 7 })
end

function tests.test_a_refused_call_fails_as_a_whole()
  local step = request("register", "a")
  step.group = "register"
  local ok, failure, positions = perform(run_on({}, { refused = refused }), step)
  lu.assertNil(ok)
  lu.assertEquals(failure.code, 1210001)
  lu.assertNil(positions)
end

function tests.test_what_one_call_registers_is_remembered_as_one()
  local memory <close> = registry.new(":memory:", "test")
  local function remember_both(ending)
    return memory:together(function()
      assert(memory:put(HERE, { via = "job", entry = NGINX }))
      assert(memory:put(THERE, { via = "job", entry = NGINX }))
      return table.unpack(ending, 1, 2)
    end)
  end
  lu.assertEquals({ remember_both { nil, refused } }, { nil, refused })
  lu.assertEquals(memory:all(), {})
  lu.assertTrue(remember_both { true })
  lu.assertEquals(remembered(memory), { [HERE] = "job nginx_1", [THERE] = "job nginx_1" })
end

function tests.test_what_is_registered_belongs_to_its_platform()
  local fs = require "tests.support.fs"
  local directory <close> = fs.temporary()
  local path = directory.path .. "/below/hosted.db"
  local one <close> = registry.new(path, "http://one")
  local two <close> = registry.new(path, "http://two")
  lu.assertEquals(one:all(), {})
  lu.assertNil(system.stat(directory.path .. "/below")) -- looking makes no file
  assert(one:put(HERE, { via = "job", entry = NGINX }))
  assert(one:put(HERE, { via = "gse", entry = NGINX }))
  lu.assertEquals(one:all(), { [HERE] = { via = "gse", entry = NGINX } })
  lu.assertEquals(two:all(), {})
  assert(one:forget(HERE))
  lu.assertEquals(one:all(), {})
end

return tests
