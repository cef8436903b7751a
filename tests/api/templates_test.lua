-- Service templates, their categories and whole-template calls: what follows from what.

local json = require "json"
local lu = require "luaunit"
local platform = require "tests.support.platform"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates:
      web: {}
    sets:
      prod:
        modules:
          web: { service_template: web }
          app: {}
  game: {}
]]

local function slot(value) return { value = value, as_default_value = true } end

local function property(name, func)
  return { bk_process_name = slot(name), bk_func_name = slot(func or name) }
end

local function with_platform(test)
  return function()
    local server <close> = platform.new { topology = TOPOLOGY }
    local store = server.store
    test(server, store:first("biz", { bk_biz_name = "demo" }).bk_biz_id,
      store:first("service_template", { name = "web" }))
    lu.assertEquals(server.logged, {})
  end
end

local function code_of(server, key, args)
  local _, code = server:call(key, args)
  return code
end

return {
  test_modules_follow_a_rename_at_once = with_platform(function(server, biz, template)
    server:must("cc.update_service_template",
      { bk_biz_id = biz, id = template.id, name = "front", service_category_id = 15 })
    local module = server.store:first("module", { service_template_id = template.id })
    lu.assertEquals({ module.bk_module_name, module.service_category_id }, { "front", 15 })
  end),

  test_names_of_members_in_any_letter_case = with_platform(function(server, biz, template)
    local id = server:must("cc.batch_create_proc_template", { bk_biz_id = biz,
      service_template_id = template.id, processes = json.array { { Spec = {
        BK_Process_Name = { VALUE = "nginx" }, bk_FUNC_name = slot("nginx"),
        USER = slot("other"), user = { value = "root", As_Default_Value = true },
        Bind_Info = { Value = json.array { { Port = slot("80"), protocol = { Value = "1" } } } },
      } } } })[1]
    local stored = server:must("cc.get_proc_template", { process_template_id = id }).property
    lu.assertEquals(stored.bk_process_name, slot("nginx"))
    lu.assertEquals(stored.user, slot("root"))
    lu.assertEquals(stored.bind_info.value[1].port, slot("80"))
    lu.assertEquals(stored.bind_info.value[1].protocol.value, "1")
  end),

  test_a_rename_may_not_meet_another_module_of_the_set = with_platform(
    function(server, biz, template)
      lu.assertEquals(code_of(server, "cc.update_service_template",
        { bk_biz_id = biz, id = template.id, name = "app" }), 1199014)
    end),

  test_what_a_template_may_be_called = with_platform(function(server, biz)
    for _, row in ipairs {
      { "ok-1_2.3", 0 }, { "模板", 0 }, { "a b", 1199006 }, { "a/b", 1199006 }, { "", 1199006 },
      { ("n"):rep(256), 0 }, { ("n"):rep(257), 1199006 }, { "a#", 1199006 }, { "web", 1199014 },
    } do
      lu.assertEquals(code_of(server, "cc.create_service_template",
        { bk_biz_id = biz, name = row[1], service_category_id = 2 }), row[2], row[1])
    end
  end),

  test_which_category_a_template_may_have = with_platform(function(server, biz)
    local function create(name, parent)
      return server:must("cc.create_service_category",
        { bk_biz_id = biz, name = name, bk_parent_id = parent }).id
    end
    local top, game = create "top", server.store:first("biz", { bk_biz_name = "game" }).bk_biz_id
    local parent = create "parent"
    create("child", parent)
    for _, row in ipairs { { top, biz, 0 }, { parent, biz, 1113032 }, { top, game, 1199006 },
      { 99, biz, 1199006 }, { 15, game, 0 } } do
      lu.assertEquals(code_of(server, "cc.create_service_template",
        { bk_biz_id = row[2], name = "t" .. row[1], service_category_id = row[1] }), row[3])
    end
  end),

  test_categories = with_platform(function(server, biz)
    local function create(name, parent)
      return code_of(server, "cc.create_service_category",
        { bk_biz_id = biz, name = name, bk_parent_id = parent })
    end
    for _, row in ipairs {
      { "Default", 0, 1113017 }, { "Nginx", 0, 0 }, { "Mysql", 1, 1113017 }, { "分类:(一)", 0, 0 },
      { "a b", 0, 1199006 }, { ("长"):rep(128), 0, 0 }, { ("长"):rep(129), 0, 1199006 },
      { "é", 0, 1199006 }, { "x", 9999, 1199006 },
    } do
      lu.assertEquals(create(row[1], row[2]), row[3], row[1])
    end
    lu.assertEquals(code_of(server, "cc.create_service_category",
      { bk_biz_id = 9999, name = "x" }), 1199006)
  end),

  test_categories_are_renamed = with_platform(function(server, biz)
    local function create(name)
      return server:must("cc.create_service_category", { bk_biz_id = biz, name = name })
    end
    local function rename(id, name)
      return code_of(server, "cc.update_service_category",
        { bk_biz_id = biz, id = id, name = name })
    end
    local old, other = create "old", create "other"
    lu.assertEquals(rename(2, "x"), 1199054)
    lu.assertEquals(rename(9999, "x"), 1199019)
    lu.assertEquals(rename(old.id, "a b"), 1199006)
    lu.assertEquals(rename(old.id, "other"), 1113017)
    lu.assertEquals(rename(old.id, "old"), 0)
    lu.assertEquals(rename(old.id, "new"), 0)
    old.name = "new"
    local listed = {}
    for _, row in ipairs(server:must("cc.list_service_category", { bk_biz_id = biz }).info) do
      listed[row.id] = row
    end
    lu.assertEquals({ listed[old.id], listed[other.id] }, { old, other })
  end),

  test_categories_go_when_nothing_is_in_them = with_platform(function(server, biz)
    local function create(name, parent)
      return server:must("cc.create_service_category",
        { bk_biz_id = biz, name = name, bk_parent_id = parent }).id
    end
    local function delete(id)
      return code_of(server, "cc.delete_service_category", { bk_biz_id = biz, id = id })
    end
    local parent = create "parent"
    local child = create("child", parent)
    server:must("cc.create_service_template",
      { bk_biz_id = biz, name = "in-child", service_category_id = child })
    lu.assertEquals({ delete(9999), delete(parent), delete(child) }, { 1199019, 1199055, 1199056 })
    local empty = create("empty", parent)
    lu.assertEquals({ delete(empty), delete(empty) }, { 0, 1199019 })
    for _, row in ipairs(server:must("cc.list_service_category_with_statistics",
      { bk_biz_id = biz }).info) do
      if row.category.id == child then lu.assertEquals(row.usage_amount, 1) end
      lu.assertNotEquals(row.category.id, empty)
    end
  end),

  test_search_and_category_filter = with_platform(function(server, biz)
    for name, category in pairs { ["Web-2"] = 15, other = 4 } do
      server:must("cc.create_service_template",
        { bk_biz_id = biz, name = name, service_category_id = category })
    end
    for _, row in ipairs {
      { { search = "WEB" }, 2 }, { { search = "web", is_exact = true }, 1 },
      { { search = "." }, 0 }, { { service_category_id = 14 }, 1 },
      { { service_category_id = 3 }, 1 }, { {}, 3 },
    } do
      row[1].bk_biz_id, row[1].page = biz, { limit = 10 }
      lu.assertEquals(server:must("cc.list_service_template", row[1]).count, row[2])
    end
  end),

  test_process_templates_by_template_and_by_id = with_platform(function(server, biz, web)
    local other = server:must("cc.create_service_template",
      { bk_biz_id = biz, name = "other", service_category_id = 2 })
    for template, names in pairs { [web.id] = { "a", "b" }, [other.id] = { "c" } } do
      for _, name in ipairs(names) do
        server:must("cc.batch_create_proc_template", { bk_biz_id = biz,
          service_template_id = template, processes = { { spec = property(name) } } })
      end
    end
    local function listed(args)
      args.bk_biz_id = biz
      local found, names = server:must("cc.list_proc_template", args), {}
      for i, row in ipairs(found.info) do names[i] = row.bk_process_name end
      lu.assertEquals(found.count, #names)
      return table.concat(names, " ")
    end
    local c = server.store:first("proc_template", { service_template_id = other.id })
    lu.assertEquals(server:must("cc.get_proc_template", { process_template_id = c.id }), c)
    lu.assertEquals(listed { service_template_id = web.id }, "b a") -- the newest first
    lu.assertEquals(listed { process_template_ids = { c.id } }, "c")
    lu.assertEquals(listed { service_template_id = web.id, process_template_ids = { c.id } }, "")
    lu.assertEquals(
      listed { service_template_id = web.id, process_template_ids = json.array {} }, "")
  end),

  test_a_whole_template_is_made_as_given = with_platform(function(server, biz)
    local id = server:must("cc.create_service_template_all_info", { bk_biz_id = biz, name = "all",
      service_category_id = 2,
      attributes = json.array { { bk_attribute_id = 26, bk_property_value = "2" } },
      processes = json.array { { property = property "a" }, { property = property "b" } } }).id
    local function read()
      return server:must("cc.get_service_template_all_info", { bk_biz_id = biz, id = id })
    end
    local b, a = table.unpack(read().processes)
    lu.assertEquals({ a.bk_process_name, b.bk_process_name }, { "a", "b" })
    lu.assertEquals(read().attributes[1].bk_property_value, "2")
    server:must("cc.update_service_template_all_info", { bk_biz_id = biz, id = id, name = "",
      attributes = json.array {}, processes = json.array {
        { id = b.id, property = property("b2", "changed") }, { property = property "c" } } })
    local after = read()
    lu.assertEquals(after.name, "all")
    lu.assertEquals(after.attributes, json.array {})
    lu.assertEquals({ after.processes[1].bk_process_name, after.processes[2].bk_process_name },
      { "c", "b2" })
    lu.assertEquals(after.processes[2].property.bk_func_name.value, "b")
  end),

  test_a_failing_part_undoes_the_whole = with_platform(function(server, biz)
    lu.assertEquals(code_of(server, "cc.create_service_template_all_info", { bk_biz_id = biz,
      name = "all", service_category_id = 2,
      processes = json.array { { property = property "a" }, { property = property "a" } } }),
      1113019)
    lu.assertNil(server.store:first("service_template", { name = "all" }))
  end),

  test_attributes_need_to_be_preset = with_platform(function(server, biz, template)
    local args = { bk_biz_id = biz, id = template.id,
      attributes = json.array { { bk_attribute_id = 26, bk_property_value = "1" } } }
    lu.assertEquals(code_of(server, "cc.update_service_template_attribute", args), 1199011)
    args.attributes = json.array {}
    lu.assertEquals(code_of(server, "cc.update_service_template_attribute", args), 1199010)
    lu.assertEquals(code_of(server, "cc.delete_service_template_attribute",
      { bk_biz_id = biz, id = template.id, bk_attribute_ids = json.array { 26 } }), 1199011)
    lu.assertEquals(server:must("cc.list_service_template_attribute",
      { bk_biz_id = biz, id = template.id }).attributes, json.array {})
  end),

  test_counts = with_platform(function(server, biz, template)
    server:must("cc.batch_create_proc_template", { bk_biz_id = biz,
      service_template_id = template.id, processes = json.array { { spec = property "a" } } })
    lu.assertEquals(server:must("cc.find_service_template_count_info",
      { bk_biz_id = biz, service_template_ids = json.array { template.id } })[1],
      { service_template_id = template.id, process_template_count = 1,
        service_instance_count = 0, module_count = 1 })
  end),

  test_functions_and_patterns_are_unique_by_the_platforms_measure = with_platform(
    function(server, biz, template)
      local function create(name, pattern)
        local spec = property(name, "python")
        spec.bk_start_param_regex = pattern and slot(pattern)
        return code_of(server, "cc.batch_create_proc_template", { bk_biz_id = biz,
          service_template_id = template.id, processes = json.array { { spec = spec } } })
      end
      -- null against null and "" against null pass, null against "" and "" against "" do not
      lu.assertEquals({ create "a", create "b", create("c", ""), create "d", create("e", "") },
        { 0, 0, 0, 1113020, 1113020 })
    end),
}
