-- How processes of the old platform are planned: what shares a call, what is bound, what is
-- refused. Carried out by the handlers of the embedded platform; it must leave nothing to do.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    sets:
      prod: { modules: { web: {}, app: {}, db: {} } }
      test: { modules: { web: {} } }
]]

local function text(...)
  return "business: demo\napi: v3\nprocesses:\n  " .. table.concat({ ... }, "\n  ") .. "\n"
end

local THREE = text("a: { bk_func_name: a, priority: 1, modules: [web, app] }",
  "b: { bk_func_name: b, priority: 1 }", "c: { bk_func_name: c, priority: 1, port: '80' }")

-- The playbook after THREE → the calls that it takes.
local EDITS = {
  { "nothing", THREE, {} },
  { "only what is declared is compared", text("c: { priority: 1 }"), {} },
  { "one process", text("a: { priority: 2 }"), { "1 cc_v3.update_process 1" } },
  { "one change of three processes", text("a: { priority: 2 }", "b: { priority: 2 }",
    "c: { priority: 2 }"), { "1 cc_v3.batch_update_process 3" } },
  { "two changes of three processes", text("a: { priority: 2 }", "b: { priority: 2 }",
    "c: { priority: 3 }"), { "1 cc_v3.batch_update_process 2", "1 cc_v3.update_process 1" } },
  { "what a batch would drop goes alone", text("a: { bk_func_id: '7' }", "b: { bk_func_id: '7' }"),
    { "1 cc_v3.update_process 1", "1 cc_v3.update_process 1" } },
  { "a new one", text("d: { bk_func_name: d, bind_ip: first_inner, protocol: UDP, port: '1,2-3' }"),
    { "1 cc_v3.create_process 1" } },
  { "a new one with modules", text("d: { bk_func_name: d, modules: db }"),
    { "1 cc_v3.create_process 1", "2 cc_v3.bind_process_module 1" } },
  { "one more module", text("a: { modules: [web, app, db] }"),
    { "1 cc_v3.bind_process_module 1" } },
  { "omission keeps a binding", text("a: { modules: [web] }"), {} },
  { "pruning removes it", text("a: { modules: [web], prune: true }"),
    { "1 cc_v3.delete_process_module_binding 1" } },
  { "another set of modules", text("a: { modules: [db], prune: true }"),
    { "1 cc_v3.bind_process_module 1", "1 cc_v3.delete_process_module_binding 1",
      "1 cc_v3.delete_process_module_binding 1" } },
  { "values and modules at once", text("b: { user: x, modules: [web] }"),
    { "1 cc_v3.bind_process_module 1", "1 cc_v3.update_process 1" } },
}

local PROBLEMS = {
  { text("a: { bk_func_name: a, modules: [wbe] }"),
    '4 there is no module "wbe"', 'did you mean "web"?' },
  { text("a: { user: x }"), "4 the process a is new and has no bk_func_name" },
}

local tests = {}

function tests.test_edits()
  for _, case in ipairs(EDITS) do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, THREE)
    local plan = world.plan(platform, case[2])
    local steps = world.steps(plan)
    table.sort(steps)
    lu.assertEquals(steps, case[3], case[1])
    for _, row in ipairs(plan.certificate) do
      lu.assertEquals(row.scheduled, row.lower_bound, case[1])
    end
    platform:count_anew()
    world.converge(platform, case[2])
    local sent = 0
    for _, count in pairs(platform:writes()) do sent = sent + count end
    lu.assertEquals(sent, #case[3], case[1])
  end
end

function tests.test_from_nothing()
  local platform <close> = fleet.new(TOPOLOGY)
  lu.assertEquals(world.steps(world.plan(platform, THREE)), {
    "1 cc_v3.create_process 1", "1 cc_v3.create_process 1", "1 cc_v3.create_process 1",
    "2 cc_v3.bind_process_module 1", "2 cc_v3.bind_process_module 1" })
  world.converge(platform, THREE)
end

function tests.test_problems()
  for _, case in ipairs(PROBLEMS) do
    local platform <close> = fleet.new(TOPOLOGY)
    lu.assertEquals(world.problems(platform, case[1])[1], case[2])
    lu.assertEquals(world.plan(platform, case[1]).problems[1].hint or false,
      case[3] or "name the executable: bk_func_name")
  end
end

function tests.test_ids_are_shown_as_people_write_them()
  local platform <close> = fleet.new(TOPOLOGY)
  local plan = world.plan(platform, text("d: { bk_func_name: d, bind_ip: 0.0.0.0, protocol: UDP }"))
  local shown = {}
  for _, field in ipairs(plan.changes[1].fields) do shown[field.name] = field.new end
  lu.assertEquals(shown, { bk_func_name = "d", bind_ip = "0.0.0.0", protocol = "UDP" })
  lu.assertEquals(plan.steps[1].args.protocol, "2")
end

return tests
