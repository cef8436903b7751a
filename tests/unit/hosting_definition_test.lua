-- What an agent is told of a process, and the requests of both drivers that tell it.

local lu = require "luaunit"
local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local json = require "json"

local PLACE = { inst_id = 3, local_inst_id = 2, bk_set_name = "prod", bk_module_name = "web",
  bk_process_name = "nginx" }

local RULE = { state = "hosted", via = "job", owner = "admin", type = 1 }

local function rule(more)
  local made = {}
  for name, value in pairs(RULE) do made[name] = value end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

-- What every definition has, and some more.
local function entry(more)
  local made = { proc_name = "nginx_2", proc_owner = "admin", type = 1, instance_num = 1 }
  for name, value in pairs(more) do made[name] = value end
  return made
end

local DEFINITIONS = {
  { "commands and paths under the names of the job platform",
    { work_path = "/data", pid_file = "/run/n.pid", start_cmd = "s", stop_cmd = "t",
      restart_cmd = "r", reload_cmd = "l", face_stop_cmd = "k", user = "www", timeout = 30,
      bk_start_check_secs = 5, priority = 10 },
    {},
    { setup_path = "/data", pid_path = "/run/n.pid", start_cmd = "s", stop_cmd = "t",
      restart_cmd = "r", reload_cmd = "l", kill_cmd = "k", account = "www", op_timeout = 30,
      start_check_begin_time = 5 } },
  { "blank is not told", { work_path = "", pid_file = json.null }, {}, {} },
  { "the rule has the last word", { timeout = 30 },
    { op_timeout = 7, cpu_lmt = 0, mem_lmt = 30, cycle_time = 60, start_check_end_time = 9,
      cfg_path = "/etc/n.conf", log_path = "/var/log" },
    { op_timeout = 7, cpu_lmt = 0, mem_lmt = 30, cycle_time = 60, start_check_end_time = 9,
      cfg_path = "/etc/n.conf", log_path = "/var/log" } },
  { "placeholders", { pid_file = "/run/${bk_process_name}_${local_inst_id}.pid" },
    { cfg_path = "/etc/${inst_id}.conf" },
    { pid_path = "/run/nginx_2.pid", cfg_path = "/etc/3.conf" } },
}

local tests = {}

function tests.test_definitions()
  for _, case in ipairs(DEFINITIONS) do
    lu.assertEquals(definition.make(case[2], rule(case[3]), PLACE), entry(case[4]), case[1])
  end
end

local function numbered(number)
  local place = {}
  for name, value in pairs(PLACE) do place[name] = value end
  place.local_inst_id = number
  return place
end

-- Alike means one table of fields: each has its definition by number, and placeholders their own.
function tests.test_processes_that_look_alike_share_their_definition()
  local plain = { start_cmd = "./start" }
  local placed = { start_cmd = "./start ${inst_id} ${local_inst_id}" }
  local make = definition.maker(RULE)
  for _, process in ipairs { plain, placed } do
    for _, number in ipairs { 2, 1, 2 } do
      lu.assertEquals((make(process, numbered(number))),
        (definition.make(process, RULE, numbered(number))))
    end
  end
  lu.assertIs(make(plain, numbered(2)), make(plain, numbered(2)))
  local other = numbered(2)
  other.inst_id = 9
  lu.assertEquals(make(placed, other).start_cmd, "./start 9 2")
  local stating = definition.maker(rule { log_path = "/logs/${inst_id}" })
  lu.assertEquals(stating(plain, numbered(2)).log_path, "/logs/3")
  lu.assertEquals(stating(plain, other).log_path, "/logs/9")
end

function tests.test_a_bad_placeholder_is_refused_each_time()
  local make, bad = definition.maker(RULE), { start_cmd = "${inst_id+nope}" }
  for _ = 1, 2 do
    local made, refused = make(bad, PLACE)
    lu.assertNil(made)
    lu.assertEquals(refused.code, "hosting.placeholder")
  end
end

function tests.test_only_what_a_driver_can_express()
  local made = definition.make({ work_path = "/data" }, rule { cycle_time = 3 }, PLACE,
    { proc_name = true, setup_path = true })
  lu.assertEquals(made, { proc_name = "nginx_2", setup_path = "/data" })
end

function tests.test_a_bad_placeholder_is_refused()
  local made, refused = definition.make({ start_cmd = "${inst_id + x}" }, RULE, PLACE)
  lu.assertNil(made)
  lu.assertEquals(refused.code, "hosting.placeholder")
end

function tests.test_missing_fields_are_named_as_the_process_has_them()
  lu.assertEquals(definition.missing({ setup_path = "/x" },
    { "setup_path", "pid_path", "start_cmd" }), { "pid_file", "start_cmd" })
end

local function at(ip, cloud)
  return { bk_cloud_id = cloud or 0, ip = ip }
end

local NGINX = { proc_name = "nginx_1", proc_owner = "admin", type = 1, instance_num = 1,
  setup_path = "/data/nginx/", pid_path = "/run/n.pid", start_cmd = "s", account = "www" }
local OTHER = { proc_name = "nginx_1", proc_owner = "admin", type = 1, instance_num = 1,
  setup_path = "/data/nginx/", pid_path = "/run/n.pid", start_cmd = "z", account = "www" }

local THREE = {
  { entry = NGINX, host = at "10.0.0.2" }, { entry = OTHER, host = at "10.0.0.3" },
  { entry = NGINX, host = at("10.0.0.1", 5) },
}

function tests.test_hosts_with_one_definition_share_an_entry()
  local groups = definition.group(THREE)
  lu.assertEquals(#groups, 2)
  lu.assertEquals(groups[1].entry, NGINX)
  lu.assertEquals(groups[1].hosts, json.array { at "10.0.0.2", at("10.0.0.1", 5) })
  lu.assertEquals(groups[2].hosts, json.array { at "10.0.0.3" })
  lu.assertEquals(#definition.group(THREE, { "proc_name" }), 1)
end

local JOB_CALLS = {
  query = { "job.operate_proc", 2 }, register = { "job.manage_proc", 1 },
  unregister = { "job.manage_proc", 2 }, start = { "job.operate_process", 0 },
  stop = { "job.operate_process", 1 }, restart = { "job.operate_process", 7 },
  reload = { "job.operate_process", 8 }, kill = { "job.operate_process", 9 },
}

function tests.test_requests_of_the_job_platform()
  for verb, want in pairs(JOB_CALLS) do
    local requests = drivers.via.job.requests(verb, 7, THREE)
    lu.assertEquals(#requests, 1, verb)
    lu.assertEquals(requests[1].call, want[1], verb)
    lu.assertEquals(requests[1].args.op_type, want[2], verb)
    lu.assertEquals(requests[1].args.bk_scope_type, "biz")
    lu.assertEquals(requests[1].args.bk_scope_id, "7")
  end
  local info = drivers.via.job.requests("query", 7, THREE)[1].args.process_infos
  lu.assertEquals(#info, 1) -- the commands make no difference to a query
  lu.assertEquals(info[1].start_cmd, nil)
end

local function list_of(iterator)
  local list = {}
  for each in iterator do list[#list + 1] = each end
  return list
end

function tests.test_who_a_job_request_addresses_comes_back_from_it()
  for _, verb in ipairs { "register", "unregister", "start", "stop", "restart", "reload",
    "kill" } do
    local request = drivers.via.job.requests(verb, 7, THREE)[1]
    local addressed = list_of(drivers.via.job.addressed(request.call, request.args))
    lu.assertEquals(#addressed, 3)
    lu.assertEquals(addressed[1],
      { key = "/data/nginx/nginx_1:0:10.0.0.2", entry = NGINX, host = at "10.0.0.2" })
    lu.assertEquals(addressed[2].key, "/data/nginx/nginx_1:5:10.0.0.1")
    lu.assertEquals(addressed[3].entry, OTHER)
  end
end

local GSE_TYPES = { query = 2, register = 3, unregister = 4, start = 0, stop = 1, restart = 7,
  reload = 8, kill = 9 }

function tests.test_requests_of_gse()
  local list = { { host = at "10.0.0.1", entry = { proc_name = "nginx_1", func_name = "nginx",
    setup_path = "/data", pid_path = "/p", account = "www", start_cmd = "s", kill_cmd = "k",
    cpu_lmt = 20, mem_lmt = 30, type = 1, op_timeout = 9, start_check_begin_time = 4 } } }
  for verb, op_type in pairs(GSE_TYPES) do
    local request = drivers.via.gse.requests(verb, 7, list)[1]
    lu.assertEquals(request.call, "gse.operate_proc_multi")
    lu.assertEquals(request.args, { proc_operate_req = json.array { {
      meta = { namespace = "GSEKIT_BIZ_7", name = "nginx_1" }, op_type = op_type,
      hosts = json.array { at "10.0.0.1" },
      spec = {
        identity = { index_key = "", proc_name = "nginx", setup_path = "/data", pid_path = "/p",
          user = "www" },
        control = { start_cmd = "s", kill_cmd = "k" },
        resource = { cpu = 20, mem = 30 },
        alive_monitor_policy = { auto_type = 1, op_timeout = 9, start_check_secs = 4 },
      },
    } } }, verb)
    lu.assertEquals(list_of(drivers.via.gse.addressed(request.call, request.args)), { {
      key = "0:10.0.0.1:GSEKIT_BIZ_7:nginx_1", host = at "10.0.0.1", entry = list[1].entry,
    } }, verb)
  end
end

function tests.test_gse_takes_a_thousand_entries_a_call()
  local list = {}
  for i = 1, 2001 do
    list[i] = { host = at "10.0.0.1", entry = { proc_name = ("p_%04d"):format(i) } }
  end
  local requests = drivers.via.gse.requests("register", 1, list)
  lu.assertEquals({ #requests, requests[1].entries, requests[3].entries }, { 3, 1000, 1 })
end

return tests
