-- Service instances that a rule names on hosts that it names: they are made where they are missing,
-- under that name, beside others on the host.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod: { modules: { web: { service_template: web, hosts: ["10.0.0.1"] } } }
      tools: { modules: { cron: { hosts: ["10.0.1.[1-2]"] } } }
]]

local tests = {}

-- A playbook of rules, each { where, processes } in flow style.
local function rules(...)
  local lines = { "instances:" }
  for i, rule in ipairs { ... } do
    lines[i + 1] = ("  - { where: %s, processes: %s }"):format(rule[1], rule[2])
  end
  return playbook.text(lines)
end

-- What is in the tools, as "host name: process, process".
local function instances(platform)
  local of, list = {}, {}
  for _, row in ipairs(platform:must("cc.list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 100, sort = "bk_process_id" } }).info) do
    local key = row.host.bk_host_innerip .. " " .. row.service_instance.name
    of[key] = of[key] or {}
    table.insert(of[key], row.process.bk_process_name)
  end
  for key, names in pairs(of) do
    table.sort(names)
    list[#list + 1] = key .. ": " .. table.concat(names, ", ")
  end
  table.sort(list)
  return list
end

local A, B = "{ a: { bk_func_name: a } }", "{ b: { bk_func_name: b } }"

-- Rules, the steps of their first plan, and what is there when nothing is left to do.
local CASES = {
  { { { "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", A } },
    { "1 create_service_instance 1" }, { "10.0.1.1 blue: a" } },
  { { { "{ module: cron, hosts: 10.0.1.1, service_instance: [blue, green] }", A } },
    { "1 create_service_instance 2" }, { "10.0.1.1 blue: a", "10.0.1.1 green: a" } },
  { { { "{ module: cron, hosts: [10.0.1.1, 10.0.1.2], service_instance: blue }", A } },
    { "1 create_service_instance 2" }, { "10.0.1.1 blue: a", "10.0.1.2 blue: a" } },
  -- Two rules that name it speak of the same one.
  { { { "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", A },
      { "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", B } },
    { "1 create_service_instance 1" }, { "10.0.1.1 blue: a, b" } },
  -- A rule for the whole module speaks of it as well, and gives others to hosts without any.
  { { { "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", A },
      { "{ module: cron }", B } },
    { "1 create_service_instance 2" }, { "10.0.1.1 blue: a, b", "10.0.1.2 10.0.1.2_b: b" } },
  -- A glob names nothing to be made.
  { { { "{ module: cron, hosts: 10.0.1.1, service_instance: blu* }", A } }, {}, {} },
}

function tests.test_those_that_are_missing_are_made_under_their_names()
  for _, case in ipairs(CASES) do
    local platform <close> = fleet.new(TOPOLOGY)
    local text = rules(table.unpack(case[1]))
    lu.assertEquals(world.steps(world.plan(platform, text)), case[2], text)
    world.converge(platform, text)
    lu.assertEquals(instances(platform), case[3], text)
  end
end

local TWO = rules({ "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", A },
  { "{ module: cron, hosts: 10.0.1.1, service_instance: green }", B })

function tests.test_a_process_missing_in_one_of_several_is_made_in_that_one()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TWO)
  lu.assertEquals(world.plan(platform, (TWO:gsub("blue", "new"))).changes[1].label,
    { "tools", "cron", "10.0.1.1 (new)" })
  local more = rules({ "{ module: cron, hosts: 10.0.1.1, service_instance: blue }", A },
    { "{ module: cron, hosts: 10.0.1.1, service_instance: green }",
      "{ b: { bk_func_name: b }, c: { bk_func_name: c } }" })
  world.converge(platform, more)
  lu.assertEquals(instances(platform), { "10.0.1.1 blue: a", "10.0.1.1 green: b, c" })
end

local WEB = "business: demo\nservice_templates: { web: { processes: " .. A .. " } }"

local REFUSED = {
  -- Of a template the platform makes one on each host and names it itself.
  { "{ module: web, hosts: 10.0.0.1, service_instance: blue }",
    'no service instance there is called "blue"' },
  { "{ module: cron, service_instance: blue }", 'no service instance there is called "blue"' },
  { "{ module: cron, hosts: 10.0.1.1, service_instance: 77 }",
    'no service instance there is called "77"' },
  { "{ module: cron, hosts: 10.0.0.1, service_instance: blue }",
    "host 10.0.0.1 is in none of the modules that this rule names" },
}

function tests.test_where_none_can_be_made_the_name_is_unknown()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TWO)
  world.converge(platform, WEB)
  for _, case in ipairs(REFUSED) do
    lu.assertStrContains(table.concat(world.problems(platform,
      (rules({ case[1], A }):gsub("blue", "red"))), "\n"), (case[2]:gsub("blue", "red")))
  end
end

return tests
