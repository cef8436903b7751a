-- remora check as its users run it: the ready playbooks, a bad one, and both with --json.

local cli = require "tests.support.cli"
local json = require "json"
local lu = require "luaunit"
local source = require "tests.support.source"
local workplace = require "tests.support.workplace"
local system = require "system"

local PLAYBOOKS = source.directory() .. "/playbooks"

-- What each ready playbook holds.
local READY = {
  ["web.yml"] = "1 service template, 1 instance rule, 1 hosting rule",
  ["cron.yml"] = "2 instance rules",
  ["hosting.yml"] = "2 instance rules, 2 hosting rules",
  ["generated.lua"] = "1 service template",
  ["v3.yml"] = "2 processes",
}

local BAD = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        start_cmmd: ./nginx
        timeout: 0
]]

return {
  test_ready_playbooks = function()
    for _, name in ipairs(assert(system.list(PLAYBOOKS))) do
      if name:find(".", 1, true) then -- a file
        local ran = cli.run { "check", name, cwd = PLAYBOOKS }
        lu.assertEquals(ran, { code = 0, stderr = "",
          stdout = ("%s: ok (%s)\n"):format(name, READY[name] or "an expectation of this test") })
      end
    end
  end,

  test_a_bad_playbook = function()
    local directory <close> = workplace.new { ["bad.yml"] = BAD }
    local ran = directory:expect(1, "check", "bad.yml")
    lu.assertEquals(ran.stdout, "")
    lu.assertStrContains(ran.stderr,
      'error: bad.yml:6:9: unknown key "start_cmmd"; did you mean "start_cmd"?\n'
      .. "  6 |         start_cmmd: ./nginx\n"
      .. "    |         ^\n"
      .. "  hint: known here: auto_start, bind_info,")
    lu.assertStrContains(ran.stderr,
      'error: bad.yml:7:18: "timeout" must be a whole number from 1 to 10000, not 0\n'
      .. "  7 |         timeout: 0\n"
      .. "    |                  ^")
  end,

  test_the_caret_stands_under_the_mistake_after_wide_text = function()
    local directory <close> = workplace.new()
    directory:write("bad.yml", "business: demo\ninstances:\n"
      .. "  - where: { set: 生产环境, modul: 网站 }\n    processes: {}\n")
    local ran = directory:run("check", "bad.yml")
    -- Twenty characters of one column and four of two.
    lu.assertStrContains(ran.stderr, "error: bad.yml:3:25: unknown key")
    lu.assertStrContains(ran.stderr, "\n  3 |   - where: { set: 生产环境, modul: 网站 }\n"
      .. "    | " .. (" "):rep(20 + 4 * 2) .. "^\n")
  end,

  test_json = function()
    local directory <close> = workplace.new { ["bad.yml"] = BAD }
    directory:write("good.yml", "business: demo\ninstances: []\n")
    local good = directory:expect(0, "check", "--json", "good.yml")
    lu.assertEquals(json.decode(good.stdout), { version = 1, event = "check", ok = true,
      files = { "good.yml" }, sections = { instances = 0 } })
    local bad = directory:expect(1, "check", "--json", "bad.yml")
    local event = json.decode(bad.stdout)
    lu.assertEquals({ event.ok, #event.faults }, { false, 2 })
    lu.assertEquals(event.faults[2].at, { file = "bad.yml", line = 7, column = 18,
      excerpt = "        timeout: 0" })
  end,

  test_variables = function()
    local given = cli.run { "check", "web.yml", "--var", "port=99999", cwd = PLAYBOOKS }
    lu.assertEquals(given.code, 1)
    lu.assertStrContains(given.stderr, '"port" must be a port from 1 to 65535')
    local directory <close> = workplace.new()
    directory:write("vars.yml", "port: 0\n")
    local file = cli.run { "check", "web.yml", "--vars-file", directory.path .. "/vars.yml",
      cwd = PLAYBOOKS }
    lu.assertEquals(file.code, 1)
    local both = cli.run { "check", "web.yml", "--vars-file", directory.path .. "/vars.yml",
      "--var", "port=80", cwd = PLAYBOOKS }
    lu.assertEquals(both.code, 0)
  end,
}
