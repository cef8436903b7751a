-- How start regexes are handed on between process templates of one executable, which the platform
-- keeps apart in a service template and in every service instance.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local json = require "json"
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
]]

local function text(...)
  return playbook.text { "service_templates:", ... }
end

local PAIR = {
  "  web:",
  "    prune: true",
  "    processes:",
  '      one: { bk_func_name: java, bk_start_param_regex: "%s" }',
  '      two: { bk_func_name: java, bk_start_param_regex: "%s" }',
}

local function pair(first, second)
  return text(PAIR[1], PAIR[2], PAIR[3], PAIR[4]:format(first), PAIR[5]:format(second))
end

local tests = {}

function tests.test_a_chain_of_start_regexes_waits_for_a_sync_between()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  lu.assertEquals(world.steps(world.plan(platform, pair("b", "c"))), {
    "1 update_proc_template 1", "2 sync_service_template_to_service_instance 1",
    "3 update_proc_template 1", "4 sync_service_template_to_service_instance 1",
  })
  world.converge(platform, pair("b", "c"))
end

-- Only a module with hosts is out of line meanwhile, but the last step is about all of them.
function tests.test_a_chain_of_start_regexes_where_a_module_has_no_hosts()
  local platform <close> = fleet.new(TOPOLOGY
    .. "      spare:\n        modules:\n          web: { service_template: web }\n")
  local rule = "instances: [{ where: { module: web }, processes: { one: { user: root } } }]\n"
  world.converge(platform, pair("a", "b") .. rule)
  world.converge(platform, pair("b", "c") .. rule)
  local one = world.processes(platform)["prod/web/10.0.0.1/one"].process
  lu.assertEquals({ one.bk_start_param_regex, one.user }, { "b", "root" })
end

-- One is to take the start regex that instances of two have still: somebody else has given two
-- another one, and done something more perhaps, without a sync.
local function handed_on(property)
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 2,
    process_property = { bk_start_param_regex = { value = "c", as_default_value = true } } })
  if property then
    platform:must("cc.update_proc_template",
      { bk_biz_id = 1, process_template_id = 1, process_property = property })
  end
  return platform
end

local FREED = pair("b", "c"):gsub('"b"', '"b", user: { value: root, as_default_value: false }')

function tests.test_a_start_regex_waits_for_the_sync_that_takes_it_from_others()
  local platform <close> = handed_on()
  lu.assertEquals(world.steps(world.plan(platform, FREED)), {
    "1 sync_service_template_to_service_instance 1", "2 update_proc_template 1",
    "3 sync_service_template_to_service_instance 1" })
  platform:count_anew()
  world.converge(platform, FREED)
  lu.assertEquals(platform:writes(), { ["cc.update_proc_template"] = 1,
    ["cc.sync_service_template_to_service_instance"] = 2 })
end

-- Bind rows that were free as a whole may be anything in instances. Without any, the lock alone is
-- no reason to go first.
function tests.test_new_bind_rows_go_before_the_sync_that_a_start_regex_waits_for()
  for rows, updates in pairs { ["[]"] = 1, ["[{ ip: 0.0.0.0, port: 80, protocol: TCP }]"] = 2 } do
    local platform <close> = handed_on()
    platform:count_anew()
    world.converge(platform, (pair("b", "c"):gsub('"b"', '"b", bind_info: ' .. rows)))
    lu.assertEquals(platform:writes()["cc.update_proc_template"], updates, rows)
  end
end

-- A sync makes what is new after it has taken the start regex from others.
function tests.test_a_new_process_gets_what_the_same_sync_takes_from_others()
  local platform <close> = handed_on()
  local new = text(PAIR[1], PAIR[3], "      new: { bk_func_name: java, bk_start_param_regex: b }")
  lu.assertEquals(world.steps(world.plan(platform, new)), { "1 batch_create_proc_template 1",
    "2 sync_service_template_to_service_instance 1" })
  world.converge(platform, new)
end

-- Locked by somebody else, another user would come with the sync that the start regex waits for.
function tests.test_what_need_not_wait_for_a_sync_goes_before_it()
  local platform <close> = handed_on { user = { value = "other", as_default_value = true } }
  lu.assertEquals(world.steps(world.plan(platform, FREED)), { "1 update_proc_template 1",
    "2 sync_service_template_to_service_instance 1", "3 update_proc_template 1",
    "4 sync_service_template_to_service_instance 1" })
  world.converge(platform, FREED)
  local process = world.processes(platform)["prod/web/10.0.0.1/one"].process
  lu.assertEquals({ process.user, process.bk_start_param_regex }, { json.null, "b" })
end

-- Somebody else has locked another user, and added a process, without a sync.
local function out_of_line(platform, func, regex)
  local locked = { value = "other", as_default_value = true }
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 1,
    process_property = { user = locked } })
  platform:must("cc.batch_create_proc_template", { bk_biz_id = 1, service_template_id = 1,
    processes = { { spec = { bk_process_name = { value = "late" },
      bk_func_name = { value = func }, bk_start_param_regex = { value = regex } } } } })
end

-- Of another executable, or not there yet, nobody can have it.
function tests.test_a_start_regex_waits_for_those_alone_that_have_it()
  local function nginx(more)
    return text("  web:", "    processes:", "      nginx: { bk_func_name: nginx" .. more .. " }")
  end
  for _, late in ipairs { { "late", "master" }, { "nginx", "late" } } do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, nginx "")
    out_of_line(platform, late[1], late[2])
    local given = nginx ", bk_start_param_regex: master"
    lu.assertEquals(world.steps(world.plan(platform, given)), {
      "1 update_proc_template 1", "2 sync_service_template_to_service_instance 1" }, late[1])
    world.converge(platform, given)
  end
end

-- A sync deletes before it updates, so what one process template leaves another gets in one; and as
-- it is not the sync that this one waits for, all that changes goes in one update.
function tests.test_the_start_regex_of_a_removed_process_is_free_at_the_same_sync()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  out_of_line(platform, "late", "late")
  local heir = [[
business: demo
service_templates:
  web:
    prune: true
    processes:
      one: { bk_start_param_regex: b, user: www }
]]
  platform:count_anew()
  world.converge(platform, heir)
  lu.assertEquals(platform:writes(), { ["cc.delete_proc_template"] = 1,
    ["cc.update_proc_template"] = 1, ["cc.sync_service_template_to_service_instance"] = 1 })
end

function tests.test_swapped_start_regexes_step_through_a_third()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  local plan = world.plan(platform, pair("b", "a"))
  lu.assertEquals(#plan.steps, 6)
  lu.assertStrContains(plan.changes[1].fields[1].note, "for a moment")
  world.converge(platform, pair("b", "a"))
  local now = world.processes(platform)
  lu.assertEquals(now["prod/web/10.0.0.1/one"].process.bk_start_param_regex, "b")
  lu.assertEquals(now["prod/web/10.0.0.1/two"].process.bk_start_param_regex, "a")
end

-- What somebody has given two in the template alone, one can take at once; two is what waits.
function tests.test_who_steps_aside_is_one_whose_start_regex_instances_do_not_have_yet()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "x"))
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 2,
    process_property = { bk_start_param_regex = { value = "b", as_default_value = true } } })
  platform:count_anew()
  world.converge(platform, pair("b", "a"))
  lu.assertEquals(platform:writes(), { ["cc.update_proc_template"] = 3,
    ["cc.sync_service_template_to_service_instance"] = 2 })
end

function tests.test_a_new_name_for_an_executable_waits_until_the_old_is_gone()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  local renamed = pair("a", "b"):gsub("one:", "uno:")
  lu.assertEquals(world.steps(world.plan(platform, renamed)), {
    "1 delete_proc_template 1", "2 batch_create_proc_template 1",
    "3 sync_service_template_to_service_instance 1",
  })
  world.converge(platform, renamed)
end

function tests.test_two_that_end_up_alike_are_refused()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  local one = text("  web:", "    processes:",
    '      one: { bk_func_name: java, bk_start_param_regex: "b" }')
  lu.assertEquals(world.problems(platform, one),
    { "5 one would have the executable java with the start regex b, which belongs to two" })
end

local function two(one, new)
  return text("  web:", "    processes:", "      one: { bk_func_name: java, " .. one .. " }", new)
end

-- Let go of and free, the start regex stays with the instances' processes; a new one is made there
-- with what its template says, locked or not.
function tests.test_a_new_process_cannot_take_a_start_regex_that_instances_keep()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, two("bk_start_param_regex: a"))
  for _, new in ipairs { "a", "{ value: a, as_default_value: false }" } do
    lu.assertEquals(world.problems(platform,
      two("bk_start_param_regex: { value: b, as_default_value: false }",
        "      two: { bk_func_name: java, bk_start_param_regex: " .. new .. " }")),
      { "6 two would have the executable java with the start regex a, which one has in prod/web" },
      new)
  end
end

-- Set by hand in one instance, where the template leaves it free.
local function by_hand(platform, regex)
  local its = world.processes(platform)["prod/web/10.0.0.2/one"].process
  platform:must("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { its.bk_process_id }, update_data = { bk_start_param_regex = regex } })
end

local FREE = "bk_start_param_regex: { value: a, as_default_value: false }"

function tests.test_a_start_regex_that_an_instance_has_by_hand_is_not_taken()
  local new = "      two: { bk_func_name: java, bk_start_param_regex: b }"
  for _, is_there in ipairs { false, true } do
    local platform <close> = fleet.new(TOPOLOGY)
    -- A new process template, or one that is given another start regex.
    world.converge(platform, two(FREE, is_there and new:gsub("b }", "c }") or nil))
    world.converge(platform, two(FREE))
    by_hand(platform, "b")
    lu.assertEquals(world.problems(platform, two(FREE, new)), {
      "6 two would have the executable java with the start regex b, "
        .. "which one has in prod/web/10.0.0.2" })
    -- What the instance has is its own as long as nobody else wants it.
    world.converge(platform, two(FREE, (new:gsub("b }", "d }"))))
    by_hand(platform, "a")
    world.converge(platform, two(FREE, new))
  end
end

-- Locked in the same playbook, it is taken from the instance by the first of two syncs.
function tests.test_a_start_regex_by_hand_is_taken_where_the_playbook_locks_it()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, two(FREE, "      two: { bk_func_name: java }"))
  by_hand(platform, "b")
  local locked = two("bk_start_param_regex: c",
    "      two: { bk_func_name: java, bk_start_param_regex: b }")
  world.converge(platform, locked)
  lu.assertEquals(world.processes(platform)["prod/web/10.0.0.2/two"].process
    .bk_start_param_regex, "b")
end

-- Free in the template at first, the start regex of one is with its instances all the same: who
-- steps aside there does so in them, too.
function tests.test_swapped_start_regexes_of_which_one_was_free()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, two(FREE,
    "      two: { bk_func_name: java, bk_start_param_regex: b }"))
  world.converge(platform, pair("b", "a"))
  lu.assertEquals(world.processes(platform)["prod/web/10.0.0.2/one"].process
    .bk_start_param_regex, "b")
end

-- Each has by hand what the other one is to get, so that no sync takes it from either.
function tests.test_start_regexes_that_two_have_by_hand_are_not_swapped()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, two(FREE, "      two: { bk_func_name: java, "
    .. "bk_start_param_regex: { value: b, as_default_value: false } }"))
  by_hand(platform, "c")
  local its = world.processes(platform)["prod/web/10.0.0.2/two"].process
  platform:must("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { its.bk_process_id }, update_data = { bk_start_param_regex = "d" } })
  lu.assertEquals(world.problems(platform, pair("d", "c")), {
    "6 one would have the executable java with the start regex d, which two has in "
      .. "prod/web/10.0.0.2, and neither of them can go first",
    "7 two would have the executable java with the start regex c, which one has in "
      .. "prod/web/10.0.0.2, and neither of them can go first" })
end

-- Somebody has given two another start regex, and the same to an instance of one by hand: the sync
-- that takes from instances what one and two are to trade would first give it to two as well.
function tests.test_what_the_sync_that_comes_first_would_give_to_two_is_refused()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  for id, regex in ipairs { json.null, "c" } do
    platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = id,
      process_property = { bk_start_param_regex = { value = regex, as_default_value = id == 2 } } })
  end
  local problem = "7 two would get the executable java with the start regex c, which one has in "
    .. "prod/web/10.0.0.2, at a sync that has to come first"
  lu.assertEquals(world.problems(platform, pair("b", "a")), {})
  by_hand(platform, "c")
  lu.assertEquals(world.problems(platform, pair("b", "a")), { problem })
  world.converge(platform, pair("b", "d"))
  world.converge(platform, pair("b", "a"))
end

-- The module is out of line: its instances have of both what they had before.
function tests.test_what_a_sync_would_trade_in_no_order_is_refused()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  for id, regex in ipairs { "x", "a", "b" } do
    platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 2 - id % 2,
      process_property = { bk_start_param_regex = { value = regex, as_default_value = true } } })
  end
  lu.assertEquals(world.problems(platform, pair("b", "a")), {
    "6 one already has the executable java with the start regex b, which two still has in "
      .. "prod/web/10.0.0.1: both change at one sync, in no order",
    "7 two already has the executable java with the start regex a, which one still has in "
      .. "prod/web/10.0.0.1: both change at one sync, in no order" })
end

-- Whenever a process template without a start regex is created or changed, the platform takes it
-- for "": while another one has that, it refuses.
function tests.test_an_empty_start_regex_comes_after_those_that_have_none()
  local java = "bk_func_name: java"
  local with = java .. ", bk_start_param_regex: "
  local function web(first, second)
    return text("  web:", "    processes:", "      one: { " .. first .. " }",
      second and "      two: { " .. second .. " }")
  end
  for i, case in ipairs { { java, "user: root" }, { nil, java },
    { with .. "b", "bk_start_param_regex: null" } } do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, web(with .. "x", case[1]))
    local wanted = web('bk_start_param_regex: ""', case[2])
    local plan = world.plan(platform, wanted)
    lu.assertEquals({ plan.changes[1].label[2], plan.changes[2].label[2], #plan.steps },
      { "two", "one", 3 }, i)
    world.converge(platform, wanted)
  end
end

-- What is created first waits for nobody, but for the company of what is created last; still the
-- modules are those whose sync has to come between.
function tests.test_a_sync_comes_between_where_only_new_ones_go_first()
  local platform <close> = fleet.new(TOPOLOGY)
  local java = "bk_func_name: java, bk_start_param_regex: "
  world.converge(platform, text("  web:", "    processes:", "      one: { " .. java .. "a }",
    "      two: { " .. java .. "b }"))
  local wanted = text("  web:", "    processes:", '      two: { bk_start_param_regex: "" }',
    "      one: { bk_start_param_regex: b }", "      new: { bk_func_name: java }",
    "      late: { " .. java .. "a }")
  lu.assertEquals(world.steps(world.plan(platform, wanted)), {
    "1 batch_create_proc_template 1", "2 update_proc_template 1",
    "3 sync_service_template_to_service_instance 1", "4 update_proc_template 1",
    "5 batch_create_proc_template 1", "6 sync_service_template_to_service_instance 1",
  })
  world.converge(platform, wanted)
end

return tests
