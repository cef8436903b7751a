-- Hosting through the command line and real HTTP: what is registered, taken back and refused, and
-- with how few calls.

local lu = require "luaunit"
local fs = require "tests.support.fs"
local json = require "json"
local serve = require "tests.support.served"
local source = require "tests.support.source"
local system = require "system"
local workplace = require "tests.support.workplace"

-- Free processes on the four hosts of tools/monitor; hosting rules are put behind.
local PROCESSES = [[
playbook: agents
business: demo
instances:
  - where: { set: tools, module: monitor }
    processes:
      exporter:
        bk_func_name: exporter
        user: root
        work_path: /opt/exporter
        pid_file: /run/exporter_${local_inst_id}.pid
        start_cmd: ./exporter
        stop_cmd: ./exporter -s stop
        proc_num: 1
hosting:
]]

local HOSTED = "  - { where: { module: monitor, process: exporter }, state: hosted, owner: ops }\n"
local OVER_GSE = "  - { where: { module: monitor }, state: hosted, via: gse, cpu_lmt: 20 }\n"
local UNHOSTED = "  - { where: { module: monitor }, state: unhosted }\n"

local tests = {}

local function write(directory, ...)
  directory:write("agents.yml", PROCESSES .. table.concat { ... })
end

-- The calls that an apply plans and makes: those of hosting as "call verb entries hosts", others
-- by name. Nothing is left to do afterwards.
local function calls(directory)
  local result = directory:expect(0, "apply", "--json", "agents.yml")
  local plan = json.decode(result.stdout:match("^[^\n]+")).plan
  local lines = {}
  for i, step in ipairs(plan.steps) do
    local entries = step.args.process_infos or step.args.proc_operate_req
    local hosts = 0
    for _, entry in ipairs(entries or {}) do hosts = hosts + #(entry.ip_list or entry.hosts) end
    lines[i] = step.call
      .. (entries and (" %s %d %d"):format(step.group, #entries, hosts) or "")
  end
  directory:expect(0, "plan", "--detailed-exitcode", "agents.yml")
  return lines
end

-- Answers of the platform to one call.
local function ask(directory, call, args)
  local result = directory:expect(0, "call", "--route", "backend", call, json.encode(args))
  return json.decode(result.stdout).data
end

local function supervised(directory, namespace)
  local answer = ask(directory, "gse.sync_proc_status",
    { meta = { namespace = namespace }, page = { start = 0, limit = 100 } })
  local count = 0
  for _, info in ipairs(answer.proc_infos) do
    if info.isauto then count = count + 1 end
  end
  return count
end

function tests.test_hosting_and_taking_back()
  local directory <close> = workplace.new()
  write(directory, HOSTED)
  lu.assertEquals(calls(directory),
    { "cc.create_service_instance", "job.manage_proc register 1 4" })
  lu.assertEquals(supervised(directory, "job"), 4)
  lu.assertEquals(calls(directory), {})
  -- Another definition: taken back and given again, with all hosts in one entry of one call.
  write(directory, (HOSTED:gsub("owner: ops", "owner: ops, cpu_lmt: 20")))
  lu.assertEquals(calls(directory),
    { "job.manage_proc unregister 1 4", "job.manage_proc register 1 4" })
  lu.assertEquals(supervised(directory, "job"), 4)
  write(directory, UNHOSTED)
  lu.assertEquals(calls(directory), { "job.manage_proc unregister 1 4" })
  lu.assertEquals(supervised(directory, "job"), 0)
  lu.assertEquals(calls(directory), {})
end

function tests.test_a_plan_for_a_platform_elsewhere_writes_nothing_here()
  local there <close> = workplace.new()
  local served <close> = serve(there, { "--listen", "127.0.0.1:0" })
  local here <close> = workplace.new()
  write(here, HOSTED)
  here:expect(0, "plan", "--platform", served.url, "agents.yml")
  lu.assertEquals(system.list(here.path), { "agents.yml" })
end

function tests.test_a_change_of_the_process_is_a_change_of_what_is_hosted()
  local directory <close> = workplace.new()
  write(directory, HOSTED)
  calls(directory)
  local moved = (PROCESSES .. HOSTED):gsub("/opt/exporter", "/srv/exporter")
  directory:write("agents.yml", moved)
  lu.assertEquals(calls(directory), { "cc.update_process_instance",
    "job.manage_proc unregister 1 4", "job.manage_proc register 1 4" })
  lu.assertEquals(supervised(directory, "job"), 4) -- none is left behind in the old directory
end

function tests.test_over_gse_and_from_one_way_to_the_other()
  local directory <close> = workplace.new()
  write(directory, OVER_GSE)
  lu.assertEquals(calls(directory), { "cc.create_service_instance",
    "gse.operate_proc_multi register 1 4" })
  lu.assertEquals(supervised(directory, "GSEKIT_BIZ_1"), 4)
  write(directory, HOSTED)
  lu.assertEquals(calls(directory),
    { "gse.operate_proc_multi unregister 1 4", "job.manage_proc register 1 4" })
  lu.assertEquals(supervised(directory, "GSEKIT_BIZ_1"), 0)
  lu.assertEquals(supervised(directory, "job"), 4)
end

function tests.test_running_and_stopped()
  local directory <close> = workplace.new()
  write(directory, "  - { where: { module: monitor }, state: running, owner: ops }\n")
  lu.assertEquals(calls(directory),
    { "cc.create_service_instance", "job.manage_proc register 1 4" })
  write(directory, "  - { where: { module: monitor }, state: stopped, owner: ops }\n")
  lu.assertEquals(calls(directory), { "job.operate_process stop 1 4" })
  lu.assertEquals(supervised(directory, "job"), 0)
end

function tests.test_what_somebody_else_registered_is_made_ours()
  local directory <close> = workplace.new()
  write(directory, HOSTED)
  calls(directory)
  fs.remove_tree(directory.path .. "/.remora/hosted.db")
  local plan = directory:run("plan", "agents.yml")
  lu.assertStrContains(plan.stdout, "registered by someone else")
  lu.assertEquals(calls(directory),
    { "job.manage_proc unregister 1 4", "job.manage_proc register 1 4" })
end

function tests.test_several_copies_on_a_host()
  local directory <close> = workplace.new()
  local three = (PROCESSES .. HOSTED):gsub("proc_num: 1", "proc_num: 3")
  directory:write("agents.yml", three)
  lu.assertEquals(calls(directory),
    { "cc.create_service_instance", "job.manage_proc register 3 12" })
  lu.assertEquals(supervised(directory, "job"), 12)
end

-- 10.0.0.8 is in both modules; processes of a name are numbered on the whole host, also where a
-- rule speaks of one module only.
function tests.test_numbers_count_all_modules_of_a_host()
  local directory <close> = workplace.new()
  local function agent(module)
    return ("  - { where: { module: %s }, processes: { agent: { bk_func_name: agent, "
      .. "work_path: /opt/%s, pid_file: /run/%s, start_cmd: ./agent } } }\n"):format(
      module, module, module)
  end
  local path = directory.path .. "/agents.yml"
  fs.write(path, "business: demo\ninstances:\n" .. agent "cron")
  calls(directory)
  fs.write(path, "business: demo\ninstances:\n" .. agent "backup")
  calls(directory)
  fs.write(path, "business: demo\nhosting:\n"
    .. "  - { where: { module: backup }, state: hosted, owner: ops }\n")
  lu.assertEquals(calls(directory), { "job.manage_proc register 2 2" })
  local answer = ask(directory, "gse.sync_proc_status",
    { meta = { namespace = "job" }, page = { start = 0, limit = 100 } })
  local names = {}
  for _, info in ipairs(answer.proc_infos) do names[info.host.ip] = info.meta.name end
  lu.assertEquals(names,
    { ["10.0.0.8"] = "/opt/backup/agent_2", ["10.0.0.9"] = "/opt/backup/agent_1" })
end

-- A host in two modules, each with a template that has a process of the same name.
local SHARED_HOST = [[
businesses:
  demo:
    service_templates: { api: {}, web: {} }
    sets:
      one:
        modules:
          api: { service_template: api, hosts: [10.0.1.1] }
          web: { service_template: web, hosts: [10.0.1.1] }
]]

local SHARED_NAME = [[
business: demo
service_templates:
  api:
    processes:
      agent: { bk_func_name: agent, proc_num: 2 }
      side: { bk_func_name: side, user: { value: root, as_default_value: false } }
  web:
    processes:
      agent: { bk_func_name: other, work_path: /opt, pid_file: /run/a, start_cmd: ./a, user: root }
]]

local AGENT_OF_WEB = [[
business: demo
hosting:
  - { where: { module: web, process: agent }, state: hosted, owner: ops }
]]

-- What a playbook says of other processes reads the neighbour for itself, though it names only
-- some of what is there.
function tests.test_numbers_count_what_other_rules_do_not_name()
  local directory <close> = workplace.new { ["fleet.yml"] = SHARED_HOST }
  local served <close> = serve(directory, { "--topology", "fleet.yml" })
  local function carry_out(verb, text)
    directory:write("p.yml", text)
    local result = directory:expect(0, verb, "--platform", served.url, "--parallelism", "1",
      "p.yml")
    return result.stdout
  end
  carry_out("apply", SHARED_NAME) -- one sync after the other: the processes of api come first
  lu.assertStrContains(carry_out("plan", AGENT_OF_WEB), "agent_3")
  lu.assertStrContains(carry_out("plan", AGENT_OF_WEB
    .. "instances: [{ where: { module: api }, processes: { side: { user: root } } }]\n"), "agent_3")
end

-- Who stops and starts by hand leaves nothing for the next plan.
function tests.test_an_operation_by_hand_registers_as_before()
  local directory <close> = workplace.new()
  write(directory, (HOSTED:gsub("owner: ops", "owner: ops, cpu_lmt: 20")))
  calls(directory)
  for _, verbs in ipairs { { "stop", "start" }, { "unregister", "register" } } do
    for _, verb in ipairs(verbs) do
      directory:expect(0, "op", verb, "--business", "demo", "module=monitor", "--force")
    end
    lu.assertEquals(calls(directory), {})
  end
  directory:expect(0, "op", "stop", "--business", "demo", "module=monitor", "--force")
  directory:expect(0, "op", "start", "--business", "demo", "module=monitor", "--owner", "ann")
  lu.assertEquals(calls(directory),
    { "job.manage_proc unregister 1 4", "job.manage_proc register 1 4" })
end

function tests.test_a_rollout_goes_batch_by_batch()
  local directory <close> = workplace.new()
  write(directory,
    (HOSTED:gsub("owner: ops", "owner: ops, rollout: { batch: 50%%, pause: 0s }")))
  lu.assertEquals(calls(directory), { "cc.create_service_instance",
    "job.manage_proc register 1 2", "job.manage_proc register 1 2" })
end

function tests.test_the_web_tier_is_hosted_by_what_its_template_says()
  local directory <close> = workplace.new()
  local web = fs.read(source.directory() .. "/playbooks/web.yml")
  local path = directory.path .. "/agents.yml"
  fs.write(path, web)
  lu.assertEquals(calls(directory), { "cc.batch_create_proc_template",
    "cc.sync_service_template_to_service_instance", "cc.update_process_instance",
    "job.manage_proc register 1 40" })
  local reload = web:gsub("sbin/nginx %-s reload", "sbin/nginx -s reopen")
  fs.write(path, reload)
  lu.assertEquals(calls(directory), { "cc.update_proc_template",
    "cc.sync_service_template_to_service_instance", "job.manage_proc unregister 1 40",
    "job.manage_proc register 1 40" })
end

-- Start commands that the simulated agents let fail → what is said of it.
local FAILING = {
  { "exit 3", "(code 65535)", "the command failed", "ended with status 3" },
  { "true", "(code 836)", "the liveness check after the command failed", "no process is alive" },
}

function tests.test_a_failed_command_is_reported_host_by_host()
  for _, case in ipairs(FAILING) do
    local directory <close> = workplace.new()
    local rule = "  - { where: { hosts: [10.0.0.1, 10.0.0.3] }, state: running, owner: ops }\n"
    local broken = (PROCESSES .. rule):gsub("start_cmd: [^\n]*", 'start_cmd: "' .. case[1] .. '"')
    directory:write("agents.yml", broken)
    local result = directory:expect(4, "apply", "agents.yml")
    for i = 2, 4 do lu.assertStrContains(result.stderr, case[i]) end
    lu.assertStrContains(result.stderr, "exporter_1 on 10.0.0.1")
    lu.assertStrContains(result.stderr, "exporter_1 on 10.0.0.3")
    lu.assertStrContains(result.stderr, "agents.yml:15")
  end
end

-- What is wrong in a playbook → the words on stderr, and the line that they point to.
local REFUSED = {
  { HOSTED, "work_path: /opt/exporter", "priority: 1",
    "exporter_1 and 3 more cannot be hosted: they have no work_path", 15 },
  { HOSTED .. "  - { where: { hosts: [10.0.0.1] }, state: unhosted }\n", "", "",
    "exporter_1 is hosted differently at agents.yml:15:5", 16 },
  { HOSTED .. HOSTED:match "  %- .*":gsub("where: {", "where: { hosts: [10.0.0.1],")
      :gsub("owner: ops", "owner: ops, rollout: { batch: 50%% }"), "", "",
    "exporter_1 is hosted differently at agents.yml:15:5", 16 },
  { (HOSTED:gsub("process: exporter", "process: exprter")), "", "",
    'no process there is called "exprter"', 15 },
  { (HOSTED:gsub("module: monitor", "module: moniter")), "", "",
    'there is no module "moniter"', 15 },
}

function tests.test_refused_in_the_plan()
  for _, case in ipairs(REFUSED) do
    local directory <close> = workplace.new()
    local rules, from, to, words, line = table.unpack(case)
    local from_at, from_end = PROCESSES:find(from, 1, true)
    directory:write("agents.yml",
      PROCESSES:sub(1, from_at - 1) .. to .. PROCESSES:sub(from_end + 1) .. rules)
    for _, command in ipairs { "plan", "apply" } do
      local result = directory:expect(1, command, "agents.yml")
      lu.assertStrContains(result.stderr, words)
      lu.assertStrContains(result.stderr, ("agents.yml:%d:"):format(line))
    end
    lu.assertEquals(supervised(directory, "job"), 0)
  end
end

-- What no playbook may say → the words of check.
local WRONG = {
  { (OVER_GSE:gsub("cpu_lmt: 20", "type: periodic, cycle_time: 3")), "GSE itself has no periodic" },
  { (HOSTED:gsub("owner: ops", "owner: ops, value_key: x")), 'unknown key "value_key"' },
  { (HOSTED:gsub("hosted", "running"):gsub("owner: ops", "owner: ops, type: once")),
    "only a resident process can be kept running" },
}

function tests.test_refused_by_check()
  for _, case in ipairs(WRONG) do
    local directory <close> = workplace.new()
    write(directory, case[1])
    local result = directory:run("check", "agents.yml")
    lu.assertEquals(result.code, 1, case[2])
    lu.assertStrContains(result.stderr, case[2])
    lu.assertStrContains(result.stderr, "agents.yml:15:")
  end
end

return tests
