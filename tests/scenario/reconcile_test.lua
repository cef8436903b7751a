-- A playbook from an empty platform to a converged fleet, over real HTTP and through the command
-- line; then one change of each kind takes exactly the calls it must.

local lu = require "luaunit"
local calls_of = require "tests.support.planned"
local json = require "json"
local workplace = require "tests.support.workplace"

local PLAYBOOK = [[
playbook: shop
business: demo
service_templates:
  web:
    prune: true
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
        bind_info:
          - { ip: first_inner, port: 80, protocol: TCP }
instances:
  - where: { set: "prod-*", module: web }
    processes:
      nginx: { timeout: 60 }
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
]]

local tests = {}

local function planned(directory)
  return calls_of(directory:run("plan", "--json", "shop.yml"))
end

local function converge(directory)
  directory:expect(0, "apply", "shop.yml")
  local again = directory:expect(0, "plan", "--detailed-exitcode", "shop.yml")
  lu.assertStrContains(again.stdout, "nothing to do")
end

function tests.test_from_an_empty_platform_to_a_converged_fleet()
  local directory <close> = workplace.new { ["shop.yml"] = PLAYBOOK }
  directory:expect(2, "plan", "--detailed-exitcode", "shop.yml")
  converge(directory)

  directory:write("shop.yml", (PLAYBOOK:gsub("user: root", "user: www")))
  lu.assertEquals(planned(directory), { "cc.update_proc_template 1",
    "cc.sync_service_template_to_service_instance 3" })
  converge(directory)

  directory:write("shop.yml",
    (PLAYBOOK:gsub("user: root", "user: www"):gsub("/usr/sbin/crond", "/sbin/crond")))
  lu.assertEquals(planned(directory), { "cc.update_process_instance 2" })
  converge(directory)
end

-- What is unset, and locked from now on, may need a sync, which would bring new bind rows as well;
-- this one turns out not to be needed, and the column alone, which is free, asks for none.
function tests.test_bind_rows_that_no_sync_brings()
  local directory <close> = workplace.new { ["shop.yml"] = PLAYBOOK }
  local rows = "{ ip: first_inner, port: 80, protocol: TCP }"
  local without = PLAYBOOK:gsub("        bind_info:\n          %- " .. rows .. "\n", "")
  lu.assertNotEquals(without, PLAYBOOK)
  directory:write("shop.yml", without)
  converge(directory)

  directory:write("shop.yml", (without:gsub("user: root", "user: root\n        auto_start: null\n"
    .. "        bind_info: { as_default_value: false, value: [{ ip: 0.0.0.0, protocol: TCP, "
    .. "port: { value: 80, as_default_value: false } }] }"):gsub("nginx: { timeout: 60 }",
    "nginx: { timeout: 60, bind_info: [{ template_row_id: 1, port: 8080 }] }")))
  lu.assertEquals(planned(directory)[2], "cc.sync_service_template_to_service_instance 3")
  converge(directory)
end

function tests.test_apply_in_json_tells_plan_calls_and_end()
  local directory <close> = workplace.new { ["shop.yml"] = PLAYBOOK }
  local result = directory:expect(0, "apply", "--json", "shop.yml")
  local events, last = {}, nil
  for line in result.stdout:gmatch("[^\n]+") do
    last = json.decode(line)
    events[last.event] = (events[last.event] or 0) + 1
  end
  lu.assertEquals(events, { plan = 1, call = 4, applied = 1 })
  lu.assertTrue(last.converged)
  lu.assertEquals(last.exit_code, 0)
end

function tests.test_problems_are_told_with_their_place_and_nothing_is_sent()
  local directory <close> = workplace.new()
  directory:write("shop.yml", (PLAYBOOK:gsub("module: cron", "module: corn")))
  local result = directory:expect(1, "apply", "shop.yml")
  lu.assertStrContains(result.stderr, 'shop.yml:17:34: there is no module "corn"')
  lu.assertStrContains(result.stderr, 'did you mean "cron"?')
  lu.assertIsNil((io.open(directory.path .. "/.remora/journal.db")))
end

return tests
