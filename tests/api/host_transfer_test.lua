-- Where hosts go on the embedded platform: into the resource pool, the idle module and others, with
-- what that makes and removes, and what follows their addresses.

local json = require "json"
local platform = require "tests.support.platform"
local lu = require "luaunit"

local FLEET = [[
businesses:
  shop:
    service_templates: { web: { category: Nginx } }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
          cron: { hosts: [10.0.0.2, 10.0.0.3] }
  other: { idle: [10.9.0.1] }
]]

local NONE = json.array {}

local tests = {}

local function named(p, kind, name)
  return assert(p.store:first(kind, { ["bk_" .. kind .. "_name"] = name }))
end

function tests.test_a_host_goes_from_the_pool_through_idle_into_a_module()
  local p <close> = platform.new { topology = FLEET }
  lu.assertEquals(p:must("cc.add_host_to_resource", { host_info = {
    ["0"] = { bk_host_innerip = "10.7.0.1", bk_cloud_id = 0 },
    ["10"] = { bk_host_innerip = "10.7.0.2" }, ["9"] = { bk_host_innerip = "10.7.0.3" },
  } }), { success = { "0", "9", "10" } })
  local host = p.store:first("host", { bk_host_innerip = "10.7.0.1" }).bk_host_id
  local web = named(p, "module", "web").bk_module_id
  local _, code = p:call("cc.transfer_host_module",
    { bk_biz_id = 1, bk_host_id = { host }, bk_module_id = { web }, is_increment = false })
  lu.assertEquals(code, 1113002) -- still in the pool
  p:must("cc.transfer_resourcehost_to_idlemodule", { bk_biz_id = 1, bk_host_id = { host } })
  _, code = p:call("cc.transfer_resourcehost_to_idlemodule",
    { bk_biz_id = 2, bk_host_id = { host } })
  lu.assertEquals(code, 1113002) -- no longer in the pool
  p:must("cc.transfer_host_module",
    { bk_biz_id = 1, bk_host_id = { host }, bk_module_id = { web }, is_increment = true })
  lu.assertEquals(p.store:column("host_module", "bk_module_id", { bk_host_id = host }), { web })
end

function tests.test_transfers_make_and_remove_service_instances()
  local p <close> = platform.new { topology = FLEET }
  p:must("cc.batch_create_proc_template", { bk_biz_id = 1, service_template_id = 1, processes = {
    { spec = { bk_process_name = { value = "nginx" }, bk_func_name = { value = "nginx" } } } } })
  local host = p.store:first("host", { bk_host_innerip = "10.0.0.3" }).bk_host_id
  local web, cron = named(p, "module", "web").bk_module_id, named(p, "module", "cron").bk_module_id
  local function move(module, increment, bare)
    p:must("cc.transfer_host_module", { bk_biz_id = 1, bk_host_id = { host },
      bk_module_id = { module }, is_increment = increment, disable_auto_create = bare })
    return p:must("cc.list_service_instance_by_host", { bk_biz_id = 1, bk_host_id = host }).count
  end
  lu.assertEquals(move(web, true), 1)
  lu.assertEquals(move(web, true), 1) -- again: nothing to do
  lu.assertEquals(p.store:count("host_module", { bk_host_id = host }), 2)
  lu.assertEquals(move(cron, false), 0) -- left the templated module
  lu.assertEquals(move(web, true, true), 0) -- asked for without
  lu.assertEquals(p.store:count("process"), 0)
end

function tests.test_transfers_that_are_refused_change_nothing()
  local p <close> = platform.new { topology = FLEET }
  local host = p.store:first("host", { bk_host_innerip = "10.0.0.3" }).bk_host_id
  local web, idle = named(p, "module", "web").bk_module_id, named(p, "module", "空闲机").bk_module_id
  local before = p.store:count("host_module")
  local rows = {
    { { bk_biz_id = 9, bk_host_id = { host }, bk_module_id = { web } }, 1113006 },
    { { bk_biz_id = 1, bk_host_id = { 999 }, bk_module_id = { web } }, 1113003 },
    { { bk_biz_id = 1, bk_host_id = { host }, bk_module_id = { 999 } }, 1113004 },
    { { bk_biz_id = 1, bk_host_id = { host }, bk_module_id = { web, idle } }, 1113005 },
    { { bk_biz_id = 1, bk_host_id = { host }, bk_module_id = NONE }, 1199010 },
    { { bk_biz_id = 1, bk_host_id = NONE, bk_module_id = { web } }, 1199010 },
    { { bk_biz_id = 2, bk_host_id = { host }, bk_module_id = { web } }, 1113004 },
  }
  for i, row in ipairs(rows) do
    row[1].is_increment = false
    lu.assertEquals(select(2, p:call("cc.transfer_host_module", row[1])), row[2], "row " .. i)
  end
  lu.assertEquals(p.store:count("host_module"), before)
end

function tests.test_transfers_are_refused_in_the_language_asked_for()
  local p <close> = platform.new { topology = FLEET }
  local function message(language, business, host)
    local answer = p:request("POST", "/api/v3/hosts/modules", { bk_biz_id = business,
      bk_host_id = { host }, bk_module_id = { 1 }, is_increment = false },
      { ["blueking-language"] = language })
    return answer.bk_error_msg
  end
  lu.assertEquals(message("en", 1, 999), "hostID [999] does not exist")
  lu.assertEquals(message("zh-cn", 1, 999), "主机ID[999]不存在")
  lu.assertEquals(message(nil, 99, 1), "业务[99]不存在")
end

function tests.test_hosts_that_are_refused()
  local p <close> = platform.new { topology = FLEET }
  local before = p.store:count("host")
  for _, host in ipairs {
    {}, { bk_host_innerip = "" }, { bk_host_innerip = "10.0.0" }, { bk_host_innerip = 5 },
    { bk_host_innerip = "10.6.0.1", bk_cloud_id = 77 },
    { bk_host_innerip = "10.6.0.1", bk_cloud_id = "0" },
  } do
    local _, code = p:call("cc.add_host_to_resource",
      { host_info = { ["0"] = { bk_host_innerip = "10.6.0.9" }, ["1"] = host } })
    lu.assertEquals(code, 1110004)
  end
  lu.assertEquals(p.store:count("host"), before) -- the good one of each call neither
end

function tests.test_a_known_host_is_updated()
  local p <close> = platform.new { topology = FLEET }
  local before = p.store:count("host")
  p:must("cc.add_host_to_resource", { host_info = { ["0"] =
    { bk_host_innerip = "10.0.0.3", bk_host_outerip = "203.0.113.3", zzz = 1 } } })
  local host = p.store:first("host", { bk_host_innerip = "10.0.0.3" })
  lu.assertEquals(p.store:count("host"), before)
  lu.assertEquals(host.bk_host_outerip, "203.0.113.3")
  lu.assertNil(host.zzz)
end

-- Only what a template locks follows a host's address, row and column; nothing else is looked at.
function tests.test_locked_addresses_follow_the_host()
  local p <close> = platform.new { topology = FLEET }
  local function row(kind, locked)
    return { ip = { value = kind, as_default_value = locked }, port = { value = "80" },
      protocol = { value = "1" }, enable = { value = true } }
  end
  local rows = { row("4", true), row("4", false), row("3", true) }
  local processes = {}
  for i, spec in ipairs {
    { bind_info = { value = rows, as_default_value = true } },
    { bind_info = { value = rows, as_default_value = false } },
    { bind_info = { value = NONE, as_default_value = true } },
  } do
    spec.bk_process_name, spec.bk_func_name = { value = "p" .. i }, { value = "p" .. i }
    processes[i] = { spec = spec }
  end
  local made = p:must("cc.batch_create_proc_template",
    { bk_biz_id = 1, service_template_id = 1, processes = processes })
  local host = p.store:first("host", { bk_host_innerip = "10.0.0.3" }).bk_host_id
  p:must("cc.transfer_host_module", { bk_biz_id = 1, bk_host_id = { host },
    bk_module_id = { named(p, "module", "web").bk_module_id }, is_increment = true })
  p:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = made[3],
    process_property = { bind_info = processes[1].spec.bind_info } }) -- no sync: still without rows
  p:must("cc.add_host_to_resource", { host_info = { ["0"] =
    { bk_host_innerip = "10.0.0.3", bk_host_outerip = "203.0.113.3" } } })
  local function addresses(name)
    local list = {}
    for i, own in ipairs(p.store:first("process", { bk_process_name = name }).bind_info) do
      list[i] = own.ip
    end
    return list
  end
  lu.assertEquals(addresses "p1", { "203.0.113.3", "", "10.0.0.3" })
  lu.assertEquals(addresses "p2", { "", "", "10.0.0.3" })
  lu.assertEquals(p.store:first("process", { bk_process_name = "p3" }).bind_info, json.null)
end

return tests
