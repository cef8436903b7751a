-- What undo makes anew and what it does not: what the run deleted comes back whole, and what
-- somebody else has deleted since is not made from the few fields that the run had changed.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local inverse = require "remora.undo.inverse"
local playbook = require "tests.support.playbook"
local undoing = require "tests.support.undoing"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          cron: { hosts: [10.0.0.3] }
]]

-- Applies a playbook to a fleet; gives what undoes that.
local function undo_of(platform, text)
  local pb = playbook.load(text)
  local plan, reader = undoing.plan(platform, pb)
  return inverse.of({ name = "undo", business = 1 },
    undoing.carry_out(platform, reader, pb, plan))
end

local function process(platform, label)
  return world.processes(platform)[label].process
end

local function cron(processes)
  return "business: demo\ninstances: [{ where: { module: cron }, prune: true, processes: { "
    .. processes .. " } }]\n"
end

local tests = {}

-- The only process of its service instance gives its executable and start regex to the one that
-- takes its place, which has to be there before it may go.
function tests.test_a_process_that_made_room_before_it_went_comes_back()
  local platform <close> = fleet.new(TOPOLOGY)
  local fields = "{ bk_func_name: x, bk_start_param_regex: one, user: root, timeout: 30 }"
  world.converge(platform, cron("a: " .. fields))
  local pb, lost = undo_of(platform, cron("b: " .. fields))
  lu.assertEquals(lost, { { label = "process prod/cron/10.0.0.3/a",
    reason = "comes back with a new id", left = false } })
  local plan, reader = undoing.plan(platform, pb)
  undoing.carry_out(platform, reader, pb, plan)
  lu.assertNil(world.processes(platform)["prod/cron/10.0.0.3/b"])
  local its = process(platform, "prod/cron/10.0.0.3/a")
  lu.assertEquals({ its.bk_func_name, its.bk_start_param_regex, its.user, its.timeout },
    { "x", "one", "root", 30 })
end

local ANEW = "comes back with a new id"
local UNLABELLED = ANEW .. ", in a new service instance, which has no labels"

-- How a service instance was named by hand, if it was; how it is called when it comes back.
local NAMES = { { nil, "10.0.0.3_a" }, { "mine", "mine" } }

function tests.test_a_service_instance_that_went_with_its_processes_comes_back()
  for _, row in ipairs(NAMES) do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, cron "a: { bk_func_name: a }, b: { bk_func_name: b }")
    if row[1] then
      platform:must("cc.update_service_instances", { bk_biz_id = 1,
        data = { { service_instance_id = 1, update = { name = row[1] } } } })
    end
    local pb, lost = undo_of(platform, cron "")
    lu.assertEquals({ lost[1].reason, lost[2].reason }, { ANEW, UNLABELLED })
    local plan, reader = undoing.plan(platform, pb)
    undoing.carry_out(platform, reader, pb, plan)
    local there = world.processes(platform)
    for _, name in ipairs { "a", "b" } do
      lu.assertEquals(there["prod/cron/10.0.0.3/" .. name].service_instance.name, row[2])
    end
  end
end

local TEMPLATE = "business: demo\nservice_templates:\n  web:\n    processes:\n"
  .. "      main: { bk_func_name: main, timeout: { value: 30, as_default_value: false } }\n"

local function main(timeout)
  return "business: demo\ninstances: [{ where: { module: web }, processes: { main: { timeout: "
    .. timeout .. " } } }]\n"
end

local function old(fields)
  return "business: demo\napi: v3\nprocesses: { main: { bk_func_name: main, " .. fields .. " } }\n"
end

local act = {}

function act.delete_process(platform)
  platform:must("cc.delete_process_instance", { bk_biz_id = 1,
    process_instance_ids = { process(platform, "prod/cron/10.0.0.3/a").bk_process_id } })
end

function act.delete_instance(platform)
  local row = world.processes(platform)["prod/web/10.0.0.1/main"]
  platform:must("cc.delete_service_instance",
    { bk_biz_id = 1, service_instance_ids = { row.service_instance.id } })
end

function act.delete_old_process(platform)
  platform:must("cc_v3.delete_process_module_binding",
    { bk_biz_id = 1, bk_process_id = 1, bk_module_name = "web" })
  platform:must("cc_v3.delete_process", { bk_biz_id = 1, bk_process_id = 1 })
end

-- To be taken from a module again is nothing that it misses.
function tests.test_a_process_that_was_only_bound_is_not_missed()
  local platform <close> = fleet.new(TOPOLOGY)
  local pb = undo_of(platform, old "modules: [web]")
  act.delete_old_process(platform)
  local plan = undoing.plan(platform, pb)
  lu.assertEquals({ #plan.problems, #plan.changes }, { 0, 0 })
end

local function loose(fields)
  return "business: demo\nservice_templates:\n  loose: { " .. fields .. " }\n"
end

function act.delete_template(platform)
  platform:must("cc.delete_service_template", { bk_biz_id = 1, service_template_id = 2 })
end

-- The run has made it.
function tests.test_a_service_template_that_is_gone_is_not_made_to_be_emptied()
  local platform <close> = fleet.new(TOPOLOGY)
  local pb = undo_of(platform, loose "processes: { main: { bk_func_name: main } }")
  act.delete_template(platform)
  local plan = undoing.plan(platform, pb)
  lu.assertEquals({ #plan.problems, #plan.changes }, { 0, 0 })
end

-- What was there, what the run made of it, what somebody deletes then; what is gone, and what
-- undoing does all the same.
local ROWS = {
  service_template = { { loose "category: Nginx" }, loose "category: Tomcat", act.delete_template,
    "service template loose", {} },
  process = { { cron "a: { bk_func_name: x, user: root }, b: { bk_func_name: b }" },
    cron "a: { bk_func_name: y, user: www }, b: { bk_func_name: c }", act.delete_process,
    "process prod/cron/10.0.0.3/a", { "update process prod/cron/10.0.0.3/b" } },
  service_instance = { { TEMPLATE, main(60) }, main(90), act.delete_instance,
    "process prod/web/10.0.0.1/main", { "update process prod/web/10.0.0.2/main" } },
  process_of_the_old_platform = { { old "user: root, modules: [web]" },
    old "user: www, modules: [web]", act.delete_old_process, "process main", {} },
}

for name, row in pairs(ROWS) do
  tests["test_not_made_from_what_the_run_had_changed_is_a_" .. name] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    for _, text in ipairs(row[1]) do world.converge(platform, text) end
    local pb = undo_of(platform, row[2])
    row[3](platform)
    local plan = undoing.plan(platform, pb)
    lu.assertEquals(#plan.problems, 1)
    lu.assertEquals(plan.problems[1].message,
      ("there is no %s any more"):format(row[4]))
    lu.assertEquals(undoing.summary(plan), row[5])
  end
end

return tests
