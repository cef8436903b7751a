-- The process calls of platforms before 3.5: a model of their own, bindings by module name, and
-- errors that show in the HTTP status.

local platform = require "tests.support.platform"
local lu = require "luaunit"

local FLEET = [[
businesses:
  shop:
    sets:
      s1: { modules: { web: , db: } }
      s2: { modules: { web: } }
  other:
]]

local NGINX = { bk_process_name = "nginx", bk_func_name = "nginx" }

local tests = {}

local function with(fields, more)
  local merged = { bk_biz_id = 1 }
  for _, source in ipairs { fields, more or {} } do
    for name, value in pairs(source) do merged[name] = value end
  end
  return merged
end

local function stored(p, id)
  return p.store:get("v3_process", id)
end

function tests.test_create_fills_what_is_left_out()
  local p <close> = platform.new { topology = FLEET }
  lu.assertEquals(p:must("cc_v3.create_process", with(NGINX)), { bk_process_id = 1 })
  local process = stored(p, 1)
  lu.assertEquals({ process.port, process.auto_start, process.user }, { "", false, "" })
end

function tests.test_refusals_and_their_status()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc_v3.create_process", with(NGINX))
  local new = { bk_process_name = "n2", bk_func_name = "f" }
  local rows = {
    { "create_process", with(NGINX), 400, 1199014 },
    { "create_process", with(new, { zzz = 1 }), 400, 1199011 },
    { "create_process", with(new, { port = 80 }), 400, 1199007 },
    { "create_process", with(new, { port = "80,x" }), 400, 1199016 },
    { "create_process", with(new, { port = "70000" }), 400, 1199016 },
    { "create_process", with(new, { protocol = "3" }), 400, 1199006 },
    { "create_process", with(new, { proc_num = "1" }), 400, 1199009 },
    { "create_process", with(new, { proc_num = 0 }), 400, 1199006 },
    { "create_process", with(new, { proc_num = 10001 }), 400, 1199006 },
    { "create_process", with(new, { auto_start = "yes" }), 400, 1199025 },
    { "create_process", with(new, { description = ("x"):rep(257) }), 400, 1199015 },
    { "create_process", with { bk_process_name = "", bk_func_name = "f" }, 400, 1199010 },
    { "create_process", with { bk_func_name = "f" }, 400, 1199014 }, -- no name: any process clashes
    { "update_process", with({ user = 5 }, { bk_process_id = 1 }), 400, 1199007 },
    { "update_process", with({ user = "u" }, { bk_process_id = 7 }), 400, 1199014 },
    { "batch_update_process", with { bk_process_id = 1, user = "u" }, 400, 1108009 },
    { "batch_update_process", with { user = "u" }, 400, 1108009 },
    { "batch_update_process", with { bk_process_id = "1,x", user = "u" }, 400, 1199003 },
    { "delete_process", { bk_biz_id = 1, bk_process_id = "x" }, 400, 1199003 },
    { "create_process", with(new, { bk_biz_id = "x" }), 400, 1199003 },
  }
  for i, row in ipairs(rows) do
    local _, code, _, status = p:call("cc_v3." .. row[1], row[2])
    lu.assertEquals({ status, code }, { row[3], row[4] }, ("row %d, %s"):format(i, row[1]))
  end
  local answer, status = p:request("POST", "/api/v3/proc/0/1", "{")
  lu.assertEquals({ status, answer.bk_error_code }, { 400, 1199000 })
  lu.assertEquals(p.logged, {})
end

function tests.test_a_first_process_may_lack_its_name()
  local p <close> = platform.new { topology = FLEET }
  lu.assertEquals(p:must("cc_v3.create_process", with { bk_func_name = "f" }).bk_process_id, 1)
end

function tests.test_update_sets_only_what_is_sent()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc_v3.create_process", with(NGINX, { user = "root", port = "80" }))
  p:must("cc_v3.update_process", with { bk_process_id = 1, port = "80,8000-8010" })
  lu.assertEquals({ stored(p, 1).user, stored(p, 1).port }, { "root", "80,8000-8010" })
  p:must("cc_v3.update_process", with { bk_process_id = 1, bk_process_name = "renamed" })
  lu.assertEquals(stored(p, 1).bk_process_name, "renamed")
  p:must("cc_v3.update_process", with { bk_process_id = 99, bk_process_name = "free" })
  lu.assertEquals(p.store:count("v3_process"), 1)
end

function tests.test_batch_update_drops_names_and_is_all_or_nothing()
  local p <close> = platform.new { topology = FLEET }
  for _, name in ipairs { "a", "b" } do
    p:must("cc_v3.create_process", with { bk_process_name = name, bk_func_name = name })
  end
  p:must("cc_v3.batch_update_process", with { bk_process_id = "1,2", user = "u",
    bk_process_name = "dropped", bk_func_id = "dropped" })
  lu.assertEquals({ stored(p, 1).user, stored(p, 2).user }, { "u", "u" })
  lu.assertEquals(stored(p, 1).bk_process_name, "a")
  local _, code = p:call("cc_v3.batch_update_process", with { bk_process_id = "1,9", user = "v" })
  lu.assertEquals(code, 1199014)
  lu.assertEquals(stored(p, 1).user, "u")
end

function tests.test_search()
  local p <close> = platform.new { topology = FLEET }
  for _, name in ipairs { "nginx", "nginx-edge", "redis" } do
    p:must("cc_v3.create_process", with { bk_process_name = name, bk_func_name = "f", user = name })
  end
  p:must("cc_v3.bind_process_module", with { bk_process_id = 3, bk_module_name = "db" })
  local function names(condition, page)
    local found = p:must("cc_v3.search_process", { bk_biz_id = 1, condition = condition,
      fields = { "bk_process_name" }, page = page or { start = 0, limit = 10 } })
    local list = { found.count }
    for _, row in ipairs(found.info) do list[#list + 1] = row.bk_process_name end
    return list
  end
  lu.assertEquals(names { bk_process_name = "gin" }, { 2, "nginx", "nginx-edge" })
  lu.assertEquals(names { bk_process_name = "GIN" }, { 0 })
  lu.assertEquals(names { bk_process_name = "n.inx" }, { 0 }) -- a part, no pattern
  lu.assertEquals(names { user = "redis" }, { 1, "redis" })
  lu.assertEquals(names { bk_module_name = "db" }, { 1, "redis" })
  lu.assertEquals(names({}, { start = 1, limit = 1, sort = "-bk_process_name" }),
    { 3, "nginx-edge" })
  lu.assertEquals(names({}, {}), { 3, "nginx", "nginx-edge", "redis" })
end

function tests.test_bindings_are_by_module_name()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc_v3.create_process", with(NGINX))
  local here = { bk_biz_id = 1, bk_process_id = 1 }
  p:must("cc_v3.bind_process_module", with(here, { bk_module_name = "web" }))
  p:must("cc_v3.bind_process_module", with(here, { bk_module_name = "web" }))
  lu.assertEquals(p:must("cc_v3.get_process_bind_module", here), {
    { bk_module_name = "web", set_num = 2, is_bind = 1 },
    { bk_module_name = "db", set_num = 1, is_bind = 0 },
  })
  local _, code, _, status = p:call("cc_v3.delete_process", here)
  lu.assertEquals({ status, code }, { 500, 1108013 })
  p:must("cc_v3.delete_process_module_binding", with(here, { bk_module_name = "web" }))
  p:must("cc_v3.delete_process", here)
  p:must("cc_v3.delete_process", here) -- unknown by now, and still a success
  lu.assertEquals(p.store:count("v3_process"), 0)
end

function tests.test_binding_checks_nothing()
  local p <close> = platform.new { topology = FLEET }
  local _, status = p:request("PUT", "/api/v3/proc/module/0/1/x/any")
  lu.assertEquals(status, 200)
  lu.assertEquals(p.store:first("v3_binding", {}).bk_process_id, 0)
  _, status = p:request("PUT", "/api/v3/proc/module/0/1/1/%E5%AD%98%E5%82%A8")
  lu.assertEquals(status, 200)
  lu.assertEquals(p.store:first("v3_binding", { bk_process_id = 1 }).bk_module_name, "存储")
end

function tests.test_detail_lists_every_attribute_even_of_nothing()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc_v3.create_process", with(NGINX))
  local known = p:must("cc_v3.get_process_detail", { bk_biz_id = 1, bk_process_id = 1 })
  local unknown = p:must("cc_v3.get_process_detail", { bk_biz_id = 1, bk_process_id = 9 })
  lu.assertEquals(#known, #unknown)
  lu.assertEquals(known[1].bk_property_value, "nginx")
  lu.assertEquals(unknown[1].bk_property_id, "bk_process_name")
end

function tests.test_businesses_do_not_see_each_other()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc_v3.create_process", with(NGINX))
  p:must("cc_v3.create_process", with(NGINX, { bk_biz_id = 2 }))
  lu.assertEquals(p:must("cc_v3.search_process",
    { bk_biz_id = 2, condition = {}, fields = { "bk_process_id" }, page = {} }).info,
    { { bk_process_id = 2 } })
  p:must("cc_v3.delete_process", { bk_biz_id = 2, bk_process_id = 1 })
  lu.assertNotNil(stored(p, 1))
end

return tests
