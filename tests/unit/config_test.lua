-- Where the platform and the credentials come from.

local lu = require "luaunit"
local config = require "remora.cli.config"
local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local json = require "json"
local process = require "process"
local system = require "system"

local tests = {}

local home

function tests.setUp()
  home = fs.temporary().path
  assert(system.mkdir(home .. "/remora"))
end

function tests.tearDown()
  fs.remove_tree(home)
end

local function env(variables)
  return function(name)
    local value = variables and variables[name]
    return value or name == "XDG_CONFIG_HOME" and home or nil
  end
end

local function write(text, mode)
  assert(system.write_file(home .. "/remora/config.yml", text, mode or 384)) -- 0600
end

local FILE = [[
default: prod
profiles:
  prod:
    url: https://paas.example.com/
    bk_app_code: app
    bk_app_secret: hidden
    bk_username: admin
  lab:
    url: http://lab.example.com
    route: backend
    verify: false
    timeout: 5
]]

function tests.test_nothing_configured()
  local target, refused = config.target({}, env())
  lu.assertNil(target)
  lu.assertNil(refused)
end

function tests.test_a_platform_named_outright_needs_no_file()
  write("not: [a config", 420) -- 0644, and broken: it must not even be read
  local target = config.target({ platform = "http://127.0.0.1:8080/", route = "gateway" },
    env { BK_USERNAME = "ops", BK_TOKEN = "" })
  lu.assertEquals(target, { url = "http://127.0.0.1:8080", route = "gateway", language = "en",
    credentials = { bk_username = "ops" } })
end

function tests.test_profiles()
  write(FILE)
  local target = config.target({}, env())
  lu.assertEquals(target.url, "https://paas.example.com")
  lu.assertEquals(target.route, "auto")
  lu.assertEquals(target.credentials,
    { bk_app_code = "app", bk_app_secret = "hidden", bk_username = "admin" })
  target = config.target({ profile = "lab", timeout = 9 }, env { BK_APP_SECRET = "mine" })
  lu.assertEquals(target, { url = "http://lab.example.com", route = "backend", verify = false,
    timeout = 9, language = "en", credentials = { bk_app_secret = "mine" } })
end

function tests.test_messages_come_in_the_language_of_the_locale()
  for _, row in ipairs {
    { { LANG = "zh_CN.UTF-8" }, "zh-cn" },
    { { LANG = "zh_CN.UTF-8", LC_ALL = "en_US.UTF-8" }, "en" },
    { { LANG = "C.UTF-8" }, "en" },
    { { LANG = "de_DE.UTF-8", LC_MESSAGES = "zh_TW" }, "zh-cn" },
    { {}, "en" },
  } do
    lu.assertEquals(config.language(env(row[1])), row[2])
  end
end

function tests.test_the_environment_wins_over_the_profile()
  write(FILE)
  local target = config.target({}, env { BK_APP_SECRET = "other" })
  lu.assertEquals(target.credentials.bk_app_secret, "other")
end

function tests.test_a_file_that_others_can_read_is_refused()
  for _, mode in ipairs { 420, 416, 388 } do -- 0644, 0640, 0604
    write(FILE, mode)
    local target, refused = config.target({}, env())
    lu.assertNil(target)
    lu.assertEquals(refused.code, "config.mode")
    lu.assertStrContains(refused.hint, "chmod 600 " .. home)
  end
end

function tests.test_a_bad_file_shows_where()
  for _, row in ipairs {
    { "profiles:\n  prod:\n    url: http://x.y\n    bk_tokn: t\n", 4, 5, "bk_token" },
    { "profiles:\n  prod:\n    url: http://x.y\n    route: esbb\n", 4, 12, "esb" },
    { "profiles:\n  prod:\n    url: ''\n    a: 1\n    b: 1\n    c: 1\n", 3, 10, "empty" },
    { "profiles:\n  prod: {}\n", 2, nil, "url" },
    { "profile: {}\n", 1, nil, "profiles" },
    { "profiles: [\n", nil, nil, "" },
  } do
    write(row[1])
    local target, refused = config.target({}, env())
    lu.assertNil(target)
    lu.assertTrue(fault.is(refused))
    local first = refused.faults and refused.faults[1] or refused
    if row[2] then lu.assertEquals(first.at.line, row[2]) end
    if row[3] then lu.assertEquals(first.at.column, row[3]) end
    lu.assertStrContains(fault.render(refused), row[4])
  end
end

function tests.test_what_is_wrong_with_a_file_shows_no_secret()
  for _, text in ipairs {
    "profiles: { prod: { url: http://x.y, bk_app_secret: hidden, timeout: 0 } }",
    "profiles: { prod: { url: http://x.y, bk_app_secrt: hidden } }",
    "profiles: { prod: { url: http://x.y, bk_app_secret: [ hidden ] } }",
    "profiles: { prod: { url: http://x.y, bk_token: 'hidden",
    "default: prod\nprofiles: { prod: { url: 'ftp://user:hidden@x.y' } }",
    "profiles: { prod: { url: http://x.y, bk_token: 4711 } }",
  } do
    write(text)
    local target, refused = config.target({}, env())
    lu.assertNil(target)
    lu.assertNotStrContains(json.encode(fault.plain(refused)), "hidden")
    lu.assertNotStrContains(json.encode(fault.plain(refused)), "4711")
  end
end

function tests.test_a_file_that_cannot_be_looked_at_is_not_absent()
  local base = home .. "/loop"
  local linking <close> = assert(process.spawn { argv = { "ln", "-s", "loop", base } })
  lu.assertEquals(linking:wait(60), 0)
  local target, refused = config.target({}, env { XDG_CONFIG_HOME = base })
  lu.assertNil(target)
  lu.assertEquals(refused.code, "system.eloop")
end

function tests.test_an_unknown_profile_names_the_nearest()
  local _, refused = config.target({ profile = "prod" }, env())
  lu.assertEquals(refused.code, "config.missing")
  write(FILE)
  _, refused = config.target({ profile = "prd" }, env())
  lu.assertStrContains(refused.hint, "prod")
end

function tests.test_a_platform_is_a_url()
  local target, refused = config.target({ platform = "paas.example.com" }, env())
  lu.assertNil(target)
  lu.assertEquals(refused.code, "config.url")
end

return tests
