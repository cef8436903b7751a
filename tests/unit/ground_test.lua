-- What someone else changes between plan and write is neither overwritten nor lost.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local report = require "remora.cli.report"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          cron: { hosts: ["10.0.1.[1-150]"] }
]]

local LOOK = "cc.list_process_detail_by_ids"

local function cron(fields, prune)
  return playbook.text { "instances:", "  - where: { module: cron }",
    "    prune: " .. tostring(prune or false),
    "    processes: { " .. fields .. " }" }
end

local CROND = "crond: { bk_func_name: crond, user: %s }"
local BOTH = CROND .. ", atd: { bk_func_name: atd }"

local function web(timeout)
  return playbook.text { "service_templates:", "  web:", "    processes:",
    "      nginx: { bk_func_name: nginx, timeout: " .. timeout .. " }" }
end

local tests = {}

-- Does something else on the platform right before a call is made for the first time.
local function interfering(platform, call, meddle)
  platform.before_call = function(name)
    if name == call then
      platform.before_call = nil
      meddle()
    end
  end
end

local function rewrite(platform, row, fields)
  local process = { bk_process_id = row.process.bk_process_id, bk_process_name = "crond",
    bk_func_name = "crond" }
  for name, value in pairs(fields) do process[name] = value end
  platform:must("cc.update_process_instance", { bk_biz_id = 1, processes = { process } })
end

function tests.test_a_free_process_keeps_what_came_meanwhile()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, cron(CROND:format("root")))
  local row = world.processes(platform)["prod/cron/10.0.1.7/crond"]
  interfering(platform, LOOK, function()
    rewrite(platform, row, { user = "root", description = "mine" })
  end)
  local result = world.apply(platform, cron(CROND:format("cron")))
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(result.moved, { "prod/cron/10.0.1.7/crond" })
  local process = world.processes(platform)["prod/cron/10.0.1.7/crond"].process
  lu.assertEquals({ process.user, process.description }, { "cron", "mine" })
end

function tests.test_one_look_for_as_many_as_it_takes()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, cron(CROND:format("root")))
  platform:count_anew()
  local result = world.apply(platform, cron(CROND:format("cron")))
  lu.assertEquals(platform:writes(), { ["cc.update_process_instance"] = 2 })
  lu.assertEquals({ platform.sent[LOOK], result.looks }, { 1, 1 })
  lu.assertEquals(result.moved, {})
end

local CREATE, LOOK_FOR_NEW = "cc.create_service_instance", "cc.list_service_instance_detail"

local function make_crond(platform, host)
  local row = platform.store:find("host", { bk_host_innerip = host })[1]
  local module = platform.store:find("module", { bk_module_name = "cron" })[1]
  platform:must(CREATE, { bk_biz_id = 1, bk_module_id = module.bk_module_id, instances = {
    { bk_host_id = row.bk_host_id, processes = { { process_info = {
      bk_process_name = "crond", bk_func_name = "crond", user = "mine" } } } } } })
end

function tests.test_nobody_makes_a_second_service_instance_beside_a_new_one()
  local platform <close> = fleet.new(TOPOLOGY)
  interfering(platform, LOOK_FOR_NEW, function() make_crond(platform, "10.0.1.7") end)
  local result = world.apply(platform, cron(CROND:format("root")))
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(result.moved, { "prod/cron/10.0.1.7" })
  lu.assertEquals(#world.rows(platform), 150)
  lu.assertEquals(world.processes(platform)["prod/cron/10.0.1.7/crond"].process.user, "root")
end

-- Two rules for one host; somebody makes one of the two that they name.
function tests.test_a_service_instance_of_another_name_is_made_all_the_same()
  local platform <close> = fleet.new(TOPOLOGY)
  local function rule(name)
    return ("  - where: { module: cron, hosts: 10.0.1.7, service_instance: %s }\n"):format(name)
      .. "    processes: { crond: { bk_func_name: crond } }"
  end
  interfering(platform, LOOK_FOR_NEW, function()
    world.converge(platform, playbook.text { "instances:", rule "one" })
  end)
  local result = world.apply(platform, playbook.text { "instances:", rule "one", rule "two" })
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(result.moved, { "prod/cron/10.0.1.7 (one)" })
  lu.assertEquals(#world.rows(platform), 2)
end

function tests.test_one_look_for_what_is_new_in_several_modules()
  local platform <close> = fleet.new(TOPOLOGY .. "          at: { hosts: [10.0.2.1] }\n")
  local result = world.apply(platform, playbook.text { "instances:",
    "  - where: { module: [cron, at] }", "    processes: { x: { bk_func_name: x } }" })
  lu.assertEquals(platform:writes(), { [CREATE] = 3 })
  lu.assertEquals({ platform.sent[LOOK_FOR_NEW], result.looks }, { 1, 1 })
end

local NGINX = "service_templates: { web: { processes: { nginx: { bk_func_name: nginx, "
  .. "user: { value: root, as_default_value: false } } } } }"

-- What is there, what is wanted then, and what the platform says where it is made twice.
local GUARDED = {
  ["cc.create_service_template"] = { "instances: []", "service_templates: { app: {} }", 1199014 },
  ["cc.batch_create_proc_template"] = { "instances: []", NGINX, 1113019 },
  [CREATE] = { NGINX, "instances: [{ where: { module: web }, processes: { nginx: { user: x } } }]",
    1113016, prepare = function(platform)
      local ids = {}
      for i, row in ipairs(world.rows(platform)) do ids[i] = row.service_instance.id end
      platform:must("cc.delete_service_instance", { bk_biz_id = 1, service_instance_ids = ids })
    end },
  ["cc.create_process_instance"] = { cron(CROND:format "root"):match "\n(.*)",
    cron(BOTH:format "root"):match "\n(.*)", 1199014 },
}

-- Somebody does the same right before the call.
function tests.test_what_the_platform_makes_only_once_needs_no_look()
  for call, case in pairs(GUARDED) do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, playbook.text { case[1] })
    if case.prepare then case.prepare(platform) end
    platform:count_anew()
    platform.before_call = function(name, args)
      if name == call then
        platform.before_call = nil
        platform:must(call, args)
      end
    end
    local result = world.apply(platform, playbook.text { case[2] })
    lu.assertEquals({ report.code(result), result.failures[1].fault.code }, { 4, case[3] })
    lu.assertNil(platform.sent[LOOK_FOR_NEW], call)
    lu.assertEquals(#world.plan(platform, playbook.text { case[2] }).steps, 0, call)
  end
end

function tests.test_what_is_deleted_already_is_not_deleted_again()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, cron(BOTH:format("root")))
  local row = world.processes(platform)["prod/cron/10.0.1.7/atd"]
  interfering(platform, LOOK, function()
    platform:must("cc.delete_process_instance",
      { bk_biz_id = 1, process_instance_ids = { row.process.bk_process_id } })
  end)
  local result = world.apply(platform, cron(CROND:format("root"), true))
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(result.moved, { "prod/cron/10.0.1.7/atd" })
end

function tests.test_a_template_changed_meanwhile_is_planned_anew()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, web(30))
  local web_id = platform:must("cc.list_service_template",
    { bk_biz_id = 1, page = { start = 0, limit = 1 } }).info[1].id
  local id = platform:must("cc.list_proc_template",
    { bk_biz_id = 1, service_template_id = web_id }).info[1].id
  local looks = 0
  platform.before_call = function(name, args)
    if name ~= "cc.list_proc_template" or not args.process_template_ids then return end
    looks = looks + 1
    if looks == 1 then
      platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = id,
        process_property = { timeout = { value = 31, as_default_value = true } } })
    end
  end
  platform:count_anew()
  local result = world.apply(platform, web(31))
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(looks, 1)
  lu.assertEquals(platform:writes(), { ["cc.update_proc_template"] = 1, -- the other's
    ["cc.sync_service_template_to_service_instance"] = 1 })
end

-- Somebody changes another process template just before the sync, which is planned anew: what the
-- run has set free before is found free then, and does not count once more.
function tests.test_what_the_run_set_free_is_counted_once_where_a_sync_is_planned_anew()
  local platform <close> = fleet.new(TOPOLOGY)
  local main, side = "      main: { bk_func_name: main }", "      side: { bk_func_name: side }"
  local function text(...)
    return playbook.text { "service_templates:", "  web:", "    prune: true", "    processes:",
      ... }
  end
  world.converge(platform, text(main, side))
  local has_deleted = false
  platform.before_call = function(name)
    has_deleted = has_deleted or name == "cc.delete_proc_template"
    if has_deleted and name == "cc.list_service_template_difference" then
      platform.before_call = nil
      platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 1,
        process_property = { user = { value = "other", as_default_value = true } } })
    end
  end
  -- A process template, and a process on each of two hosts.
  local result = world.apply(platform, text(main), { limits = { deletes = { count = 3 } } })
  lu.assertEquals(report.code(result), 0)
  lu.assertEquals(result.moved, { "web" })
end

function tests.test_what_never_holds_still_is_given_up()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, cron(CROND:format("root")))
  local row, looks = world.processes(platform)["prod/cron/10.0.1.7/crond"], 0
  platform.before_call = function(name)
    if name ~= LOOK then return end
    looks = looks + 1
    rewrite(platform, row, { user = "root", description = tostring(looks) })
  end
  local result = world.apply(platform, cron(CROND:format("cron")))
  lu.assertEquals(report.code(result), 4)
  lu.assertEquals(result.failures[1].fault.code, "plan.moving")
end

return tests
