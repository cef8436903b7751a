-- The old platform through the command line and real HTTP: from nothing to what the ready playbook
-- says, then changes with the fewest calls.

local lu = require "luaunit"
local fs = require "tests.support.fs"
local json = require "json"
local source = require "tests.support.source"
local workplace = require "tests.support.workplace"

local READY = source.directory() .. "/playbooks/v3.yml"

local tests = {}

-- Applies and gives the calls that were planned; nothing is left to do afterwards.
local function calls(directory, playbook)
  local result = directory:expect(0, "apply", "--json", playbook)
  local lines = {}
  for i, step in ipairs(json.decode(result.stdout:match("^[^\n]+")).plan.steps) do
    lines[i] = ("%s %d"):format(step.call, step.objects)
  end
  directory:expect(0, "plan", "--detailed-exitcode", playbook)
  return lines
end

local function edited(directory, from, to, times)
  local text, count = fs.read(READY):gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))
  lu.assertEquals(count, times or 1)
  directory:write("v3.yml", text)
  return "v3.yml"
end

function tests.test_from_nothing_to_converged()
  local directory <close> = workplace.new()
  lu.assertEquals(calls(directory, READY), {
    "cc_v3.create_process 1", "cc_v3.create_process 1",
    "cc_v3.bind_process_module 1", "cc_v3.bind_process_module 1", "cc_v3.bind_process_module 1",
    "cc_v3.bind_process_module 1", "cc_v3.bind_process_module 1",
  })
  lu.assertEquals(calls(directory, READY), {})
  local listed = json.decode(directory:run("call", "--route", "backend", "cc_v3.search_process",
    json.encode { bk_biz_id = 1, bk_supplier_account = "0", condition = {}, fields = json.array {},
      page = { start = 0, limit = 10, sort = "bk_process_id" } }).stdout).data
  lu.assertEquals(listed.count, 2)
  local nginx = listed.info[listed.info[1].bk_process_name == "nginx" and 1 or 2]
  lu.assertEquals(nginx.bind_ip, "2")
  lu.assertEquals(nginx.port, "80,443,8000-8010")
end

function tests.test_a_change_of_two_processes_is_one_call()
  local directory <close> = workplace.new()
  calls(directory, READY)
  local both = edited(directory, "    bk_func_name: ", "    timeout: 45\n    bk_func_name: ", 2)
  directory:write("v3.yml", (directory:read("v3.yml")
    :gsub("    timeout: 30\n", "")))
  lu.assertEquals(calls(directory, both), { "cc_v3.batch_update_process 2" })
end

function tests.test_bindings_follow_the_list()
  local directory <close> = workplace.new()
  calls(directory, READY)
  lu.assertEquals(calls(directory, edited(directory, "modules: [web] ", "modules: [app] ")),
    { "cc_v3.bind_process_module 1", "cc_v3.delete_process_module_binding 1" })
end

function tests.test_an_unknown_module_is_refused_in_the_plan()
  local directory <close> = workplace.new()
  local playbook = edited(directory, "[web, app, cache, db]", "[web, ap, cache, db]")
  for _, command in ipairs { "plan", "apply" } do
    local result = directory:expect(1, command, playbook)
    lu.assertStrContains(result.stderr, 'there is no module "ap"')
    lu.assertStrContains(result.stderr, 'did you mean "app"?')
    lu.assertStrContains(result.stderr, "v3.yml:34:20")
  end
end

return tests
