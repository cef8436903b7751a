-- Sync of modules with their service template: asynchronous, one at a time for a module, chunk by
-- chunk, and what it does to instances.

local json = require "json"
local lu = require "luaunit"
local tasks = require "remora.platform.tasks"
local platform = require "tests.support.platform"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates:
      web: { category: Nginx }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: [10.0.0.1, 10.0.0.2, 10.0.0.3] }
]]

local function slot(value, flag) return { value = value, as_default_value = flag ~= false } end

local function spec(name, changes)
  local made = { bk_process_name = slot(name), bk_func_name = slot(name) }
  for key, value in pairs(changes or {}) do made[key] = value end
  return { spec = made }
end

local function bind_info(port)
  return slot(json.array { { ip = slot("3"), port = slot(port), protocol = slot("1"),
    enable = slot(true) } })
end

local World = {}
World.__index = World

-- A platform with one templated module on three hosts, its template empty.
local function start(options)
  local server = platform.new { topology = TOPOLOGY, sync_delay = (options or {}).sync_delay }
  local template = server.store:first("service_template", { name = "web" }).id
  return setmetatable({
    server = server, template = template,
    biz = server.store:first("biz", { bk_biz_name = "demo" }).bk_biz_id,
    module = server.store:first("module", { service_template_id = template }).bk_module_id,
  }, World)
end

function World:create(...)
  return self.server:must("cc.batch_create_proc_template", { bk_biz_id = self.biz,
    service_template_id = self.template, processes = json.array { ... } })
end

function World:change(id, property)
  return self.server:must("cc.update_proc_template", { bk_biz_id = self.biz,
    process_template_id = id, process_property = property })
end

function World:sync()
  local _, code, message = self.server:call("cc.sync_service_template_to_service_instance",
    { bk_biz_id = self.biz, service_template_id = self.template,
      bk_module_ids = json.array { self.module } })
  return code, message
end

function World:status()
  return self.server:must("cc.list_service_template_sync_status", { bk_biz_id = self.biz,
    service_template_id = self.template, bk_module_ids = json.array { self.module } })[1].status
end

function World:processes() return self.server.store:find("process", {}) end

local function column(docs, name)
  local values = {}
  for i, doc in ipairs(docs) do values[i] = doc[name] end
  return values
end

return {
  test_a_second_sync_has_to_wait = function()
    local world = start { sync_delay = 3600 }
    world:create(spec "nginx")
    lu.assertEquals(world:status(), "need_sync")
    lu.assertEquals(world:sync(), 0)
    local code, message = world:sync()
    lu.assertEquals(code, 1117008)
    lu.assertStrContains(message, ("[[%d]]"):format(world.module))
    lu.assertEquals(world:status(), "new")
    lu.assertEquals(world:processes(), json.array {})
  end,

  test_hosts_get_instances_and_processes = function()
    local world = start()
    world:create(spec("nginx", { bind_info = bind_info "80" }), spec "agent")
    world:sync()
    lu.assertEquals(world:status(), "finished")
    local instances = world.server.store:find("service_instance", {})
    lu.assertEquals(column(instances, "name"),
      { "10.0.0.1_nginx_80", "10.0.0.2_nginx_80", "10.0.0.3_nginx_80" })
    local processes = world:processes()
    lu.assertEquals(column(processes, "bk_process_name"),
      { "nginx", "agent", "nginx", "agent", "nginx", "agent" })
    lu.assertEquals(processes[3].bind_info[1].ip, "10.0.0.2")
  end,

  test_locked_values_follow_and_open_ones_stay = function()
    local world = start()
    local id = world:create(spec("nginx", { user = slot("root"), timeout = slot(30, false) }))[1]
    world:sync()
    world:status()
    world:change(id, { user = slot("www"), timeout = slot(60, false) })
    lu.assertEquals(world:processes()[1].user, "root")
    world:sync()
    lu.assertEquals(world:status(), "finished")
    lu.assertEquals(column(world:processes(), "user"), { "www", "www", "www" })
    lu.assertEquals(column(world:processes(), "timeout"), { 30, 30, 30 })
  end,

  test_a_deleted_template_takes_its_processes_at_the_next_sync = function()
    local world = start()
    local ids = world:create(spec "nginx", spec "agent")
    world:sync()
    world:status()
    world.server:must("cc.delete_proc_template",
      { bk_biz_id = world.biz, process_templates = json.array { ids[2] } })
    lu.assertEquals(#world:processes(), 6)
    world:sync()
    lu.assertEquals(world:status(), "finished")
    lu.assertEquals(column(world:processes(), "bk_process_name"), { "nginx", "nginx", "nginx" })
    world.server:must("cc.delete_proc_template",
      { bk_biz_id = world.biz, process_templates = json.array { ids[1] } })
    world:sync()
    world:status()
    lu.assertEquals(world.server.store:count("service_instance"), 0)
  end,

  test_what_instances_cannot_take_fails_the_task_and_changes_nothing = function()
    local world = start()
    local id = world:create(spec("nginx", { bind_info = bind_info "80" }))[1]
    world:sync()
    world:status()
    world:change(id, { bind_info = bind_info "80,443", user = slot("www") })
    lu.assertEquals(world:sync(), 0)
    lu.assertEquals(world:status(), "failure")
    lu.assertEquals(world:processes()[1].bind_info[1].port, "80")
    lu.assertEquals(world:processes()[1].user, json.null)
    lu.assertEquals(world:sync(), 0)
  end,

  test_swapped_names_clash = function()
    local world = start()
    local ids = world:create(spec "a", spec "b")
    world:sync()
    world:status()
    for i, name in ipairs { "c", "a", "b" } do
      world:change(ids[i == 2 and 2 or 1], { bk_process_name = slot(name) })
    end
    world:sync()
    lu.assertEquals(world:status(), "failure")
    lu.assertEquals(column(world:processes(), "bk_process_name"), { "a", "b", "a", "b", "a", "b" })
  end,

  test_a_task_goes_on_where_it_stopped = function()
    local world = start { sync_delay = 3600 }
    world:create(spec "nginx")
    world:sync()
    local store = world.server.store
    store:patch("sync_task", {}, { status = "executing", done_hosts = 2 })
    tasks.run_due(store, 4000000000, 0)
    lu.assertEquals(column(store:find("service_instance", {}), "name"), { "10.0.0.3_nginx" })
    lu.assertEquals(store:first("sync_task", {}).status, "finished")
  end,

  test_the_module_follows_its_template = function()
    local world = start()
    local store = world.server.store
    store:patch("module", { bk_module_id = world.module }, { bk_module_name = "other" })
    lu.assertEquals(world:status(), "need_sync")
    world:sync()
    lu.assertEquals(world:status(), "finished")
    lu.assertEquals(store:get("module", world.module).bk_module_name, "web")
  end,
}
