-- What pulling says of fleets that are hard to describe, rule by rule: which `where` it finds, and
-- what it says of what a playbook cannot.

local lu = require "luaunit"
local document = require "remora.pull.document"
local express = require "remora.pull.express"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local json = require "json"
local pull = require "remora.pull"
local world = require "tests.support.world"

local TOPOLOGY = [[
cloud_areas: { edge: {} }
businesses:
  demo:
    service_templates: { web: { category: Nginx }, tiny: {} }
    sets:
      prod-1:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[1-3]"] }
          cron: { hosts: ["10.0.2.[1-2]"] }
      prod-2:
        modules:
          web: { service_template: web, hosts: ["10.0.3.[1-2]"] }
          cron: { hosts: ["10.0.4.[9-11]"] }
      stage:
        modules:
          web: { service_template: web, hosts: ["10.0.5.1"] }
          cron:
            hosts:
              - { ip: 10.0.6.1 }
              - { ip: 10.0.6.1, cloud_area: edge }
]]

local TEMPLATE = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: { value: root, as_default_value: false }
        timeout: { value: 30, as_default_value: false }
        bind_info:
          - { ip: first_inner, port: { value: 80, as_default_value: false }, protocol: TCP }
]]

local tests = {}

local function pulled(platform, options)
  options = options or {}
  options.business = options.business or "demo"
  local result, refused = pull.read(platform:reader(), options)
  assert(result, refused and fault.render(refused))
  return document.text(result, "test"), result.notes.left_out
end

-- The rules of a playbook as "where → process: fields", without the head.
local function rules(platform, options)
  local text = pulled(platform, options)
  return text:match("\ninstances:\n(.*)$") or ""
end

local function apply(platform, text)
  world.converge(platform, text)
end

-- Changes processes behind the playbook's back; `labels` as of world.processes.
local function change(platform, data, labels)
  local processes, ids = world.processes(platform), {}
  for i, label in ipairs(labels) do ids[i] = processes[label].process.bk_process_id end
  platform:must("cc.update_process_instances_by_ids",
    { bk_biz_id = 1, process_ids = ids, update_data = data })
end

local function check_still(platform)
  lu.assertEquals(world.steps(world.plan(platform, (pulled(platform)))), {})
end

function tests.test_a_fleet_as_its_templates_make_it_has_no_rules()
  local platform <close> = fleet.new(TOPOLOGY)
  lu.assertEquals(pulled(platform), [[
# The business demo as it is on test, written by remora pull.
# Sets, modules and hosts are not part of it. New service instances are named by the platform,
# unless their host has several. Of what is hosted it says what was registered from here, because no
# platform tells with which definition.
business: demo

service_templates:
  tiny: {}
  web: { category: Nginx }
]])
  apply(platform, TEMPLATE)
  lu.assertEquals(rules(platform), "")
end

-- Where some processes have another timeout, and the `where` that says so.
local PLACES = {
  { { "prod-1/web/10.0.1.1", "prod-1/web/10.0.1.2", "prod-1/web/10.0.1.3", "prod-2/web/10.0.3.1",
    "prod-2/web/10.0.3.2", "stage/web/10.0.5.1" }, "{ module: web }" },
  { { "prod-1/web/10.0.1.1", "prod-1/web/10.0.1.2", "prod-1/web/10.0.1.3", "prod-2/web/10.0.3.1",
    "prod-2/web/10.0.3.2" }, "{ set: prod-*, module: web }" },
  { { "prod-1/web/10.0.1.1", "prod-1/web/10.0.1.2", "prod-1/web/10.0.1.3", "stage/web/10.0.5.1" },
    "{ set: [prod-1, stage], module: web }" },
  { { "prod-2/web/10.0.3.1", "prod-2/web/10.0.3.2" }, "{ set: prod-2, module: web }" },
  { { "prod-1/web/10.0.1.3", "prod-1/web/10.0.1.1" },
    "{ set: prod-1, module: web, hosts: [10.0.1.1, 10.0.1.3] }" },
  { { "prod-1/web/10.0.1.3", "prod-2/web/10.0.3.1" },
    "{ set: prod-*, module: web, hosts: [10.0.1.3, 10.0.3.1] }" },
}

function tests.test_equal_differences_share_a_rule_that_means_exactly_them()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  for _, row in ipairs(PLACES) do
    local labels = {}
    for label in pairs(world.processes(platform)) do labels[#labels + 1] = label end
    change(platform, { timeout = 30 }, labels)
    for i, place in ipairs(row[1]) do labels[i] = place .. "/nginx" end
    change(platform, { timeout = 60 }, table.move(labels, 1, #row[1], 1, {}))
    lu.assertEquals(rules(platform),
      ("  - where: %s\n    processes:\n      nginx: { timeout: 60 }\n"):format(row[2]))
    check_still(platform)
  end
end

function tests.test_fields_and_bind_cells_apart()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  change(platform, { user = "www" }, { "prod-1/web/10.0.1.1/nginx", "prod-1/web/10.0.1.2/nginx",
    "prod-1/web/10.0.1.3/nginx" })
  change(platform, { timeout = 60, bind_info = { { template_row_id = 1, ip = "10.0.1.1",
    port = "8080", protocol = "1", enable = true } } }, { "prod-1/web/10.0.1.1/nginx" })
  lu.assertEquals(rules(platform), [[
  - where: { set: prod-1, module: web }
    processes:
      nginx: { user: www }
  - where: { set: prod-1, module: web, hosts: 10.0.1.1 }
    processes:
      nginx:
        timeout: 60
        bind_info:
          - { template_row_id: 1, port: 8080 }
]])
  check_still(platform)
end

-- Nobody is told outer addresses with the processes. One host has none, and one process does not
-- have that of its host.
function tests.test_outer_addresses_are_those_of_the_hosts()
  local platform <close> = fleet.new((TOPOLOGY:gsub('"10.0.1.%[1%-3%]"',
    "{ ip: 10.0.1.1, outer_ip: 192.0.2.1 }, { ip: 10.0.1.2, outer_ip: 192.0.2.2 }, "
    .. '"10.0.1.3"')))
  apply(platform, (TEMPLATE:gsub("first_inner", "{ value: first_outer, as_default_value: false }")))
  lu.assertEquals(rules(platform), "")
  change(platform, { bind_info = { { template_row_id = 1, ip = "", port = "80", protocol = "1",
    enable = true } } }, { "prod-1/web/10.0.1.2/nginx" })
  lu.assertEquals(rules(platform), [[
  - where: { set: prod-1, module: web, hosts: 10.0.1.2 }
    processes:
      nginx:
        bind_info:
          - { template_row_id: 1, ip: "" }
]])
  check_still(platform)
end

function tests.test_free_processes_are_said_whole_and_grouped()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, [[
business: demo
instances:
  - where: { set: "prod-*", module: cron }
    processes:
      crond: { bk_func_name: crond, user: root, auto_start: false, description: "", priority: 0 }
  - where: { set: prod-2, module: cron, hosts: [10.0.4.9, 10.0.4.10] }
    processes:
      atd: { bk_func_name: atd, bind_info: [{ port: 9, protocol: UDP, enable: false }] }
]])
  lu.assertEquals(rules(platform), [[
  - where: { set: prod-*, module: cron }
    processes:
      crond: { bk_func_name: crond, user: root, priority: 0 }
  - where: { set: prod-2, module: cron, hosts: [10.0.4.9, 10.0.4.10] }
    processes:
      atd:
        bk_func_name: atd
        bind_info:
          - { port: 9, protocol: UDP, enable: false }
]])
  check_still(platform)
end

function tests.test_hosts_without_an_instance_are_not_given_one()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, [[
business: demo
instances:
  - where: { set: prod-1, module: cron, hosts: 10.0.2.1 }
    processes: { crond: { bk_func_name: crond } }
]])
  lu.assertStrContains(rules(platform),
    "where: { set: prod-1, module: cron, hosts: 10.0.2.1 }")
  check_still(platform)
end

local function host_ids(platform, set, module)
  local ids = {}
  for _, row in ipairs(platform:must("cc.list_biz_hosts",
    { bk_biz_id = 1, page = { start = 0, limit = 100 }, fields = { "bk_host_id" },
      module_cond = { { field = "bk_module_name", operator = "$eq", value = module } },
      set_cond = { { field = "bk_set_name", operator = "$eq", value = set } } }).info) do
    ids[#ids + 1] = row.bk_host_id
  end
  table.sort(ids)
  return ids
end

local function module_id(platform, set, module)
  for _, row in ipairs(platform:must("cc.search_biz_inst_topo", { bk_biz_id = 1 })[1].child) do
    for _, each in ipairs(row.bk_inst_name == set and row.child or {}) do
      if each.bk_inst_name == module then return each.bk_inst_id end
    end
  end
end

local function create(platform, set, module, host, processes, name)
  local infos = {}
  for i, info in ipairs(processes) do infos[i] = { process_info = info } end
  return platform:must("cc.create_service_instance",
    { bk_biz_id = 1, bk_module_id = module_id(platform, set, module), instances = {
      { bk_host_id = host, service_instance_name = name, processes = infos } } })[1]
end

function tests.test_hosts_of_one_address_are_told_apart_by_id()
  local platform <close> = fleet.new(TOPOLOGY)
  local first = host_ids(platform, "stage", "cron")[1]
  create(platform, "stage", "cron", first, { { bk_func_name = "a", bk_process_name = "a" } })
  lu.assertStrContains(rules(platform), ([[
  # By id, because names do not tell these apart.
  - where: { set: stage, module: cron, host_ids: %d }
]]):format(first))
  check_still(platform)
end

-- Where a host is in two modules of a name, its address alone would mean both.
local SHARED = [[
businesses:
  demo:
    sets:
      a: { modules: { cron: { hosts: ["10.0.1.[1-4]"] } } }
      b: { modules: { cron: { hosts: ["10.0.1.[1-2]", "10.0.2.[1-2]"] } } }
]]

function tests.test_hosts_of_two_modules_are_told_apart_by_the_module()
  local platform <close> = fleet.new(SHARED)
  local at = { a = { 1, 3 }, b = { 2, 3 } } -- one shared host of each, and one of its own
  for set, picked in pairs(at) do
    local hosts = host_ids(platform, set, "cron")
    for _, i in ipairs(picked) do
      create(platform, set, "cron", hosts[i], { { bk_func_name = "x", bk_process_name = "x" } })
    end
  end
  lu.assertEquals(rules(platform), [[
  - where: { set: a, module: cron, hosts: [10.0.1.1, 10.0.1.3] }
    processes:
      x: { bk_func_name: x }
  - where: { set: b, module: cron, hosts: [10.0.1.2, 10.0.2.1] }
    processes:
      x: { bk_func_name: x }
]])
  check_still(platform)
end

-- Names and processes of the service instances in cron of prod-1, as "host name process".
local function cron_of(platform)
  local list = {}
  for _, row in ipairs(platform:must("cc.list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } }).info) do
    if row.module.bk_module_name == "cron" and row.set.bk_set_name == "prod-1" then
      list[#list + 1] = table.concat({ row.host.bk_host_innerip, row.service_instance.name,
        row.process.bk_process_name }, " ")
    end
  end
  table.sort(list)
  return list
end

function tests.test_several_service_instances_on_a_host_are_named_and_can_be_made_again()
  local platform <close> = fleet.new(TOPOLOGY)
  for _, host in ipairs(host_ids(platform, "prod-1", "cron")) do
    for _, each in ipairs { { "blue", "first" }, { "green", "first" }, { "green-2", "second" } } do
      create(platform, "prod-1", "cron", host,
        { { bk_func_name = "a", bk_process_name = each[2] } }, each[1])
    end
  end
  lu.assertEquals(rules(platform), [[
  - where:
      set: prod-1
      module: cron
      hosts: [10.0.2.1, 10.0.2.2]
      service_instance: [blue, green]
    processes:
      first: { bk_func_name: a }
  - where: { set: prod-1, module: cron, hosts: [10.0.2.1, 10.0.2.2], service_instance: green-2 }
    processes:
      second: { bk_func_name: a }
]])
  check_still(platform)
  local text = pulled(platform)
  local copy <close> = fleet.new(TOPOLOGY)
  apply(copy, text)
  lu.assertEquals(cron_of(copy), cron_of(platform))
  lu.assertEquals(pulled(copy), text)
end

function tests.test_namesakes_on_a_host_can_only_be_told_by_id()
  local platform <close> = fleet.new(TOPOLOGY)
  local host, ids = host_ids(platform, "prod-1", "cron")[1], {}
  for i, name in ipairs { "blue", "green", "green" } do
    ids[i] = create(platform, "prod-1", "cron", host,
      { { bk_func_name = "a", bk_process_name = "p" .. i } }, name)
  end
  local text = rules(platform)
  lu.assertStrContains(text, "hosts: 10.0.2.1, service_instance: blue }")
  for i = 2, 3 do
    lu.assertStrContains(text, ([[
  # By id, because their names do not tell these from others on their host: another platform has no
  # such service instances, and this rule has to be left out there.
  - where: { set: prod-1, module: cron, service_instance: %d }
    processes:
      p%d: { bk_func_name: a }
]]):format(ids[i], i))
  end
  check_still(platform)
end

function tests.test_what_a_template_leaves_empty_is_said_only_where_it_is_locked()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE:gsub("bk_func_name: nginx", [[bk_func_name: nginx
        description: null
        priority: { value: null, as_default_value: false }]]))
  local text = pulled(platform)
  lu.assertStrContains(text, "description: null\n")
  lu.assertNotStrContains(text, "priority")
end

local function web_template(platform)
  local template = platform:must("cc.list_service_template",
    { bk_biz_id = 1, search = "web", page = { start = 0, limit = 10 } }).info[1]
  return platform:must("cc.list_proc_template",
    { bk_biz_id = 1, service_template_id = template.id }).info[1]
end

local function set_template(platform, property)
  platform:must("cc.update_proc_template", { bk_biz_id = 1,
    process_template_id = web_template(platform).id, process_property = property })
end

function tests.test_what_cannot_be_said_stands_in_comments_and_is_left_alone()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  change(platform, { bind_info = { { template_row_id = 1, ip = "10.0.1.1", port = "8080",
    protocol = "1", enable = true } } }, { "prod-1/web/10.0.1.1/nginx" })
  set_template(platform, {
    work_path = { value = "/data ", as_default_value = true },
    bind_info = { as_default_value = true, value = { { row_id = 1,
      ip = { value = "2", as_default_value = true },
      port = { value = "80,443", as_default_value = false },
      protocol = { value = "1", as_default_value = true },
      enable = { value = true, as_default_value = true } } } },
  })
  local text = pulled(platform)
  lu.assertStrContains(text, [[
      # Left out: "work_path" ends with a blank; bind_info: "port" is a list of ports ("80,443"),
      # which no instance can take
      nginx:
        bk_func_name: nginx
]])
  lu.assertNotStrContains(text, "instances:")
end

-- The cells of a row come in no order, and the text must be the same every time.
function tests.test_of_several_things_wrong_with_a_value_the_same_is_said_each_time()
  local cells, said = { "ip", "port", "protocol", "enable" }, nil
  for first = 1, #cells do
    for step = 1, 3, 2 do
      local row = {}
      for i = 0, 3 do
        row[cells[(first + i * step) % 4 + 1]] = { value = json.array {}, as_default_value = true }
      end
      local words = express.bad_cell("bind_info", { value = json.array { row } })
      said = said or words
      lu.assertEquals(words, said)
    end
  end
  lu.assertNotNil(said)
end

function tests.test_modules_that_are_out_of_line_are_named()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  set_template(platform, { description = { value = "new", as_default_value = true } })
  lu.assertStrContains(pulled(platform), [[
  # Not in line with it: prod-1/web, prod-2/web, stage/web. Applying this brings them in line.
  web:
]])
end

function tests.test_row_ids_are_said_where_a_new_template_would_get_others()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  local row = web_template(platform).property.bind_info.value[1]
  row.row_id = 7
  set_template(platform, { bind_info = { value = { row }, as_default_value = false } })
  lu.assertStrContains(pulled(platform), [[
        bind_info:
          value:
            - row_id: 7
              ip: first_inner
              port: { value: 80, as_default_value: false }
              protocol: TCP
          as_default_value: false
]])
end

function tests.test_a_selection_of_modules()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE .. [[
instances:
  - where: { module: cron, set: "prod-*" }
    processes: { crond: { bk_func_name: crond } }
  - where: { module: web }
    processes: { nginx: { timeout: 60 } }
]])
  local text = pulled(platform, { modules = { "cr*" } })
  lu.assertNotStrContains(text, "service_templates")
  lu.assertStrContains(text, "where: { set: prod-*, module: cron }")
  text = pulled(platform, { sets = { "stage" } })
  lu.assertNotStrContains(text, "tiny")
  lu.assertEquals(text:match("\ninstances:\n(.*)$"), [[
  - where: { set: stage, module: web }
    processes:
      nginx: { timeout: 60 }
]])
  local _, refused = pull.read(platform:reader(), { business = "demo", modules = { "corn" } })
  lu.assertEquals(refused.message, 'there is no module "corn"')
  _, refused = pull.read(platform:reader(), { business = "dmo" })
  lu.assertEquals(refused.hint, 'did you mean "demo"?')
end

function tests.test_nothing_is_read_where_nothing_can_differ()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, [[
business: demo
service_templates:
  web: { processes: { nginx: { bk_func_name: nginx } } }
]])
  set_template(platform, (function()
    local locked = {}
    for name, cell in pairs(web_template(platform).property) do
      locked[name] = { value = cell.value, as_default_value = true }
    end
    return locked
  end)())
  platform:count_anew()
  pulled(platform, { modules = { "web" } })
  lu.assertEquals(platform.sent["cc.list_process_related_info"], 1) -- the newest one alone
  lu.assertNil(platform.sent["cc.find_host_topo_relation"])
end

function tests.test_own_attributes_of_processes_are_named()
  local platform <close> = fleet.new(TOPOLOGY)
  local host = host_ids(platform, "prod-1", "cron")[1]
  create(platform, "prod-1", "cron", host, { { bk_func_name = "a", bk_process_name = "a" } })
  local process = platform.store:find("process", {})[1]
  process.x_owner = "me"
  platform.store:put("process", process)
  local _, left_out = pulled(platform)
  lu.assertEquals(left_out,
    { "Processes have attributes of their own, which a playbook cannot set: x_owner" })
end

function tests.test_labels_are_named()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  local ids = {}
  for label, row in pairs(world.processes(platform)) do ids[label] = row.service_instance.id end
  local function label(map, ...)
    platform:must("cc.add_label_for_service_instance",
      { bk_biz_id = 1, instance_ids = { ... }, labels = map })
  end
  label({ env = "prod" }, ids["prod-1/web/10.0.1.1/nginx"], ids["prod-1/web/10.0.1.2/nginx"],
    ids["prod-1/web/10.0.1.3/nginx"], ids["prod-2/web/10.0.3.1/nginx"])
  label({ env = "test", tier = "a" }, ids["stage/web/10.0.5.1/nginx"])
  local _, left_out = pulled(platform)
  lu.assertEquals(left_out, {
    "The label env (prod, test) of prod-1/web/10.0.1.1_nginx_80, prod-1/web/10.0.1.2_nginx_80, "
      .. "prod-1/web/10.0.1.3_nginx_80 and 2 more",
    "The label tier (a) of stage/web/10.0.5.1_nginx_80" })
  _, left_out = pulled(platform, { sets = { "prod-2" } })
  lu.assertEquals(left_out, { "The label env (prod) of prod-2/web/10.0.3.1_nginx_80" })
end

function tests.test_where_labels_cannot_be_asked_for_that_is_said()
  local platform <close> = fleet.new(TOPOLOGY)
  platform.before_call = function(call)
    if call == "cc.find_service_instance_label_aggregation" then
      return fault.new { code = "call.no_route", message = "the bus does not offer this call" }
    end
  end
  lu.assertEquals(select(2, pulled(platform)), { "Labels of service instances, which could "
    .. "not be read: the bus does not offer this call" })
end

function tests.test_names_of_every_kind_survive()
  local platform <close> = fleet.new([[
businesses:
  "123":
    sets:
      "no": { modules: { "1e3": { hosts: ["10.0.0.1"] }, "a: b": { hosts: ["10.0.0.2"] } } }
      "x*": { modules: { "1e3": { hosts: ["10.0.0.3"] } } }
]])
  local function one(set, module, name)
    create(platform, set, module, host_ids(platform, set, module)[1],
      { { bk_func_name = "a", bk_process_name = name } })
  end
  one("no", "1e3", "true")
  one("no", "a: b", "- #")
  one("x*", "1e3", "{{ x }}")
  local text, left_out = pulled(platform, { business = "123" })
  lu.assertStrContains(text, [[
business: "123"

instances:
  - where: { set: "no", module: "1e3" }
    processes:
      "true": { bk_func_name: a }
  - where: { module: "a: b" }
    processes:
      "- #": { bk_func_name: a }
]])
  lu.assertEquals(left_out, { 'Of a process in modules called 1e3 is left out: the name '
    .. '"{{ x }}" looks like a variable' })
  lu.assertEquals(world.steps(world.plan(platform, text)), {})
end

function tests.test_files_for_each_name()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  local result = assert(pull.read(platform:reader(), { business = "demo" }))
  local files = document.files(result, "test")
  lu.assertEquals({ files[1].path, files[2].path, files[3].path },
    { "demo/tiny.yml", "demo/web.yml", "demo.yml" })
  lu.assertEquals(files[1].text, "service_templates:\n  tiny: {}\n")
  lu.assertStrContains(files[3].text,
    "business: demo\n\ninclude:\n  - demo/tiny.yml\n  - demo/web.yml\n")
end

-- A name has up to 256 bytes, and a file system takes 255 with all that is put behind it.
function tests.test_long_names_are_cut_between_characters()
  local platform <close> = fleet.new(TOPOLOGY)
  apply(platform, TEMPLATE)
  local result = assert(pull.read(platform:reader(), { business = "demo" }))
  result.parts[1].name, result.parts[2].name = ("很"):rep(85), ("很"):rep(84) .. "a"
  local files = document.files(result, "test")
  local cut = "demo/" .. ("很"):rep(66)
  lu.assertEquals({ files[1].path, files[2].path }, { cut .. ".yml", cut .. "-2.yml" })
end

return tests
