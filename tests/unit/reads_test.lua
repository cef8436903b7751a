-- Reading takes no call that could be left out: what the platform counts is what the certificate of
-- the reading says, and no more than the platform's limits force.

local current = require "remora.reconcile.current"
local draws = require "tests.support.draws"
local fleet = require "tests.support.fleet"
local json = require "json"
local kinds = require "remora.kinds"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local order = require "remora.core.order"
local playbook = require "tests.support.playbook"
local processes = require "remora.observe.processes"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local reader = require "remora.reconcile.reader"
local reads = require "remora.reconcile.reads"
local selection = require "remora.reconcile.selection"
local topology = require "remora.observe.topology"
local world = require "tests.support.world"

local SEEDS = 20

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {}, app: {} }
    sets:
      one:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[1-3]"] }
          app: { service_template: app, hosts: ["10.0.2.[1-2]"] }
          cron: { hosts: ["10.0.3.[1-2]", "10.0.1.1"] }
      two:
        modules:
          web: { service_template: web, hosts: ["10.0.4.[1-2]"] }
]]

local TEMPLATES = [[
playbook: test
business: demo
service_templates:
  web:
    processes: { nginx: { bk_func_name: nginx, user: { value: root, as_default_value: false } } }
  app:
    processes: { app: { bk_func_name: app, user: { value: root, as_default_value: false } } }
]]

-- The calls of one reading as the platform counts them, by name without its system; the
-- certificate has to say the same.
local function read(platform, text, targets)
  local pb, source = playbook.load(text), platform:reader()
  platform:count_anew()
  assert(current.read(source, pb, kinds.of(pb), selection.new(targets or {}, {})))
  local calls, bound, sent = {}, 0, {}
  for _, row in ipairs(source.reads:certificate()) do
    calls[row.call] = row.scheduled
    lu.assertEquals(row.scheduled, row.lower_bound, row.call .. text)
    bound = bound + row.lower_bound
  end
  lu.assertEquals(calls, platform.sent, text)
  lu.assertEquals(bound, platform.total, text)
  for name, count in pairs(platform.sent) do sent[name:gsub("^cc%.", "")] = count end
  return sent
end

local function rules(...)
  return "playbook: test\nbusiness: demo\ninstances: [" .. table.concat({ ... }, ", ") .. "]\n"
end

local WEB = "{ where: { module: web }, processes: { nginx: { user: www } } }"
local APP = "{ where: { module: app }, processes: { app: { user: www } } }"
local CRON = "{ where: { module: cron }, processes: { crond: { bk_func_name: crond } } }"

-- What every reading of instances in templated modules takes.
local function with(calls)
  local all = { search_business = 1, search_biz_inst_topo = 1, list_service_template = 1,
    list_service_template_difference = 1, list_process_related_info = 1 }
  for name, count in pairs(calls) do all[name] = count > 0 and count or nil end
  return all
end

local tests = {}

function tests.test_what_a_playbook_needs_is_read_and_nothing_else()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  for _, row in ipairs {
    -- playbook, targets, calls
    { rules(WEB), {}, with { list_proc_template = 1 } },
    { rules(WEB, APP), {}, with { list_proc_template = 2 } },
    { rules(CRON), {}, { search_business = 1, search_biz_inst_topo = 1, find_host_topo_relation = 1,
      list_process_related_info = 1, list_biz_hosts = 1 } },
    { rules(WEB, CRON), {}, with { list_proc_template = 1, list_process_related_info = 2,
      find_host_topo_relation = 1, list_biz_hosts = 1 } },
    { TEMPLATES, {}, { search_business = 1, search_biz_inst_topo = 1, list_service_template = 1,
      list_proc_template = 2, list_service_template_difference = 1 } },
    { TEMPLATES .. "instances: [" .. WEB .. "]", {}, with { list_proc_template = 2 } },
    -- Of the modules of a sync nobody needs the addresses, unless rules speak of them.
    { TEMPLATES:gsub("name: app, user", "name: app, timeout: 5, user") .. "instances: [" .. WEB
      .. "]", {}, with { list_proc_template = 2, find_host_topo_relation = 1 } },
    -- Of the modules that a selection leaves out, nothing is read.
    { rules(WEB, APP, CRON), { "one/app" }, with { list_proc_template = 1 } },
    { rules(WEB, APP, CRON), { "two/*/10.0.4.1" }, with { list_proc_template = 1 } },
    { rules(WEB, APP, CRON), { "three" }, { search_business = 1, search_biz_inst_topo = 1 } },
    { TEMPLATES, { "web/nginx" }, { search_business = 1, search_biz_inst_topo = 1,
      list_service_template = 1, list_proc_template = 1, list_service_template_difference = 1 } },
    { TEMPLATES .. "instances: [" .. APP .. "]", { "one/app" }, with { list_proc_template = 1 } },
  } do
    lu.assertEquals(read(platform, row[1], row[2]), row[3], row[1])
  end
end

-- The modules that processes were read of.
local function modules_read(platform, text)
  local names = {}
  platform.before_call = function(name, args)
    if name == "cc.list_process_related_info" then
      for _, id in ipairs(args.module.bk_module_ids) do names[id] = true end
    end
  end
  local calls = read(platform, text)
  platform.before_call = nil
  return #order.keys(names), calls
end

-- Takes every process from a template behind our back.
local function put_out_of_line(platform, name)
  for _, row in ipairs(platform:call("cc.list_service_template",
    { bk_biz_id = 1, page = { start = 0, limit = 10 } }).info) do
    if row.name == name then
      local its = platform:call("cc.list_proc_template",
        { bk_biz_id = 1, service_template_id = row.id }).info
      platform:call("cc.delete_proc_template",
        { bk_biz_id = 1, process_templates = { its[1].id } })
    end
  end
end

-- What a sync would delete is looked up only where one is due.
function tests.test_processes_of_templates_are_read_only_where_modules_are_out_of_line()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  put_out_of_line(platform, "app")
  local count, calls = modules_read(platform, TEMPLATES)
  lu.assertEquals({ count, calls.list_process_related_info }, { 1, 1 })
  lu.assertEquals(modules_read(platform, (TEMPLATES:gsub("  app:.*", ""))), 0)
end

-- 10.0.1.1 has nothing yet where the rule is; the sync that is due elsewhere has it looked up.
function tests.test_whose_answer_comes_first_does_not_decide_which_hosts_are_read()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  put_out_of_line(platform, "web")
  local pb = playbook.load(TEMPLATES .. "instances: [" .. CRON .. "]\n"
    .. "hosting: [{ where: { module: web }, state: hosted, via: gse, owner: admin }]\n")
  for seed = 1, SEEDS do
    local source = platform:disordered(draws.new(seed)):reader()
    assert(source.loop:run(current.read, source, pb, kinds.of(pb)))
    local read_of = {}
    for _, row in ipairs(source.reads:certificate()) do read_of[row.call] = row.objects end
    lu.assertEquals(read_of["cc.list_biz_hosts"], 2, seed)
  end
end

function tests.test_a_rule_of_hosts_alone_reads_only_the_modules_they_are_in()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  local count, calls = modules_read(platform,
    rules "{ where: { hosts: [10.0.4.1] }, processes: { nginx: { user: www } } }")
  lu.assertEquals(count, 1)
  lu.assertEquals(calls.find_host_topo_relation, 1)
  lu.assertEquals(modules_read(platform,
    rules "{ where: { hosts: [10.0.1.1] }, processes: { nginx: { user: www } } }"), 2)
  lu.assertEquals(modules_read(platform,
    rules "{ where: { module: web, hosts: [10.0.4.1] }, processes: { nginx: { user: www } } }"), 2)
end

-- A filter takes lists of 500 values, and 20 of them side by side.
function tests.test_more_names_than_one_list_of_a_filter_holds()
  local platform <close> = fleet.new(TOPOLOGY)
  local declared, wanted = {}, {}
  for i = 1, 501 do
    declared[i] = ("p%d: { bk_func_name: f%d, user: { value: root, as_default_value: false } }")
      :format(i, i)
    wanted[i] = ("p%d: { user: www }"):format(i)
  end
  world.converge(platform, ("playbook: test\nbusiness: demo\nservice_templates:\n"
    .. "  web: { processes: { %s } }\n"):format(table.concat(declared, ", ")))
  local text = rules(("{ where: { set: two, module: web }, processes: { %s } }"):format(
    table.concat(wanted, ", ")))
  read(platform, text)
  lu.assertEquals(#world.plan(platform, text).changes, 2 * 501)
  world.converge(platform, text)
  lu.assertEquals(#world.plan(platform, text).changes, 0)
end

function tests.test_the_id_of_a_business_need_not_be_asked_for_first()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  local text = rules(WEB):gsub("business: demo", "business: 1")
  lu.assertEquals(read(platform, text), with { list_proc_template = 1 })
  local pb = playbook.load((text:gsub("business: 1", "business: 77")))
  local state, refused = current.read(platform:reader(), pb, kinds.of(pb))
  lu.assertNil(state)
  lu.assertEquals(refused.code, "playbook.unknown_business")
end

-- How often the agents have to be asked is a matter of time; the same plan shows the same bytes.
function tests.test_asking_again_whether_a_task_has_ended_counts_once()
  for name, args in pairs {
    ["job.get_proc_result"] = { bk_gse_taskid = "1" },
    ["gse.get_proc_operate_result_v2"] = { task_id = "1" },
  } do
    local counted = reads.new()
    for _ = 1, 3 do counted:add(name, args) end
    lu.assertEquals(counted:certificate(),
      { { call = name, objects = 1, groups = 1, lower_bound = 1, scheduled = 1 } })
  end
end

-- what became of the pages of a list, of 200 rows each → rows, calls, fewest calls
local PAGES = {
  { { asked = 3, count = 400, done = 400 }, 400, 3, 2 },
  { { asked = 3, count = 401, done = 401 }, 401, 3, 3 },
  { { asked = 1, count = 0, done = 0 }, 0, 1, 1 },
  { { asked = 2, done = 350 }, 350, 2, 2 },
  { { asked = 1, done = 0 }, 0, 1, 0 }, -- dropped before its first page
}

function tests.test_pages_are_counted_beside_the_fewest()
  for i, row in ipairs(PAGES) do
    local counted = reads.new()
    row[1].limit = 200
    do local _ <close> = counted:counting("cc.search_set", { bk_biz_id = 1 }, row[1]) end
    lu.assertEquals(counted:certificate(), { { call = "cc.search_set", objects = row[2],
      groups = 1, limit = 200, scheduled = row[3], lower_bound = row[4] } }, "row " .. i)
  end
end

function tests.test_random_playbooks_are_read_with_the_fewest_calls()
  local edits = 0
  for seed = 1, SEEDS do
    local r = draws.new(seed)
    local platform <close> = random_fleet.fleet(random_fleet.topology(r))
    local tree, edited = table.unpack(random.playbooks(r, 2))
    local text, later = json.encode(tree), json.encode(edited)
    if playbook.load(text) then
      read(platform, text)
      if pcall(world.converge, platform, text) then
        read(platform, text)
        if playbook.load(later) then
          read(platform, later)
          edits = edits + 1
        end
      end
    end
  end
  lu.assertTrue(edits > SEEDS // 2, edits)
end

-- Of many modules one portion may stay as it was begun, though another one does not.
function tests.test_what_was_begun_and_dropped_is_asked_for_again()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, TEMPLATES)
  local l = loop.new()
  local source = reader.new { client = platform, loop = l }
  l:run(function()
    local state = { business = { id = 1 } }
    assert(topology.read(source, state))
    local begun = processes.begin(source, state, state.modules, { "user" }, nil,
      function() return {} end)
    begun:close()
    assert(processes.read(source, state, state.modules, { "user" }, { begun = begun }))
    local count = 0
    for _, instances in pairs(state.instances_of) do count = count + #instances end
    lu.assertEquals(count, 7)
  end)
end

return tests
