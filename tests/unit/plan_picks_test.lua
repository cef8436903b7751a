-- Rules for instances that pick hosts, names or labels out of modules of several templates: they
-- need not mean all of these modules, and what they name has to be in one of them.

local json = require "json"
local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local playbook = require "tests.support.playbook"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {}, api: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          api: { service_template: api, hosts: ["10.0.1.1"] }
          cron: { hosts: ["10.0.2.1"] }
          idle: {}
]]

local TEMPLATES = [[
business: demo
service_templates:
  web: { processes: { nginx: { bk_func_name: nginx } } }
  api: { processes: { java: { bk_func_name: java } } }
]]

local function in_line()
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  local one = platform:must("cc.list_service_instance",
    { bk_biz_id = 1, search_key = "10.0.0.1_nginx" }).info[1]
  platform:must("cc.add_label_for_service_instance", { bk_biz_id = 1,
    instance_ids = json.array { one.id }, labels = { env = "canary" } })
  return platform
end

local NGINX = "{ nginx: { user: b } }"
local NO_NGINX, NO_NGNIX =
  "4 the service template api has no process nginx",
  { "4 the service template web has no process ngnix",
    "4 the service template api has no process ngnix" }

-- A where, the processes, how many processes are changed or made, and what is wrong.
local CASES = {
  { "{ set: prod, hosts: 10.0.0.1 }", NGINX, 1, {} },
  { "{ hosts: 10.0.0.1 }", NGINX, 1, {} },
  { '{ service_instance: "10.0.0.1_*" }', NGINX, 1, {} },
  { "{ labels: { env: canary } }", NGINX, 1, {} },
  { "{ set: prod, hosts: 10.0.2.1 }", "{ crond: { bk_func_name: crond } }", 1, {} },
  { "{ set: prod, hosts: [10.0.0.1, 10.0.1.1] }", "{ nginx: { user: b }, java: { user: b } }", 2,
    {} },
  -- A process that is nowhere among them is wrong, and nothing else is said of the rule then.
  { "{ module: [web, api], hosts: 10.0.0.1 }", "{ ngnix: { user: b } }", 0, NO_NGNIX },
  { '{ module: [web, api], service_instance: "10.0.0.1_nginx" }', "{ ngnix: { user: b } }", 0,
    NO_NGNIX },
  { "{ labels: { env: canary } }", "{ ngnix: { user: b } }", 0, NO_NGNIX },
  -- So is a host or a name that has none of them.
  { "{ module: [web, api], hosts: [10.0.0.1, 10.0.1.1] }", NGINX, 0,
    { "3 host 10.0.1.1 has none of the processes in the modules that this rule names" } },
  { '{ module: [web, api], service_instance: ["10.0.0.1_nginx", "10.0.1.1_java"] }', NGINX, 0,
    { "3 no service instance there that has these processes is called \"10.0.1.1_java\"" } },
  -- A rule that picks nothing means all.
  { "{ module: [web, api] }", NGINX, 0, { NO_NGINX } },
}

local tests = {}

function tests.test_a_rule_that_picks_need_not_mean_every_template()
  for _, case in ipairs(CASES) do
    local platform <close> = in_line()
    local text = playbook.text { "instances:", "  - where: " .. case[1],
      "    processes: " .. case[2] }
    local problems = world.problems(platform, text)
    lu.assertItemsEquals(problems, case[4], text)
    if #case[4] == 0 then
      lu.assertEquals(#world.plan(platform, text).changes, case[3], text)
      world.converge(platform, text)
    end
  end
end

return tests
