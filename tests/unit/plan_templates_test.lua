-- What service templates in a playbook plan, rule by rule of the platform.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local render = require "remora.reconcile.render"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: { category: Nginx }, empty: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          empty: { service_template: empty }
]]

local function text(...)
  return playbook.text { "service_templates:", ... }
end

local NGINX = {
  "  web:",
  "    processes:",
  "      nginx:",
  "        bk_func_name: nginx",
  "        timeout: 30",
  "        user: { value: root, as_default_value: false }",
  "        bind_info:",
  "          - { ip: 0.0.0.0, port: 80, protocol: TCP }",
  "          - { ip: 127.0.0.1, port: { value: 81, as_default_value: false }, protocol: TCP }",
}

-- NGINX with some of its lines replaced.
local function nginx(lines)
  local copy = table.move(NGINX, 1, #NGINX, 1, {})
  for number, line in pairs(lines) do copy[number] = line end
  return text(table.unpack(copy))
end

local function platform_with_nginx()
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, nginx {})
  return platform
end

local tests = {}

function tests.test_a_new_process_template_takes_one_call_and_one_sync()
  local platform <close> = fleet.new(TOPOLOGY)
  local plan = world.plan(platform, nginx {})
  lu.assertEquals(world.steps(plan),
    { "1 batch_create_proc_template 1", "2 sync_service_template_to_service_instance 1" })
  lu.assertFalse(plan.steps[1].predicted)
  lu.assertTrue(plan.steps[2].predicted)
  lu.assertEquals(plan.changes[1].label, { "web", "nginx" })
  lu.assertEquals(plan.changes[1].at.line, 5)
  lu.assertEquals(plan.changes[1].cascades, { "the sync adds it to 2 service instances" })
end

function tests.test_a_missing_service_template_is_created_under_its_category()
  local platform <close> = fleet.new(TOPOLOGY)
  local plan = world.plan(platform, text("  cache:", "    category: Redis", "    processes:",
    "      redis: { bk_func_name: redis-server }"))
  lu.assertEquals(world.steps(plan),
    { "1 create_service_template 1", "2 batch_create_proc_template 1" })
  world.converge(platform, text("  cache:", "    category: Redis"))
  lu.assertEquals(world.steps(world.plan(platform, text("  cache: { category: Mysql }"))),
    { "1 update_service_template 1" })
end

function tests.test_a_locked_value_takes_one_update_with_value_and_lock_and_one_sync()
  local platform <close> = platform_with_nginx()
  local plan = world.plan(platform, nginx { [5] = "        timeout: 60" })
  lu.assertEquals(world.steps(plan),
    { "1 update_proc_template 1", "2 sync_service_template_to_service_instance 1" })
  lu.assertEquals(plan.steps[1].args.process_property,
    { timeout = { value = 60, as_default_value = true } })
  platform:count_anew()
  world.converge(platform, nginx { [5] = "        timeout: 60" })
  lu.assertEquals(platform:writes(),
    { ["cc.update_proc_template"] = 1, ["cc.sync_service_template_to_service_instance"] = 1 })
  lu.assertEquals(world.processes(platform)["prod/web/10.0.0.1/nginx"].process.timeout, 60)
end

-- Whether instances have a value already that becomes locked is known only when it is.
function tests.test_a_predicted_sync_is_left_out_where_nothing_turns_out_to_differ()
  local platform <close> = platform_with_nginx()
  local locked = nginx { [6] = "        user: root" }
  local plan = world.plan(platform, locked)
  lu.assertEquals(world.steps(plan),
    { "1 update_proc_template 1", "2 sync_service_template_to_service_instance 1" })
  lu.assertEquals({ plan.certificate[1].predicted, plan.certificate[2].predicted }, { 1, 0 })
  platform:count_anew()
  world.converge(platform, locked)
  lu.assertEquals(platform:writes(), { ["cc.update_proc_template"] = 1 })
end

function tests.test_a_free_value_needs_no_sync()
  local platform <close> = platform_with_nginx()
  local free = nginx { [6] = "        user: { value: www, as_default_value: false }" }
  lu.assertEquals(world.steps(world.plan(platform, free)), { "1 update_proc_template 1" })
  world.converge(platform, free)
  lu.assertEquals(world.processes(platform)["prod/web/10.0.0.1/nginx"].process.user, "root")
end

function tests.test_freeing_and_locking_are_changes_of_their_own()
  local platform <close> = platform_with_nginx()
  local plan = world.plan(platform, nginx {
    [5] = "        timeout: { value: 30, as_default_value: false }", [6] = "        user: root" })
  local property = plan.steps[1].args.process_property
  lu.assertEquals(property.timeout, { value = 30, as_default_value = false })
  lu.assertEquals(property.user, { value = "root", as_default_value = true })
  lu.assertStrContains(render.text(plan), "timeout  30  (free, was locked)")
  lu.assertStrContains(render.text(plan), "user     root  (locked, was free)")
end

function tests.test_kept_bind_rows_repeat_their_id()
  local platform <close> = platform_with_nginx()
  local plan = world.plan(platform,
    nginx { [8] = "          - { ip: 0.0.0.0, port: 8080, protocol: TCP }" })
  local column = plan.steps[1].args.process_property.bind_info
  lu.assertTrue(column.as_default_value)
  lu.assertEquals(column.value[1].row_id, 1)
  lu.assertEquals(column.value[1].port.value, "8080")
  lu.assertEquals(column.value[2].row_id, 2)
end

function tests.test_rows_are_added_and_removed()
  local platform <close> = platform_with_nginx()
  local more = nginx { [9] = NGINX[9] .. "\n          - { ip: 0.0.0.0, port: 82, protocol: UDP }" }
  local plan = world.plan(platform, more)
  lu.assertIsNil(plan.steps[1].args.process_property.bind_info.value[3].row_id)
  world.converge(platform, more)
  lu.assertEquals(#world.processes(platform)["prod/web/10.0.0.2/nginx"].process.bind_info, 3)
  world.converge(platform, nginx { [8] = "" })
  local rows = world.processes(platform)["prod/web/10.0.0.2/nginx"].process.bind_info
  lu.assertEquals(#rows, 1)
  lu.assertEquals(rows[1].template_row_id, 2)
end

function tests.test_omission_deletes_nothing_and_prune_does()
  local platform <close> = platform_with_nginx()
  lu.assertEquals(#world.plan(platform, text("  web: { processes: {} }")).steps, 0)
  local plan = world.plan(platform, text("  web:", "    prune: true", "    processes: {}"))
  lu.assertEquals(world.steps(plan),
    { "1 delete_proc_template 1", "2 sync_service_template_to_service_instance 1" })
  lu.assertEquals(plan.changes[1].cascades, {
    "its process becomes free in 2 service instances, and the sync deletes it",
    "no process is left: the sync deletes the service instances too",
    "agents keep what they host of it until that is taken back: remora op unregister finds it only "
      .. "before",
  })
  world.converge(platform, text("  web:", "    prune: true", "    processes: {}"))
  lu.assertEquals(world.processes(platform), {})
end

local COPIES_STAY = "agents keep what they host of copies that are no more until that is taken "
  .. "back: remora op unregister finds them only before"

-- Each copy is hosted under a name with its number, and agents do not ask what became of it. What
-- is free stays as it is in the instances; what becomes locked they may have had more of.
function tests.test_fewer_copies_leave_what_agents_host_of_them()
  local function with(platform, proc_num)
    return world.plan(platform, nginx { [5] = "        proc_num: " .. proc_num })
  end
  local function free(count) return ("{ value: %d, as_default_value: false }"):format(count) end
  local platform <close> = platform_with_nginx()
  world.converge(platform, nginx { [5] = "        proc_num: 3" })
  lu.assertEquals(with(platform, 2).changes[1].cascades, { COPIES_STAY })
  lu.assertEquals(with(platform, 4).changes[1].cascades, {})
  lu.assertEquals(with(platform, free(1)).changes[1].cascades, {})
  world.converge(platform, nginx { [5] = "        proc_num: " .. free(3) })
  lu.assertEquals(with(platform, free(1)).changes[1].cascades, {})
  lu.assertEquals(with(platform, 4).changes[1].cascades, { COPIES_STAY })
end

function tests.test_a_sync_that_overwrites_how_many_copies_there_are_leaves_what_agents_host()
  local platform <close> = platform_with_nginx()
  local function with(proc_num) return nginx { [5] = "        proc_num: " .. proc_num } end
  world.converge(platform, with "{ value: 3, as_default_value: false }")
  local template = platform.store:first("proc_template", { bk_process_name = "nginx" })
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = template.id,
    process_property = { proc_num = { value = 1, as_default_value = true } } })
  local plan = world.plan(platform, with "1")
  lu.assertEquals(world.steps(plan), { "1 sync_service_template_to_service_instance 1" })
  lu.assertEquals(plan.changes[1].cascades,
    { "changes 2 processes that differed from their templates before", COPIES_STAY })
end

function tests.test_a_changed_executable_is_refused_with_advice()
  local platform <close> = platform_with_nginx()
  lu.assertEquals(world.problems(platform, nginx { [4] = "        bk_func_name: openresty" }),
    { "6 bk_func_name of nginx is nginx and can never be changed to openresty" })
  lu.assertEquals(
    world.problems(platform, text("  web:", "    processes:", "      new: { user: x }")),
    { "5 new is a new process template and needs bk_func_name" })
end

-- The platform takes what is not set for "" whenever a process template is updated.
function tests.test_without_a_start_regex_none_changes_beside_one_that_has_an_empty_one()
  local platform <close> = fleet.new(TOPOLOGY)
  local function java(one, two)
    return text("  web:", "    processes:", ("      one: { bk_func_name: java%s }"):format(one),
      ("      two: { %s }"):format(two))
  end
  world.converge(platform, java("", "bk_func_name: java"))
  local two = platform.store:first("proc_template", { bk_process_name = "two" })
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = two.id,
    process_property = { bk_start_param_regex = { value = "" } } })
  lu.assertEquals(world.problems(platform, java(", user: root", "timeout: 30")),
    { "5 one would have the executable java, which belongs to two" })
  local apart = java(", user: root", "bk_start_param_regex: b")
  lu.assertEquals(world.steps(world.plan(platform, apart)), { "1 update_proc_template 1",
    "2 update_proc_template 1", "3 sync_service_template_to_service_instance 1" })
  world.converge(platform, apart)
end

function tests.test_unknown_categories_are_refused_with_the_nearest()
  local platform <close> = fleet.new(TOPOLOGY)
  lu.assertEquals(
    world.problems(platform, text("  web: { category: Ngin }", "  x: { category: Mysq }")),
    { '3 there is no category "Ngin"', '4 there is no category "Mysq"' })
end

function tests.test_a_module_out_of_line_is_synchronised_without_any_template_change()
  local platform <close> = platform_with_nginx()
  local list = platform:must("cc.list_proc_template", { bk_biz_id = 1, service_template_id = 1 })
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = list.info[1].id,
    process_property = { timeout = { value = 99, as_default_value = true } } })
  local plan = world.plan(platform, nginx { [5] = "        timeout: 99" })
  lu.assertEquals(world.steps(plan), { "1 sync_service_template_to_service_instance 1" })
end

-- Of two new ones, one has to wait for the start regex of what is removed: the other keeps it
-- company.
function tests.test_new_process_templates_share_a_call()
  local function listed(...)
    return text("  web:", "    prune: true", "    processes:", ...)
  end
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, listed("      old: { bk_func_name: java, bk_start_param_regex: a }"))
  local plan = world.plan(platform, listed("      at: { bk_func_name: atd }",
    "      new: { bk_func_name: java, bk_start_param_regex: a }"))
  lu.assertEquals(world.steps(plan), { "1 delete_proc_template 1",
    "2 batch_create_proc_template 2", "3 sync_service_template_to_service_instance 1" })
end

function tests.test_more_than_a_batch_takes_as_few_calls_as_it_can()
  local platform <close> = fleet.new(TOPOLOGY)
  local lines = { "  empty:", "    processes:" }
  for i = 1, 250 do lines[#lines + 1] = ("      p%03d: { bk_func_name: p%03d }"):format(i, i) end
  local plan = world.plan(platform, text(table.unpack(lines)))
  lu.assertEquals(world.steps(plan), { "1 batch_create_proc_template 100",
    "1 batch_create_proc_template 100", "1 batch_create_proc_template 50" })
  lu.assertEquals(plan.certificate[1],
    { call = "cc.batch_create_proc_template", objects = 250, limit = 100, groups = 1,
      lower_bound = 3, scheduled = 3, predicted = 0 })
end

return tests
