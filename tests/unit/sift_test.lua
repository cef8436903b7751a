-- Reading without the processes that are as wanted must make no difference to any plan: the same
-- fleet is planned with the sieve and without it, and both plans must be equal to the byte.

local budget = require "remora.reconcile.budget"
local current = require "remora.reconcile.current"
local draws = require "tests.support.draws"
local drift = require "tests.support.random_drift"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local json = require "json"
local kinds = require "remora.kinds"
local lu = require "luaunit"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local render = require "remora.reconcile.render"
local seeds = require "tests.support.seeds"
local world = require "tests.support.world"

-- Everything a plan says, what it is held against, and how many processes were not listed for it.
local function account(reader, pb)
  local its_kinds = kinds.of(pb)
  local state = assert(current.read(reader, pb, its_kinds))
  local plan = planner.make(pb, state, its_kinds, { platform = "test" })
  local problems, unlisted = {}, 0
  for i, each in ipairs(plan.problems) do problems[i] = fault.render(each) end
  plan.problems = json.array {}
  for _, each in pairs(state.unlisted or {}) do unlisted = unlisted + each.processes end
  local existing = pb.sections.instances and budget.existing(its_kinds, pb, state) or {}
  return table.concat({ json.encode(render.plain(plan), { indent = 1 }),
    json.encode(existing), table.concat(problems, "\n") }, "\n"), unlisted
end

-- Plans both ways; how many processes the sieve kept from being listed. A random playbook may be
-- refused before anything is read.
local function compare(platform, text, context)
  local pb = playbook.load(text)
  if not pb then return 0 end
  local whole, none = account(platform:reader { sifts = false }, pb)
  local sifted, unlisted = account(platform:reader(), pb)
  lu.assertEquals(sifted, whole, context)
  lu.assertEquals(none, 0)
  return unlisted
end

-- Somebody changes a process behind our back.
local function spoil(platform, row, data)
  platform:must("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { row.process.bk_process_id }, update_data = data })
end

local ADDRESSES = { web = "10.0.1.1", app = "10.0.2.1" }

-- A second rule for modules that have one: alike, narrower, or in conflict with it.
local function with_more_rules(r, tree)
  local more = json.decode(json.encode(tree))
  for _, rule in ipairs(tree.instances) do
    if ADDRESSES[rule.where.module] and r:chance(50) then
      local copy = json.decode(json.encode(rule))
      local name = rule.where.module
      copy.where = r:pick { { module = name }, { set = "one", module = name:sub(1, 2) .. "*" },
        { set = "one", module = name, hosts = { ADDRESSES[name] } },
        { module = name, service_instance = { r:pick { "10.0.*", "10.0.1.1" } } } }
      if r:chance(30) then copy.ignore = { "timeout" } end
      for _, fields in pairs(copy.processes) do
        if r:chance(30) and fields.timeout then fields.timeout = 30 end
      end
      table.insert(more.instances, copy)
    end
  end
  return more
end

local tests = {}

function tests.test_random_fleets_have_the_same_plan_with_and_without_the_sieve()
  local unlisted, tried = 0, 0
  for seed in seeds(25) do
    local r = draws.new(seed)
    local platform <close> = random_fleet.fleet(random_fleet.topology(r))
    local list = random.playbooks(r, 3)
    local text = json.encode(list[1])
    local context = seeds.again(seed) .. ": " .. text
    unlisted, tried = unlisted + compare(platform, text, context), tried + 1
    if pcall(world.converge, platform, text) then
      unlisted = unlisted + compare(platform, text, context)
      for _ = 1, 3 do compare(platform, json.encode(with_more_rules(r, list[1])), context) end
      drift.happen(platform, drift.draw(r))
      unlisted = unlisted + compare(platform, text, context)
      for _, pb in ipairs(list) do
        compare(platform, json.encode(with_more_rules(r, pb)), context)
        compare(platform, json.encode(pb), context)
      end
    end
  end
  lu.assertTrue(seeds.alone() or unlisted > 2 * tried,
    "the sieve had little to do: " .. unlisted)
end

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets: { one: { modules: { web: { service_template: web, hosts: ["10.0.1.[1-4]"] } } } }
]]

local TEMPLATES = [[
playbook: test
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        timeout: { value: 10, as_default_value: false }
        description: { value: "", as_default_value: false }
        bind_info:
          - ip: { value: 0.0.0.0, as_default_value: false }
            port: { value: "80", as_default_value: false }
            protocol: TCP
            enable: true
          - ip: { value: 127.0.0.1, as_default_value: false }
            port: { value: "81", as_default_value: false }
            protocol: TCP
            enable: true
      cache: { bk_func_name: redis, user: { value: root, as_default_value: false } }
]]

-- Rules for the instances; where they hold for all at first, how many processes are not listed.
local RULES = {
  { "{ nginx: { timeout: 20 } }", 8 },
  { "{ nginx: { timeout: 20 }, cache: { user: www } }", 8 },
  { "{ nginx: { description: 'für \"alle\"' } }", 8 },
  { "{ nginx: { timeout: null } }", 8 },
  { "{ nginx: { bind_info: [{ template_row_id: 2, port: '8081' }] } }", 8 },
  { "{ nginx: { bind_info: [{ template_row_id: 2, ip: 10.9.9.9 }, { template_row_id: 1, port: '1' }"
    .. "] } }", 8 },
  { "{ nginx: { bind_info: [{ ip: 10.9.9.9, port: '8080', protocol: TCP, enable: true }, "
    .. "{ ip: 10.9.9.9, port: '8081', protocol: TCP, enable: true }] } }", 8 },
  -- One of two rows: which one it means is for the comparison to say.
  { "{ nginx: { bind_info: [{ ip: 10.9.9.9, port: '8080', protocol: TCP, enable: true }] } }", 0 },
}

function tests.test_what_is_as_wanted_is_not_listed()
  for _, each in ipairs(RULES) do
    local platform <close> = fleet.new(TOPOLOGY)
    local text = TEMPLATES .. "instances: [{ where: { module: web }, processes: "
      .. each[1] .. " }]"
    world.converge(platform, text)
    local only_rules = text:gsub("service_templates:.*\n(instances:)", "%1")
    -- Only the processes that the rules name are read.
    local named = each[1]:find("cache", 1, true) and 8 or 4
    lu.assertEquals(compare(platform, only_rules, each[1]), named * each[2] // 8, each[1])
    for _, row in pairs(world.processes(platform)) do
      if row.host.bk_host_innerip == "10.0.1.2" then
        spoil(platform, row, { timeout = 77, user = "drift", description = "other" })
      end
    end
    compare(platform, only_rules, each[1])
    compare(platform, text, each[1])
  end
end

-- Sets the time-out of nginx on some hosts; the ids of these processes.
local function set_timeouts(platform, seconds, hosts)
  local ids = {}
  for _, row in pairs(world.processes(platform)) do
    if hosts[row.host.bk_host_innerip] and row.process.bk_process_name == "nginx" then
      spoil(platform, row, { timeout = seconds })
      ids[#ids + 1] = row.process.bk_process_id
    end
  end
  return ids
end

local SOME, OTHERS = { ["10.0.1.1"] = true, ["10.0.1.2"] = true }, { ["10.0.1.3"] = true }

function tests.test_what_is_read_anew_counts_as_if_all_were()
  local platform <close> = fleet.new(TOPOLOGY)
  local rules = "instances: [{ where: { module: web }, processes: { nginx: { timeout: 20, "
    .. "bind_info: [{ template_row_id: 2, port: '8081' }] } } }]"
  world.converge(platform, TEMPLATES .. rules)
  local pb = playbook.load("playbook: test\nbusiness: demo\n" .. rules)
  local reader = platform:reader()
  local function check(unlisted)
    local sifted, count = account(reader, pb)
    local never_met = setmetatable({}, { __index = pb })
    lu.assertEquals(sifted, (account(platform:reader { sifts = false }, never_met)))
    lu.assertEquals(count, unlisted)
  end
  set_timeouts(platform, 77, SOME)
  set_timeouts(platform, 77, OTHERS)
  check(1)
  for _, step in ipairs { { 20, SOME, 3 }, { 78, OTHERS, 3 }, { 20, OTHERS, 4 } } do
    local ids = set_timeouts(platform, step[1], step[2])
    reader:forget { { topic = "processes", touched = { processes = ids } } }
    check(step[3])
  end
  -- With another row in the template, each process has one more.
  world.converge(platform, (TEMPLATES:gsub("      cache:",
    "          - { ip: 127.0.0.1, port: '82', protocol: TCP, enable: true }\n%0")))
  local id = platform:must("cc.search_module", { bk_biz_id = 1, fields = { "bk_module_id" },
    condition = { bk_module_name = "web" } }).info[1].bk_module_id
  reader:forget { "proc_templates", "need_sync",
    { topic = "processes", touched = { modules = { id } } } }
  check(4)
end

-- Rules beside one that everything is in line with; what is wrong with them shows on no row.
local WRONG = {
  { "{ where: { set: one }, processes: { nginx: { timeout: 30 } } }", "set differently" },
  { "{ where: { module: web, service_instance: [nobody] }, "
    .. "processes: { nginx: { timeout: 20 } } }", "no service instance there" },
}

function tests.test_rules_that_are_wrong_are_reported_all_the_same()
  local platform <close> = fleet.new(TOPOLOGY)
  local rule = "{ where: { module: web }, processes: { nginx: { timeout: 20 } } }"
  world.converge(platform, ("%sinstances: [%s]"):format(TEMPLATES, rule))
  for _, each in ipairs(WRONG) do
    local text = ("playbook: test\nbusiness: demo\ninstances: [%s, %s]"):format(rule, each[1])
    lu.assertEquals(compare(platform, text), 0)
    lu.assertStrContains(account(platform:reader(), playbook.load(text)), each[2])
  end
end

return tests
