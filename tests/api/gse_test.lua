-- GSE's process calls in their three generations, against simulated agents.

local json = require "json"
local platform = require "tests.support.platform"
local lu = require "luaunit"

local FLEET = [[
businesses:
  shop:
    sets:
      s:
        modules:
          m:
            hosts:
              - 10.0.0.[1-4]
              - { ip: 10.0.0.9, agent_id: agent-9 }
]]

local tests = {}

local META = { namespace = "GSEKIT_BIZ_1", name = "nginx_1", labels = { proc_name = "nginx" } }

local function spec(more)
  local made = {
    identity = { proc_name = "nginx", setup_path = "/data", pid_path = "/run/p", user = "root" },
    control = { start_cmd = "./start", stop_cmd = "./stop" }, resource = { cpu = 10.0, mem = 10.0 },
    monitor_policy = { auto_type = 1 }, alive_monitor_policy = { auto_type = 1 },
  }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function request(op_type, more)
  local made = { meta = META, op_type = op_type, spec = spec(),
    hosts = { { ip = "10.0.0.1", bk_cloud_id = 0 } } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

-- The results once the task is over. A key may be missing while it runs, so that nothing in the
-- answers tells; but the agents' clock moves on with every question.
local function outcome(p, call, args, result_call)
  result_call = "gse." .. (result_call or "get_proc_operate_result_v2")
  local task = p:must("gse." .. call, args).task_id
  for _ = 1, 6 do p:call(result_call, { task_id = task }) end
  return p:must(result_call, { task_id = task })
end

function tests.test_a_task_is_not_stored_at_first()
  local p <close> = platform.new { topology = FLEET }
  local task = p:must("gse.operate_proc_v2", request(0)).task_id
  for _, each in ipairs { task, "none" } do
    local _, code = p:call("gse.get_proc_operate_result_v2", { task_id = each })
    lu.assertEquals(code, 1000115)
  end
end

function tests.test_keys_of_each_generation()
  local p <close> = platform.new { topology = FLEET }
  local rows = {
    { "operate_proc_v2", request(2), "0:10.0.0.1:GSEKIT_BIZ_1:nginx_1" },
    { "operate_proc_v2", request(2, { agent_id_list = { "agent-9" } }),
      "agent-9:GSEKIT_BIZ_1:nginx_1" },
    { "operate_proc_multi", { proc_operate_req = { request(2) } },
      "0:10.0.0.1:GSEKIT_BIZ_1:nginx_1" },
    { "operate_proc",
      request(2, { hosts = { { ip = "10.0.0.1", bk_cloud_id = 0, bk_supplier_id = 2 } } }),
      "0:2:10.0.0.1:GSEKIT_BIZ_1:nginx_1" },
  }
  for _, row in ipairs(rows) do
    local results = outcome(p, row[1], row[2],
      row[1] == "operate_proc" and "get_proc_operate_result" or nil)
    lu.assertEquals({ next(results) }, { row[3], results[row[3]] }, row[1])
  end
end

function tests.test_query_content_is_json_in_a_text()
  local p <close> = platform.new { topology = FLEET }
  outcome(p, "operate_proc_v2", request(0))
  local result = outcome(p, "operate_proc_v2", request(2))["0:10.0.0.1:GSEKIT_BIZ_1:nginx_1"]
  lu.assertEquals(type(result.content), "string")
  local content = assert(json.decode(result.content))
  lu.assertEquals(content.ip, "10.0.0.1")
  local instance = content.process[1].instance[1]
  lu.assertTrue(instance.isAuto and instance.pid > 0)
end

function tests.test_the_same_process_under_every_name_of_its_host()
  local p <close> = platform.new { topology = FLEET }
  outcome(p, "operate_proc_v2", request(0, { agent_id_list = { "agent-9" } }))
  local results = outcome(p, "operate_proc_v2",
    request(0, { hosts = { { ip = "10.0.0.9", bk_cloud_id = 0 } } }))
  lu.assertEquals(results["0:10.0.0.9:GSEKIT_BIZ_1:nginx_1"].error_code, 828)
end

function tests.test_codes_per_target()
  local p <close> = platform.new { topology = FLEET }
  local results = outcome(p, "operate_proc_multi", { proc_operate_req = {
    request(0), request(1, { hosts = { { ip = "10.0.0.2", bk_cloud_id = 0 } } }),
    request(5, { hosts = { { ip = "10.0.0.3", bk_cloud_id = 0 } } }),
    request(0, { hosts = { { ip = "9.9.9.9", bk_cloud_id = 0 } } }),
    request(0, { hosts = { { ip = "10.0.0.4", bk_cloud_id = 0 } },
      spec = spec { control = { start_cmd = "true" } } }),
  } })
  local codes = {}
  for key, result in pairs(results) do codes[key:match("^%d+:([%d.]+)")] = result.error_code end
  lu.assertEquals(codes["10.0.0.1"], 0)
  lu.assertEquals(codes["10.0.0.2"], 829)
  lu.assertEquals(codes["10.0.0.3"], 832)
  lu.assertEquals(codes["10.0.0.4"], 836)
end

function tests.test_version_1_registers_at_once_and_operates_by_name()
  local p <close> = platform.new { topology = FLEET }
  local hosts = { { ip = "10.0.0.1", bk_cloud_id = 1, bk_supplier_id = 0 },
    { ip = "10.0.0.2", bk_cloud_id = 0, bk_supplier_id = 0 } }
  local args = { meta = META, hosts = hosts, spec = spec() }
  local registered = p:must("gse.register_proc_info", args)
  lu.assertEquals(registered["1:0:10.0.0.1:GSEKIT_BIZ_1:nginx_1"].error_code, 117)
  lu.assertEquals(registered["0:0:10.0.0.2:GSEKIT_BIZ_1:nginx_1"].error_code, 0)
  local again = p:must("gse.register_proc_info", args)
  lu.assertEquals(again["0:0:10.0.0.2:GSEKIT_BIZ_1:nginx_1"].error_code, 850)
  p:must("gse.update_proc_info",
    { meta = META, hosts = hosts, spec = spec { control = { stop_cmd = "false" } } })
  local stopped = outcome(p, "operate_proc", { meta = META, hosts = { hosts[2] }, op_type = 1 },
    "get_proc_operate_result")
  lu.assertEquals(stopped["0:0:10.0.0.2:GSEKIT_BIZ_1:nginx_1"].error_code, 65535)
  local removed = p:must("gse.unregister_proc_info", { meta = META, hosts = hosts })
  lu.assertEquals(removed["0:0:10.0.0.2:GSEKIT_BIZ_1:nginx_1"].error_code, 0)
end

function tests.test_status()
  local p <close> = platform.new { topology = FLEET }
  local host = { ip = "10.0.0.1", bk_cloud_id = 0 }
  local function status()
    local infos = p:must("gse.get_proc_status_v2", { meta = META, hosts = { host } }).proc_infos
    local info = infos[1]
    return info and { info.flag, info.status, info.isauto, info.pid > 0 }
  end
  lu.assertNil(status())
  outcome(p, "operate_proc_v2", request(0))
  lu.assertEquals(status(), { 1, 1, true, true })
  outcome(p, "operate_proc_v2", request(1))
  lu.assertEquals(status(), { 2, 2, false, false })
  outcome(p, "operate_proc_v2", request(4))
  lu.assertEquals(status(), { 0, 0, false, false })
  local old = p:must("gse.get_proc_status", { meta = META, hosts = { host } }).proc_infos[1]
  lu.assertEquals(old.host, { ip = "10.0.0.1", bk_cloud_id = 0, bk_supplier_id = 0 })
  lu.assertNil(old.isauto)
end

function tests.test_sync_pages_through_a_namespace()
  local p <close> = platform.new { topology = FLEET }
  local hosts = json.array {}
  for i = 1, 3 do hosts[i] = { ip = "10.0.0." .. i, bk_cloud_id = 0 } end
  outcome(p, "operate_proc_v2", request(0, { hosts = hosts }))
  local first = p:must("gse.sync_proc_status",
    { meta = { namespace = "GSEKIT_BIZ_1" }, page = { start = 0, limit = 2 } })
  lu.assertEquals({ first.count, #first.proc_infos }, { 3, 2 })
  local rest = p:must("gse.sync_proc_status",
    { meta = { namespace = "GSEKIT_BIZ_1" }, page = { start = 2, limit = 2 } })
  lu.assertEquals(rest.proc_infos[1].host.ip, "10.0.0.3")
  lu.assertEquals(rest.proc_infos[1].meta.labels, { proc_name = "nginx" })
  lu.assertEquals(p:must("gse.sync_proc_status",
    { meta = { namespace = "none" }, page = { start = 0, limit = 2 } }).count, 0)
end

function tests.test_groups()
  local p <close> = platform.new { topology = FLEET }
  local hosts = { { ip = "10.0.0.1", bk_cloud_id = 0, bk_supplier_id = 0 } }
  local group = { id = "g", resource = { cpu_pool_limit = 20, mem_pool_limit = 20,
    cpu_pool_weight = 0, mem_pool_weight = 0 } }
  local set = p:must("gse.set_process_group_info",
    { meta = { namespace = "n" }, hosts = hosts, spec = { process_group = { group } } })
  lu.assertEquals(set["0:0:10.0.0.1:n"].error_code, 0)
  local infos = p:must("gse.get_process_group_info", { meta = { namespace = "n" }, hosts = hosts })
  lu.assertEquals(infos.process_group_infos[1].resource, group.resource)
end

function tests.test_requests_that_say_too_little()
  local p <close> = platform.new { topology = FLEET }
  local nobody = json.array {}
  for i, row in ipairs {
    { "operate_proc_v2", {} }, { "operate_proc_v2", request(0, { meta = { namespace = "n" } }) },
    { "operate_proc_v2", request(0, { hosts = nobody }) }, { "operate_proc_multi", {} },
    { "operate_proc_multi", { proc_operate_req = { {} } } }, { "get_proc_operate_result_v2", {} },
    { "sync_proc_status", { meta = { namespace = "n" }, page = { limit = 1001 } } },
    { "get_proc_status_v2", {} }, { "register_proc_info", {} }, { "set_process_group_info", {} },
  } do
    local _, code = p:call("gse." .. row[1], row[2])
    lu.assertEquals(code, 1306406, ("row %d, %s"):format(i, row[1]))
  end
  lu.assertEquals(p.logged, {})
end

return tests
