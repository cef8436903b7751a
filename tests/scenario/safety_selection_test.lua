-- Doing a part of the work, and stopping when too much of it fails.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local json = require "json"
local loop = require "remora.net.loop"
local troubled = require "tests.support.troubled"
local workplace = require "tests.support.workplace"

local SHOP = [[
playbook: shop
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, start_cmd: ./nginx, stop_cmd: ./stop, pid_file: nginx.pid,
               user: root, work_path: /data }
      agent: { bk_func_name: agent }
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond }
hosting:
  - where: { module: web, process: nginx }
    state: hosted
    owner: admin
]]

local tests = {}

-- What a plan would do and what it leaves out, both sorted: "action type label".
local function planned(directory, ...)
  local result = directory:expect(0, "plan", "--json", "shop.yml", ...)
  local plan = json.decode(result.stdout)
  local lists = {}
  for i, changes in ipairs { plan.changes, plan.excluded or {} } do
    lists[i] = {}
    for n, change in ipairs(changes) do
      lists[i][n] = ("%s %s"):format(change.action, table.concat(change.label, "/"))
    end
    table.sort(lists[i])
  end
  return lists[1], lists[2]
end

function tests.test_a_target_takes_its_part_and_names_what_it_leaves_there()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local done, left_out = planned(directory, "--target", "web/agent")
  lu.assertEquals(done, { "create web/agent", "sync web" })
  lu.assertEquals(left_out, { "create web/nginx" })

  local applied = directory:expect(0, "apply", "shop.yml", "--target", "tools/cron/10.0.0.7")
  lu.assertStrContains(applied.stdout, "left out, as --target and --exclude say: 1 change")
  lu.assertStrContains(applied.stdout, "create service instance tools/cron/10.0.0.8")
  lu.assertStrMatches(applied.stdout, ".*done, but for 1 change left out\n")
  done = planned(directory, "--target", "tools/cron")
  lu.assertEquals(done, { "create tools/cron/10.0.0.8" })

  applied = directory:expect(0, "apply", "shop.yml", "--target", "tools/cron")
  lu.assertStrContains(applied.stdout, "looked no further than --target and --exclude go")
  lu.assertStrMatches(applied.stdout, ".*done, as far as %-%-target and %-%-exclude go\n")
end

function tests.test_a_target_that_fits_nothing_is_told()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local result = directory:expect(0, "plan", "shop.yml", "--target", "wbe", "--target",
    "tools/cron", "--exclude", "tools")
  lu.assertStrContains(result.stderr, "--target wbe fits nothing")
  lu.assertNotStrContains(result.stderr, "tools/cron fits")
end

function tests.test_an_exclude_that_fits_nothing_is_told()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local result = directory:expect(0, "plan", "shop.yml", "--target", "tools",
    "--exclude", "tools/10.0.0.7", "--exclude", "tools/cron/10.0.0.8/crond")
  lu.assertStrContains(result.stderr, "--exclude tools/10.0.0.7 fits nothing")
  lu.assertNotStrContains(result.stderr, "crond fits")
end

-- Labels are fitted part by part, so the beginning of a name is no name: --exclude would spare
-- nothing, and nobody would know.
function tests.test_a_glob_that_fits_the_beginning_of_labels_only_is_told()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local function check(right)
    for _, flag in ipairs { "--target", "--exclude" } do
      local function said(glob)
        return directory:expect(0, "plan", "shop.yml", flag, glob).stderr
      end
      for _, glob in ipairs { "web/ngin", "web/nginx/user", "tools/cron/10.0.0.9",
        "tools/*/10.0.0.7/cron", "prod-1/web/*/nginx" } do
        lu.assertStrContains(said(glob), flag .. " " .. glob .. " fits nothing")
      end
      for _, glob in ipairs(right) do
        lu.assertNotStrContains(said(glob), "fits nothing")
      end
    end
  end
  local right = { "web/nginx", "web/ngin?", "tools/cron/10.0.0.7", "tools/*/10.0.0.7/crond" }
  check(right)
  directory:expect(0, "apply", "shop.yml")
  table.insert(right, "prod-1/web/*/nginx_1")
  check(right) -- what is as it should be is called as before
end

-- Of what is as wanted only the number is read: a host may be one of those.
function tests.test_a_host_that_was_not_read_is_no_misspelt_one()
  local directory <close> = workplace.new { ["shop.yml"] = [[
playbook: shop
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: false } }
instances:
  - { where: { set: prod-1, module: web }, processes: { nginx: { timeout: 30 } } }
]] }
  directory:expect(0, "apply", "shop.yml")
  local function said(glob)
    return directory:expect(0, "plan", "shop.yml", "--exclude", glob).stderr
  end
  lu.assertNotStrContains(said "prod-1/web/10.0.1.1/nginx", "fits nothing")
  lu.assertStrContains(said "prod-1/web/10.0.1.1/ngin", "fits nothing")
end

function tests.test_operations_tell_of_a_glob_that_fits_no_process()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  directory:expect(0, "apply", "shop.yml")
  local function check(...)
    local command = { ... }
    local function said(glob)
      return directory:expect(0, command[1], "--target", glob, table.unpack(command, 2)).stderr
    end
    lu.assertStrContains(said "prod-1/web/*/nginx", "fits nothing")
    lu.assertNotStrContains(said "prod-1/web/10.0.1.1/nginx_1", "fits nothing")
  end
  check("op", "restart", "process=nginx", "--business", "demo")
  check("status", "process=nginx", "--business", "demo")
end

function tests.test_an_exclude_wins_over_a_target()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local done, left_out = planned(directory, "--target", "tools", "--exclude", "tools/*/10.0.0.7")
  lu.assertEquals(done, { "create tools/cron/10.0.0.8" })
  lu.assertEquals(left_out, { "create tools/cron/10.0.0.7" })
end

function tests.test_hosting_is_chosen_process_by_process()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  directory:expect(0, "apply", "shop.yml", "--exclude", "prod-*")
  local done, left_out = planned(directory, "--target", "prod-1/web/10.0.1.1")
  lu.assertEquals(done, { "register prod-1/web/10.0.1.1/nginx_1" })
  lu.assertTrue(#left_out > 10)
end

local DEPENDENT = [[
playbook: shop
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: %s } }
instances:
  - where: { set: prod-1, module: web }
    processes: { nginx: { %s } }
]]

-- An instance cannot have what its template only gets with a change that is left out.
function tests.test_a_target_that_needs_its_template_says_so()
  local directory <close> = workplace.new()
  local function refused(words)
    local result = directory:expect(1, "plan", "shop.yml", "--target", "prod-1/web/10.0.1.1")
    lu.assertStrContains(result.stderr, words)
    lu.assertStrContains(result.stderr, "take it in with --target web")
  end
  directory:write("shop.yml", DEPENDENT:format("false", "timeout: 60"))
  refused("the service template web has no process nginx")
  directory:write("shop.yml", DEPENDENT:format("true", ""))
  directory:expect(0, "apply", "shop.yml")
  directory:write("shop.yml", DEPENDENT:format("false", "timeout: 60"))
  refused("timeout of nginx is locked by the service template web\n")
  directory:expect(0, "apply", "shop.yml", "--target", "prod-1/web/10.0.1.1",
    "--target", "web")
end

function tests.test_it_stops_after_so_many_failures()
  local directory <close> = workplace.new()
  directory:write("shop.yml", SHOP:gsub("hosting:.*", ""))
  local l = loop.new()
  l:run(function()
    local platform <close> = troubled.start(l, function(call)
      if call ~= "cc.create_service_instance" and call ~= "cc.batch_create_proc_template" then
        return nil
      end
      return { status = 200, headers = {}, body = json.encode { result = false, code = 1199006,
        message = "no", data = json.null } }
    end)
    local result = cli.run { cwd = directory.path, loop = l, "apply", "--yes", "--platform",
      platform.url, "--max-failures", "1", "shop.yml" }
    lu.assertEquals(result.code, 4, result.stdout .. result.stderr)
    lu.assertStrContains(result.stdout, "then stopped after 1 failed call, as --max-failures "
      .. "says; remora resume to go on\n")
    lu.assertIsNil(platform:writes()["cc.create_service_instance"])
  end)
end

return tests
