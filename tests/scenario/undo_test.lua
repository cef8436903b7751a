-- remora undo where it is hard: what agents keep, and runs of which not everything comes back.
-- What is simple is in journal_test.lua.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"
local workplace = require "tests.support.workplace"

local tests = {}

local directory

function tests.setUp() directory = workplace.new() end

function tests.tearDown() local _ <close> = directory end

-- Runs remora, which must end with a code; gives what it printed.
local function expect(code, ...)
  local ran = directory:expect(code, ...)
  return ran.stdout, ran.stderr
end

local function write(text) directory:write("p.yml", "business: demo\n" .. text) end

local function call(...) return directory:call(...) end

local PROCESSES = [[
instances:
  - where: { set: tools, module: monitor }
    processes:
      exporter: { bk_func_name: exporter, user: root, work_path: /opt/exporter, proc_num: 1,
                  pid_file: /run/exporter.pid, start_cmd: ./exporter, stop_cmd: ./stop%s }
]]

local function hosting(...)
  return PROCESSES:format("") .. "hosting:\n  - { where: { module: monitor }, "
    .. table.concat({ ... }, ", ") .. " }\n"
end

-- What the agents say of the four processes, as far as all say the same.
local function agents()
  local rows = call("gse.sync_proc_status",
    { meta = { namespace = "job" }, page = { start = 0, limit = 100 } }).proc_infos
  local hosted, running = 0, 0
  for _, row in ipairs(rows) do
    hosted = hosted + (row.isauto and 1 or 0)
    running = running + (row.pid > 0 and 1 or 0)
  end
  return { hosted = hosted, running = running }
end

-- The playbook before the run that is undone, that of the run, and how the agents are with the
-- first one.
local HOSTING = {
  registering = { PROCESSES:format(""), hosting("state: hosted", "owner: ops"),
    { hosted = 0, running = 0 } },
  unregistering = { hosting("state: hosted", "owner: ops"), hosting("state: unhosted"),
    { hosted = 4, running = 4 } },
  another_definition = { hosting("state: hosted", "owner: ops", "cpu_lmt: 20"),
    hosting("state: hosted", "owner: dev", "mem_lmt: 9"), { hosted = 4, running = 4 } },
  stopping = { hosting("state: running", "owner: ops"), hosting("state: stopped", "owner: ops"),
    { hosted = 4, running = 4 } },
  running_without_end = { hosting("state: hosted", "owner: ops", "type: once"),
    hosting("state: hosted", "owner: ops"), { hosted = 4, running = 0 } },
  starting = { hosting("state: stopped", "owner: ops"), hosting("state: running", "owner: ops"),
    { hosted = 0, running = 0 } },
}

for name, case in pairs(HOSTING) do
  tests["test_undo_of_" .. name] = function()
    write(case[1])
    expect(0, "apply", "p.yml")
    local before = agents()
    lu.assertEquals(before, case[3])
    write(case[2])
    expect(0, "apply", "p.yml", "--force")
    local _, err = expect(0, "undo", "last", "--force")
    lu.assertNotStrContains(err, "hosted process")
    lu.assertEquals(agents(), before)
    write(case[1])
    expect(0, "plan", "--detailed-exitcode", "p.yml")
    expect(0, "undo", "last", "--force") -- and forward again
    write(case[2])
    expect(0, "plan", "--detailed-exitcode", "p.yml")
  end
end

-- The process goes with the run, so no rule could find it any more: its registration comes back.
function tests.test_undo_of_a_run_that_removed_process_and_hosting()
  write(hosting("state: hosted", "owner: ops"))
  expect(0, "apply", "p.yml")
  write(hosting("state: unhosted"))
  expect(0, "apply", "p.yml", "--force")
  local run_id = json.decode((expect(0, "history", "--json"))).runs[1].id
  write("instances:\n  - { where: { set: tools, module: monitor }, prune: true, processes: {} }\n")
  expect(0, "apply", "p.yml", "--force")
  expect(0, "undo", tostring(run_id), "--force")
  lu.assertEquals(agents().hosted, 4)
end

function tests.test_what_someone_else_had_registered_is_not_known()
  write(hosting("state: hosted", "owner: ops"))
  expect(0, "apply", "p.yml")
  fs.remove_tree(directory.path .. "/.remora/hosted.db")
  write(hosting("state: hosted", "owner: dev"))
  expect(0, "apply", "p.yml", "--force")
  local _, err = expect(4, "undo", "last", "--force")
  lu.assertStrContains(err, "someone else had registered it, with a definition that is not known")
  lu.assertStrContains(err, "not everything came back: 4 of the above")
  lu.assertEquals(agents().hosted, 4)
end

-- What the way back would be is known before anything is done.
function tests.test_a_plan_shows_its_inverse()
  write(hosting("state: hosted", "owner: ops"))
  local out, err = expect(0, "plan", "--inverse", "p.yml")
  lu.assertStrMatches(out, ".*undo of p  .*%- process tools/monitor/10%.0%.0%.1/exporter.*"
    .. "%- stop of tools/monitor/10%.0%.0%.1/exporter_1.*")
  lu.assertNotStrContains(err, "warning")
  expect(0, "apply", "p.yml")
  fs.remove_tree(directory.path .. "/.remora/hosted.db")
  local plan = json.decode((expect(0, "plan", "--inverse", "--json", "p.yml")))
  lu.assertEquals(#plan.changes, 8) -- taken back and given again
  lu.assertEquals(#plan.inverse.plan.changes, 0)
  lu.assertEquals(#plan.inverse.lost, 4)
  lu.assertEquals(plan.inverse.lost[1].left, true)
  lu.assertNil(json.decode((expect(0, "plan", "--json", "p.yml"))).inverse)
end

-- Free again, the start regex stays with the processes of two, where one cannot have it any more.
function tests.test_a_plan_foretells_what_its_way_back_cannot_give()
  write("service_templates: { web: { processes: { one: { bk_func_name: java, "
    .. "bk_start_param_regex: b }, two: { bk_func_name: java } } } }\n")
  expect(0, "apply", "p.yml")
  write("service_templates: { web: { prune: true, processes: { two: { "
    .. "bk_start_param_regex: b } } } }\n")
  local problem = "one would have the executable java with the start regex b, which two has in "
  local _, err = expect(0, "plan", "--inverse", "p.yml")
  lu.assertStrContains(err, problem)
  expect(0, "apply", "p.yml", "--force")
  _, err = expect(4, "undo", "last", "--force")
  lu.assertStrContains(err, problem)
end

local LOCKED = [[
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: false } }
instances:
  - where: { set: staging, module: web }
    processes: { nginx: { timeout: %d } }
  - where: { set: tools, module: cron }
    processes: { crond: { bk_func_name: crond, user: %s } }
]]

-- Somebody has locked a field since, and taken a module away: that part cannot be planned.
function tests.test_the_rest_is_undone()
  write(LOCKED:format(60, "root"))
  expect(0, "apply", "p.yml")
  write(LOCKED:format(90, "cron"))
  expect(0, "apply", "p.yml")
  local its = call("list_proc_template", { bk_biz_id = 1, service_template_id = 1 }).info[1]
  call("update_proc_template", { bk_biz_id = 1, process_template_id = its.id,
    process_property = { timeout = { value = 90, as_default_value = true } } })
  local out, err = expect(4, "undo", "last")
  lu.assertStrContains(err,
    "not brought back: timeout of nginx is locked by the service template web")
  lu.assertStrContains(out, "tools/cron/10.0.0.7/crond")
  lu.assertStrContains(out, "not everything")
  expect(0, "show", "last", "--html", "run.html")
  for _, shown in ipairs { (expect(0, "show")), directory:read "run.html" } do
    lu.assertStrContains(shown, "timeout of nginx is locked by the service template web")
  end
  local value = json.decode((expect(0, "show", "--json")))
  lu.assertEquals({ value.run.result, #value.run.lost, value.run.lost[1].left },
    { "done in part", 1, true })
  lu.assertEquals(value.changes.done, value.run.objects)
  -- All that could be planned is back: there is nothing to do, and still not everything came back.
  out = expect(4, "undo", "2")
  lu.assertStrContains(out, "nothing to do")
end

local BOTH = [[
service_templates:
  web: { processes: { nginx: { bk_func_name: nginx, user: %s } } }
instances:
  - where: { set: tools, module: cron }
    processes: { crond: { bk_func_name: crond, user: %s } }
]]

local function host(ip)
  return call("list_biz_hosts", { bk_biz_id = 1, fields = { "bk_host_id" },
    page = { start = 0, limit = 1 }, host_property_filter = { condition = "AND", rules = {
      { field = "bk_host_innerip", operator = "equal", value = ip } } } }).info[1].bk_host_id
end

local function module(name)
  return call("search_module", { bk_biz_id = 1, condition = { bk_module_name = name },
    fields = { "bk_module_id" }, page = { start = 0, limit = 1 } }).info[1].bk_module_id
end

function tests.test_what_vanished_does_not_hold_up_the_others()
  write(BOTH:format("root", "root"))
  expect(0, "apply", "p.yml")
  write(BOTH:format("www", "www"))
  expect(0, "apply", "p.yml")
  local its = call("list_proc_template", { bk_biz_id = 1, service_template_id = 1 }).info[1]
  call("delete_proc_template", { bk_biz_id = 1, process_templates = { its.id } })
  call("transfer_host_module", { bk_biz_id = 1, bk_host_id = { host "10.0.0.7" },
    bk_module_id = { module "deploy" }, is_increment = false })
  local out, err = expect(4, "undo", "last", "--force")
  lu.assertStrContains(err, "service template web: nginx is a new process template")
  lu.assertStrContains(err, "is in none of the modules that this rule names")
  lu.assertStrContains(err, "not everything came back: 2 of the above")
  lu.assertStrContains(out, "tools/cron/10.0.0.8/crond")
  lu.assertNotStrContains(out, "10.0.0.7")
  -- Half of the template is not brought to the instances.
  lu.assertNotStrContains(out, "sync")
end

-- A secret that remora was given is masked in the journal, so its value cannot come back from it.
function tests.test_a_secret_is_not_written_back_as_stars()
  write("instances:\n  - where: { set: tools, module: cron }\n    processes:\n"
    .. "      crond: { bk_func_name: crond, start_cmd: \"crond --key {{ key }}\", user: root }\n")
  expect(0, "apply", "p.yml", "--var", "key=one")
  local applied = cli.run { cwd = directory.path, env = { BK_APP_SECRET = "crond --key one" },
    "apply", "p.yml", "--var", "key=two" }
  lu.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
  local _, err = expect(4, "undo", "last")
  lu.assertStrContains(err, "its start_cmd held a secret, which the journal does not keep")
  expect(0, "plan", "--detailed-exitcode", "p.yml", "--var", "key=two")
end

local function rule(name, processes)
  return ("  - { where: { set: tools, module: cron, hosts: [10.0.0.7], service_instance: [%s] }, "
    .. "%s }\n"):format(name, processes)
end

-- The processes of one host: "service instance/process user".
local function on_the_host()
  local lines = {}
  local rows = call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 100 } }).info
  for i, row in ipairs(rows) do
    lines[i] = ("%s/%s %s"):format(row.service_instance.name, row.process.bk_process_name,
      row.process.user)
  end
  table.sort(lines)
  return lines
end

-- What a run does to one of two service instances on a host.
local ONE_OF_TWO = {
  "processes: { a: { user: www } }", -- the other one has a process of that name as well
  "prune: true, processes: {}",      -- with its only process goes the service instance
}

function tests.test_of_several_service_instances_on_a_host_the_same_one_comes_back()
  local its = "processes: { a: { bk_func_name: a, user: root } }"
  write("instances:\n" .. rule("blue", its) .. rule("green", its))
  expect(0, "apply", "p.yml")
  for _, what in ipairs(ONE_OF_TWO) do
    write("instances:\n" .. rule("green", what))
    expect(0, "apply", "--force", "p.yml")
    lu.assertNotEquals(on_the_host(), { "blue/a root", "green/a root" })
    expect(0, "undo", "last")
    lu.assertEquals(on_the_host(), { "blue/a root", "green/a root" }, what)
  end
end

-- Somebody has made a second one by hand, of the same name.
function tests.test_of_service_instances_that_are_named_alike_all_come_back()
  write("instances:\n" .. rule("blue", "processes: { a: { bk_func_name: a, user: root } }"))
  expect(0, "apply", "p.yml")
  call("create_service_instance", { bk_biz_id = 1, bk_module_id = module "cron", instances = { {
    bk_host_id = host "10.0.0.7", service_instance_name = "blue", processes = { { process_info = {
      bk_process_name = "a", bk_func_name = "a", user = "hand" } } } } } })
  write("instances:\n" .. rule("blue", "processes: { a: { user: www } }"))
  lu.assertStrContains((expect(0, "apply", "p.yml")), "2 objects changed")
  lu.assertEquals(on_the_host(), { "blue/a www", "blue/a www" })
  expect(0, "undo", "last")
  lu.assertEquals(on_the_host(), { "blue/a hand", "blue/a root" })
end

function tests.test_a_service_instance_made_beside_another_one_goes_alone()
  local all = "instances:\n  - { where: { set: tools, module: cron, hosts: [10.0.0.7] }, "
    .. "processes: { a: { bk_func_name: a, user: %s } } }\n"
  write(all:format("root"))
  expect(0, "apply", "p.yml")
  write(all:format("www") .. rule("green", "processes: {}"))
  expect(0, "apply", "p.yml")
  lu.assertEquals(on_the_host(), { "10.0.0.7_a/a www", "green/a www" })
  expect(0, "undo", "--force", "last")
  lu.assertEquals(on_the_host(), { "10.0.0.7_a/a root" })
end

-- What was asked for is a part; going on does not do the rest as well.
function tests.test_going_on_with_the_undoing_of_a_part()
  local two = "instances:\n  - { where: { set: tools, module: cron }, "
    .. "processes: { a: { bk_func_name: a, user: %s } } }\n"
  write(two:format("root"))
  expect(0, "apply", "p.yml")
  write(two:format("www"))
  expect(0, "apply", "p.yml")
  directory:write("faults.yml",
    "rules: [{ call: update_process_instance, action: refuse, code: 1199020 }]\n")
  local ran = cli.run { cwd = directory.path, env = { REMORA_FAULTS = "faults.yml" },
    "undo", "last", "--target", "tools/cron/10.0.0.7/*" }
  lu.assertEquals(ran.code, 4, ran.stdout .. ran.stderr)
  local _, elsewhere = expect(1, "resume", "--platform", "http://127.0.0.1:9")
  lu.assertStrContains(elsewhere, "error: run 2 was on the embedded platform, this is http:")
  expect(0, "resume")
  local users = {}
  for i, row in ipairs(call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 100 } }).info) do
    users[i] = row.host.bk_host_innerip .. " " .. row.process.user
  end
  table.sort(users)
  lu.assertEquals(users, { "10.0.0.7 root", "10.0.0.8 www" })
end

-- Of what was resumed, the last run is not all; one of which nothing was done is no part of it.
function tests.test_undoing_a_run_that_went_on_with_others()
  write(BOTH:format("root", "root"))
  expect(0, "apply", "p.yml")
  write(BOTH:format("www", "www"))
  for _, refused in ipairs { "update_p*", "update_process_instance" } do
    directory:write("faults.yml",
      ("rules: [{ call: %q, action: refuse, code: 1199020 }]\n"):format(refused))
    local ran = cli.run { cwd = directory.path, env = { REMORA_FAULTS = "faults.yml" },
      "apply", "p.yml" }
    lu.assertEquals(ran.code, 4, ran.stdout .. ran.stderr)
  end
  expect(0, "resume")
  local _, err = expect(0, "undo", "last")
  lu.assertStrContains(err,
    "run 4 went on with run 3, which this does not undo: remora undo 3 does")
  _, err = expect(0, "undo", "3")
  lu.assertNotStrContains(err, "went on")
end

return tests
