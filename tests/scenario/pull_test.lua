-- remora pull as people use it: into a file, into a directory, and from there onto an empty
-- platform.

local luaunit = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local system = require "system"

local PLAYBOOK = [[
playbook: shop
business: demo
service_templates:
  web:
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

-- Runs remora in a directory; it must end with 0.
local function run(directory, ...)
  local result = cli.run { cwd = directory.path, ... }
  luaunit.assertEquals(result.code, 0, result.stdout .. result.stderr)
  return result
end

local function with_fleet()
  local directory = fs.temporary()
  fs.write(directory.path .. "/shop.yml", PLAYBOOK)
  run(directory, "apply", "shop.yml")
  return directory
end

function tests.test_a_pulled_business_plans_to_nothing_and_can_be_made_again()
  local directory <close> = with_fleet()
  local text = run(directory, "pull", "--business", "demo").stdout
  luaunit.assertStrContains(text, [[
  web:
    category: Nginx
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
        bind_info:
          - { ip: first_inner, port: 80, protocol: TCP }

instances:
  - where: { module: cron }
    processes:
      crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
  - where: { set: prod-*, module: web }
    processes:
      nginx: { timeout: 60 }
]])
  fs.write(directory.path .. "/pulled.yml", text)
  run(directory, "plan", "--detailed-exitcode", "pulled.yml")

  local empty <close> = fs.temporary()
  fs.write(empty.path .. "/pulled.yml", text)
  run(empty, "apply", "pulled.yml")
  luaunit.assertEquals(run(empty, "pull", "--business", "1").stdout, text)
end

function tests.test_files_that_include_each_other()
  local directory <close> = with_fleet()
  luaunit.assertEquals(run(directory, "pull", "--business", "demo", "-o", "out").stdout,
    "out/demo.yml\n")
  luaunit.assertStrContains(fs.read(directory.path .. "/out/demo/cron.yml"), "crond")
  run(directory, "plan", "--detailed-exitcode", "out/demo.yml")

  local result = run(directory, "pull", "--business", "demo", "--json", "-o", "one/all.yaml")
  luaunit.assertEquals(json.decode(result.stdout), { version = 1, event = "pulled",
    business = { id = 1, name = "demo" }, files = { "one/all.yaml" }, left_out = {} })
  run(directory, "plan", "--detailed-exitcode", "one/all.yaml")
end

function tests.test_what_people_wrote_is_not_overwritten()
  local directory <close> = with_fleet()
  run(directory, "pull", "--business", "demo", "-o", "out")
  run(directory, "pull", "--business", "demo", "-o", "out") -- its own files, anew
  for path, output in pairs { ["mine.yml"] = "mine.yml", ["two/demo/web.yml"] = "two" } do
    assert(system.mkdir(directory.path .. "/two/demo"))
    fs.write(directory.path .. "/" .. path, "business: demo # mine\n")
    local result = cli.run { "pull", "--business", "demo", "-o", output, cwd = directory.path }
    luaunit.assertEquals(result.code, 1)
    luaunit.assertStrContains(result.stderr, path .. ": is there already")
    luaunit.assertStrContains(fs.read(directory.path .. "/" .. path), "# mine")
    run(directory, "pull", "--business", "demo", "-o", output, "--force")
    luaunit.assertNotStrContains(fs.read(directory.path .. "/" .. path), "# mine")
  end
end

function tests.test_a_part_of_a_business_as_json()
  local directory <close> = with_fleet()
  local result = run(directory, "pull", "--business", "demo", "--set", "tools", "--module", "cr*",
    "--json")
  luaunit.assertEquals(json.decode(result.stdout).playbook, { business = "demo", instances = { {
    where = { module = "cron" },
    processes = { crond = { bk_func_name = "crond", start_cmd = "/usr/sbin/crond" } },
  } } })
end

local OLD = [[
business: demo
api: v3

processes:
  nginx:
    bk_func_name: nginx
    user: root
    reload_cmd: null
    priority: 10
    bind_ip: 0.0.0.0
    port: "80,443"
    protocol: TCP
    modules: [app, web]
  sshd: { bk_func_name: sshd, auto_start: true, port: 22 }
]]

function tests.test_a_business_of_the_old_platform()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/old.yml", OLD)
  run(directory, "apply", "old.yml")
  local text = run(directory, "pull", "--api", "v3", "--business", "demo").stdout
  luaunit.assertEquals(text:match("\n(business.*)$"), OLD)
  run(directory, "pull", "--api", "v3", "--business", "demo", "-o", "out")
  run(directory, "plan", "--detailed-exitcode", "out/demo.yml")
end

function tests.test_what_is_refused()
  local directory <close> = fs.temporary()
  for _, row in ipairs {
    { { "pull" }, 64, "--business" },
    { { "pull", "--business", "shop" }, 1, 'there is no business "shop"' },
    { { "pull", "--business", "demo", "--module", "corn" }, 1, 'did you mean "cron"?' },
    { { "pull", "--business", "demo", "--api", "v3", "--set", "x" }, 64, "v3 does not have" },
    { { "pull", "--business", "demo", "-o", "/proc/none/x.yml" }, 1, "/proc/none" },
  } do
    local result = cli.run { cwd = directory.path, table.unpack(row[1]) }
    luaunit.assertEquals(result.code, row[2], result.stderr)
    luaunit.assertStrContains(result.stderr, row[3])
  end
end

return tests
