-- What a playbook asks for and cannot have: refused with file, line, column, caret and advice,
-- before anything is sent.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local json = require "json"

local tests = {}

local BASE = [[
playbook: base
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: root
        timeout: { value: 30, as_default_value: false }
        bind_info: [{ ip: 0.0.0.0, port: 80, protocol: TCP }]
]]

local TEMPLATE = "business: demo\nservice_templates:\n  web:\n    processes:\n"
local WEB = "business: demo\ninstances:\n  - where: { set: prod-1, module: web }\n    processes:\n"
local CRON = "business: demo\ninstances:\n  - where: { set: tools, module: cron }\n    processes:\n"

-- What the platform has to be asked for: playbook, place, message, hint.
local PLANNED = {
  { WEB .. "      nginx: { user: www }\n", "5:22",
    "user of nginx is locked by the service template web", "free it there: user: { value: …" },
  { WEB .. "      nginx: { bk_func_name: httpd }\n", "5:30",
    "bk_func_name of nginx is locked by the service template web", "belongs to its template" },
  { WEB .. "      nginx: { bind_info: [{ template_row_id: 1, port: 81 }] }\n", "5:28",
    "bind_info[1].port of nginx is locked by the service template web",
    "free it there, in row 1 of bind_info: port: { value: …, as_default_value: false }" },
  { WEB .. "      nginx: { bind_info: [{ template_row_id: 9, port: 81 }] }\n", "5:28",
    "nginx cannot have the bind row with template_row_id 9: its template web gives it no such row",
    "by template_row_id: 1 (0.0.0.0:80 TCP)" },
  { TEMPLATE .. "      nginx: { bk_func_name: httpd }\n", "5:30",
    "bk_func_name of nginx is nginx and can never be changed to httpd", "another name" },
  { WEB .. "      apache: { timeout: 3 }\n", "5:7",
    "the service template web has no process apache", "add it under service_templates" },
  { CRON:gsub("cron", "corn") .. "      a: { bk_func_name: a }\n", "3:34",
    'there is no module "corn"', 'did you mean "cron"?' },
  { CRON:gsub("tools", '"q*"') .. "      a: { bk_func_name: a }\n", "3:19",
    'no set matches "q*"', "there are: prod-1, prod-2, " },
  { CRON:gsub("tools", "tolos") .. "      a: { bk_func_name: a }\n", "3:19",
    'there is no set "tolos"', 'did you mean "tools"?' },
  { CRON:gsub("cron }", "cron, hosts: [10.9.9.9] }") .. "      a: { bk_func_name: a }\n", "3:48",
    'there is no host "10.9.9.9"', "inner address" },
  { CRON:gsub("cron }", "cron, hosts: [10.0.1.1] }") .. "      a: { bk_func_name: a }\n", "3:48",
    "host 10.0.1.1 is in none of the modules", "transfer the host into the module first" },
  { CRON .. "      a: { user: root }\n", "5:7", "a is a new process and needs bk_func_name",
    "bk_func_name: a" },
  { "business: dmeo\ninstances: []\n", "1:11", 'there is no business "dmeo"',
    'did you mean "demo"?' },
  { "business: demo\nservice_templates:\n  web: { category: Ngnix }\n", "3:20",
    'there is no category "Ngnix"', 'did you mean "Nginx"?' },
  { "business: demo\nservice_templates:\n  web: { category: Foo }\n", "3:20",
    'there is no category "Foo"', "HTTP 服务/Nginx, " },
  { WEB .. "      nginx: { timeout: 3 }\n  - where: { module: 'we*' }\n    processes:\n"
    .. "      nginx: { timeout: 4 }\n", "8:25",
    '"timeout" of nginx is set differently at p.yml:5:25', "narrow its where" },
  { CRON .. "      a: { bk_func_name: a }\n  - where: { module: cr?n }\n    processes:\n"
    .. "      a: { bk_func_name: b }\n", "8:26",
    '"bk_func_name" of a is set differently at p.yml:5:26', "narrow its where" },
}

-- What is seen without a platform.
local CHECKED = {
  { TEMPLATE .. "      p: { bk_func_name: p, bind_info: [ { protocol: TCP, port: '80,443' } ] }\n",
    "5:65", '"port" is a list of ports ("80,443"), which no instance can take',
    "one bind_info row per port" },
  { WEB .. "      nginx: { timout: 3 }\n", "5:16", 'unknown key "timout"', "known here: " },
  { WEB .. "      nginx: { timeout: 0 }\n", "5:25", "from 1 to 10000, not 0", "" },
  { "business: demo\nbusiness: game\n", "2:1", "the key 'business' is already in line 1", "" },
  { "business: '{{ biz }}'\n", "1:12", 'the variable "biz" is not defined', "--var NAME=VALUE" },
}

local function assert_refused(ran, row)
  lu.assertEquals({ ran.code, ran.stdout }, { 1, "" }, row[1])
  lu.assertStrContains(ran.stderr, ("error: p.yml:%s: "):format(row[2]))
  lu.assertStrContains(ran.stderr, row[3])
  lu.assertStrContains(ran.stderr, row[4])
  local line, column = row[2]:match("(%d+):(%d+)")
  local margin = "    | " .. (" "):rep(column - 1) .. "^"
  lu.assertStrContains(ran.stderr, ("  %s | "):format(line))
  lu.assertStrContains(ran.stderr, "\n" .. margin, false, row[1])
end

function tests.test_what_the_platform_cannot_give()
  local directory <close> = workplace.new { ["base.yml"] = BASE }
  directory:expect(0, "apply", "base.yml")
  for _, row in ipairs(PLANNED) do
    directory:write("p.yml", row[1])
    assert_refused(directory:run("plan", "--quiet", "p.yml"), row)
  end
  -- apply refuses the same, and has sent nothing.
  directory:write("p.yml", PLANNED[1][1])
  assert_refused(directory:run("apply", "--yes", "--quiet", "p.yml"), PLANNED[1])
  lu.assertStrContains(directory:run("plan", "base.yml").stdout, "nothing to do")
end

function tests.test_what_is_seen_without_a_platform()
  local directory <close> = workplace.new()
  for _, row in ipairs(CHECKED) do
    directory:write("p.yml", row[1])
    for _, command in ipairs { "check", "plan", "apply" } do
      assert_refused(directory:run(command, "p.yml"), row)
    end
  end
  lu.assertNil(require("system").stat(directory.path .. "/.remora"))
end

function tests.test_all_of_it_at_once()
  local directory <close> = workplace.new()
  directory:write("p.yml",
    WEB .. "      nginx: { timout: 3 }\n      b: { timeout: 0 }\n")
  local ran = directory:run("plan", "--json", "p.yml")
  lu.assertEquals({ ran.code, ran.stdout }, { 1, "" })
  local faults = json.decode(ran.stderr).fault.faults
  lu.assertEquals({ faults[1].at.line, faults[2].at.line, #faults }, { 5, 6, 2 })
end

-- Labels come and go without a playbook, so that none has them is no mistake for certain.
function tests.test_labels_that_nothing_has_are_told()
  local directory <close> = workplace.new()
  directory:write("p.yml", CRON:gsub("cron }", "cron, labels: { tier: gold } }")
    .. "      a: { bk_func_name: a }\nhosting:\n"
    .. "  - where: { module: cron, labels: { tier: gold, a: b } }\n    state: unhosted\n")
  for _, command in ipairs { "plan", "apply" } do
    local stderr = directory:expect(0, command, "p.yml").stderr
    for _, words in ipairs { "p.yml:3:48: no service instance has the labels { tier: gold }\n",
      "p.yml:7:36: no service instance has the labels { a: b, tier: gold }\n" } do
      lu.assertStrContains(stderr, "warning: " .. words)
    end
  end
end

-- A module may get its first process at any time, so that it has none is no mistake for certain;
-- but that nothing is hosted there must not look as if all was well.
function tests.test_a_hosting_rule_that_meets_no_process_is_told()
  local directory <close> = workplace.new()
  local hosting = "hosting:\n  - { where: { module: cron }, state: hosted, owner: ops }\n"
    .. "  - { where: { module: cron, labels: { a: b } }, state: hosted, owner: ops }\n"
  directory:write("p.yml", "playbook: p\nbusiness: demo\n" .. hosting)
  local function said() return directory:expect(0, "plan", "p.yml").stderr end
  local stderr = said()
  lu.assertStrContains(stderr, "warning: p.yml:4:5: no process is there\n")
  lu.assertNotStrContains(stderr, "p.yml:5:5") -- of its labels that has been said
  lu.assertNotStrContains(directory:expect(0, "plan", "--target", "tools", "p.yml").stderr,
    "no process is there")
  directory:write("p.yml", CRON .. "      crond: { bk_func_name: crond, work_path: /opt, "
    .. "pid_file: p, user: root, start_cmd: a, stop_cmd: b }\n" .. hosting)
  lu.assertNotStrContains(said(), "no process is there") -- the plan makes them
end

-- Who names none has no other way to find out.
function tests.test_which_businesses_there_are()
  local directory <close> = workplace.new()
  for _, words in ipairs { { "status" }, { "op", "stop", "module=cron" }, { "pull" } } do
    local stderr = directory:expect(64, table.unpack(words)).stderr
    lu.assertStrContains(stderr, "which business? none is named\n")
    lu.assertStrContains(stderr, "--business NAME: you may see: demo, game\n")
  end
end

return tests
