-- The faults of the embedded platform over HTTP: each does to a call what it says and nothing more;
-- applies get through those that pass, and never send twice what may have been done.

local client = require "remora.net.client"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local served = require "tests.support.served"
local server = require "remora.platform.server"
local source = require "tests.support.source"

local tests = {}

local ONCE = { attempts = 1, connects = 1, first = 0, cap = 0, budget = 1 }

-- Runs a function with a client that never tries again, against a platform with these faults.
local function with(rules, body)
  local directory <close> = fs.temporary()
  local path = directory.path .. "/faults.yml"
  fs.write(path, "seed: 1\nrules:\n" .. rules)
  local its_loop = loop.new()
  its_loop:run(function()
    local running = assert(server.start(its_loop, { listen = "127.0.0.1:0", sync_delay = 0,
      data = directory.path .. "/p.db", faults = path }))
    local caller = client.new { loop = its_loop, retry = ONCE,
      target = { url = running.url, route = "backend" } }
    body(caller, its_loop, running)
    running:close()
  end)
end

-- How a call that makes a set ends, and whether the set was made.
local function outcome(caller)
  local data, refused = caller:call("create_set", { bk_biz_id = 1, bk_set_name = "new" })
  local found = assert(caller:call("search_set",
    { bk_biz_id = 1, condition = { bk_set_name = "new" } }))
  return data and "made" or refused.code, found.count == 1, refused
end

function tests.test_each_action()
  for _, row in ipairs {
    { "status, status: 429, retry_after: 7", "http.too_many", false },
    { "status, status: 500", "http.server_error", false },
    { "status, status: 503", "http.server_error", false },
    { "reset_before", "net.reset", false },
    { "reset_after", "net.reset", true },
    { "truncate, bytes: 0", "net.reset", true },
    { "truncate, bytes: 30", "net.reset", true },
    { "refuse, code: 1199014", 1199014, false },
    { "refuse, code: 4711, message: not today", 4711, false, "not today" },
    { "delay, seconds: 0.01", "made", true },
  } do
    with(("  - { call: create_set, action: %s }\n"):format(row[1]), function(caller)
      local code, made, refused = outcome(caller)
      lu.assertEquals({ code, made }, { row[2], row[3] }, row[1])
      if row[4] then lu.assertStrContains(refused.message, row[4]) end
    end)
  end
end

function tests.test_the_header_that_says_when_to_come_back()
  with("  - { call: search_business, action: status, status: 429, retry_after: 7 }\n",
    function(_, its_loop, running)
      local answer = assert(its_loop:fetch { method = "POST", body = "{}",
        url = running.url .. "/api/c/compapi/v2/cc/search_business/" })
      lu.assertEquals({ answer.status, answer.headers["retry-after"] }, { 429, "7" })
    end)
end

function tests.test_a_delay_holds_up_nobody_else()
  with("  - { call: search_business, action: delay, seconds: 0.3 }\n", function(caller, its_loop)
    local order = {}
    local slow = its_loop:spawn(function()
      assert(caller:call("search_business", {}))
      order[#order + 1] = "slow"
    end)
    assert(caller:call("search_set", { bk_biz_id = 1 }))
    order[#order + 1] = "quick"
    slow:wait()
    lu.assertEquals(order, { "quick", "slow" })
  end)
end

local HOSTS = { { ip = "10.0.0.1", bk_cloud_id = 0 }, { ip = "10.0.0.2", bk_cloud_id = 0 } }
local META = { namespace = "n", name = "p", labels = {} }
local SPEC = { identity = { proc_name = "p", setup_path = "/p", pid_path = "/p", user = "root" },
  control = { start_cmd = "start" }, resource = { cpu = 1, mem = 1 },
  monitor_policy = { auto_type = 1 }, alive_monitor_policy = { auto_type = 1 } }

-- Results of both hosts after several questions, as "code code".
local function agent_codes(caller)
  local task = assert(caller:call("gse.operate_proc_v2",
    { meta = META, op_type = 0, hosts = HOSTS, spec = SPEC })).task_id
  local data
  for _ = 1, 6 do
    data = caller:call("gse.get_proc_operate_result_v2", { task_id = task })
  end
  local codes = {}
  for i, host in ipairs(HOSTS) do
    local result = data["0:" .. host.ip .. ":n:p"]
    codes[i] = result and tostring(result.error_code) or "missing"
  end
  return table.concat(codes, " ")
end

function tests.test_agents_in_trouble()
  for _, row in ipairs {
    { "agent_dead", "117 117" },
    { "agent_dead, host: 10.0.0.2", "0 117" },
    { "agent_dead, host: 10.0.0.99", "0 0" },
    { "result_missing, host: 10.0.0.1", "missing 0" },
    { "result_missing, times: 3", "0 0" },
    { "running_forever", "115 115" },
    { "running_forever, host: 10.0.0.2", "0 115" },
  } do
    with(("  - { call: gse.*, action: %s }\n"):format(row[1]), function(caller)
      lu.assertEquals(agent_codes(caller), row[2], row[1])
    end)
  end
end

function tests.test_a_dead_agent_does_nothing()
  with("  - { action: agent_dead, host: 10.0.0.1, times: 1 }\n", function(caller)
    lu.assertEquals(agent_codes(caller), "117 0")
    lu.assertEquals(agent_codes(caller), "0 828") -- the other one runs already
  end)
end

function tests.test_the_job_platform_tells_of_the_same()
  with("  - { action: running_forever, host: 10.0.0.2 }\n", function(caller)
    local task = assert(caller:call("job.manage_proc", { bk_biz_id = 1, op_type = 1,
      process_infos = { { proc_name = "p", setup_path = "/p", pid_path = "/p", proc_owner = "a",
        ip_list = HOSTS, start_cmd = "s" } } })).bk_gse_taskid
    local data
    for _ = 1, 6 do
      data = assert(caller:call("job.get_proc_result", { bk_biz_id = 1, bk_gse_taskid = task }))
    end
    lu.assertEquals(data.status, 115)
    lu.assertEquals(data.result["/p/p:0:10.0.0.1"].error_code, 0)
    lu.assertEquals(data.result["/p/p:0:10.0.0.2"].error_code, 115)
  end)
end

-- A platform as a process of its own, and what makes the program use it.
local function serve(directory, rules)
  fs.write(directory.path .. "/faults.yml", "rules:\n" .. rules)
  local running = served(directory, { "--faults", "faults.yml" })
  return running, { REMORA_PLATFORM = running.url }
end

local WEB = source.directory() .. "/playbooks/web.yml"

local function run(directory, env, ...)
  return cli.run { cwd = directory, env = env, ... }
end

local function converged(directory, env)
  local again = run(directory, env, "plan", "--detailed-exitcode", WEB)
  lu.assertEquals(again.code, 0, again.stdout .. again.stderr)
end

function tests.test_an_apply_gets_through_what_passes()
  local directory <close> = fs.temporary()
  local platform <close>, env = serve(directory, [[
  - { call: "*", action: delay, every: 5, seconds: 0.05 }
  - { call: batch_create_proc_template, nth: 1, action: status, status: 429, retry_after: 0 }
  - { call: manage_proc, nth: 1, action: status, status: 429, retry_after: 0 }
  - { call: "search_*", nth: 2, action: reset_before }
  - { call: "list_*", nth: 1, action: status, status: 500 }
  - { call: "list_*", nth: 4, action: truncate, bytes: 20 }
]])
  local applied = run(directory.path, env, "apply", WEB)
  lu.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
  lu.assertStrContains(applied.stderr, "trying again")
  converged(directory.path, env)
  local list = json.decode(run(directory.path, env, "platform", "fault", "list", "--json").stdout)
  for i, rule in ipairs(list.rules) do lu.assertTrue(rule.fired > 0, "rule " .. i) end
  lu.assertEquals(platform:stop(), 0)
end

function tests.test_what_may_have_been_done_is_not_sent_again()
  local directory <close> = fs.temporary()
  local platform <close>, env = serve(directory,
    "  - { call: batch_create_proc_template, nth: 1, action: reset_after }\n")
  local applied = run(directory.path, env, "apply", WEB)
  lu.assertNotEquals(applied.code, 0)
  local list = json.decode(run(directory.path, env, "platform", "fault", "list", "--json").stdout)
  lu.assertEquals({ list.rules[1].seen, list.rules[1].fired }, { 1, 1 })
  -- Its effect was kept: the next apply finds it and goes on from there.
  applied = run(directory.path, env, "apply", WEB)
  lu.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
  converged(directory.path, env)
  list = json.decode(run(directory.path, env, "platform", "fault", "list", "--json").stdout)
  lu.assertEquals(list.rules[1].seen, 1)
  lu.assertEquals(platform:stop(), 0)
end

function tests.test_the_platform_in_process_takes_faults_too()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/f.yml", "rules: [{ action: refuse, code: 4711, message: no }]\n")
  local result = cli.run { "call", "search_business", cwd = directory.path,
    env = { REMORA_FAULTS = "f.yml" } }
  lu.assertEquals(result.code, 1)
  lu.assertStrContains(result.stderr, "code 4711")
  result = cli.run { "call", "search_business", cwd = directory.path,
    env = { REMORA_FAULTS = "none.yml" } }
  lu.assertEquals({ result.code, result.stdout }, { 1, "" })
  lu.assertStrContains(result.stderr, "none.yml")
end

function tests.test_faults_at_run_time()
  local directory <close> = fs.temporary()
  local platform <close>, env = serve(directory,
    "  - { call: search_set, action: reset_after }\n")
  local function fault(...) return run(directory.path, env, "platform", "fault", ...) end
  local rule = "{call: search_business, nth: 1, action: refuse, code: 4711}"
  lu.assertEquals(fault("add", rule).code, 0)
  lu.assertEquals(run(directory.path, env, "call", "search_business").code, 1)
  lu.assertEquals(run(directory.path, env, "call", "search_business").code, 0)
  lu.assertEquals(fault("list").stdout, "search_set  reset_after  (saw 0, struck 0)\n"
    .. "search_business  refuse  nth: 1  code: 4711  (saw 2, struck 1)\n")
  lu.assertEquals(fault("clear").stdout, "2 removed\n")
  lu.assertEquals(fault("list").stdout, "no faults\n")
  local wrong = fault("add", "{call: search_business, action: refuse}")
  lu.assertEquals(wrong.code, 1)
  lu.assertStrContains(wrong.stderr, "refuse needs code")
  lu.assertStrContains(cli.run { "platform", "fault", "list" }.stderr, "--platform")
  for _, row in ipairs { { "POST", "{", 400 }, { "POST", '{"rules":[{}]}', 400 },
    { "POST", '{"rules":{"a":1}}', 400 }, { "PUT", "{}", 405 }, { "GET", nil, 200 } } do
    local answer = platform:exchange { { method = row[1], body = row[2],
      path = "/remora/faults" } }[1]
    lu.assertEquals({ answer.status, type(json.decode(answer.body).result) }, { row[3], "boolean" })
  end
  lu.assertEquals(platform:stop(), 0)
end

return tests
