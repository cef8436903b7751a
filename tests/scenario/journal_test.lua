-- What the journal gives to who asks afterwards: history, show and undo, through the command line.

local json = require "json"
local lu = require "luaunit"
local workplace = require "tests.support.workplace"

local HEAD = [[
playbook: shop
business: demo
]]

local BEFORE = HEAD .. [[
service_templates:
  web:
    category: Nginx
    prune: true
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
        bind_info: [ { ip: first_inner, port: 80, protocol: TCP } ]
      side: { bk_func_name: side, work_path: /side }
instances:
  - where: { set: "prod-*", module: web }
    processes: { nginx: { timeout: 60 } }
  - where: { set: tools, module: cron }
    prune: true
    processes:
      crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
      old: { bk_func_name: old, bind_info: [ { ip: 127.0.0.1, port: 99, protocol: UDP } ] }
]]

local AFTER = HEAD .. [[
service_templates:
  web:
    category: Default/Default
    prune: true
    processes:
      nginx:
        bk_func_name: nginx
        user: <b>www</b>
        timeout: { value: 30, as_default_value: false }
        bind_info: [ { ip: first_inner, port: 81, protocol: TCP } ]
instances:
  - where: { set: "prod-*", module: web }
    processes: { nginx: { timeout: 90 } }
  - where: { set: tools, module: cron }
    prune: true
    processes:
      crond: { bk_func_name: crond, start_cmd: /usr/bin/crond }
      new: { bk_func_name: new }
  - where: { set: tools, module: deploy }
    processes: { agent: { bk_func_name: agent } }
]]

local tests = {}

local directory

local function must(...) return directory:expect(0, ...) end

function tests.setUp()
  directory = workplace.new { ["before.yml"] = BEFORE, ["after.yml"] = AFTER }
end

function tests.tearDown() local _ <close> = directory end

function tests.test_nothing_applied_yet()
  lu.assertStrContains(must("history").stdout, "nothing was ever applied from here")
  lu.assertEquals(json.decode(must("history", "--json").stdout), { runs = {}, version = 1 })
  directory:expect(1, "show", "last")
  directory:expect(64, "show", "first")
end

function tests.test_a_run_is_told_with_every_call()
  must("apply", "before.yml")
  local history = json.decode(must("history", "--json").stdout).runs
  lu.assertEquals(#history, 1)
  lu.assertEquals(history[1].result, "done")
  lu.assertEquals(history[1].playbook, "shop")
  lu.assertTrue(history[1].ended >= history[1].started)
  local shown = json.decode(must("show", "1", "--json").stdout)
  lu.assertEquals(#shown.calls, history[1].calls)
  lu.assertEquals(shown.changes, { done = 45, failed = 0, unknown = 0, under_way = 0, left = 0 })
  lu.assertEquals(shown.failures, {})
  for _, call in ipairs(shown.calls) do
    lu.assertEquals(call.outcome, "done")
    lu.assertEquals(call.attempts, 1)
    lu.assertTrue(call.seconds >= 0)
  end
  local text = must("show", "last").stdout
  lu.assertEquals(must("show").stdout, text)
  lu.assertStrContains(text, "run 1: apply shop  done\n")
  lu.assertStrContains(text, "+ process template web/nginx  before.yml:8\n"
    .. "        bk_func_name nginx, ")
  for line in must("history").stdout:gmatch "[^\n]+" do
    lu.assertTrue(utf8.len(line) <= 80, line)
  end
end

function tests.test_the_page_of_a_run_stands_alone_and_escapes_everything()
  must("apply", "before.yml")
  must("apply", "--force", "after.yml")
  must("show", "last", "--html", "run.html")
  local page = directory:read "run.html"
  lu.assertStrContains(page, "&lt;b&gt;www&lt;/b&gt;")
  lu.assertNil(page:find("<b>www", 1, true))
  for _, outside in ipairs { "<script", "<link", "<img", "src=", "href=", "url(", "@import" } do
    lu.assertNil(page:find(outside, 1, true), outside)
  end
  for _, part in ipairs { "<span class=name>prod-1<", "<span class=name>nginx<",
    "<li><span>prod-1/web</span>", "<del>root</del> →", "<code>cc.update_proc_template<",
    "class='bar done'", "run 2: apply shop" } do
    lu.assertStrContains(page, part)
  end
  local open = {}
  for closing, name in page:gmatch("<(/?)(%l%w*)") do
    if name == "meta" or name == "br" then
      goto continue
    elseif closing == "" then
      open[#open + 1] = name
    else
      lu.assertEquals(table.remove(open), name)
    end
    ::continue::
  end
  lu.assertEquals(open, {})
  directory:expect(1, "show", "last", "--html", "missing/run.html")
end

function tests.test_a_run_that_is_not_there_is_told_with_where_to_look()
  must("apply", "before.yml")
  lu.assertEquals(directory:run("show", "99"), { code = 1, stdout = "",
    stderr = "error: .remora/journal.db: there is no run 99\n"
      .. "  hint: remora history lists the runs\n" })
end

function tests.test_undo_brings_back_what_a_run_changed()
  must("apply", "before.yml")
  must("apply", "--force", "after.yml")
  directory:expect(2, "plan", "--detailed-exitcode", "before.yml")
  local undone = must("undo", "last", "--force")
  lu.assertStrContains(undone.stderr, "process template web/side: comes back with a new id")
  must("plan", "--detailed-exitcode", "before.yml")
  local pruning = HEAD .. "instances:\n  - where: { set: tools, module: deploy }\n"
    .. "    prune: true\n    processes: {}\n"
  directory:write("deploy.yml", pruning)
  lu.assertStrContains(must("plan", "deploy.yml").stdout, "nothing to do")
  lu.assertStrContains(must("undo", "2").stdout, "nothing to do")
  lu.assertStrContains(must("history").stdout, "undo of run 2")
end

function tests.test_undo_says_what_it_overwrites()
  must("apply", "before.yml")
  directory:write("later.yml", (BEFORE:gsub("timeout: 60", "timeout: 61")))
  must("apply", "later.yml")
  lu.assertNotStrContains(must("undo", "last").stderr, "changed again")
  must("apply", "later.yml")
  directory:write("other.yml", (BEFORE:gsub("timeout: 60", "timeout: 99")))
  must("apply", "other.yml")
  lu.assertStrContains(must("undo", "4").stderr, "warning: changed again since run 4, and "
    .. "overwritten or removed by this: prod-1/web/10.0.1.1/nginx, prod-1/web/10.0.1.2/nginx, "
    .. "prod-1/web/10.0.1.3/nginx and 37 more\n")
end

function tests.test_undo_of_a_first_run_leaves_the_modules_empty()
  must("apply", "before.yml")
  local undone = must("undo", "1", "--force")
  lu.assertStrContains(undone.stdout, "- process template web/nginx")
  local again = json.decode(must("plan", "--json", "before.yml").stdout)
  local first = json.decode(must("show", "1", "--json").stdout).run.plan
  lu.assertEquals(#again.steps, #first.steps)
end

function tests.test_undo_of_an_undo_goes_forward_again()
  must("apply", "before.yml")
  must("apply", "--force", "after.yml")
  must("undo", "last", "--force")
  must("undo", "last", "--force")
  must("plan", "--detailed-exitcode", "after.yml")
end

return tests
