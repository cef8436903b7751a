-- remora pull as people use it: into a file, into a directory, and from there onto an empty
-- platform.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local json = require "json"
local system = require "system"
local workplace = require "tests.support.workplace"

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

local function with_fleet()
  local directory = workplace.new { ["shop.yml"] = PLAYBOOK }
  directory:expect(0, "apply", "shop.yml")
  return directory
end

function tests.test_a_pulled_business_plans_to_nothing_and_can_be_made_again()
  local directory <close> = with_fleet()
  local text = directory:expect(0, "pull", "--business", "demo").stdout
  lu.assertStrContains(text, [[
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
  directory:write("pulled.yml", text)
  directory:expect(0, "plan", "--detailed-exitcode", "pulled.yml")

  local empty <close> = workplace.new()
  empty:write("pulled.yml", text)
  empty:expect(0, "apply", "pulled.yml")
  lu.assertEquals(empty:expect(0, "pull", "--business", "1").stdout, text)
end

-- Two processes of each of two hosts over job, with limits; over GSE those of a third host.
local HOSTING = [[
playbook: agents
business: demo
instances:
  - where: { set: tools, module: monitor }
    processes:
      exporter:
        bk_func_name: exporter
        user: root
        work_path: /opt/exporter
        pid_file: /run/exporter_${local_inst_id}.pid
        start_cmd: ./exporter
        timeout: 20
        proc_num: 2
hosting:
  - where: { module: monitor, hosts: [10.0.0.1, 10.0.0.2] }
    state: hosted
    owner: "{{ '{{' }}"
    cpu_lmt: 20
    op_timeout: 30
  - { where: { module: monitor, hosts: 10.0.0.3 }, state: hosted, via: gse, type: once }
]]

local HOSTED = [[
hosting:
  - where: { module: monitor, hosts: [10.0.0.1, 10.0.0.2], process: exporter }
    state: hosted
    owner: "{{ '{{' }}"
    cpu_lmt: 20
    op_timeout: 30
  - where: { module: monitor, hosts: 10.0.0.3, process: exporter }
    state: hosted
    via: gse
    type: once
]]

function tests.test_what_was_registered_is_hosted_the_same_way_elsewhere()
  local directory <close> = workplace.new { ["agents.yml"] = HOSTING }
  directory:expect(0, "apply", "agents.yml")
  local text = directory:expect(0, "pull", "--business", "demo").stdout
  lu.assertEquals(text:match("\n(hosting:.*)$"), HOSTED)
  directory:write("pulled.yml", text)
  directory:expect(0, "plan", "--detailed-exitcode", "pulled.yml")
  lu.assertNotStrContains(
    directory:expect(0, "pull", "--business", "demo", "--module", "web").stdout, "hosting:")

  local empty <close> = workplace.new()
  empty:write("pulled.yml", text)
  empty:expect(0, "apply", "pulled.yml")
  lu.assertEquals(empty:expect(0, "pull", "--business", "demo").stdout, text)
end

function tests.test_what_is_hosted_otherwise_is_named()
  local directory <close> = workplace.new { ["agents.yml"] = HOSTING }
  directory:expect(0, "apply", "agents.yml")
  -- Two processes change and their registrations do not; another one is taken back.
  directory:write("change.yml", (HOSTING:gsub("hosting:.*", "")
    :gsub("module: monitor }", "module: monitor, hosts: [10.0.0.1, 10.0.0.3] }")
    :gsub("%./exporter", "./new")))
  directory:expect(0, "apply", "change.yml")
  lu.assertStrContains(directory:expect(0, "pull", "--business", "demo").stderr, "The hosting of "
    .. "tools/monitor/10.0.0.1/exporter and 1 alike is left out: they are not registered as they "
    .. "are defined now\n")
  directory:write("gone.yml", "playbook: gone\nbusiness: demo\nhosting:\n"
    .. "  - { where: { module: monitor, hosts: 10.0.0.3 }, state: unhosted }\n")
  directory:expect(0, "apply", "gone.yml")
  local result = directory:expect(0, "pull", "--business", "demo")
  lu.assertStrContains(result.stderr, "The hosting of tools/monitor/10.0.0.1/exporter is left "
    .. "out: it is not registered as it is defined now\n")
  lu.assertStrContains(result.stdout, "\n# - The hosting of tools/monitor/10.0.0.1/exporter is ")
  lu.assertStrContains(result.stdout, "hosts: 10.0.0.2, process: exporter }")
  lu.assertNotStrContains(result.stdout, "gse")
  directory:write("pulled.yml", result.stdout)
  directory:expect(0, "plan", "--detailed-exitcode", "pulled.yml")
end

function tests.test_files_that_include_each_other()
  local directory <close> = with_fleet()
  lu.assertEquals(directory:expect(0, "pull", "--business", "demo", "-o", "out").stdout,
    "out/demo.yml\n")
  lu.assertStrContains(directory:read("out/demo/cron.yml"), "crond")
  directory:expect(0, "plan", "--detailed-exitcode", "out/demo.yml")

  local result = directory:expect(0, "pull", "--business", "demo", "--json", "-o", "one/all.yaml")
  lu.assertEquals(json.decode(result.stdout), { version = 1, event = "pulled",
    business = { id = 1, name = "demo" }, files = { "one/all.yaml" }, left_out = {} })
  directory:expect(0, "plan", "--detailed-exitcode", "one/all.yaml")
end

function tests.test_what_people_wrote_is_not_overwritten()
  local directory <close> = with_fleet()
  directory:expect(0, "pull", "--business", "demo", "-o", "out")
  directory:expect(0, "pull", "--business", "demo", "-o", "out") -- its own files, anew
  for path, output in pairs { ["mine.yml"] = "mine.yml", ["two/demo/web.yml"] = "two" } do
    assert(system.mkdir(directory.path .. "/two/demo"))
    directory:write(path, "business: demo # mine\n")
    local result = cli.run { "pull", "--business", "demo", "-o", output, cwd = directory.path }
    lu.assertEquals(result.code, 1)
    lu.assertStrContains(result.stderr, path .. ": is there already")
    lu.assertStrContains(directory:read(path), "# mine")
    directory:expect(0, "pull", "--business", "demo", "-o", output, "--force")
    lu.assertNotStrContains(directory:read(path), "# mine")
  end
end

function tests.test_a_part_of_a_business_as_json()
  local directory <close> = with_fleet()
  local result = directory:expect(0, "pull", "--business", "demo", "--set", "tools", "--module",
    "cr*", "--json")
  lu.assertEquals(json.decode(result.stdout).playbook, { business = "demo", instances = { {
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
  local directory <close> = workplace.new { ["old.yml"] = OLD }
  directory:expect(0, "apply", "old.yml")
  local text = directory:expect(0, "pull", "--api", "v3", "--business", "demo").stdout
  lu.assertEquals(text:match("\n(business.*)$"), OLD)
  directory:expect(0, "pull", "--api", "v3", "--business", "demo", "-o", "out")
  directory:expect(0, "plan", "--detailed-exitcode", "out/demo.yml")
end

function tests.test_a_business_whose_name_is_a_number()
  local directory <close> = workplace.new()
  directory:expect(0, "call", "create_business", '{"data": {"bk_biz_name": "42"}}')
  for _, words in ipairs { { "pull" }, { "status", "set=x" } } do
    lu.assertStrContains(
      directory:expect(1, words[1], "--business", "42", words[2]).stderr,
      'there is no business with the id 42\n  hint: a name that is a number is written "42", with')
  end
  local text = directory:expect(0, "pull", "--business", '"42"').stdout
  lu.assertStrContains(text, '\nbusiness: "42"\n')
  lu.assertStrContains(
    directory:expect(1, "status", "--business", '"42"', "set=x").stderr, 'there is no set "x"')
end

function tests.test_what_is_refused()
  local directory <close> = workplace.new()
  for _, row in ipairs {
    { { "pull" }, 64, "--business" },
    { { "pull", "--business", "shop" }, 1, 'there is no business "shop"' },
    { { "pull", "--business", "demo", "--module", "corn" }, 1, 'did you mean "cron"?' },
    { { "pull", "--business", "demo", "--api", "v3", "--set", "x" }, 64, "v3 does not have" },
    { { "pull", "--business", "demo", "-o", "/proc/none/x.yml" }, 1, "/proc/none" },
  } do
    local result = cli.run { cwd = directory.path, table.unpack(row[1]) }
    lu.assertEquals(result.code, row[2], result.stderr)
    lu.assertStrContains(result.stderr, row[3])
  end
end

return tests
