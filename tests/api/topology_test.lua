-- Businesses, sets, modules, hosts and cloud areas of the embedded platform.

local json = require "json"
local platform = require "tests.support.platform"
local lu = require "luaunit"

local FLEET = [[
cloud_areas: { edge: }
businesses:
  shop:
    service_templates: { web: { category: Nginx } }
    idle: [10.0.0.9]
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          cron: { hosts: [10.0.0.2, 10.0.0.3] }
          far: { hosts: [{ ip: 10.0.0.1, cloud_area: edge, agent_id: agent-1 }] }
      test: { modules: { web: { service_template: web } } }
  other: { idle: [10.9.0.1] }
]]

local NONE = json.array {}

local tests = {}

local function ids(rows, field)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row[field] end
  table.sort(list)
  return list
end

local function named(p, kind, name)
  return assert(p.store:first(kind, { ["bk_" .. kind .. "_name"] = name }))
end

function tests.test_a_business_comes_with_its_idle_modules()
  local p <close> = platform.new { topology = "{}" }
  local business = p:must("cc.create_business", { data = { bk_biz_name = "b" } })
  local tree = p:must("cc.search_biz_inst_topo", { bk_biz_id = business.bk_biz_id })
  lu.assertEquals(tree[1].child, {})
  local found = p:must("cc.search_module", { bk_biz_id = business.bk_biz_id })
  lu.assertEquals(ids(found.info, "default"), { 1, 2, 3 })
end

function tests.test_a_module_takes_after_its_template()
  local p <close> = platform.new { topology = FLEET }
  local template = p:must("cc.create_service_template_all_info", { bk_biz_id = 1, name = "api",
    service_category_id = 2, processes = NONE,
    attributes = { { bk_attribute_id = 27, bk_property_value = "ann" } } }).id
  local module = p:must("cc.create_module", { bk_biz_id = 1, bk_set_id = 2,
    data = { bk_module_name = "ignored", service_template_id = template, operator = "bob" } })
  lu.assertEquals({ module.bk_module_name, module.service_category_id, module.operator },
    { "api", 2, "ann" })
end

function tests.test_searches_page_sort_and_cut_fields()
  local p <close> = platform.new { topology = FLEET }
  local found = p:must("cc.search_set", { bk_biz_id = 1, fields = { "bk_set_name" },
    page = { start = 1, limit = 1, sort = "-bk_set_name" } })
  lu.assertEquals(found.count, 3)
  lu.assertEquals(found.info, { { bk_set_name = "test", default = 0 } })
  found = p:must("cc.search_set", { bk_biz_id = 1,
    condition = { bk_biz_id = 2, bk_set_name = "prod" } })
  lu.assertEquals(found.count, 1) -- the business of the path rules
  found = p:must("cc.search_module", { bk_biz_id = 1, condition = { bk_module_name = "web" } })
  lu.assertEquals(found.count, 2)
  found = p:must("cc.search_module", { bk_biz_id = 1, bk_set_id = named(p, "set", "test").bk_set_id,
    condition = { bk_module_name = { ["$in"] = { "web", "cron" } } } })
  lu.assertEquals(found.count, 1)
  found = p:must("cc.search_module", { bk_biz_id = 1, bk_set_id = named(p, "set", "test").bk_set_id,
    condition = { bk_biz_id = 2, bk_set_id = 1, bk_module_name = "web" } })
  lu.assertEquals(found.count, 1) -- the place in the path rules
  found = p:must("cc.search_business", { biz_property_filter = { condition = "OR", rules = {
    { field = "bk_biz_name", operator = "begins_with", value = "sh" },
    { condition = "AND", rules = { { field = "bk_biz_id", operator = "greater", value = 900 } } },
  } } })
  lu.assertEquals(ids(found.info, "bk_biz_name"), { "shop" })
end

function tests.test_both_routes_answer_alike()
  local p <close> = platform.new { topology = FLEET }
  for _, row in ipairs {
    { "cc.search_set", { bk_biz_id = 1 } },
    { "cc.search_module", { bk_biz_id = 1, bk_set_id = 2 } },
    { "cc.find_module_batch", { bk_biz_id = 1, bk_ids = { 4, 5 }, fields = { "bk_module_name" } } },
    { "cc.list_biz_hosts", { bk_biz_id = 1, page = { start = 0, limit = 5 } } },
    { "cc.search_business", {} },
  } do
    lu.assertEquals((p:call(row[1], row[2], "esb")), (p:call(row[1], row[2], "backend")), row[1])
  end
  local answer = p:request("POST", "/api/v3/findmany/module/biz/1", {})
  lu.assertEquals(answer.data.count, 7) -- the path that the bus uses for search_module
end

function tests.test_refusals()
  local p <close> = platform.new { topology = FLEET }
  local long = {}
  for i = 1, 501 do long[i] = i end
  local rule = { field = "bk_host_id", operator = "equal", value = 1 }
  local deep = { condition = "AND", rules = { rule } }
  for _ = 1, 3 do deep = { condition = "AND", rules = { deep } } end
  local page = { start = 0, limit = 10 }
  local many = { condition = "OR", rules = json.array {} }
  for i = 1, 21 do many.rules[i] = rule end
  local rows = {
    { "cc.search_business", { biz_property_filter = many }, 1199006 },
    { "cc.search_set", { bk_biz_id = 1, filter = many }, 0 },
    { "cc.search_business", { condition = { a = 1 }, biz_property_filter = deep }, 1199006 },
    { "cc.search_set", { bk_biz_id = 1, condition = {}, filter = deep }, 1199011 },
    { "cc.search_set", { bk_biz_id = "x" }, 1199009 },
    { "cc.search_module", { bk_biz_id = 1, bk_set_id = "x" }, 1199009 },
    { "cc.create_module", { bk_biz_id = "x", bk_set_id = 1 }, 1199009 },
    { "cc.search_biz_inst_topo", { bk_biz_id = "x" }, 1199006 },
    { "cc.find_set_batch", { bk_biz_id = 1, bk_ids = NONE, fields = { "a" } }, 1199089 },
    { "cc.find_module_batch", { bk_biz_id = 1, bk_ids = long, fields = { "a" } }, 1199089 },
    { "cc.find_module_batch", { bk_biz_id = 1, bk_ids = { 1 }, fields = NONE }, 1199006 },
    { "cc.list_biz_hosts", { bk_biz_id = 1, page = { limit = 1001 } }, 1199006 },
    { "cc.list_biz_hosts", { bk_biz_id = 1, page = page, host_property_filter = deep }, 1199006 },
    { "cc.list_biz_hosts", { bk_biz_id = 1, page = page, bk_set_ids = { 1 },
      set_cond = { { field = "bk_set_name", operator = "$eq", value = "x" } } }, 1199006 },
    { "cc.list_biz_hosts_topo", { bk_biz_id = 1, page = {} }, 1199010 },
    { "cc.list_biz_hosts_topo", { bk_biz_id = 1, page = { limit = 501 } }, 1199035 },
    { "cc.list_biz_hosts_topo", { bk_biz_id = 1, page = page, set_property_filter = deep },
      1199035 },
    { "cc.list_biz_hosts_topo", { bk_biz_id = 1, page = page, host_property_filter = deep },
      1199035 },
    { "cc.list_biz_hosts_topo", { bk_biz_id = 1, page = page, host_property_filter = many },
      1199006 },
    { "cc.find_host_topo_relation", { bk_biz_id = 1, page = {} }, 1199059 },
    { "cc.find_host_topo_relation", { bk_biz_id = 0, page = page }, 1199005 },
    { "cc.find_host_topo_relation", { bk_biz_id = 1, bk_set_ids = long, page = page }, 1199035 },
    { "cc.find_host_by_service_template", { bk_biz_id = 1, bk_service_template_ids = NONE,
      fields = { "a" }, page = page }, 1199089 },
    { "cc.list_host_service_template_id", { bk_host_id = long }, 1199073 },
    { "cc.search_cloud_area", { page = { limit = 1001 } }, 1199006 },
    { "cc.create_business", { data = {} }, 1199010 },
    { "cc.create_business", { data = { bk_biz_name = "shop" } }, 1199014 },
    { "cc.create_business", { data = { bk_biz_name = 5 } }, 1199011 },
    { "cc.create_set", { bk_biz_id = 1, data = { bk_set_name = "prod", bk_parent_id = 1 } },
      1199014 },
    { "cc.create_set", { bk_biz_id = 99, data = { bk_set_name = "n" } }, 1199006 },
    { "cc.create_module", { bk_biz_id = 1, bk_set_id = 2, data = { bk_module_name = "cron" } },
      1199014 },
    { "cc.create_module", { bk_biz_id = 1, bk_set_id = 2,
      data = { bk_module_name = ("名"):rep(256) } }, 0 },
    { "cc.create_module", { bk_biz_id = 1, bk_set_id = 2,
      data = { bk_module_name = ("名"):rep(257) } }, 1199011 },
    { "cc.create_module", { bk_biz_id = 1, bk_set_id = 2,
      data = { bk_module_name = "n", service_category_id = 999 } }, 1199006 },
    { "cc.create_module", { bk_biz_id = 1, bk_set_id = 3,
      data = { service_template_id = 1, service_category_id = 2, bk_module_name = "x" } },
      1108036 },
    { "cc.create_module", { bk_biz_id = 2, bk_set_id = 4,
      data = { service_template_id = 1, bk_module_name = "x" } }, 1199006 },
    { "cc.create_module", { bk_biz_id = 2, bk_set_id = 2, data = { bk_module_name = "x" } },
      1199006 },
  }
  for i, row in ipairs(rows) do
    local _, code, message = p:call(row[1], row[2])
    lu.assertEquals(code, row[3], ("row %d, %s: %s"):format(i, row[1], message))
  end
end

function tests.test_hosts_by_set_module_and_attributes()
  local p <close> = platform.new { topology = FLEET }
  local function found(args)
    args.bk_biz_id, args.page = 1, { start = 0, limit = 100, sort = "bk_host_id" }
    args.fields = { "bk_host_innerip" }
    return ids(p:must("cc.list_biz_hosts", args).info, "bk_host_innerip")
  end
  local web, cron = named(p, "module", "web").bk_module_id, named(p, "module", "cron").bk_module_id
  lu.assertEquals(found { bk_module_ids = { web } }, { "10.0.0.1", "10.0.0.2" })
  lu.assertEquals(found { bk_module_ids = { web, cron } }, { "10.0.0.1", "10.0.0.2", "10.0.0.3" })
  lu.assertEquals(found { module_cond = { { field = "bk_module_name", operator = "$eq",
    value = "cron" } } }, { "10.0.0.2", "10.0.0.3" })
  lu.assertEquals(found { host_property_filter = { condition = "AND", rules = {
    { field = "bk_cloud_id", operator = "not_equal", value = 0 } } } }, { "10.0.0.1" })
  lu.assertEquals(found { bk_set_ids = { 999 } }, {})
end

function tests.test_hosts_with_their_places()
  local p <close> = platform.new { topology = FLEET }
  local data = p:must("cc.list_biz_hosts_topo", { bk_biz_id = 1, page = { start = 0, limit = 10 },
    fields = { "bk_host_innerip" }, host_property_filter = { condition = "AND", rules = {
      { field = "bk_host_innerip", operator = "in", value = { "10.0.0.2" } } } } })
  lu.assertEquals(data.count, 1)
  local topo = data.info[1].topo
  lu.assertEquals(#topo, 1)
  lu.assertEquals(ids(topo[1].module, "bk_module_name"), { "cron", "web" })
  data = p:must("cc.find_host_topo_relation",
    { bk_biz_id = 1, bk_host_ids = { data.info[1].host.bk_host_id }, page = { limit = 10 } })
  lu.assertEquals(data.count, 2)
end

function tests.test_hosts_and_their_service_templates()
  local p <close> = platform.new { topology = FLEET }
  local hosts = p:must("cc.find_host_by_service_template", { bk_biz_id = 1,
    bk_service_template_ids = { 1 }, fields = { "bk_host_id" }, page = { limit = 10 } })
  lu.assertEquals(hosts.count, 2)
  local host_ids = ids(hosts.info, "bk_host_id")
  lu.assertEquals(p:must("cc.list_host_service_template_id", { bk_host_id = host_ids }), {
    { bk_host_id = host_ids[1], service_template_id = { 1 } },
    { bk_host_id = host_ids[2], service_template_id = { 1 } },
  })
end

function tests.test_the_tree()
  local p <close> = platform.new { topology = FLEET }
  local tree = p:must("cc.search_biz_inst_topo", { bk_biz_id = 1 })
  lu.assertEquals(tree[1].bk_inst_name, "shop")
  lu.assertEquals(ids(tree[1].child, "bk_inst_name"), { "prod", "test" })
  local web = tree[1].child[1].child[1]
  lu.assertEquals({ web.bk_inst_name, web.service_template_id }, { "web", 1 })
  lu.assertTrue(json.is_array(web.child))
  local answer = p:request("POST", "/api/v3/find/topoinst/biz/1")
  lu.assertEquals(#answer.data[1].child, 2)
end

function tests.test_cloud_areas()
  local p <close> = platform.new { topology = FLEET }
  lu.assertEquals(p:must("cc.search_cloud_area", {}).count, 2)
  lu.assertEquals(ids(p:must("cc.search_cloud_area",
    { condition = { bk_cloud_name = "EDG" }, is_fuzzy = true }).info, "bk_cloud_name"), { "edge" })
  lu.assertEquals(p:must("cc.search_cloud_area",
    { condition = { bk_cloud_name = "edg" } }).count, 0)
end

function tests.test_hostile_requests_are_answered()
  local p <close> = platform.new { topology = FLEET }
  local bodies = {
    "", "null", "[]", "5", "{", '"x"', "\0\1\2", ("["):rep(5000), '{"page":[]}', '{"page":5}',
    '{"bk_biz_id":1e400}', '{"bk_biz_id":-1,"page":{"start":-5,"limit":-5}}',
    '{"bk_biz_id":9223372036854775807,"page":{"start":9223372036854775807,"limit":1}}',
    '{"bk_host_id":[null,{}],"bk_module_id":[[]]}', '{"host_info":{"0":null}}',
    '{"host_info":[1]}', '{"condition":{"bk_set_name":{"$regex":"(("}}}',
    '{"condition":{"$where":{"a":1}}}', '{"fields":[{}]}', '{"page":{"sort":"a;DROP TABLE host"}}',
    '{"bk_set_ids":[{"$ne":1}]}', '{"data":{"bk_biz_name":{"a":1}}}',
    '{"filter":{"condition":"AND","rules":[{"field":"a\';--","operator":"equal","value":1}]}}',
  }
  for _, name in ipairs {
    "search_business", "search_set", "search_module", "create_business", "create_set",
    "create_module", "find_set_batch", "list_biz_hosts", "list_biz_hosts_topo", "search_cloud_area",
    "find_host_topo_relation", "add_host_to_resource", "transfer_host_module",
    "transfer_resourcehost_to_idlemodule", "search_biz_inst_topo", "find_host_service_template",
    "find_host_by_service_template", "list_hosts_without_biz",
  } do
    for _, body in ipairs(bodies) do
      local answer, status = p:request("POST", "/api/c/compapi/v2/cc/" .. name, body)
      lu.assertEquals(type(answer), "table", name .. " " .. body)
      lu.assertEquals(status, 200, name .. " " .. body .. "\n" .. (p.logged[1] or ""))
    end
  end
  lu.assertEquals(p.logged, {})
end

return tests
