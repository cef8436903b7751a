-- Topology files: what a good one means, and that a bad one is refused with all its errors, each
-- at its place.

local demo = require "remora.platform.demo"
local topology = require "remora.platform.topology"
local lu = require "luaunit"

local tests = {}

local function errors_of(text)
  local fleet, refused = topology.read(text, "fleet.yml")
  lu.assertNil(fleet)
  local lines = {}
  for i, each in ipairs(refused.faults or { refused }) do
    lu.assertEquals(each.at.file, "fleet.yml")
    lines[i] = ("%d:%d %s"):format(each.at.line, each.at.column, each.message)
  end
  table.sort(lines)
  return lines, refused.faults or { refused }
end

function tests.test_the_order_of_the_file_is_kept()
  local fleet = assert(topology.read([[
cloud_areas: { zulu: , alpha: }
businesses:
  second: { sets: { s2: , s1: { modules: { m2: , m1: } } } }
  first:
]], "fleet.yml"))
  lu.assertEquals(fleet.clouds, { "zulu", "alpha" })
  lu.assertEquals(fleet.businesses[1].name, "second")
  lu.assertEquals(fleet.businesses[2].name, "first")
  lu.assertEquals(fleet.businesses[1].sets[1].name, "s2")
  lu.assertEquals(fleet.businesses[1].sets[2].modules[1].name, "m2")
end

function tests.test_hosts_are_expanded_with_all_their_parts()
  local fleet = assert(topology.read([[
cloud_areas: { edge: }
businesses:
  b:
    idle: 10.0.0.[1-2]
    sets:
      s:
        modules:
          m:
            hosts:
              - 10.1.0.1
              - { ip: "10.2.0.[1-2]", outer_ip: "203.0.113.[5-6]", ip_v6: "fd00::[1-2]",
                  cloud_area: edge, agent_id: "a[1-2]", name: "web-[1-2]" }
]], "fleet.yml"))
  local business = fleet.businesses[1]
  lu.assertEquals(business.idle, { { ip = "10.0.0.1" }, { ip = "10.0.0.2" } })
  lu.assertEquals(business.sets[1].modules[1].hosts[3], { ip = "10.2.0.2", outer_ip = "203.0.113.6",
    ip_v6 = "fd00::2", cloud_area = "edge", agent_id = "a2", name = "web-2" })
end

function tests.test_one_host_may_be_in_several_modules_of_its_business()
  local fleet = assert(topology.read([[
businesses:
  b: { sets: { s: { modules: { m1: { hosts: [10.0.0.1] }, m2: { hosts: [10.0.0.1] } } } } }
]], "fleet.yml"))
  lu.assertEquals(#fleet.businesses[1].sets[1].modules, 2)
end

function tests.test_errors_are_told_all_at_once_with_their_places()
  local lines, faults = errors_of [[
businesses:
  demo:
    maintainr: admin
    service_templates:
      web: { category: Nginx }
    sets:
      prod:
        environment: live
        modules:
          web: { service_template: wab, hosts: [10.0.0.300] }
          frontend: { service_template: web }
          cron: { hosts: ["10.0.0.[9-1]"] }
]]
  lu.assertEquals(#lines, 6)
  local all = table.concat(lines, "\n")
  for _, expected in ipairs {
    '3:5 unknown key "maintainr"; did you mean "maintainer"?', '8:22 "environment" must be',
    "10:36 no service template named 'wab'", "12:27 the range [9-1]",
  } do
    lu.assertStrContains(all, expected)
  end
  for _, each in ipairs(faults) do lu.assertStrMatches(each.code, "topology%..*") end
end

function tests.test_a_host_without_an_address()
  local lines = errors_of [[
businesses:
  demo: { idle: [{ name: a }, { ip: [], name: b }] }
]]
  lu.assertEquals(lines, { '2:18 "ip" is missing', '2:37 "ip" must be text, not a list' })
end

function tests.test_what_names_mean_to_each_other()
  local lines, faults = errors_of [[
cloud_areas: { edge: }
businesses:
  demo:
    service_templates: { web: }
    sets:
      prod:
        modules:
          web: { service_template: wab, hosts: [10.0.0.300] }
          frontend: { service_template: web }
          cron: { hosts: ["10.0.0.[9-1]", { ip: 10.0.0.1, cloud_area: egde }] }
          db: { service_template: web, service_category: Mysql, hosts: [10.0.0.2, 10.0.0.2] }
  other: { idle: [10.0.0.2] }
]]
  local all = table.concat(lines, "\n")
  for _, expected in ipairs {
    "8:36 no service template named 'wab'", "8:49 '10.0.0.300' is not an address",
    "9:11 module 'frontend' is bound to service template 'web'",
    "10:27 the range [9-1] runs backwards", "10:71 no cloud area named 'egde'",
    "11:58 a module with a service template", "11:83 host 10.0.0.2 is listed twice here",
    "12:19 host 10.0.0.2 already belongs to business 'demo'",
  } do
    lu.assertStrContains(all, expected)
  end
  lu.assertStrContains(faults[1].at.excerpt, "service_template: wab")
end

function tests.test_broken_yaml_is_refused_at_its_place()
  local rows = {
    "businesses: [", "businesses: { a: , a: }", "- a list", "just text", "businesses: { b: 5 }",
    "businesses: { b: { idle: { x: 1 } } }", "cloud_areas: 5",
    "businesses: { b: { sets: { s: { modules: { m: { hosts: [{}] } } } } } }",
    "businesses: { b: { idle: [10.0.0.1, 5] } }", "businesses: { '': }",
  }
  for _, text in ipairs(rows) do
    local lines = errors_of(text)
    lu.assertTrue(#lines >= 1, text)
  end
end

-- Where each name stands is asked of all: a file of twice the size may take twice the work.
function tests.test_a_large_file_is_read_in_one_go()
  local function instructions(sets)
    local lines = { "businesses:", "  b:", "    sets:" }
    for i = 1, sets do lines[#lines + 1] = ("      s%d: { description: large }"):format(i) end
    local text, spent = table.concat(lines, "\n"), 0
    debug.sethook(function() spent = spent + 1 end, "", 100)
    local fleet = topology.read(text, "fleet.yml")
    debug.sethook()
    lu.assertEquals(#fleet.businesses[1].sets, sets)
    return spent
  end
  lu.assertTrue(instructions(2000) < 3 * instructions(1000))
end

function tests.test_an_empty_fleet_is_a_fleet()
  lu.assertEquals(assert(topology.read("{}", "fleet.yml")), { clouds = {}, businesses = {} })
end

function tests.test_the_demo_fleet_is_large_enough()
  local fleet = assert(topology.read(demo, "demo"))
  local sets, modules, hosts = 0, 0, {}
  for _, business in ipairs(fleet.businesses) do
    for _, host in ipairs(business.idle) do hosts[host.ip] = true end
    for _, set in ipairs(business.sets) do
      sets = sets + 1
      for _, module in ipairs(set.modules) do
        modules = modules + 1
        for _, host in ipairs(module.hosts) do hosts[host.ip] = true end
      end
    end
  end
  local count = 0
  for _ in pairs(hosts) do count = count + 1 end
  lu.assertTrue(#fleet.businesses >= 2 and sets >= 6 and modules >= 20 and count >= 200)
  lu.assertTrue(#fleet.clouds >= 1)
end

return tests
