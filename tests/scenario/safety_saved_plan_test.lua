-- A plan in a file is carried out as it is, or not at all.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local system = require "system"
local workplace = require "tests.support.workplace"

local SHOP = [[
playbook: shop
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, user: "{{ user }}" }
]]

local tests = {}

-- A directory with a playbook and its saved plan.
local function planned()
  local directory = workplace.new { ["shop.yml"] = SHOP }
  local result = directory:expect(0, "plan", "shop.yml", "--var", "user=root", "-o", "shop.plan")
  lu.assertStrContains(result.stderr, "to do exactly this: remora apply shop.plan")
  return directory
end

local function stale(directory, words, ...)
  local result = directory:expect(7, "apply", "shop.plan", ...)
  lu.assertStrContains(result.stderr, words)
end

function tests.test_a_plan_is_carried_out_with_its_variables()
  local directory <close> = planned()
  lu.assertEquals(system.stat(directory.path .. "/shop.plan").mode & 511, 384) -- 0600
  local applied = directory:expect(0, "apply", "shop.plan")
  lu.assertStrContains(applied.stdout, "root")
  stale(directory, "the platform has changed since the plan was made: tools/cron/10.0.0.7")
end

function tests.test_another_state_of_the_platform_is_refused()
  local directory <close> = planned()
  directory:expect(0, "apply", "shop.yml", "--var", "user=cron")
  stale(directory, "the platform has changed since the plan was made: tools/cron/10.0.0.7")
end

function tests.test_what_moved_of_an_object_is_told()
  local directory <close> = planned()
  directory:expect(0, "apply", "shop.plan")
  directory:write("shop.yml", (SHOP:gsub("crond, user", "crond, timeout: 3, user")))
  directory:expect(0, "plan", "shop.yml", "--var", "user=cron", "-o", "shop.plan")
  local row = directory:call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 1 } }).info[1]
  local function by_hand(fields)
    local process = { bk_process_id = row.process.bk_process_id, bk_process_name = "crond",
      bk_func_name = "crond" }
    for name, value in pairs(fields) do process[name] = value end
    directory:call("update_process_instance", { bk_biz_id = 1, processes = { process } })
  end
  by_hand { user = "www" }
  stale(directory, "since the plan was made: tools/cron/10.0.0.7/crond (user root → www)\n")
  by_hand { user = "cron", timeout = 4 } -- one is as wanted by now
  stale(directory, "tools/cron/10.0.0.7/crond (timeout (unset) → 4, user root → cron)\n")
end

-- An update of a free process sends all of it.
function tests.test_another_value_beside_what_is_changed_is_told()
  local directory <close> = planned()
  directory:expect(0, "apply", "shop.plan")
  directory:expect(0, "plan", "shop.yml", "--var", "user=cron", "-o", "shop.plan")
  local row = directory:call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 1 } }).info[1]
  directory:call("update_process_instance", { bk_biz_id = 1, processes = { {
    bk_process_id = row.process.bk_process_id, bk_process_name = "crond", bk_func_name = "crond",
    user = "root", description = "by hand" } } })
  stale(directory, "carried along in the call for tools/cron/10.0.0.7/crond")
end

function tests.test_another_playbook_is_refused_and_a_comment_is_none()
  local directory <close> = planned()
  directory:write("shop.yml", "# a comment\n" .. SHOP)
  directory:write("other.yml", SHOP)
  directory:expect(0, "apply", "shop.plan")
  directory:write("shop.yml", (SHOP:gsub("crond, user", "crond, timeout: 3, user")))
  stale(directory, "the playbook has changed since the plan was made")
end

function tests.test_another_platform_is_refused()
  local directory <close> = planned()
  local server <close> = cli.start { cwd = directory.path, "platform", "serve", "--listen",
    "127.0.0.1:0", "--data", "other.db" }
  local url = server:read_line(20):match("http://%S+")
  stale(directory, "the plan is for the embedded platform, not for " .. url, "--platform", url)
end

function tests.test_it_takes_no_variables_any_more()
  local directory <close> = planned()
  local result = directory:expect(64, "apply", "shop.plan", "--var", "user=cron")
  lu.assertStrContains(result.stderr, "--var says nothing to a plan that is made already")
end

function tests.test_a_plan_of_another_version_is_refused()
  local directory <close> = planned()
  local path = directory.path .. "/shop.plan"
  local value = json.decode(fs.read(path))
  value.remora_plan = 99
  fs.write(path, json.encode(value))
  local result = directory:expect(1, "apply", "shop.plan")
  lu.assertStrContains(result.stderr, "another version of remora")
end

-- Only planning decides what is sent, so an edit could do no harm; nobody shall think it counts.
function tests.test_an_edited_plan_is_refused()
  local directory <close> = planned()
  local path = directory.path .. "/shop.plan"
  local text = fs.read(path)
  for name, other in pairs { edited = text:gsub("root", "toor"),
    cut_off = text:sub(1, #text // 2),
    flags = text:gsub('"target":%[%]', '"target":["*/deploy"]') } do
    fs.write(path, other)
    local result = directory:run("apply", "shop.plan")
    lu.assertEquals(result.code, 1, name .. result.stdout .. result.stderr)
    lu.assertStrContains(result.stderr, "shop.plan: is not as remora has written it", false,
      name)
  end
  fs.write(path, text)
  directory:expect(0, "apply", "shop.plan")
end

function tests.test_a_plan_is_no_playbook()
  local directory <close> = planned()
  for _, line in ipairs { { "plan", "shop.plan" }, { "check", "shop.plan" },
    { "drift", "shop.plan" }, { "apply", "shop.yml", "--var", "user=root", "shop.plan" } } do
    local result = directory:expect(1, table.unpack(line))
    lu.assertStrContains(result.stderr, "shop.plan: is a plan that was kept, not a playbook")
    lu.assertNotStrContains(result.stderr, "unknown key")
  end
end

-- The host that the plan was made for has left the module: it cannot even be planned any more.
function tests.test_a_plan_overwrites_plans_only()
  local directory <close> = planned()
  directory:expect(0, "plan", "shop.yml", "--var", "user=cron", "-o", "shop.plan")
  directory:write("empty", "")
  directory:expect(0, "plan", "shop.yml", "--var", "user=cron", "-o", "empty")
  local refused = directory:expect(1, "plan", "shop.yml", "--var", "user=cron", "-o", "shop.yml")
  lu.assertStrContains(refused.stderr, "shop.yml: is there already, and is no plan")
  lu.assertEquals(system.read_file(directory.path .. "/shop.yml"), SHOP)
end

function tests.test_what_vanished_makes_a_plan_stale()
  local directory <close> = workplace.new()
  directory:write("shop.yml", (SHOP:gsub("cron }", "cron, hosts: 10.0.0.7 }")))
  directory:expect(0, "plan", "shop.yml", "--var", "user=root", "-o", "shop.plan")
  local host = directory:call("list_biz_hosts", { bk_biz_id = 1, fields = { "bk_host_id" },
    page = { start = 0, limit = 1 }, host_property_filter = { condition = "AND", rules = {
      { field = "bk_host_innerip", operator = "equal", value = "10.0.0.7" } } } }).info[1]
  local module = directory:call("search_module", { bk_biz_id = 1, fields = { "bk_module_id" },
    condition = { bk_module_name = "deploy" }, page = { start = 0, limit = 1 } }).info[1]
  directory:call("transfer_host_module", { bk_biz_id = 1, is_increment = false,
    bk_host_id = { host.bk_host_id }, bk_module_id = { module.bk_module_id } })
  stale(directory, "the platform has changed since the plan was made: tools/cron/10.0.0.7")
  stale(directory, "is in none of the modules that this rule names")
end

return tests
