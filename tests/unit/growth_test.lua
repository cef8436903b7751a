-- Work that may not grow with the square of what an operator has many of: rules, hosts, processes,
-- files. Each case does the same for a few and for eight times as many.

local beyond = require "remora.kinds.service_templates.beyond"
local effort = require "tests.support.effort"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local hosting_targets = require "remora.hosting.targets"
local json = require "json"
local lu = require "luaunit"
local merge = require "remora.playbook.merge"
local said = require "remora.hosting.said"
local scope = require "remora.model.scope"
local tally = require "remora.pull.tally"
local instance_targets = require "remora.kinds.instances.targets"

local FEW, TIMES = 100, 8

local function assert_in_line(case)
  local few, many = effort(case(FEW)), effort(case(FEW * TIMES))
  -- 64 times as much where it is squared; sorting is a little more than 8 times.
  lu.assertTrue(many < 3 * TIMES * (few + 1), ("%d, and %d for 8 times as many"):format(few, many))
end

local function ip(i) return "10.0.0." .. i end

-- A business with one module on so many hosts, each with some processes.
local function state_of(hosts, processes)
  local module = { id = 2, name = "web", set_id = 1, set_name = "prod", template_id = 5 }
  local state = {
    business = { id = 7, name = "demo" }, sets = { { id = 1, name = "prod" } },
    modules = { module }, module_by_id = { [2] = module }, hosts = {}, hosts_of = { [2] = {} },
    instances_of = { [2] = {} }, templates = { [5] = { name = "web", processes = {} } },
    hosting = { labelled = {}, agents = said.new(), known = {}, former = {}, acted = {} },
  }
  for k = 1, processes do state.templates[5].processes[k] = { id = k, name = "p" .. k } end
  for i = 1, hosts do
    local instance = { id = i, name = "i" .. i, module_id = 2, host_id = i, processes = {} }
    for k = 1, processes do
      instance.processes[k] = { id = i * processes + k, template_id = k, name = "p" .. k,
        values = { bk_process_name = "p" .. k, work_path = "/d", pid_file = "/p", start_cmd = "s",
          stop_cmd = "t", user = "u", proc_num = 1, priority = k } }
    end
    state.hosts[i] = { id = i, cloud_id = 0, ip = ip(i), inner = ip(i) }
    state.hosts_of[2][i], state.instances_of[2][i] = i, instance
  end
  return state
end

local function playbook(section, count, rule_of)
  local rules = {}
  for i = 1, count do rules[i] = rule_of(i) end
  return { name = "p", sections = { [section] = rules }, at = fault.nowhere }
end

-- Rules for the instances of a module: one for each of them, by its `where`.
local function picking(where_of)
  return function(count)
    local state = state_of(count, 1)
    local pb = playbook("instances", count, function(i)
      return { where = where_of(i), processes = { p1 = { user = "u" .. i } } }
    end)
    return function()
      local areas, problems = instance_targets(pb, state)
      lu.assertEquals({ #areas, #problems, #areas[1].targets() }, { 1, 0, count })
    end
  end
end

-- The same of hosting, for the processes on so many hosts; hosts and processes: how many, of so
-- many rules.
local function hosted(where_of, sizes_of)
  return function(count)
    local state = state_of(sizes_of(count))
    local pb = playbook("hosting", count, function(i)
      return { where = where_of(i), state = "hosted", via = "job", owner = "admin", type = 1 }
    end)
    return function()
      local list, problems = hosting_targets.of(pb, state)
      lu.assertEquals({ #list, #problems }, { count, 0 })
      local sum = 0
      for i = 1, #list do sum = sum + list[i]:priority() end
      lu.assertTrue(sum >= count)
    end
  end
end

local tests = {}

function tests.test_a_rule_for_each_host()
  assert_in_line(picking(function(i) return { module = { "web" }, hosts = { ip(i) } } end))
end

function tests.test_a_rule_for_each_service_instance()
  assert_in_line(picking(function(i)
    return { module = { "web" }, service_instance = { "i" .. i } }
  end))
end

function tests.test_one_rule_that_names_every_service_instance()
  assert_in_line(function(count)
    local state, names = state_of(count, 1), {}
    for i = 1, count do names[i] = "i" .. i end
    local pb = playbook("instances", 1, function()
      return { where = { module = { "web" }, service_instance = names },
        processes = { p1 = { user = "u" } } }
    end)
    return function()
      local areas, problems = instance_targets(pb, state)
      lu.assertEquals({ #areas, #problems, #areas[1].targets() }, { 1, 0, count })
    end
  end)
end

function tests.test_a_rule_that_speaks_of_every_process_of_a_template()
  assert_in_line(function(count)
    local state = state_of(1, count)
    local pb = playbook("instances", 1, function()
      local processes = {}
      for i = 1, count do processes["p" .. i] = { user = "u" } end
      return { where = { module = { "web" } }, processes = processes }
    end)
    return function()
      local areas, problems = instance_targets(pb, state)
      lu.assertEquals({ #areas, #problems }, { 1, 0 })
    end
  end)
end

function tests.test_a_hosting_rule_for_each_host()
  assert_in_line(hosted(function(i) return { module = { "web" }, hosts = { ip(i) } } end,
    function(count) return count, 1 end))
end

function tests.test_a_hosting_rule_for_each_process_of_a_template()
  assert_in_line(hosted(function(i) return { module = { "web" }, process = { "p" .. i } } end,
    function(count) return 1, count end))
end

function tests.test_rules_that_name_all_sets_by_a_glob()
  assert_in_line(function(count)
    local state, rules = { sets = {}, modules = {} }, {}
    for i = 1, count do
      state.sets[i] = { id = i, name = "zone-" .. i }
      state.modules[i] = { id = i, name = "app" .. i, set_id = i }
      rules[i] = { where = { set = json.array { "zone-*" }, module = { "app" .. i } } }
    end
    return function()
      local within = scope.new(rules, state, fault.nowhere)
      for i, rule in ipairs(rules) do
        lu.assertEquals(within:modules(rule.where)[1].id, i)
      end
    end
  end)
end

function tests.test_places_in_many_files()
  assert_in_line(function(count)
    local files, nodes = {}, {}
    for i = 1, count do
      nodes[i] = {}
      files[i] = { tree = {}, origin = { [nodes[i]] = i }, given = true,
        source = { file = i .. ".yml", locate = function(_, node) return { line = node } end } }
    end
    return function()
      local pb = merge(files)
      for i, node in ipairs(nodes) do lu.assertEquals(pb.at(node, "key").line, i) end
    end
  end)
end

function tests.test_what_any_of_many_names_fits()
  assert_in_line(function(count)
    local names = {}
    for i = 1, count do names[i] = "name" .. i end
    return function()
      local fits = glob.any(names)
      for i = 1, count do assert(fits("name" .. i, i)) end
      lu.assertFalse(fits("name", 1))
    end
  end)
end

function tests.test_a_pulled_module_with_something_of_its_own_on_each_host()
  assert_in_line(function(count)
    local met = tally.new(true)
    for i = 1, count do
      local traits = { { process = "web", fields = { user = "u" .. i } } }
      met:add(met:new_look(1, "look" .. i, traits), i, "i" .. i, i)
    end
    return function()
      local whole, partial = met:divide(nil)
      lu.assertEquals({ #whole, #partial }, { 0, count })
    end
  end)
end

function tests.test_what_a_sync_does_to_the_processes_of_a_template()
  assert_in_line(function(count)
    local state = state_of(2, count)
    local its = { living = {}, present = {}, differing = {}, loose = {}, emptied = 0 }
    local template = state.templates[5]
    for i, each in ipairs(template.processes) do
      each.property = { user = { value = "u" } }
      its.living[i], its.present[i] = each, 1
    end
    state.surveyed = { [2] = its }
    return function()
      local told = beyond.told({}, state, template, state.modules)
      lu.assertEquals(told.brings, { { what = "process", within = "prod/web", count = count } })
    end
  end)
end

-- Somebody has taken the playbook of another business: nearly everything in it is wrong.
function tests.test_rules_that_name_modules_that_are_not_there()
  assert_in_line(function(count)
    local state, rules = { sets = {}, modules = {} }, {}
    for i = 1, 4 * count do
      state.modules[i] = { id = i, name = "svc" .. i, set_id = 1 }
      rules[i] = { where = { module = { "svc" .. i .. "x" } } }
    end
    return function()
      local within, hints = scope.new(rules, state, fault.nowhere), 0
      for _, rule in ipairs(rules) do
        local _, problems = within:modules(rule.where)
        lu.assertEquals(#problems, 1)
        hints = hints + (problems[1].hint and 1 or 0)
      end
      lu.assertTrue(hints > 0)
    end
  end)
end

function tests.test_rules_that_name_service_instances_that_are_not_there()
  assert_in_line(function(count)
    local state = state_of(4 * count, 1)
    local pb = playbook("instances", 4 * count, function(i)
      return { where = { module = { "web" }, service_instance = { "j" .. i .. "x" } },
        processes = { p1 = { user = "u" } } }
    end)
    return function()
      local _, problems = instance_targets(pb, state)
      lu.assertEquals(#problems, 4 * count)
    end
  end)
end

return tests
