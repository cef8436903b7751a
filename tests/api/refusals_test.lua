-- Which code each refusal has that needs no story: calls on one small platform, none of which may
-- change anything.

local json = require "json"
local lu = require "luaunit"
local platform = require "tests.support.platform"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets: { prod: { modules: { web: { service_template: web, hosts: ["10.0.0.1"] }, app: {} } } }
  game: { sets: { one: { modules: { app: {} } } } }
]]

-- Ids from 1 to a number.
local function ids(count)
  local list = json.array {}
  for i = 1, count do list[i] = i end
  return list
end

-- New processes without an id.
local function named(count)
  local list = json.array {}
  for i = 1, count do
    list[i] = { process_info = { bk_process_name = "p" .. i, bk_func_name = "p" .. i } }
  end
  return list
end

-- Service instances to make, one on each host.
local function on_hosts(count)
  local list = json.array {}
  for i = 1, count do list[i] = { bk_host_id = i } end
  return list
end

local function renamed(count, update)
  local list = json.array {}
  for i = 1, count do list[i] = { service_instance_id = i, update = update } end
  return list
end

local NONE = 9999 -- the id of nothing
local IDLE, WEB, APP = 1, 4, 5 -- modules of the business: before the own come three of its pool

-- call, arguments beside the business 1, code
local REFUSED = {
  { "list_proc_template", { bk_biz_id = 0, service_template_id = 1 }, 1199006 },
  { "list_proc_template", {}, 1199006 },
  { "list_proc_template", { process_template_ids = ids(0) }, 1199006 },
  { "list_proc_template", { process_template_ids = ids(201) }, 1199089 },
  { "get_proc_template", { process_template_id = NONE }, 1199019 },
  { "batch_create_proc_template", { service_template_id = 1, processes = { {} } }, 1199006 },
  { "update_proc_template", { process_template_id = 1 }, 1199003 },
  { "update_proc_template", { process_template_id = 0, process_property = {} }, 1199003 },
  { "update_proc_template", { process_template_id = NONE, process_property = {} }, 1199019 },
  { "update_proc_template",
    { bk_biz_id = 0, process_template_id = 1, process_property = {} }, 1199006 },
  { "delete_proc_template", { process_templates = ids(0) }, 1199010 },
  { "delete_proc_template", { process_templates = ids(501) }, 1199035 },
  { "delete_proc_template", { bk_biz_id = 0, process_templates = ids(1) }, 1199006 },
  { "delete_proc_template", { process_templates = { 1, NONE } }, 1108014 },
  { "add_label_for_service_instance", { instance_ids = ids(0), labels = { a = "b" } }, 1199010 },
  { "add_label_for_service_instance", { instance_ids = ids(101), labels = { a = "b" } }, 1199035 },
  { "add_label_for_service_instance",
    { bk_biz_id = 0, instance_ids = ids(1), labels = { a = "b" } }, 1199006 },
  { "add_label_for_service_instance",
    { instance_ids = ids(1), labels = { ["-"] = "b" } }, 1199006 },
  { "add_label_for_service_instance",
    { instance_ids = { 1, NONE }, labels = { a = "b" } }, 1199006 },
  { "remove_label_from_service_instance", { instance_ids = ids(0), keys = { "a" } }, 1199010 },
  { "remove_label_from_service_instance", { instance_ids = ids(501), keys = { "a" } }, 1199035 },
  { "remove_label_from_service_instance", { instance_ids = { NONE }, keys = { "a" } }, 1199006 },
  { "find_service_instance_label_aggregation", { bk_biz_id = 0 }, 1199011 },
  { "create_process_instance", { service_instance_id = 1, processes = ids(0) }, 1199011 },
  { "create_process_instance", { service_instance_id = 1, processes = named(101) }, 1199035 },
  { "create_process_instance", { service_instance_id = NONE, processes = named(1) }, 1199019 },
  { "create_process_instance",
    { bk_biz_id = 2, service_instance_id = 1, processes = named(1) }, 1199006 },
  { "create_process_instance", { service_instance_id = 1, processes = named(1) }, 1108035 },
  { "update_process_instance", { processes = named(101) }, 1199035 },
  { "update_process_instance", { processes = named(1) }, 1199006 },
  { "update_process_instance", { processes = { { bk_process_id = NONE } } }, 1199010 },
  { "update_process_instance",
    { processes = { { bk_process_id = 1 }, { bk_process_id = NONE } } }, 1199011 },
  { "update_process_instance", { bk_biz_id = 0, processes = { { bk_process_id = 1 } } }, 1199006 },
  { "update_process_instances_by_ids",
    { bk_biz_id = 0, process_ids = ids(1), update_data = { user = "x" } }, 1199006 },
  { "update_process_instances_by_ids",
    { process_ids = ids(0), update_data = { user = "x" } }, 1199006 },
  { "update_process_instances_by_ids",
    { process_ids = ids(1001), update_data = { user = "x" } }, 1199081 },
  { "update_process_instances_by_ids", { process_ids = ids(1), update_data = {} }, 1199006 },
  { "update_process_instances_by_ids",
    { process_ids = ids(1), update_data = { bk_process_id = 2 } }, 1199006 },
  { "update_process_instances_by_ids",
    { process_ids = { NONE }, update_data = { user = "x" } }, 1199010 },
  { "delete_process_instance", { process_instance_ids = ids(0) }, 1199010 },
  { "delete_process_instance", { process_instance_ids = ids(501) }, 1199035 },
  { "delete_process_instance", { bk_biz_id = 0, process_instance_ids = ids(1) }, 1199006 },
  { "delete_process_instance", { process_instance_ids = ids(1) }, 1113022 },
  { "list_process_instance", { service_instance_id = 0 }, 1199006 },
  { "list_process_instance", { bk_biz_id = 0, service_instance_id = 1 }, 1108024 },
  { "list_process_detail_by_ids", { bk_process_ids = ids(0) }, 1199089 },
  { "list_process_detail_by_ids", { bk_process_ids = ids(501) }, 1199089 },
  { "list_process_instances_details_by_ids",
    { bk_biz_id = 0, process_ids = ids(1), page = { limit = 1 } }, 1199006 },
  { "list_process_instances_details_by_ids",
    { process_ids = ids(0), page = { limit = 1 } }, 1199006 },
  { "list_process_instances_details_by_ids", { process_ids = ids(1) }, 1199006 },
  { "list_process_instances_name_ids", { bk_module_id = 0, page = { limit = 1 } }, 1199006 },
  { "list_process_instances_name_ids", { bk_module_id = 1 }, 1199006 },
  { "create_service_instance", { bk_module_id = WEB, instances = ids(0) }, 1199010 },
  { "create_service_instance", { bk_module_id = WEB, instances = on_hosts(101) }, 1199035 },
  { "create_service_instance", { bk_module_id = NONE, instances = on_hosts(1) }, 1101034 },
  { "create_service_instance",
    { bk_biz_id = 2, bk_module_id = WEB, instances = on_hosts(1) }, 1113004 },
  { "create_service_instance", { bk_module_id = IDLE, instances = on_hosts(1) }, 1199006 },
  { "create_service_instance", { bk_module_id = WEB, instances = on_hosts(2) }, 1110056 },
  { "create_service_instance", { bk_module_id = WEB, instances = on_hosts(1) }, 1113016 },
  -- Before it is seen that the host is elsewhere.
  { "create_service_instance", { bk_module_id = APP, instances = on_hosts(1) }, 1199010 },
  { "update_service_instances", { data = ids(0) }, 1199006 },
  { "update_service_instances", { data = renamed(101, { name = "x" }) }, 1199035 },
  { "update_service_instances", { data = { { update = { name = "x" } } } }, 1199006 },
  { "update_service_instances", { data = renamed(1, { name = "" }) }, 1199006 },
  { "update_service_instances", { data = renamed(1, { name = ("x"):rep(257) }) }, 1199006 },
  { "update_service_instances", { data = renamed(1, { name = "x", id = 2 }) }, 1199006 },
  { "delete_service_instance", { service_instance_ids = ids(0) }, 1199010 },
  { "delete_service_instance", { service_instance_ids = ids(501) }, 1199035 },
  { "delete_service_instance", { service_instance_ids = { 1, NONE } }, 1199006 },
  { "delete_service_instance", { service_instance_ids = { 1, 1 } }, 1199006 },
  { "delete_service_instance", { bk_biz_id = 2, service_instance_ids = { 1 } }, 1199006 },
  { "list_service_instance", { bk_biz_id = 0 }, 1199006 },
  { "list_service_instance", { bk_host_ids = ids(1001) }, 1199035 },
  { "list_service_instance", { page = { limit = 1001 } }, 1199059 },
  { "list_service_instance", { selectors = { { key = "a", operator = "~" } } }, 1199006 },
  { "list_service_instance_detail", { bk_biz_id = 0, page = { limit = 1 } }, 1199006 },
  { "list_service_instance_detail", {}, 1199059 },
  { "list_service_instance_detail",
    { bk_host_id = 1, bk_host_list = ids(1), page = { limit = 1 } }, 1199006 },
  { "list_service_template", {}, 1199059 },
  { "get_service_template", { service_template_id = NONE }, 1199019 },
  { "delete_service_template", { service_template_id = NONE }, 1108030 },
  { "delete_service_template", { service_template_id = 1 }, 1108030 },
  { "find_service_template_count_info", { service_template_ids = ids(0) }, 1199089 },
  { "find_service_template_count_info", { service_template_ids = ids(501) }, 1199089 },
  { "search_biz_inst_topo", { bk_biz_id = NONE }, 1199006 },
  { "search_business", { condition = { bk_biz_name = { ["$x"] = 1 } } }, 1199006 },
  { "search_business",
    { biz_property_filter = { field = "a", operator = "like", value = 1 } }, 1199006 },
}

local tests = {}

function tests.test_each_refusal_has_its_code()
  local server <close> = platform.new { topology = TOPOLOGY }
  server:must("cc.batch_create_proc_template", { bk_biz_id = 1, service_template_id = 1,
    processes = { { spec = { bk_process_name = { value = "p", as_default_value = true },
      bk_func_name = { value = "p", as_default_value = true } } } } })
  server:must("cc.create_service_instance",
    { bk_biz_id = 1, bk_module_id = WEB, instances = on_hosts(1) })
  local function stored()
    return { server.store:find("proc_template", {}), server.store:find("service_instance", {}),
      server.store:find("process", {}) }
  end
  local before = stored()
  lu.assertEquals({ before[1][1].id, before[2][1].id, before[3][1].bk_process_id }, { 1, 1, 1 })
  for _, row in ipairs(REFUSED) do
    local args = { bk_biz_id = 1 }
    for name, value in pairs(row[2]) do args[name] = value end
    local _, code = server:call("cc." .. row[1], args)
    lu.assertEquals(code, row[3], row[1] .. json.encode(args))
  end
  lu.assertEquals(stored(), before)
end

return tests
