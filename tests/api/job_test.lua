-- The job platform's process calls against simulated agents.

local json = require "json"
local platform = require "tests.support.platform"
local lu = require "luaunit"

local FLEET = [[
businesses:
  shop: { sets: { s: { modules: { m: { hosts: ["10.0.0.[1-8]"] } } } } }
]]

local tests = {}

local function hosts(...)
  local list = json.array {}
  for i, ip in ipairs { ... } do list[i] = { bk_cloud_id = 0, ip = ip } end
  return list
end

local function info(more)
  local made = {
    proc_name = "nginx", proc_owner = "root", setup_path = "/data/nginx/",
    pid_path = "/run/nginx.pid", start_cmd = "./start", type = 1, ip_list = hosts "10.0.0.1",
  }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function submit(p, call, op_type, ...)
  return p:must("job." .. call,
    { bk_scope_type = "biz", bk_scope_id = "1", op_type = op_type, process_infos = { ... } })
    .bk_gse_taskid
end

local function ask(p, task)
  return p:must("job.get_proc_result",
    { bk_scope_type = "biz", bk_scope_id = "1", bk_gse_taskid = task })
end

-- Asks until the task is over; every question moves the agents' clock on.
local function outcome(p, task)
  for _ = 1, 20 do
    local answer = ask(p, task)
    if answer.status == 0 then return answer.result end
    lu.assertEquals(answer.status, 115)
  end
  error("the task never ends")
end

local function code(p, call, op_type, entry)
  local _, result = next(outcome(p, submit(p, call, op_type, entry)))
  return result.error_code, result
end

function tests.test_task_ids_have_the_platforms_form()
  local p <close> = platform.new { topology = FLEET }
  lu.assertStrMatches(submit(p, "manage_proc", 1, info()), "GSETASK:" .. ("%d"):rep(14) .. ":%d+")
end

-- What is sent, and of what the agent then keeps: limits, seconds for a command and to start.
function tests.test_what_each_call_makes_of_limits_and_times()
  local sent = { cpu_lmt = 101, mem_lmt = -1, op_timeout = 3, start_check_begin_time = 2,
    start_check_end_time = 7 }
  for call, wanted in pairs {
    manage_proc = { { cpu = 0, mem = 0 }, 3, 7 },
    operate_process = { { cpu = 0, mem = 0 }, 3, 2 },
  } do
    local p <close> = platform.new { topology = FLEET }
    outcome(p, submit(p, call, 1, info(sent)))
    local kept = p.store:first("gse_process", {}).process
    lu.assertEquals({ kept.limits, kept.op_timeout, kept.start_check_secs }, wanted, call)
  end
  local p <close> = platform.new { topology = FLEET }
  local function operated(limits)
    outcome(p, p:must("job.operate_proc", { bk_biz_id = 1, op_type = 0, process_infos = { {
      proc_name = "nginx", setup_path = "/d", pid_path = "/p", ip_list = hosts "10.0.0.1",
      cpu_lmt = limits.cpu, mem_lmt = limits.mem } } }).bk_gse_taskid)
    return p.store:first("gse_process", {}).process
  end
  lu.assertEquals(operated({ cpu = 101, mem = -1 }).limits, { cpu = 50, mem = 30 })
  lu.assertEquals(operated({ cpu = 100, mem = 0 }).limits, { cpu = 100, mem = 0 })
  local kept = operated {}
  lu.assertEquals(kept.limits, { cpu = 0, mem = 0 })
  lu.assertEquals({ kept.op_timeout, kept.start_check_secs, kept.auto_type }, { 10, 5, 1 })
end

function tests.test_results_come_one_by_one()
  local p <close> = platform.new { topology = FLEET }
  local task = submit(p, "manage_proc", 1,
    info { ip_list = hosts("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4") })
  lu.assertEquals(ask(p, task), { status = 115, result = {} })
  local seen = ask(p, task)
  local codes = {}
  for key, result in pairs(seen.result) do codes[key:match("[^:]*$")] = result.error_code end
  lu.assertEquals(codes, { ["10.0.0.1"] = 0, ["10.0.0.2"] = 0, ["10.0.0.3"] = 115 })
  lu.assertEquals(seen.status, 115)
  local all = outcome(p, task)
  lu.assertEquals(all["/data/nginx/nginx:0:10.0.0.4"].error_code, 0)
  lu.assertEquals(outcome(p, task), all)
end

function tests.test_unknown_task_is_never_over()
  local p <close> = platform.new { topology = FLEET }
  for _ = 1, 5 do
    lu.assertEquals(ask(p, "GSETASK:20180315180551:1"), { status = 115, result = {} })
  end
end

function tests.test_registering_and_asking()
  local p <close> = platform.new { topology = FLEET }
  local function state()
    local _, result = code(p, "operate_proc", 2, info())
    local instance = result.content.process[1].instance[1]
    return instance.isAuto, instance.pid > 0
  end
  lu.assertEquals({ state() }, { false, false })
  lu.assertEquals(code(p, "manage_proc", 1, info()), 0)
  lu.assertEquals({ state() }, { true, true }) -- a resident process is started
  lu.assertEquals(code(p, "manage_proc", 1, info()), 850)
  lu.assertEquals(code(p, "manage_proc", 2, info()), 0)
  lu.assertEquals({ state() }, { false, true }) -- let go, and still running
  lu.assertEquals(code(p, "manage_proc", 2, info()), 0)
end

function tests.test_periodic_and_once_are_kept_but_not_started()
  for _, kind in ipairs { 0, 2 } do
    local p <close> = platform.new { topology = FLEET }
    lu.assertEquals(code(p, "manage_proc", 1, info { type = kind }), 0)
    local _, result = code(p, "operate_proc", 2, info())
    local instance = result.content.process[1].instance[1]
    lu.assertEquals({ instance.isAuto, instance.pid }, { true, -1 })
  end
end

function tests.test_operations_and_their_codes()
  local rows = {
    -- operations one after the other, with the code of each
    { { 0, 0 }, { 0, 828 }, { 1, 0 }, { 1, 829 } },
    { { 1, 829 }, { 9, 829 }, { 8, 829 }, { 7, 0 }, { 8, 0 }, { 9, 0 }, { 9, 829 } },
    { { 3, 0 }, { 3, 850 }, { 0, 828 }, { 4, 0 }, { 4, 0 }, { 3, 0 } },
    { { 2, 0 }, { 4, 0 } },
  }
  for _, row in ipairs(rows) do
    local p <close> = platform.new { topology = FLEET }
    for i, step in ipairs(row) do
      lu.assertEquals(code(p, "operate_process", step[1], info { reload_cmd = "./reload" }),
        step[2], ("step %d, op_type %d"):format(i, step[1]))
    end
  end
end

function tests.test_commands_that_fail()
  local rows = {
    { 0, { start_cmd = "false" }, 65535 }, { 0, { start_cmd = "exit 3" }, 65535 },
    { 0, { start_cmd = "" }, 65535 }, { 0, { start_cmd = "true" }, 836 },
    { 0, { start_cmd = "./start", stop_cmd = "false" }, 0 },
    { 1, { start_cmd = "./start", stop_cmd = "false" }, 65535 },
    { 8, { start_cmd = "./start", stop_cmd = "false" }, 65535 }, -- there is no reload_cmd
    { 7, { start_cmd = "./start", stop_cmd = "false" }, 65535 },
  }
  local p <close> = platform.new { topology = FLEET }
  for i, row in ipairs(rows) do
    local got, result = code(p, "operate_process", row[1], info(row[2]))
    lu.assertEquals(got, row[3], "row " .. i)
    lu.assertTrue(result.error_msg ~= "")
  end
end

function tests.test_stop_and_kill_let_go_and_say_so()
  for _, op in ipairs { 1, 9 } do
    local p <close> = platform.new { topology = FLEET }
    code(p, "operate_process", 0, info())
    local _, result = code(p, "operate_process", op, info())
    lu.assertEquals(result.content.value[1].isAuto, false)
    local _, asked = code(p, "operate_process", 2, info())
    lu.assertEquals(asked.content.process[1].instance[1].isAuto, false)
  end
end

function tests.test_a_host_without_an_agent()
  local p <close> = platform.new { topology = FLEET }
  for _, place in ipairs {
    { bk_cloud_id = 0, ip = "9.9.9.9" }, { bk_cloud_id = 5, ip = "10.0.0.1" },
  } do
    lu.assertEquals(code(p, "manage_proc", 1, info { ip_list = json.array { place } }), 117)
  end
  lu.assertEquals(p.store:count("gse_process"), 0)
end

function tests.test_value_key_tells_processes_apart()
  local p <close> = platform.new { topology = FLEET }
  lu.assertEquals(code(p, "manage_proc", 1, info { value_key = "one" }), 0)
  local results = outcome(p, submit(p, "manage_proc", 1, info { value_key = "two" }))
  lu.assertEquals(results["two:0:10.0.0.1"].error_code, 0)
end

function tests.test_several_entries_go_into_one_task()
  local p <close> = platform.new { topology = FLEET }
  local results = outcome(p, submit(p, "manage_proc", 1, info(),
    info { proc_name = "redis", ip_list = hosts("10.0.0.2", "10.0.0.3") }))
  local count = 0
  for _ in pairs(results) do count = count + 1 end
  lu.assertEquals(count, 3)
end

function tests.test_refusals()
  local p <close> = platform.new { topology = FLEET }
  local scope = { bk_scope_type = "biz", bk_scope_id = "1" }
  local rows = {
    { "manage_proc", { op_type = 1, process_infos = { info() } } },
    { "manage_proc", { op_type = 1, process_infos = { info() } },
      { bk_scope_type = "x", bk_scope_id = "1" } },
    { "manage_proc", { op_type = 1, process_infos = { info() } },
      { bk_scope_type = "biz", bk_scope_id = "x" } },
    { "manage_proc", { op_type = 3, process_infos = { info() } }, scope },
    { "operate_proc", { op_type = 5, process_infos = { info() } }, scope },
    { "operate_process", { process_infos = { info() } }, scope },
    { "manage_proc", { op_type = 1 }, scope },
    { "manage_proc", { op_type = 1, process_infos = json.array {} }, scope },
    { "manage_proc", { op_type = 1, process_infos = { info { ip_list = json.array {} } } }, scope },
    { "manage_proc", { op_type = 1, process_infos = { info { setup_path = " " } } }, scope },
    { "manage_proc", { op_type = 1, process_infos = { info { pid_path = "" } } }, scope },
    { "operate_proc", { op_type = 2, process_infos = { info { proc_name = "" } } }, scope },
    { "get_proc_result", {}, scope },
    { "get_proc_result", { bk_gse_taskid = "x" } },
  }
  for i, row in ipairs(rows) do
    for name, value in pairs(row[3] or {}) do row[2][name] = value end
    lu.assertEquals(select(2, p:call("job." .. row[1], row[2])), 1241002, "row " .. i)
  end
  p:must("job.manage_proc", { bk_biz_id = 1, op_type = 1, process_infos = { info() } })
  lu.assertEquals(p.logged, {})
end

function tests.test_hostile_requests_are_answered()
  local p <close> = platform.new { topology = FLEET }
  for _, body in ipairs {
    "", "[]", "{", '{"op_type":1e99}', '{"bk_scope_id":5}', '{"process_infos":{}}',
    '{"bk_biz_id":1,"op_type":1,"process_infos":[null]}',
    '{"bk_biz_id":1,"op_type":1,"process_infos":[{"setup_path":"%s%n","proc_name":"%",'
      .. '"pid_path":"/","ip_list":[null]}]}',
    '{"bk_biz_id":1,"op_type":0,"process_infos":[{"setup_path":"%d","proc_name":"%",'
      .. '"pid_path":"/","ip_list":[{"bk_cloud_id":0,"ip":"10.0.0.1"}]}]}',
  } do
    for _, name in ipairs { "manage_proc", "operate_proc", "operate_process", "get_proc_result" } do
      local _, status = p:request("POST", "/api/c/compapi/v2/jobv3/" .. name .. "/", body)
      lu.assertEquals(status, 200, name .. " " .. body .. "\n" .. (p.logged[1] or ""))
    end
  end
end

return tests
