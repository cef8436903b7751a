-- remora watch at its limits: servers that are silent or want credentials, signals, kills.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local git_http = require "tests.support.git_http"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local repository = require "tests.support.repository"
local server = require "tests.support.server"
local source = require "tests.support.source"
local system = require "system"
local tls = require "tests.support.tls"
local troubled = require "tests.support.troubled"
local watched = require "tests.support.watched"

local tests = {}

local SIGHUP, SIGINT, SIGKILL, SIGTERM = 1, 2, 9, 15

local PLAYBOOK = [[
playbook: web
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, timeout: { value: 30, as_default_value: false } }
instances:
  - where: { set: "prod-*", module: web }
    processes:
      nginx: { timeout: 60 }
]]

local CREATE, SYNC, UPDATE = "cc.batch_create_proc_template",
  "cc.sync_service_template_to_service_instance", "cc.update_process_instance"

-- Runs a function in a loop, with a directory, a repository with a commit in it, and a place to
-- work.
local function with(body)
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    local made = repository(directory.path)
    made:commit { ["web.yml"] = PLAYBOOK }
    fs.write(directory.path .. "/home/.here", "")
    body(l, directory.path, made)
  end)
end

-- A URL with what people put into it: scheme, user and password, the rest.
local function with_user(url, user)
  local scheme, place = url:match "^(%a+://)(.*)$"
  return scheme .. user .. "@" .. place .. "/fleet.git"
end

-- Where remora has written anything.
local function everything_below(path)
  local texts = {}
  for _, name in ipairs(system.list(path)) do
    local its = path .. "/" .. name
    texts[#texts + 1] = name
    texts[#texts + 1] = system.stat(its).type == "directory" and everything_below(its)
      or fs.read(its)
  end
  return table.concat(texts, "\n")
end

local function once(l, directory, url, request)
  request = request or {}
  request.loop, request.cwd = l, directory .. "/home"
  for i, word in ipairs { "watch", "--once", "--repo", url } do table.insert(request, i, word) end
  return cli.run(request)
end

local WHO_COMES = { status = 401, headers = { ["WWW-Authenticate"] = 'Basic realm="fleet"' },
  body = "" }

-- Fetching over HTTP from who wants a user and a password.
local function guarded(l, directory, wanted)
  return server.start(l, function(request)
    if request.headers.authorization ~= "Basic " .. wanted then return WHO_COMES end
    return git_http(request, directory)
  end)
end

local ANN = "YW5uOnRvLy9rZW4=" -- ann:to//ken
local GIT = "Z2l0OnRvLy9rZW4=" -- git:to//ken

-- Where credentials come from, and what of them must not be seen.
local SOURCES = {
  the_url = { ANN, "ann:to%2F%2fken" },
  the_environment = { ANN, nil, { REMORA_GIT_USERNAME = "ann", REMORA_GIT_PASSWORD = "to//ken" } },
  the_environment_without_a_name = { GIT, nil, { REMORA_GIT_PASSWORD = "to//ken" } },
  both = { ANN, "ann", { REMORA_GIT_PASSWORD = "to//ken" } },
}

for name, case in pairs(SOURCES) do
  tests["test_credentials_of_" .. name .. "_are_given_and_never_shown"] = function()
    with(function(l, directory)
      local host <close> = guarded(l, directory, case[1])
      local url = case[2] and with_user(host.url, case[2]) or host.url .. "/fleet.git"
      fs.write(directory .. "/home/.gitconfig", "[core]\nlogAllRefUpdates = always\n")
      local ran = once(l, directory, url, { env = case[3], "--trace", "--json" })
      lu.assertEquals(ran.code, 0, ran.stderr)
      local all = ran.stdout .. ran.stderr .. everything_below(directory .. "/home")
      lu.assertStrContains(all, host.url .. "/fleet.git")
      for _, secret in ipairs { "to//ken", "to%2F%2fken", "to%2F%2Fken", case[1] } do
        lu.assertNotStrContains(all, secret)
      end
    end)
  end
end

function tests.test_credentials_of_a_profile()
  with(function(l, directory)
    local host <close> = guarded(l, directory, ANN)
    local path = directory .. "/home/.config/remora/config.yml"
    fs.write(path, "")
    assert(system.write_file(path, ("default: p\nprofiles:\n  p:\n    url: %s\n"
      .. "    git_username: ann\n    git_password: to//ken\n"):format(host.url), 384))
    local ran = once(l, directory, host.url .. "/fleet.git", { "--dry-run" })
    lu.assertStrContains(ran.stdout, "commit ")
    local refused = once(l, directory, host.url .. "/fleet.git", { "--platform", host.url })
    lu.assertStrContains(refused.stderr, "lets nobody in")
  end)
end

-- Refused at the first attempt, they are not tried for ever.
function tests.test_wrong_credentials_are_told_and_not_shown()
  with(function(l, directory)
    local host <close> = guarded(l, directory, ANN)
    local ran = once(l, directory, with_user(host.url, "ann:guess1"))
    lu.assertEquals({ ran.code, ran.stdout }, { 1, "" })
    lu.assertStrContains(ran.stderr,
      ("error: %s/fleet.git lets nobody in without credentials: "):format(host.url))
    lu.assertStrContains(ran.stderr, "REMORA_GIT_PASSWORD")
    lu.assertNotStrContains(ran.stderr, "guess1")
    lu.assertTrue(#host.requests <= 3)
    ran = once(l, directory, host.url .. "/fleet.git")
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr, "it accepts none that are known here, or ")
  end)
end

-- A password that is not written as it must be looks like the name of a host.
function tests.test_a_url_that_cannot_be_read_is_not_shown()
  for _, url in ipairs { "https://ann:to/ken@git.example.com/x", "https://ann:to#k@host/x" } do
    local ran = cli.run { "watch", "--once", "--repo", url }
    lu.assertEquals({ ran.code, ran.stdout }, { 64, "" })
    lu.assertNotStrContains(ran.stderr, "ann")
    lu.assertStrContains(ran.stderr, "%2F")
  end
end

-- Credentials are for the server that was named, before and after it has seen them; another port is
-- another server.
function tests.test_nobody_is_sent_elsewhere_with_credentials()
  for _, name in ipairs { "127.0.0.1", "localhost" } do
    for _, asked in ipairs { false, true } do
      with(function(l, directory)
        local other <close> = guarded(l, directory, ANN)
        local elsewhere = other.url:gsub("127.0.0.1", name)
        local host <close> = server.start(l, function(request)
          if asked and not request.headers.authorization then return WHO_COMES end
          return { status = 302, body = "",
            headers = { Location = ("%s%s?%s"):format(elsewhere, request.path, request.query) } }
        end)
        local ran = once(l, directory, with_user(host.url, "ann:to%2F%2Fken"))
        lu.assertEquals(ran.code, 1)
        lu.assertEquals(#other.requests > 0, name == "127.0.0.1")
        for _, request in ipairs(other.requests) do
          lu.assertNil(request.headers.authorization)
        end
      end)
    end
  end
end

-- A URL that libgit2 cannot read is in what it says, with what was put into it.
function tests.test_a_url_that_git_cannot_read_is_shown_without_a_password()
  local ran = cli.run { "watch", "--once", "--repo", "https://ann:to%2Fken@127.0.0.1:99999/x" }
  lu.assertEquals(ran.code, 1)
  lu.assertStrContains(ran.stderr, "ann:****@127.0.0.1:99999/x")
end

-- A playbook of others must not carry our secrets to the platform.
function tests.test_a_playbook_does_not_get_the_password()
  with(function(l, directory, made)
    local curious = PLAYBOOK:gsub("timeout: 60", "user: '{{ env.REMORA_GIT_PASSWORD }}'")
    made:commit { ["web.yml"] = curious }
    local ran = once(l, directory, made.url, { env = { REMORA_GIT_PASSWORD = "to//ken" } })
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr, "error: web.yml:10:")
    lu.assertNotStrContains(ran.stderr, "to//ken")
  end)
end

-- ca_file of the profile makes a certificate known; what the server says then is no git.
function tests.test_a_server_is_trusted_by_its_certificate()
  tls.needed()
  with(function(l, directory)
    local serving <close>, url, certificate = tls.serve(directory, "localhost")
    lu.assertNotNil(serving)
    url = url:gsub("127.0.0.1", "localhost")
    fs.write(directory .. "/home/.config/remora/config.yml", "")
    for line, said in pairs { [""] = "/x cannot be trusted: ", ["    ca_file: " .. certificate] =
      "/x cannot be fetched: ", ["    ca_file: nosuch"] = "/x cannot be trusted: " } do
      assert(system.write_file(directory .. "/home/.config/remora/config.yml",
        "default: p\nprofiles:\n  p:\n    url: http://localhost\n" .. line .. "\n", 384))
      local ran = once(l, directory, url .. "/x")
      lu.assertEquals(ran.code, 1)
      lu.assertStrContains(ran.stderr, "error: " .. url .. said)
    end
  end)
end

local SILENT = { { silent = true } }

function tests.test_a_silent_server_is_given_up()
  with(function(l, directory)
    local host <close> = server.start(l, SILENT)
    local ran = once(l, directory, host.url .. "/x", { "--fetch-timeout", "0.5" })
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr,
      host.url .. "/x cannot be fetched: it took longer than 0.5 s\n  hint: --fetch-timeout")
  end)
end

-- With --once, somebody waits for what did not happen.
function tests.test_ctrl_c_while_a_server_is_silent()
  for _, case in ipairs { { 0 }, { 130, "--once" } } do
    with(function(l, directory)
      local host <close> = server.start(l, SILENT)
      local watch <close> = watched(l, { cwd = directory .. "/home", "--repo", host.url .. "/x",
        table.unpack(case, 2) })
      while #host.requests == 0 do l:sleep(0.01) end
      lu.assertEquals({ watch:stop(SIGINT) }, { case[1] })
      lu.assertEquals(watch:times '"event":"error"', case[1] == 0 and 0 or 1)
    end)
  end
end

local function child_of(pid)
  for _, name in ipairs(system.list "/proc") do
    local stat = name:find "^%d+$" and system.read_file("/proc/" .. name .. "/stat")
    if stat and stat:match ".*%) %S (%d+)" == tostring(pid) then return name end
  end
end

-- The process that fetches is killed, as one is for want of memory.
function tests.test_a_fetch_that_is_killed_is_tried_again()
  with(function(l, directory)
    local silent = true
    local host <close> = server.start(l, function(request)
      return silent and { silent = true } or git_http(request, directory)
    end)
    local watch <close> = watched(l, { cwd = directory .. "/home", "--repo",
      host.url .. "/fleet.git" })
    while #host.requests == 0 do l:sleep(0.01) end
    silent = false
    cli.run { program = "/bin/sh", "-c", "kill -9 " .. child_of(watch.process:pid()) }
    watch:says "ended with signal 9"
    watch:event "applied"
  end)
end

-- What it has started ends with it, or that would hold the copy for ever.
function tests.test_a_kill_while_a_server_is_silent()
  with(function(l, directory)
    local silent = true
    local host <close> = server.start(l, function(request)
      return silent and { silent = true } or git_http(request, directory)
    end)
    local function watch()
      return watched(l, { cwd = directory .. "/home", "--repo", host.url .. "/fleet.git" })
    end
    local first <close> = watch()
    while #host.requests == 0 do l:sleep(0.01) end
    lu.assertEquals({ first:stop(SIGKILL) }, { nil, SIGKILL })
    silent = false
    local second <close> = watch()
    second:event "applied"
  end)
end

-- Watches until a call arrives at the platform, when it gets a signal; then watches again, to the
-- end.
local function cut_short(call, signal, env)
  local first, running
  with(function(l, directory, made)
    local done
    local platform <close> = troubled.start(l, function(arrived)
      if arrived ~= call or done or not running then return nil end
      done = true
      if signal then running.process:kill(signal) end
    end)
    local function start(more)
      local all = { REMORA_PLATFORM = platform.url }
      for name, value in pairs(more or {}) do all[name] = value end
      return watched(l, { cwd = directory .. "/home", env = all, "--repo", made.url, "--settle",
        "0.1" })
    end
    running = start(env)
    first = table.pack(running:stop(0))
    local again <close> = start()
    lu.assertEquals(again:event("applied").exit_code, 0)
    lu.assertEquals({ again:stop(SIGTERM) }, { 0 })
    local writes = platform:writes()
    lu.assertEquals({ writes[CREATE], writes[SYNC], writes[UPDATE] }, { 1, 1, 1 })
    running.process:close()
  end)
  return first[1], first[2]
end

function tests.test_a_signal_lets_what_is_in_flight_end()
  for _, signal in ipairs { SIGINT, SIGTERM, SIGHUP } do
    lu.assertEquals({ cut_short(CREATE, signal) }, { 130 })
  end
end

-- The last of all its calls: nothing is left, so nothing was interrupted.
function tests.test_a_signal_at_the_end_of_an_apply()
  lu.assertEquals({ cut_short(UPDATE, SIGINT) }, { 0 })
end

-- Records of the journal: the run, then an intent and an outcome for each call.
for _, moment in ipairs { "after 1", "after 2", "before 3", "after 3", "before 4", "after 6" } do
  tests["test_killed_" .. moment:gsub(" ", "_record_")] = function()
    local code, signal = cut_short(nil, nil, {
      REMORA_LUA_DIR = source.directory() .. "/tests/support/mortal",
      REMORA_JOURNAL = source.directory() .. "/lua/remora/journal/init.lua", REMORA_KILL = moment })
    lu.assertEquals({ code, signal }, { nil, SIGKILL })
  end
end

return tests
