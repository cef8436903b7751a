-- Service instances and processes: lists, labels, patches and what deletion takes along.

local json = require "json"
local lu = require "luaunit"
local platform = require "tests.support.platform"

local TOPOLOGY = [[
businesses:
  demo:
    sets:
      prod:
        modules:
          app: { hosts: [10.0.0.1, 10.0.0.2, 10.0.0.3] }
]]

local function info(name, changes)
  local made = { bk_process_name = name, bk_func_name = name }
  for key, value in pairs(changes or {}) do made[key] = value end
  return { process_info = made }
end

-- Two of three hosts have an instance: the first with two processes, the second with one.
local function with_platform(test)
  return function()
    local server <close> = platform.new { topology = TOPOLOGY }
    local store = server.store
    local biz = store:first("biz", { bk_biz_name = "demo" }).bk_biz_id
    local module = store:first("module", { bk_module_name = "app" }).bk_module_id
    local hosts = store:column("host", "bk_host_id")
    local rows = json.array { { port = "80", ip = "10.0.0.1", protocol = "1", enable = true } }
    local ids = server:must("cc.create_service_instance", { bk_biz_id = biz, bk_module_id = module,
      instances = json.array {
        { bk_host_id = hosts[1], processes = json.array {
          info("java", { bind_info = rows, user = "root" }), info "agent" } },
        { bk_host_id = hosts[2], service_instance_name = "second",
          processes = json.array { info "java" } },
      } })
    test(server, { biz = biz, module = module, hosts = hosts, ids = ids,
      processes = store:column("process", "bk_process_id") })
    lu.assertEquals(server.logged, {})
  end
end

local function names(page)
  local list = {}
  for i, item in ipairs(page.info) do list[i] = item.name end
  return list
end

return {
  test_names = with_platform(function(server, at)
    lu.assertEquals(names(server:must("cc.list_service_instance", { bk_biz_id = at.biz })),
      { "10.0.0.1_java_80", "second" })
  end),

  test_search_keys_are_patterns = with_platform(function(server, at)
    for key, count in pairs { ["10.0"] = 1, ["^sec"] = 1, ["SEC"] = 0, ["java|second"] = 2 } do
      lu.assertEquals(server:must("cc.list_service_instance",
        { bk_biz_id = at.biz, search_key = key }).count, count, key)
    end
  end),

  test_labels = with_platform(function(server, at)
    local one, both = json.array { at.ids[1] }, at.ids
    local function found(selector)
      return names(server:must("cc.list_service_instance",
        { bk_biz_id = at.biz, selectors = json.array { selector } }))
    end
    server:must("cc.add_label_for_service_instance",
      { bk_biz_id = at.biz, instance_ids = both, labels = { env = "prod", tier = "1" } })
    server:must("cc.add_label_for_service_instance",
      { bk_biz_id = at.biz, instance_ids = one, labels = { env = "test" } })
    lu.assertEquals(found { key = "env", operator = "=", values = json.array { "test" } },
      { "10.0.0.1_java_80" })
    lu.assertEquals(found { key = "tier", operator = "exists" }, { "10.0.0.1_java_80", "second" })
    lu.assertEquals(server:must("cc.find_service_instance_label_aggregation",
      { bk_biz_id = at.biz }), { env = { "test", "prod" }, tier = { "1" } })
    server:must("cc.remove_label_from_service_instance",
      { bk_biz_id = at.biz, instance_ids = both, keys = json.array { "tier", "" } })
    lu.assertEquals(found { key = "tier", operator = "exists" }, {})
    server:must("cc.replace_label_of_service_instance",
      { bk_biz_id = at.biz, instance_ids = one, labels = { a = "b" } })
    lu.assertEquals(found { key = "env", operator = "!" }, { "10.0.0.1_java_80" })
  end),

  test_hosts_without = with_platform(function(server, at)
    lu.assertEquals(server:must("cc.list_host_with_no_service_instance",
      { bk_biz_id = at.biz, bk_module_id = at.module }).bk_host_ids, json.array { at.hosts[3] })
  end),

  test_names_with_ids = with_platform(function(server, at)
    local function listed(args)
      args.bk_biz_id, args.bk_module_id = at.biz, at.module
      args.page = { limit = 10, sort = args.sort }
      return server:must("cc.list_process_instances_name_ids", args)
    end
    lu.assertEquals(listed {}, { count = 2, info = json.array {
      { bk_process_name = "agent", process_ids = json.array { at.processes[2] } },
      { bk_process_name = "java", process_ids = json.array { at.processes[1], at.processes[3] } },
    } })
    lu.assertEquals(listed { process_name = "^JAVA$" }.count, 1)
    lu.assertEquals(listed { sort = "-bk_process_name" }.info[1].bk_process_name, "java")
  end),

  test_related_info_by_filter_and_fields = with_platform(function(server, at)
    local page = server:must("cc.list_process_related_info", { bk_biz_id = at.biz,
      service_instance = { ids = json.array { at.ids[1] } }, fields = json.array { "user" },
      process_property_filter = { condition = "OR", rules = json.array {
        { field = "user", operator = "equal", value = "root" },
        { field = "bk_process_name", operator = "begins_with", value = "ag" } } },
      page = { limit = 1, start = 1 } })
    lu.assertEquals(page.count, 2)
    lu.assertEquals(page.info[1].process,
      { bk_process_id = at.processes[2], bk_process_name = "agent", user = "" })
    lu.assertEquals(page.info[1].host.bk_host_innerip, "10.0.0.1")
    lu.assertEquals(page.info[1].service_instance,
      { id = at.ids[1], name = "10.0.0.1_java_80" })
  end),

  test_related_info_by_several_fields = with_platform(function(server, at)
    for sort, order in pairs {
      ["bk_process_name,-bk_process_id"] = { 2, 3, 1 }, ["-bk_process_name,user"] = { 3, 1, 2 },
      ["bk_process_name:-1,user:-1"] = { 1, 3, 2 }, ["bk_process_id:-1"] = { 3, 2, 1 },
      [""] = { 1, 2, 3 },
    } do
      local page = server:must("cc.list_process_related_info",
        { bk_biz_id = at.biz, page = { limit = 10, sort = sort } })
      for i, row in ipairs(page.info) do
        lu.assertEquals(row.process.bk_process_id, at.processes[order[i]], sort)
      end
    end
  end),

  test_a_patch_keeps_what_it_does_not_name = with_platform(function(server, at)
    local patched = server:must("cc.update_process_instances_by_ids", { bk_biz_id = at.biz,
      process_ids = json.array { at.processes[1], 9999 }, update_data = { timeout = 9 } })
    lu.assertEquals(patched, json.array { at.processes[1] })
    local process = server.store:get("process", at.processes[1])
    lu.assertEquals({ process.timeout, process.user, process.bind_info[1].port },
      { 9, "root", "80" })
  end),

  test_attributes_of_an_update_in_any_letter_case = with_platform(function(server, at)
    server:must("cc.update_process_instance", { bk_biz_id = at.biz, processes = json.array {
      { bk_process_id = at.processes[1], BK_Process_Name = "java", bk_func_name = "java",
        User = "www", bind_info = json.array {
          { IP = "127.0.0.1", Port = "81", protocol = "1", Enable = true } } } } })
    local process = server.store:get("process", at.processes[1])
    lu.assertEquals({ process.user, process.bind_info[1].ip, process.bind_info[1].port },
      { "www", "127.0.0.1", "81" })
  end),

  test_a_refused_item_refuses_the_batch = with_platform(function(server, at)
    local _, code = server:call("cc.update_process_instance", { bk_biz_id = at.biz,
      processes = json.array {
        { bk_process_id = at.processes[1], bk_process_name = "x", bk_func_name = "x" },
        { bk_process_id = at.processes[2], bk_process_name = "y" } } })
    lu.assertEquals(code, 1199011)
    lu.assertEquals(server.store:get("process", at.processes[1]).bk_process_name, "java")
  end),

  test_the_last_process_takes_its_instance_along = with_platform(function(server, at)
    server:must("cc.delete_process_instance", { bk_biz_id = at.biz,
      process_instance_ids = json.array { at.processes[1], at.processes[3] } })
    lu.assertEquals(server.store:column("service_instance", "id"), json.array { at.ids[1] })
  end),

  test_creation_reports_duplicates_first = with_platform(function(server, at)
    local function create(...)
      local _, code, message = server:call("cc.create_process_instance", { bk_biz_id = at.biz,
        service_instance_id = at.ids[2], processes = json.array { ... } })
      return { code, message }
    end
    lu.assertEquals(create(info("x", { timeout = 10001 }), info "java"), { 1199014,
      ('数据唯一性校验失败，  service_instance_id: %d, bk_process_name: "java"  重复'):format(at.ids[2]) })
    lu.assertEquals(create { process_info = { bk_process_name = "x" } }[1], 1199010)
    lu.assertEquals(create(info("x", { user = 5 }))[1], 1199011)
    lu.assertEquals(create(info("x", { nonsense = 5 }))[1], 0)
    lu.assertEquals(create(info("y", { timeout = 1.9 }))[1], 0)
  end),

  test_a_leaving_host_takes_its_instances_along = with_platform(function(server, at)
    local idle = server.store:first("module", { bk_biz_id = at.biz, default = 1 }).bk_module_id
    server:must("cc.transfer_host_module", { bk_biz_id = at.biz, is_increment = false,
      bk_host_id = json.array { at.hosts[1] }, bk_module_id = json.array { idle } })
    lu.assertEquals(names(server:must("cc.list_service_instance", { bk_biz_id = at.biz })),
      { "second" })
    lu.assertEquals(server.store:count("process"), 1)
  end),
}
