-- remora run as its users run it: the ready scripts on a fleet that a playbook made, what a
-- script's end means, its limits, and that --read-only reads only.

local cli = require "tests.support.cli"
local lu = require "luaunit"
local source = require "tests.support.source"
local workplace = require "tests.support.workplace"

local PLAYBOOKS = source.directory() .. "/playbooks/"

local CRON = [[
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
]]

local fleet -- the directory with the platform's data

local function run(...) return fleet:run("run", "--quiet", ...) end

local function ran(...)
  local result = run(...)
  lu.assertEquals({ result.code, result.stderr }, { 0, "" })
  return result.stdout
end

local function script(name) return PLAYBOOKS .. "scripts/" .. name .. ".lua" end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

local tests = {}

local DATA = ".remora/platform.db"
local applied -- what is in it after both playbooks; every test begins with a copy

local function apply()
  local directory <close> = workplace.new { ["cron.yml"] = CRON }
  for _, playbook in ipairs { PLAYBOOKS .. "web.yml", "cron.yml" } do
    directory:expect(0, "apply", playbook)
  end
  return directory:read(DATA)
end

function tests.setUp()
  applied = applied or apply()
  fleet = workplace.new { [DATA] = applied }
end

function tests.tearDown() local _ <close> = fleet end

function tests.test_find_port()
  local found = lines_of(ran(script "find_port", "8080"))
  lu.assertEquals(#found, 42)
  lu.assertEquals(found[1], "10.0.1.1  0.0.0.0:8080  nginx  demo/prod-1/web")
  lu.assertEquals(ran(script "find_port", "81"), "")
  lu.assertEquals(run(script "find_port").code, 1)
end

function tests.test_export_csv()
  local sheet = lines_of(ran(script "export_csv", "demo"))
  lu.assertEquals(sheet[1], "set,module,host,instance,process,user,start_cmd,work_path")
  lu.assertEquals(sheet[2],
    "prod-1,web,10.0.1.1,10.0.1.1_nginx_8080,nginx,root,./sbin/nginx,/data/nginx")
  lu.assertEquals(#sheet, 1 + 42 + 2)
  lu.assertEquals(ran(script "export_csv", "demo", "sheet.csv"), "")
  lu.assertEquals(lines_of(fleet:read "sheet.csv"), sheet)
end

function tests.test_compare_businesses()
  local differ = run(script "compare_businesses", "demo", "game")
  lu.assertEquals(differ.code, 2)
  lu.assertEquals(differ.stdout, "cron/crond\tonly in demo\nweb/nginx\tonly in demo\n")
  lu.assertEquals(ran(script "compare_businesses", "demo", "demo"), "")
  local unknown = run(script "compare_businesses", "demo", "gaem")
  lu.assertEquals(unknown.code, 1)
  lu.assertStrContains(unknown.stderr, 'there is no business "gaem"\n  hint: did you mean "game"?')
end

function tests.test_bulk_rename()
  local words = { script "bulk_rename", "demo", "web", "_nginx_%d+$", "_web" }
  local shown = run("--read-only", table.unpack(words))
  lu.assertEquals(shown.code, 1)
  lu.assertStrContains(shown.stderr, "cc.update_service_instances: this call writes")
  lu.assertEquals(#lines_of(shown.stdout), 42)
  lu.assertEquals(ran(table.unpack(words)), shown.stdout)
  lu.assertEquals(ran(table.unpack(words)), "")
end

function tests.test_rotate_start_cmd()
  local words = { script "rotate_start_cmd", "demo", "crond", "crond -n", "1", "0" }
  lu.assertEquals(ran(table.unpack(words)), "1 of 2 done\n2 of 2 done\n")
  lu.assertEquals(ran(table.unpack(words)), "")
  local locked = run(script "rotate_start_cmd", "demo", "nginx", "nginx")
  lu.assertEquals(locked.code, 1)
  lu.assertStrContains(locked.stderr, "nginx of 10.0.1.1 follows a template")
end

-- As somebody writes it who has read nothing but help() of the session.
local FIRST = [[
local biz, empty = assert(remora.business("demo")), {}
for row in remora.pages("cc.list_process_related_info", { bk_biz_id = biz }) do
  local process = row.process
  if process.start_cmd == "" or process.start_cmd == remora.null then
    print(row.host.bk_host_innerip, process.bk_process_name)
    process.start_cmd = "/usr/sbin/" .. process.bk_func_name
    empty[#empty + 1] = process
  end
end
assert(remora.batch("cc.update_process_instance", { bk_biz_id = biz }, empty))
]]

function tests.test_a_first_script()
  ran("-e", [[
    for row in remora.pages("cc.list_process_related_info", { bk_biz_id = 1 }) do
      if row.process.bk_process_name == "crond" then
        row.process.start_cmd = remora.null
        assert(remora.cc.update_process_instance { bk_biz_id = 1, processes = { row.process } })
      end
    end]])
  fleet:write("first.lua", FIRST)
  lu.assertEquals(ran "first.lua", "10.0.0.7\tcrond\n10.0.0.8\tcrond\n")
  lu.assertEquals(ran "first.lua", "")
  local typed = cli.run { cwd = fleet.path, "repl", "--quiet", stdin = FIRST }
  lu.assertEquals({ typed.code, typed.stdout, typed.stderr }, { 0, "[]\n", "" })
end

-- Script, exit code, standard output, what standard error begins with.
local ENDINGS = {
  { "return 3", 3, "", "" },
  { "return", 0, "", "" },
  { "return true", 0, "", "" },
  { "return { b = { 1, 2 }, a = 'x' }", 0, '{ "a": "x", "b": [1, 2] }\n', "" },
  { "print(...) print(arg[0], arg[1])", 0, "one\t-e\n-e\tone\n", "", { "one", "--", "-e" } },
  { "print({ 1 }, remora.null, nil)", 0, "[1]\tnull\tnil\n", "" },
  { "return 256", 1, "", "error: the script returned 256" },
  { "remora.fail 'enough'", 1, "", "error: enough" },
  { "return nil", 0, "", "" },
  { "return io.open '/none'", 1, "", "error: /none: No such file or directory\n" },
  { "return nil, { left = 2 }", 1, "", "error: { \"left\": 2 }\n" },
  { "return remora.cc.search_set { bk_biz_idd = 1, bk_biz_id = 1 }", 1, "",
    "error: cc.search_set: bk_biz_idd is not an argument\n  hint: did you mean \"bk_biz_id\"?" },
  { "assert(remora.cc.list_proc_template { bk_biz_id = 'x' })", 1, "",
    "error: (-e):1: cc.list_proc_template: bk_biz_id is a string" },
  { "local none = remora.business 'nope'\n"
    .. "for row in remora.pages('cc.search_set', { bk_biz_id = none }) do end", 1, "",
    "error: (-e):2: cc.search_set: bk_biz_id is missing\n  2 | for row in" },
  { "assert(remora.business 'nope')", 1, "", 'error: there is no business "nope"' },
  { "x = = 1", 1, "", "error: (-e):1: unexpected symbol near '='\n  1 | x = = 1" },
  { "local a\nlocal function f() return a.b end\nlocal c = f()", 70, "",
    "error: (-e):2: attempt to index a nil value (upvalue 'a')\n  2 | local function f()" },
  { "return remora.cc.serch_set {}", 70, "",
    "error: (-e):1: cc has no call serch_set; did you mean \"search_set\"?" },
  { "remora.pages('cc.search_set', { bk_biz_id = 1 }, {})", 70, "",
    "error: (-e):1: columns are names and paths" },
  { "remora.gather({ 1 }, function() local a; return a.b end)", 70, "",
    "error: (-e):1: attempt to index a nil value (local 'a')" },
  { "remora.pages('cc.search_business', { page = { limit = 0 } })", 70, "",
    "error: (-e):1: page.limit has to be at least 1" },
  { "remora.batch('cc.delete_process_instance', { bk_biz_id = 1 }, 5)", 70, "",
    "error: (-e):1: batch takes a list of items" },
  { "remora.gather { 1 }", 70, "", "error: (-e):1: gather takes a list and a function" },
  { "remora.sleep 'long'", 70, "", "error: (-e):1: sleep takes a number of seconds" },
  { "local x = 1\nremora.cc.search_business { condition = { a = 0 / 0 } }", 70, "",
    "error: (-e):2: " }, -- no JSON can say it, which is found out later
  { "while true do pcall(function() while true do end end) end", 1, "",
    "error: too many instructions", { "--instructions", "100000" } },
  { "remora.gather({ 1 }, function() while true do end end)", 1, "",
    "error: too many instructions", { "--instructions", "100000" } },
  { "t = {} while true do t[#t + 1] = {} end", 1, "", "error: too much memory",
    { "--memory", "8" } },
}

function tests.test_endings()
  for _, row in ipairs(ENDINGS) do
    local code, exit, out, err, words = table.unpack(row, 1, 5)
    local result = run("-e", code, table.unpack(words or {}))
    lu.assertEquals({ result.code, result.stdout }, { exit, out }, code .. "\n" .. result.stderr)
    lu.assertEquals(result.stderr:sub(1, #err), err, code)
  end
end

function tests.test_the_stack_names_the_scripts_lines()
  fleet:write("bug.lua", "\u{FEFF}#!/usr/bin/remora run\n"
    .. "local function f()\n  error 'oh'\nend\nlocal function g()\n  f()\nend\ng()\n")
  local result = fleet:run("run", "bug.lua")
  lu.assertEquals(result.code, 70)
  lu.assertEquals(result.stderr, "error: bug.lua:3: oh\n  3 |   error 'oh'\n"
    .. "  called from bug.lua:6: in local 'g'\n  called from bug.lua:8: in main chunk\n")
end

function tests.test_what_cannot_be_read()
  lu.assertEquals(run("none.lua").stderr,
    "error: none.lua: cannot be read: No such file or directory\n")
  lu.assertEquals(run().stderr:sub(1, 20), "error: which script?")
end

function tests.test_read_only()
  local args = [[{ bk_biz_id = 1, bk_parent_id = 1, bk_set_name = "new" }]]
  local refused = run("--read-only", "-e", "return remora.cc.create_set" .. args)
  lu.assertEquals(refused.code, 1)
  lu.assertStrContains(refused.stderr, "cc.create_set: this call writes, and the run may only read")
  local code = run("--read-only", "-e",
    "local _, f = remora.cc.create_set" .. args .. " print(f.code) "
    .. "print(#remora.cc.search_set { bk_biz_id = 1 }.info)")
  lu.assertEquals(code.stdout, "script.read_only\n5\n")
  local call = cli.run { cwd = fleet.path, "call", "--quiet", "--read-only", "create_set",
    "bk_biz_id=1", "bk_parent_id=1", "bk_set_name=new" }
  lu.assertEquals({ call.code, call.stdout }, { 1, "" })
  lu.assertStrContains(call.stderr, "this call writes")
end

function tests.test_a_batch_is_cut_at_the_limit()
  lu.assertEquals(ran("-e", [[
    local ids, calls = {}, 0
    for row in remora.pages("cc.list_process_related_info", { bk_biz_id = 1 }) do
      ids[#ids + 1] = row.process.bk_process_id
    end
    local more = {}
    for i = 1, 1001 do more[i] = ids[i % #ids + 1] end
    local found = remora.batch("cc.list_process_detail_by_ids", { bk_biz_id = 1 }, more)
    print(#found > 1001 // #ids, #remora.batch("cc.list_process_detail_by_ids", {}, {}))
    local _, fault = remora.batch("cc.list_process_detail_by_ids", {}, more)
    print(fault.message)]]),
    "true\t0\nbk_biz_id is missing; items 1 to 500 of 1001\n")
end

function tests.test_secrets_do_not_show()
  local result = cli.run { cwd = fleet.path, "run", "--quiet", "-e", [[
    remora.business "demo"
    print(os.getenv "BK_APP_SECRET")
    remora.fail(os.getenv "BK_APP_SECRET")]], env = { BK_APP_SECRET = "hidden-words" } }
  lu.assertEquals({ result.code, result.stdout, result.stderr }, { 1, "****\n", "error: ****\n" })
end

function tests.test_interrupt()
  for _, code in ipairs { "while true do end", "remora.sleep(1000)",
    "while true do remora.business 'demo' end" } do
    local running <close> = cli.start { cwd = fleet.path, "run", "--quiet", "-e",
      "print 'begun' " .. code }
    lu.assertEquals(running:read_line(60), "begun")
    running:kill(2)
    lu.assertEquals({ running:wait(60) }, { 130 }, code)
  end
end

return tests
