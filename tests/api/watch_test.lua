-- resource_watch: every change becomes an event in the order it happened; cursors lead through all
-- of them, once each; who has nothing to see waits, and nobody else does.

local client = require "remora.net.client"
local cursor = require "remora.platform.cursor"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local platform = require "tests.support.platform"
local server = require "remora.platform.server"

local NO_EVENT = "MQ0xDTVlYTZkM2YzOTRjMWY1ZDk4NmU5YmQ4Ng1ub0V2ZW50DTENMQ0="

local FLEET = [[
businesses:
  shop: { sets: { prod: { modules: { cron: { hosts: [10.0.0.1] } } } } }
]]

local tests = {}

local function watch(p, resource, args)
  args = args or {}
  args.bk_resource = resource
  return p:must("cc.resource_watch", args)
end

local function last_cursor(found) return found.bk_events[#found.bk_events].bk_cursor end

-- A service instance with one process, changed and removed again; gives the ids.
local function live_and_die(p)
  local module = p.store:first("module", { bk_module_name = "cron" })
  local instance = p:must("cc.create_service_instance", { bk_biz_id = 1,
    bk_module_id = module.bk_module_id, instances = json.array { { bk_host_id = 1,
      processes = json.array { { process_info = {
        bk_process_name = "crond", bk_func_name = "crond" } } } } } })[1]
  local process = p.store:first("process", { service_instance_id = instance }).bk_process_id
  p:must("cc.update_process_instance", { bk_biz_id = 1, processes = json.array { {
    bk_process_id = process, bk_process_name = "crond", bk_func_name = "crond", user = "ann" } } })
  p:must("cc.delete_process_instance",
    { bk_biz_id = 1, process_instance_ids = json.array { process } })
  return process, instance
end

local function told(found)
  local list = {}
  for i, event in ipairs(found.bk_events) do list[i] = event.bk_event_type end
  return table.concat(list, " ")
end

function tests.test_the_life_of_a_process()
  local p <close> = platform.new { topology = FLEET }
  local process, instance = live_and_die(p)
  local found = watch(p, "process", { bk_cursor = NO_EVENT })
  lu.assertTrue(found.bk_watched)
  lu.assertEquals(told(found), "create update delete")
  for _, event in ipairs(found.bk_events) do
    lu.assertEquals(event.bk_resource, "process")
    lu.assertEquals(event.bk_detail.bk_process_id, process)
  end
  lu.assertEquals(found.bk_events[1].bk_detail.user, "")
  lu.assertEquals(found.bk_events[2].bk_detail.user, "ann")
  lu.assertEquals(found.bk_events[2].bk_detail.bk_updated_by, "admin")
  local relations = watch(p, "process_instance_relation", { bk_cursor = NO_EVENT })
  lu.assertEquals(told(relations), "create delete")
  lu.assertEquals(relations.bk_events[2].bk_detail.service_instance_id, instance)
  lu.assertEquals(told(watch(p, "service_instance", { bk_cursor = NO_EVENT })), "create delete")
end

function tests.test_where_hosts_come_and_go()
  local p <close> = platform.new { topology = FLEET }
  local idle = p.store:first("module", { default = 1 })
  p:must("cc.transfer_host_module", { bk_biz_id = 1, bk_host_id = json.array { 1 },
    bk_module_id = json.array { idle.bk_module_id }, is_increment = false })
  local found = watch(p, "host_relation", { bk_cursor = NO_EVENT })
  lu.assertEquals(told(found), "delete create")
  lu.assertEquals(found.bk_events[2].bk_detail, { bk_biz_id = 1, bk_set_id = idle.bk_set_id,
    bk_module_id = idle.bk_module_id, bk_host_id = 1, bk_supplier_account = "0" })
end

function tests.test_what_is_refused_is_no_event()
  local p <close> = platform.new { topology = FLEET }
  p:call("cc.create_set", { bk_biz_id = 1, data = { bk_set_name = "prod" } })
  lu.assertFalse(watch(p, "set", { bk_fields = { "bk_set_id" } }).bk_watched)
end

function tests.test_cursors_lead_through_everything_once()
  local p <close> = platform.new { topology = FLEET }
  for i = 1, 450 do
    p:must("cc.create_set", { bk_biz_id = 1, data = { bk_set_name = "s" .. i } })
  end
  local names, sizes, at = {}, {}, NO_EVENT
  repeat
    local found = watch(p, "set", { bk_cursor = at, bk_fields = { "bk_set_name" } })
    at = last_cursor(found)
    for _, event in ipairs(found.bk_watched and found.bk_events or {}) do
      names[#names + 1] = event.bk_detail.bk_set_name
      lu.assertEquals(event.bk_detail, { bk_set_name = "s" .. #names })
    end
    sizes[#sizes + 1] = found.bk_watched and #found.bk_events or "nothing"
  until not found.bk_watched
  lu.assertEquals(sizes, { 200, 200, 50, "nothing" })
  -- What is not asked for is passed over, and the cursor is behind it.
  local deleted = watch(p, "set", { bk_cursor = NO_EVENT, bk_event_types = { "delete" },
    bk_fields = { "bk_set_name" } })
  lu.assertEquals(deleted, { bk_watched = false, bk_events = { { bk_cursor = at,
    bk_resource = "set", bk_event_type = "", bk_detail = json.null } } })
end

function tests.test_without_a_cursor_it_is_the_newest()
  local p <close> = platform.new { topology = FLEET }
  local none = watch(p, "process")
  lu.assertEquals(none, { bk_watched = false, bk_events = { { bk_cursor = NO_EVENT,
    bk_resource = "process", bk_event_type = "", bk_detail = json.null } } })
  live_and_die(p)
  lu.assertEquals(told(watch(p, "process")), "delete")
  local created = watch(p, "process", { bk_event_types = { "create" } })
  lu.assertFalse(created.bk_watched)
  lu.assertEquals(last_cursor(created), last_cursor(watch(p, "process")))
end

function tests.test_since_a_time()
  local p <close> = platform.new { topology = FLEET }
  local start = os.time() - 10
  live_and_die(p)
  lu.assertEquals(told(watch(p, "process", { bk_start_from = start })), "create update delete")
  p.store:query("UPDATE event SET time = time - 3600000")
  local found = watch(p, "process", { bk_start_from = start })
  lu.assertFalse(found.bk_watched)
  lu.assertEquals(last_cursor(found), last_cursor(watch(p, "process")))
  lu.assertEquals(told(watch(p, "process", { bk_start_from = start - 7200 })),
    "create update delete")
end

function tests.test_old_events_go()
  local p <close> = platform.new { topology = FLEET }
  live_and_die(p)
  local first = watch(p, "process", { bk_cursor = NO_EVENT }).bk_events[1].bk_cursor
  p.store:query("UPDATE event SET time = time - 7 * 3600000")
  for i = 1, 256 do
    p:must("cc.create_set", { bk_biz_id = 1, data = { bk_set_name = "s" .. i } })
  end
  lu.assertFalse(watch(p, "process").bk_watched)
  local _, code = p:call("cc.resource_watch", { bk_resource = "process", bk_cursor = first })
  lu.assertEquals(code, 1103007)
end

function tests.test_what_is_refused()
  local p <close> = platform.new { topology = FLEET }
  live_and_die(p)
  local at = last_cursor(watch(p, "process"))
  local now = os.time()
  for _, row in ipairs {
    { {}, 1199998 }, { { bk_resource = "nothing" }, 1199998 },
    { { bk_resource = "host" }, 1199998 }, { { bk_resource = "biz" }, 1199998 },
    { { bk_resource = "set" }, 1199998 }, { { bk_resource = "module" }, 1199998 },
    { { bk_resource = "process", bk_event_types = { "insert" } }, 1199998 },
    { { bk_resource = "process", bk_cursor = "x" }, 1199998 },
    { { bk_resource = "process", bk_cursor = "MQ0yDTE1" }, 1199998 },
    { { bk_resource = "host_relation", bk_cursor = at }, 1199998 },
    { { bk_resource = "process", bk_cursor = at, bk_start_from = now }, 1199998 },
    { { bk_resource = "process", bk_filter = { bk_sub_resource = "x" } }, 1199998 },
    { { bk_resource = "process", bk_start_from = now + 60 }, 1199006 },
    { { bk_resource = "process", bk_start_from = now - 7 * 3600 }, 1199006 },
    { { bk_resource = "process", bk_cursor = cursor.of { id = 99999, resource = "process",
      kind = "insert", time = 0 } }, 1103007 },
    { { bk_resource = "object_instance", bk_filter = { bk_sub_resource = "x" } }, 0 },
    { { bk_resource = "kube_pod" }, 0 },
  } do
    local _, code = p:call("cc.resource_watch", row[1])
    lu.assertEquals(code, row[2], json.encode(row[1]))
  end
end

function tests.test_cursors_are_what_the_platform_writes()
  lu.assertEquals(cursor.NONE, NO_EVENT)
  for _, id in ipairs { 1, 255, 4294967296, 1 << 53 } do
    for kind in pairs { insert = 1, update = 1, delete = 1 } do
      local text = cursor.of { id = id, resource = "process", kind = kind, time = 1700000000123 }
      lu.assertEquals(cursor.read(text), { id = id, number = 9 })
    end
  end
  for _, text in ipairs { "", "====", "AAAA", "MQ0=", "é" } do
    lu.assertNil(cursor.read(text))
  end
end

function tests.test_who_waits_holds_up_nobody()
  local directory <close> = fs.temporary()
  local its_loop = loop.new()
  its_loop:run(function()
    local running = assert(server.start(its_loop, { listen = "127.0.0.1:0",
      data = directory.path .. "/p.db" }))
    local caller = client.new { loop = its_loop,
      target = { url = running.url, route = "backend" } }
    local order = {}
    local waiting = its_loop:spawn(function()
      local found = assert(caller:call("resource_watch", { bk_resource = "set",
        bk_fields = json.array { "bk_set_name" }, bk_cursor = NO_EVENT }))
      order[#order + 1] = found.bk_events[1].bk_detail.bk_set_name
    end)
    for i = 1, 3 do
      assert(caller:call("search_business", {}))
      order[#order + 1] = i
    end
    assert(caller:call("create_set", { bk_biz_id = 1, bk_set_name = "seen" }))
    waiting:wait()
    lu.assertEquals(order, { 1, 2, 3, "seen" })
    running:close()
  end)
end

return tests
