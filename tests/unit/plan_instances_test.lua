-- What instances in a playbook plan, rule by rule of the platform.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
      tools:
        modules:
          cron: { hosts: ["10.0.1.[1-2]"] }
          idle: {}
]]

local TEMPLATE = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
        description: { value: "", as_default_value: false }
        bind_info:
          - { ip: 0.0.0.0, port: { value: 80, as_default_value: false }, protocol: TCP }
          - { ip: 127.0.0.1, port: 81, protocol: TCP }
]]

local function rules(...)
  return playbook.text { "instances:", ... }
end

-- The same as text, to stand below TEMPLATE.
local function rule_of_web(field)
  return "instances:\n  - where: { module: web }\n    processes:\n      nginx: { "
    .. field .. " }\n"
end

local function platform_with_nginx()
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATE)
  return platform
end

local CROND = rules("  - where: { module: cron }", "    processes:",
  "      crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond, timeout: 10, auto_start: true,",
  "        bind_info: [{ ip: 10.0.0.1, port: 99, protocol: UDP }] }")

local function platform_with_crond()
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, CROND)
  return platform
end

local tests = {}

function tests.test_an_unlocked_field_goes_to_the_instance_with_its_rows()
  local platform <close> = platform_with_nginx()
  world.converge(platform, rules("  - where: { module: web, hosts: [10.0.0.1] }", "    processes:",
    '      nginx: { bind_info: [{ ip: 0.0.0.0, port: 8080, protocol: TCP }] }'))
  local text = rules("  - where: { module: web }", "    processes: { nginx: { timeout: 60 } }")
  local plan = world.plan(platform, text)
  lu.assertEquals(world.steps(plan), { "1 update_process_instance 2" })
  local first = plan.steps[1].args.processes[1]
  lu.assertEquals(first.timeout, 60)
  lu.assertIsNil(first.user)
  lu.assertEquals(first.bind_info[1].port, "8080")
  lu.assertEquals(first.bind_info[1].template_row_id, 1)
  world.converge(platform, text)
  local rows = world.processes(platform)["prod/web/10.0.0.1/nginx"].process.bind_info
  lu.assertEquals(rows[1].port, "8080")
end

-- Each copy is hosted under a name with its number, and agents do not ask what became of it.
function tests.test_fewer_copies_leave_what_agents_host_of_them()
  local function check(platform, line)
    local function plan(count)
      return world.plan(platform, rules(line:format(count))).changes[1].cascades
    end
    world.converge(platform, rules(line:format(3)))
    lu.assertEquals(plan(2), { "agents keep what they host of copies that are no more until that "
      .. "is taken back: remora op unregister finds them only before" })
    lu.assertEquals(plan(4), {})
  end
  local templated <close> = fleet.new(TOPOLOGY)
  world.converge(templated, (TEMPLATE:gsub("timeout: ", "proc_num: ")))
  check(templated, "  - { where: { module: web }, processes: { nginx: { proc_num: %d } } }")
  local whole <close> = platform_with_crond()
  check(whole, "  - { where: { module: cron }, processes: { crond: { proc_num: %d } } }")
end

function tests.test_a_locked_field_is_refused_where_it_is_set()
  local platform <close> = platform_with_nginx()
  lu.assertEquals(world.problems(platform, rules("  - where: { module: web }",
    "    processes:", "      nginx:", "        user: www", "        bk_func_name: openresty")), {
    "7 bk_func_name of nginx is locked by the service template web",
    "6 user of nginx is locked by the service template web",
  })
  lu.assertEquals(world.problems(platform, rules("  - where: { module: web }",
    "    processes: { nginx: { user: root } }")), {})
end

function tests.test_the_lock_is_named_by_its_place_when_the_playbook_sets_it()
  local platform <close> = platform_with_nginx()
  local problem = world.problems(platform, TEMPLATE .. rule_of_web("user: www"))[1]
  lu.assertStrMatches(problem,
    "16 user of nginx is locked by the service template web at .*:7:%d+")
end

function tests.test_routing_follows_the_lock_that_the_playbook_makes()
  local platform <close> = platform_with_nginx()
  local freed = TEMPLATE:gsub("user: root", "user: { value: root, as_default_value: false }")
    .. rule_of_web("user: www")
  lu.assertEquals(world.steps(world.plan(platform, freed)),
    { "1 update_proc_template 1", "2 update_process_instance 2" })
  world.converge(platform, freed)
  local locked = TEMPLATE:gsub("timeout: { value: 30, as_default_value: false }", "timeout: 30")
    .. rule_of_web("timeout: 60")
  lu.assertStrContains(world.problems(platform, locked)[1], "timeout of nginx is locked")
end

function tests.test_a_process_that_the_template_lacks_is_refused()
  local platform <close> = platform_with_nginx()
  lu.assertEquals(world.problems(platform, rules("  - where: { module: web }",
    "    processes:", "      ngnix: { timeout: 1 }")),
    { "5 the service template web has no process ngnix" })
end

function tests.test_a_free_process_is_created_with_its_service_instance()
  local platform <close> = fleet.new(TOPOLOGY)
  local plan = world.plan(platform, CROND)
  lu.assertEquals(world.steps(plan), { "1 create_service_instance 2" })
  lu.assertEquals(plan.changes[1].label, { "tools", "cron", "10.0.1.1" })
  world.converge(platform, CROND)
  lu.assertEquals(world.problems(platform, rules("  - where: { module: cron }",
    "    processes:", "      new: { user: root }")),
    { "5 new is a new process and needs bk_func_name" })
end

function tests.test_a_free_process_is_sent_whole()
  local platform <close> = platform_with_crond()
  local text = rules("  - where: { module: cron, hosts: [10.0.1.2] }",
    "    processes: { crond: { user: root } }")
  platform:count_anew()
  world.converge(platform, text)
  lu.assertEquals(platform:writes(), { ["cc.update_process_instance"] = 1 })
  local now = world.processes(platform)["tools/cron/10.0.1.2/crond"].process
  lu.assertEquals(now.user, "root")
  lu.assertEquals(now.start_cmd, "/usr/sbin/crond")
  lu.assertEquals(now.timeout, 10)
  lu.assertTrue(now.auto_start)
  lu.assertEquals(now.bind_info[1].port, "99")
  local other = world.processes(platform)["tools/cron/10.0.1.1/crond"].process
  lu.assertNotEquals(other.user, "root")
end

function tests.test_a_free_process_may_change_its_executable()
  local platform <close> = platform_with_crond()
  world.converge(platform, rules("  - where: { module: cron }",
    "    processes: { crond: { bk_func_name: cronie } }"))
  lu.assertEquals(
    world.processes(platform)["tools/cron/10.0.1.2/crond"].process.bk_func_name, "cronie")
end

function tests.test_more_processes_go_into_the_instance_that_is_there()
  local platform <close> = platform_with_crond()
  local text = rules("  - where: { module: cron }", "    processes:",
    "      one: { bk_func_name: one }", "      two: { bk_func_name: two }")
  lu.assertEquals(world.steps(world.plan(platform, text)),
    { "1 create_process_instance 2", "1 create_process_instance 2" })
  world.converge(platform, text)
  lu.assertNotNil(world.processes(platform)["tools/cron/10.0.1.1/crond"])
end

function tests.test_prune_deletes_what_no_rule_lists()
  local platform <close> = platform_with_crond()
  local plan = world.plan(platform, rules("  - where: { module: cron }", "    prune: true",
    "    processes: {}"))
  lu.assertEquals(world.steps(plan), { "1 delete_process_instance 2" })
  lu.assertEquals(plan.changes[1].cascades,
    { "it is the last one: the service instance goes with it",
      "agents keep what they host of it until that is taken back: remora op unregister finds it "
        .. "only before" })
  lu.assertEquals(plan.changes[1].at.line, 4)
  local kept = rules("  - where: { module: cron }", "    prune: true", "    processes: {}",
    "  - where: { set: tools, module: cron, hosts: [10.0.1.1] }",
    "    processes: { crond: { timeout: 10 } }")
  lu.assertEquals(world.steps(world.plan(platform, kept)), { "1 delete_process_instance 1" })
end

function tests.test_what_replaces_the_last_process_comes_first()
  local platform <close> = platform_with_crond()
  local text = rules("  - where: { module: cron }", "    prune: true",
    "    processes: { anacron: { bk_func_name: anacron } }")
  lu.assertEquals(world.steps(world.plan(platform, text)), {
    "1 create_process_instance 1", "1 create_process_instance 1", "2 delete_process_instance 2" })
  world.converge(platform, text)
end

-- Gone with its last process, a service instance would take its name and its labels along.
function tests.test_what_takes_the_executable_of_the_last_one_finds_room_in_its_service_instance()
  local platform <close> = platform_with_crond()
  local instance = world.processes(platform)["tools/cron/10.0.1.1/crond"].service_instance
  platform:must("cc.add_label_for_service_instance",
    { bk_biz_id = 1, instance_ids = { instance.id }, labels = { tier = "b" } })
  local text = rules("  - where: { module: cron, labels: { tier: b } }", "    prune: true",
    "    processes:", "      cron: { bk_func_name: crond }", "      at: { bk_func_name: atd }")
  lu.assertEquals(world.steps(world.plan(platform, text)), { "1 update_process_instance 1",
    "2 create_process_instance 2", "3 delete_process_instance 1" })
  world.converge(platform, text)
  local cron = world.processes(platform)["tools/cron/10.0.1.1/cron"]
  lu.assertEquals(cron.service_instance, instance)
  lu.assertEquals(cron.process.bk_start_param_regex, "")
end

function tests.test_swapped_start_regexes_step_through_a_third()
  local platform <close> = fleet.new(TOPOLOGY)
  local function swapped(one, two)
    return rules("  - where: { module: cron }", "    processes:",
      "      one: { bk_func_name: java, bk_start_param_regex: " .. one .. " }",
      "      two: { bk_func_name: java, bk_start_param_regex: " .. two .. " }")
  end
  world.converge(platform, swapped("a", "b"))
  lu.assertEquals(world.steps(world.plan(platform, swapped("b", "a"))), {
    "1 update_process_instance 2", "2 update_process_instance 2", "3 update_process_instance 2" })
  world.converge(platform, swapped("b", "a"))
end

-- No rule says which start regex they are to have, so they keep theirs.
function tests.test_swapped_executables_keep_their_start_regex()
  local platform <close> = fleet.new(TOPOLOGY)
  local function pair(first, second, more)
    return rules("  - where: { module: cron, hosts: [10.0.1.1] }", "    processes:",
      ("      a: { bk_func_name: %s%s }"):format(first, more),
      ("      b: { bk_func_name: %s%s }"):format(second, more))
  end
  world.converge(platform, pair("x", "y", ", bk_start_param_regex: master"))
  platform:count_anew()
  world.converge(platform, pair("y", "x", ""))
  lu.assertEquals(platform:writes()["cc.update_process_instance"], 3)
  local by_label = world.processes(platform)
  for name, func in pairs { a = "y", b = "x" } do
    local its = by_label["tools/cron/10.0.1.1/" .. name].process
    lu.assertEquals({ its.bk_func_name, its.bk_start_param_regex }, { func, "master" })
  end
end

function tests.test_rules_that_disagree_are_refused_with_both_places()
  local platform <close> = platform_with_crond()
  local problems = world.problems(platform, rules(
    "  - where: { module: cron }", "    processes: { crond: { timeout: 20, user: root } }",
    "  - where: { set: tools, module: cron, hosts: [10.0.1.1] }",
    "    processes: { crond: { timeout: 30, user: root } }"))
  lu.assertEquals(#problems, 1)
  lu.assertStrMatches(problems[1], '6 "timeout" of crond is set differently at .*:4:%d+')
end

local UNKNOWN = {
  { "{ module: crno }", { '3 there is no module "crno"' } },
  { "{ set: tool, module: cron }", { '3 there is no set "tool"' } },
  { "{ module: cron, hosts: [10.9.9.9] }", { '3 there is no host "10.9.9.9"' } },
  { "{ module: cron, hosts: [10.0.0.1] }",
    { "3 host 10.0.0.1 is in none of the modules that this rule names" } },
  { "{ module: cron, host_ids: [999] }", { "3 there is no host with the id 999" } },
  { "{ module: cron, service_instance: nope }",
    { '3 no service instance there is called "nope"' } },
}

function tests.test_unknown_names_are_refused()
  local platform <close> = platform_with_crond()
  for _, case in ipairs(UNKNOWN) do
    local text = rules("  - where: " .. case[1], "    processes: { crond: { timeout: 1 } }")
    lu.assertEquals(world.problems(platform, text), case[2], case[1])
  end
  lu.assertEquals(world.problems(platform,
    "business: demp\ninstances: [{ where: { module: cron }, processes: {} }]\n"),
    { '1 there is no business "demp"' })
end

function tests.test_labels_and_names_select_among_instances_of_one_host()
  local platform <close> = platform_with_crond()
  local row = world.processes(platform)["tools/cron/10.0.1.1/crond"]
  platform:must("cc.create_service_instance", { bk_biz_id = 1,
    bk_module_id = row.module.bk_module_id, instances = { {
    bk_host_id = row.host.bk_host_id, service_instance_name = "second",
    processes = { { process_info = { bk_process_name = "at", bk_func_name = "atd" } } } } } })
  local second = world.processes(platform)["tools/cron/10.0.1.1/at"].service_instance.id
  platform:must("cc.add_label_for_service_instance",
    { bk_biz_id = 1, instance_ids = { second }, labels = { tier = "b" } })
  for _, where in ipairs { "{ module: cron, labels: { tier: b } }",
    "{ module: cron, service_instance: second }" } do
    local plan = world.plan(platform, rules("  - where: " .. where, "    processes:",
      "      extra: { bk_func_name: extra }"))
    lu.assertEquals(world.steps(plan), { "1 create_process_instance 1" }, where)
    lu.assertEquals(plan.steps[1].args.service_instance_id, second)
  end
  lu.assertEquals(world.problems(platform, rules("  - where: { module: cron }",
    "    processes:", "      extra: { bk_func_name: extra }")),
    { "5 tools/cron/10.0.1.1 has 2 service instances and none runs extra" })
end

-- The platform names a service instance when it makes one, which rules may mean.
function tests.test_what_new_service_instances_are_called_is_known_before()
  local platform <close> = fleet.new(TOPOLOGY)
  local text = TEMPLATE .. "instances:\n"
    .. "  - { where: { module: web, service_instance: 10.0.0.1_nginx_80 }, "
    .. "processes: { nginx: { timeout: 31 } } }\n"
    .. "  - { where: { module: cron }, processes: { crond: { bk_func_name: crond } } }\n"
    .. "  - { where: { module: cron, service_instance: '*2_crond' }, "
    .. "processes: { atd: { bk_func_name: atd } } }\n"
  lu.assertEquals(world.steps(world.plan(platform, text)), {
    "1 batch_create_proc_template 1", "2 sync_service_template_to_service_instance 1",
    "3 update_process_instance 1", "3 create_service_instance 2", "4 create_process_instance 1" })
  world.converge(platform, text)
end

function tests.test_a_rule_without_processes_finds_its_hosts_all_the_same()
  local platform <close> = platform_with_nginx()
  lu.assertEquals(world.problems(platform, rules(
    "  - { where: { module: web, hosts: [10.0.0.2] }, processes: {} }",
    "  - { where: { module: cron }, processes: { crond: { bk_func_name: crond } } }")), {})
end

function tests.test_templated_and_free_processes_share_a_call()
  local platform <close> = platform_with_nginx()
  world.converge(platform, CROND)
  local plan = world.plan(platform, rules("  - where: { module: web }",
    "    processes: { nginx: { timeout: 31 } }",
    "  - where: { module: cron }", "    processes: { crond: { timeout: 32 } }"))
  lu.assertEquals(world.steps(plan), { "1 update_process_instance 4" })
end

function tests.test_a_module_out_of_line_with_an_undeclared_template_is_refused()
  local platform <close> = platform_with_nginx()
  local spec = { bk_process_name = { value = "late" }, bk_func_name = { value = "late" } }
  platform:must("cc.batch_create_proc_template",
    { bk_biz_id = 1, service_template_id = 1, processes = { { spec = spec } } })
  local late = rules("  - where: { module: web, hosts: [10.0.0.1] }", "    processes:",
    "      late: { timeout: 3 }")
  lu.assertEquals(world.problems(platform, late),
    { "5 late is missing in 10.0.0.1: prod/web is not in line with its template web" })
end

return tests
