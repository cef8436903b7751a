-- remora drift through the command line: who moved since the last apply, the platform or the
-- playbook.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local json = require "json"
local workplace = require "tests.support.workplace"

local PLAYBOOK = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
instances:
  - where: { set: staging, module: web, hosts: 10.0.21.1 }
    processes:
      nginx: { timeout: 60 }
  - where: { set: tools, module: cron }
    prune: true
    processes:
      crond: { bk_func_name: crond, user: root }
      atd: { bk_func_name: atd }
]]

local WEB = "staging/web/10.0.21.1/nginx"

local tests = {}

local function applied()
  local directory = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:expect(0, "apply", "web.yml")
  return directory
end

local function process(directory, label)
  local set, module, ip, name = label:match("(.-)/(.-)/(.-)/(.*)")
  for _, row in ipairs(directory:call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } }).info) do
    if row.set.bk_set_name == set and row.module.bk_module_name == module
      and row.host.bk_host_innerip == ip and row.process.bk_process_name == name then
      return row
    end
  end
end

local function change(directory, label, data)
  directory:call("update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { process(directory, label).process.bk_process_id }, update_data = data })
end

-- Every difference as "since action label: field applied now wanted".
local function drift(directory, code, ...)
  local found = {}
  local out = directory:expect(code, "drift", "--detailed-exitcode", "--json", ...).stdout
  for _, each in ipairs(json.decode(out).differences) do
    local fields = {}
    for i, field in ipairs(each.fields) do
      fields[i] = ("%s %s %s %s"):format(field.name, json.encode(field.applied or json.null),
        json.encode(field.now or json.null), json.encode(field.wanted or json.null))
    end
    found[#found + 1] = ("%s %s %s: %s"):format(each.since, each.action,
      table.concat(each.label, "/"), each.action == "update" and table.concat(fields, ", ") or "")
  end
  table.sort(found)
  return found
end

function tests.test_what_was_never_applied_has_no_history()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  local found = drift(directory, 2, "web.yml")
  lu.assertEquals(found[1], "unknown create tools/cron/10.0.0.7: ")
  local told = directory:expect(0, "drift", "web.yml")
  lu.assertStrContains(told.stdout, "different, and never applied from here")
  lu.assertStrContains(told.stderr, "web.yml: never applied from here")
end

function tests.test_nothing_moved()
  local directory <close> = applied()
  local told = directory:expect(0, "drift", "--detailed-exitcode", "web.yml")
  lu.assertEquals(told.stdout, "no drift: the platform is as the playbook says\n")
  lu.assertStrMatches(told.stderr, ".*web%.yml: last applied 20.* by .*")
end

function tests.test_each_side_and_both()
  local directory <close> = applied()
  change(directory, WEB, { timeout = 10 })
  change(directory, "tools/cron/10.0.0.7/crond", { user = "www" })
  directory:write("web.yml", (PLAYBOOK:gsub("user: root }", "user: cron }"):gsub(
    "crond, ", "crond, timeout: 5, ")))
  lu.assertEquals(drift(directory, 2, "web.yml"), {
    'both update tools/cron/10.0.0.7/crond: user "root" "www" "cron"',
    "platform update " .. WEB .. ": timeout 60 10 60",
    'playbook update tools/cron/10.0.0.7/crond: timeout null null 5',
    'playbook update tools/cron/10.0.0.8/crond: user "root" "root" "cron", timeout null null 5',
  })
  local out = directory:expect(0, "drift", "web.yml").stdout
  lu.assertStrMatches(out, "changed on the platform since: 1 object\n"
    .. "  process staging/web/10%.0%.21%.1/nginx  web%.yml:12  %(by admin at 20.-%)\n"
    .. "      timeout  60 → 10.*\n\nchanged on both sides since: 1 object\n.*"
    .. "applied root, now www, playbook cron.*\n\nchanged in the playbook since: 2 objects\n.*")

  directory:expect(0, "apply", "web.yml")
  lu.assertEquals(drift(directory, 0, "web.yml"), {})
end

function tests.test_objects_that_come_and_go()
  local directory <close> = applied()
  local atd = process(directory, "tools/cron/10.0.0.7/atd")
  directory:call("delete_process_instance",
    { bk_biz_id = 1, process_instance_ids = { atd.process.bk_process_id } })
  directory:call("create_process_instance", { bk_biz_id = 1,
    service_instance_id = atd.service_instance.id,
    processes = { { process_info = { bk_process_name = "own", bk_func_name = "own" } } } })
  directory:write("web.yml", (PLAYBOOK:gsub("  atd: {[^\n]*", "  atd: { bk_func_name: atd }\n"
    .. "      new: { bk_func_name: new }")))
  lu.assertEquals(drift(directory, 2, "web.yml"), {
    "platform create tools/cron/10.0.0.7/atd: ",
    "platform delete tools/cron/10.0.0.7/own: ",
    "playbook create tools/cron/10.0.0.7/new: ",
    "playbook create tools/cron/10.0.0.8/new: ",
  })
  local out = directory:expect(0, "drift", "web.yml").stdout
  lu.assertStrContains(out, "process tools/cron/10.0.0.7/atd is gone  web.yml:17"
    .. "  (the platform does not tell by whom)")
  lu.assertStrContains(out, "process tools/cron/10.0.0.7/own is new there")
  lu.assertStrContains(out, "process tools/cron/10.0.0.7/new is new  web.yml:18")
end

function tests.test_a_template_and_the_sync_that_follows()
  local directory <close> = applied()
  local its = directory:call("list_proc_template",
    { bk_biz_id = 1, service_template_id = 1 }).info[1]
  directory:call("update_proc_template", { bk_biz_id = 1, process_template_id = its.id,
    process_property = { user = { value = "www", as_default_value = true } } })
  lu.assertEquals(drift(directory, 2, "web.yml"),
    { 'platform update web/nginx: user "root" "www" "root"' })
end

function tests.test_a_change_that_the_playbook_took_over_is_no_drift()
  local directory <close> = applied()
  change(directory, WEB, { timeout = 10 })
  directory:write("web.yml", (PLAYBOOK:gsub("timeout: 60", "timeout: 10")))
  lu.assertEquals(drift(directory, 0, "web.yml"), {})
end

function tests.test_each_field_has_its_author()
  local directory <close> = workplace.new()
  directory:write("web.yml", (PLAYBOOK:gsub("user: root }", "user: root, timeout: 1 }")))
  directory:expect(0, "apply", "web.yml")
  local id = process(directory, "tools/cron/10.0.0.7/crond").process.bk_process_id
  for _, row in ipairs { { "alice", { user = "www" } }, { "bob", { timeout = 5 } } } do
    local result = cli.run { cwd = directory.path, env = { BK_USERNAME = row[1] }, "call",
      "update_process_instances_by_ids", json.encode { bk_biz_id = 1, process_ids = { id },
        update_data = row[2] } }
    lu.assertEquals(result.code, 0, result.stderr)
  end
  local each = json.decode(directory:expect(0, "drift", "--json", "web.yml").stdout).differences[1]
  lu.assertEquals(each.by, "bob")
  lu.assertEquals({ each.fields[1].name, each.fields[1].by }, { "user", "alice" })
  lu.assertEquals({ each.fields[2].name, each.fields[2].by }, { "timeout", "bob" })
end

function tests.test_several_files_are_remembered_apart()
  local directory <close> = applied()
  directory:write("more.yml", [[
business: demo
instances:
  - where: { set: tools, module: deploy, hosts: 10.0.0.5 }
    processes: { agent: { bk_func_name: agent } }
]])
  change(directory, WEB, { timeout = 10 })
  lu.assertEquals(drift(directory, 2, "web.yml", "more.yml"), {
    "platform update " .. WEB .. ": timeout 60 10 60",
    "unknown create tools/deploy/10.0.0.5: ",
  })
  directory:expect(0, "apply", "more.yml")
  lu.assertEquals(drift(directory, 2, "more.yml", "web.yml"),
    { "platform update " .. WEB .. ": timeout 60 10 60" })
end

function tests.test_a_part_that_was_applied_is_not_the_whole()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:expect(0, "apply", "--target", "web/*", "web.yml")
  lu.assertStrMatches(drift(directory, 2, "web.yml")[1], "unknown .*")
end

local HOSTED_TEMPLATE = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        work_path: /opt/nginx
        pid_file: /run/nginx_${local_inst_id}.pid
        start_cmd: ./nginx
        stop_cmd: ./nginx -s stop
        timeout: 30
        proc_num: { value: 1, as_default_value: false }
]]

local HOSTING = [[
business: demo
hosting:
  - { where: { set: staging, module: web, hosts: 10.0.21.1 }, state: hosted, owner: ops }
]]

local HOSTED = "staging/web/10.0.21.1/nginx_1"

local function hosted()
  local directory = workplace.new { ["t.yml"] = HOSTED_TEMPLATE, ["h.yml"] = HOSTING }
  directory:expect(0, "apply", "t.yml")
  directory:expect(0, "apply", "h.yml")
  return directory
end

-- Wants so many copies of each process, which the template leaves open, by a playbook i.yml.
local function apply_copies(directory, count)
  directory:write("i.yml", ([[
business: demo
instances:
  - { where: { set: staging, module: web }, processes: { nginx: { proc_num: %d } } }
]]):format(count))
  directory:expect(0, "apply", "i.yml")
end

function tests.test_a_definition_follows_its_process_and_nobody_changed_it()
  local directory <close> = hosted()
  directory:write("t.yml", (HOSTED_TEMPLATE:gsub("timeout: 30", "timeout: 45")))
  directory:expect(0, "apply", "t.yml")
  lu.assertEquals(drift(directory, 2, "h.yml"),
    { "following update " .. HOSTED .. ": op_timeout 30 30 45" })
  lu.assertStrMatches(directory:expect(0, "drift", "h.yml").stdout,
    "not changed, but follows from other changes: 1 object\n.*\n      op_timeout  30 → 45\n")
  -- What the rule states itself is the playbook's.
  directory:write("h.yml", (HOSTING:gsub("owner: ops", "owner: ops, cpu_lmt: 20")))
  lu.assertEquals(drift(directory, 2, "h.yml"), {
    "following update " .. HOSTED .. ": op_timeout 30 30 45",
    "playbook update " .. HOSTED .. ": cpu_lmt null null 20",
  })
end

function tests.test_what_is_hosted_is_not_told_where_its_process_is_changed_back()
  local directory <close> = hosted()
  apply_copies(directory, 1)
  change(directory, WEB, { proc_num = 3 })
  lu.assertEquals(drift(directory, 2, "t.yml", "i.yml", "h.yml"),
    { "platform update " .. WEB .. ": proc_num 1 3 1" })
end

-- The sync makes each process anew: with the one copy of the template, and not the two wanted.
function tests.test_what_a_sync_would_do_was_changed_by_nobody()
  local directory <close> = hosted()
  apply_copies(directory, 2)
  change(directory, WEB, { proc_num = 7 })
  local its = directory:call("list_proc_template",
    { bk_biz_id = 1, service_template_id = 1 }).info[1]
  directory:call("delete_proc_template", { bk_biz_id = 1, process_templates = { its.id } })
  lu.assertEquals(drift(directory, 2, "t.yml", "i.yml"), {
    "following update staging/web/10.0.21.1/nginx: proc_num null 1 2",
    "following update staging/web/10.0.21.2/nginx: proc_num null 1 2",
    "platform create web/nginx: ",
  })
end

-- What remora itself took back nobody has to be looked for; what somebody changed after that is
-- still theirs.
function tests.test_what_an_undo_left_is_told_with_its_run()
  local directory <close> = applied()
  directory:write("web.yml", (PLAYBOOK:gsub("timeout: 60", "timeout: 70"):gsub(
    "user: root }", "user: cron }"):gsub("      atd.-\n", "%0      at: { bk_func_name: at }\n")))
  directory:expect(0, "apply", "web.yml")
  directory:expect(0, "undo", "2")
  change(directory, "tools/cron/10.0.0.7/crond", { user = "www" })
  lu.assertEquals(drift(directory, 2, "web.yml"), {
    'platform update tools/cron/10.0.0.7/crond: user "cron" "www" "cron"',
    "run create tools/cron/10.0.0.7/at: ",
    "run create tools/cron/10.0.0.8/at: ",
    "run update " .. WEB .. ": timeout 70 60 70",
    'run update tools/cron/10.0.0.8/crond: user "cron" "root" "cron"',
  })
  local out = directory:expect(0, "drift", "web.yml").stdout
  lu.assertStrContains(out, "changed by runs from here since: 4 objects\n")
  lu.assertStrContains(out, WEB .. "  web.yml:12  (run 3: undo of run 2)\n      timeout  70 → 60\n")
  lu.assertStrContains(out, "tools/cron/10.0.0.7/at is gone  web.yml:18  (run 3: undo of run 2)\n")
end

-- The last process takes its service instance along; what is hosted is not kept any more.
function tests.test_what_went_as_a_whole_by_a_run_is_told_with_it()
  local directory <close> = workplace.new { ["web.yml"] = [[
business: demo
instances:
  - where: { set: tools, module: cron, hosts: 10.0.0.7 }
    processes:
      crond: { bk_func_name: crond, user: root, work_path: /opt, pid_file: p, start_cmd: a,
               stop_cmd: b }
hosting:
  - { where: { set: tools, module: cron, hosts: 10.0.0.7 }, state: hosted, owner: ops }
]] }
  directory:expect(0, "apply", "web.yml")
  directory:expect(0, "op", "stop", "module=cron", "--business", "demo")
  lu.assertEquals(drift(directory, 2, "web.yml"),
    { "run register tools/cron/10.0.0.7/crond_1: " })
  local out = directory:expect(0, "drift", "web.yml").stdout
  lu.assertStrContains(out,
    "crond_1 is not hosted any more  web.yml:8  (run 2: op stop module=cron)\n")
  directory:expect(0, "apply", "web.yml")
  directory:expect(0, "undo", "1")
  lu.assertEquals(drift(directory, 2, "web.yml"), {
    "following register tools/cron/10.0.0.7/crond_1: ",
    "run create tools/cron/10.0.0.7: ",
  })
end

-- Both moved: what the run left is no riddle either.
function tests.test_a_run_from_here_and_the_playbook_moved_both()
  local directory <close> = applied()
  directory:expect(0, "apply", "web.yml") -- nothing to do
  directory:write("web.yml", (PLAYBOOK:gsub("timeout: 60", "timeout: 70")))
  directory:expect(0, "apply", "web.yml")
  directory:expect(0, "undo", "last")
  directory:write("web.yml", (PLAYBOOK:gsub("timeout: 60", "timeout: 80")))
  lu.assertEquals(drift(directory, 2, "web.yml"), { "both update " .. WEB .. ": timeout 70 60 80" })
  lu.assertStrContains(directory:expect(0, "drift", "web.yml").stdout, ": undo of run ")
end

return tests
