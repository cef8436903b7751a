-- How `where` finds modules and hosts, and what it says about names that do not exist.

local lu = require "luaunit"
local scope = require "remora.model.scope"

local STATE = {
  sets = { { id = 1, name = "prod-1" }, { id = 2, name = "prod-2" }, { id = 3, name = "tools" } },
  modules = {
    { id = 11, name = "web", set_id = 1 }, { id = 12, name = "db", set_id = 1 },
    { id = 21, name = "web", set_id = 2 }, { id = 31, name = "cron.d", set_id = 3 },
    { id = 32, name = "1001", set_id = 3 },
  },
  hosts = {
    [5] = { id = 5, ip = "10.0.0.5", inner = "10.0.0.5" },
    [6] = { id = 6, ip = "10.0.0.6", inner = "10.0.0.6,10.9.0.6", others = { "10.9.0.6" } },
  },
}

local function at() return nil end

local function modules_of(where, state)
  return scope.new({ { where = where } }, state, at):modules(where)
end

local function hosts_of(where, state)
  return scope.new({ { where = where } }, state, at):hosts(where)
end

local function ids_of(modules)
  local ids = {}
  for i, module in ipairs(modules) do ids[i] = module.id end
  return ids
end

local MODULES = {
  { { set = { "prod-*" }, module = { "web" } }, { 11, 21 } },
  { { module = { "web" } }, { 11, 21 } },
  { { set = { "prod-1" } }, { 11, 12 } },
  { { set = { 3 }, module = { "cron.d" } }, { 31 } },
  { { module = { 12, "web" } }, { 11, 12, 21 } },
  { { module = { 12, "d?" } }, { 12 } },
  { { module = { "cron?d" } }, { 31 } },
  { { set = { "prod-?", "prod-1" }, module = { "db" } }, { 12 } },
  { { set = { "prod-1" }, module = { "wbe" } }, {}, 'there is no module "wbe" in these sets',
    'did you mean "web"?' },
  { { set = { "prd-1" }, module = { "nope" } }, {}, 'there is no set "prd-1"',
    'did you mean "prod-1"?' },
  { { set = { "x*" } }, {}, 'no set matches "x*"', "there are: prod-1, prod-2, tools" },
  { { module = { 99 } }, {}, "there is no module with the id 99",
    "there are: 1001, cron.d, db, web" },
  { { module = { 1001 } }, {}, "there is no module with the id 1001",
    'a name that is a number is written ["1001"]' },
  { { set = { "tools" }, module = { "cron-d" } }, {}, 'there is no module "cron-d" in these sets',
    'did you mean "cron.d"?' },
}

local tests = {}

function tests.test_modules()
  for i, case in ipairs(MODULES) do
    local modules, problems = modules_of(case[1], STATE)
    lu.assertEquals(ids_of(modules), case[2], "case " .. i)
    lu.assertEquals(#problems, case[3] and 1 or 0, "case " .. i)
    lu.assertEquals(problems[1] and problems[1].message, case[3], "case " .. i)
    lu.assertEquals(problems[1] and problems[1].hint, case[4], "case " .. i)
  end
end

function tests.test_hosts_by_any_inner_address_or_id()
  lu.assertIsNil((hosts_of({}, STATE)))
  lu.assertEquals((hosts_of({ hosts = { "10.9.0.6" }, host_ids = { 5 } }, STATE)),
    { [5] = true, [6] = true })
  local _, problems = hosts_of({ hosts = { "10.0.0.7" }, host_ids = { 9 } }, STATE)
  lu.assertEquals({ problems[1].message, problems[2].message },
    { 'there is no host "10.0.0.7"', "there is no host with the id 9" })
end

-- What a rule says beside its labels; whether its hosts alone say where it holds, and where then.
function tests.test_hosts_alone_mean_the_modules_that_they_are_in()
  local state = setmetatable({ modules_on = { [5] = { [31] = true, [11] = true, [999] = true },
    [6] = { [21] = true } } }, { __index = STATE })
  local rows = {
    { { hosts = { "10.0.0.5" } }, true, { 11, 31 } },
    { { host_ids = { 6 } }, true, { 21 } },
    { { hosts = { "10.0.0.5" }, host_ids = { 6 } }, true, { 11, 21, 31 } },
    { { hosts = { "10.0.0.5" }, set = { "prod-2" } }, false, { 21 } },
    { { hosts = { "10.0.0.5" }, module = { "db" } }, false, { 12 } },
    { { host_ids = { 7 } }, true, {} }, -- in no module
    { {}, false, { 11, 12, 21, 31, 32 } },
  }
  for i, row in ipairs(rows) do
    lu.assertEquals(scope.is_of_hosts(row[1]), row[2], i)
    lu.assertEquals(ids_of(modules_of(row[1], state)), row[3], i)
  end
  lu.assertEquals(#modules_of({ hosts = { "10.0.0.5" } }, STATE), #STATE.modules)
end

function tests.test_service_instances_by_name_glob_and_id()
  local accepts = scope.instances { service_instance = { "10.0.0.*", 7 } }
  lu.assertTrue(accepts { id = 1, name = "10.0.0.5_web_80" })
  lu.assertTrue(accepts { id = 7, name = "anything" })
  lu.assertFalse(accepts { id = 8, name = "10x0.0.5" })
  lu.assertIsNil(scope.instances {})
end

-- How many instructions of Lua, in thousands, it takes to resolve one rule for each of so many
-- modules, each with a host. Counted, not timed: the same on every machine.
local function effort(count)
  local state, rules = { sets = {}, modules = {}, hosts = {} }, {}
  for i = 1, count do
    local zone, app = "zone-" .. (i - 1) // 10, i % 20 .. "-app"
    if i % 10 == 1 then state.sets[#state.sets + 1] = { id = #state.sets + 1, name = zone } end
    state.modules[i] = { id = 1000 + i, name = app, set_id = #state.sets }
    state.hosts[i] = { ip = "10.0.0." .. i, inner = "10.0.0." .. i }
    rules[i] = { where = { set = { zone }, hosts = { "10.0.0." .. i },
      module = { i % 2 == 0 and app or i % 20 .. "-*" } } }
  end
  local taken = 0
  debug.sethook(function() taken = taken + 1 end, "", 1000)
  local within = scope.new(rules, state, at)
  for i, rule in ipairs(rules) do
    local modules, problems = within:modules(rule.where)
    lu.assertEquals({ #modules, #problems, modules[1].id }, { 1, 0, 1000 + i })
    lu.assertEquals((within:hosts(rule.where)), { [i] = true })
  end
  debug.sethook()
  return taken
end

function tests.test_a_rule_for_each_module_goes_through_no_list_of_all()
  local few, many = effort(300), effort(2400)
  lu.assertTrue(many < 24 * few, ("8 times the rules: %d for %d"):format(many, few)) -- 64: squared
end

return tests
