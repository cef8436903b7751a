-- The program in front of a platform that is away, unwell or something else: one clear line with
-- the call, the place and what to do; nothing on stdout, no secret anywhere.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local server = require "tests.support.server"
local system = require "system"
local tls = require "tests.support.tls"

local tests = {}

local SIGINT = 2

local function environment(url)
  return { REMORA_PLATFORM = url, BK_APP_CODE = "app", BK_APP_SECRET = "s3cret!",
    BK_TOKEN = "t0k!" }
end

-- Runs `remora` beside a server in our own loop, which therefore must not block.
local function run(script, arguments, meanwhile)
  local l, result = loop.new(), {}
  l:run(function()
    local directory <close> = fs.temporary()
    local s <close> = server.start(l, script)
    local settings = { cwd = directory.path, env = environment(s.url) }
    table.move(arguments, 1, #arguments, 1, settings)
    local running <close> = cli.start(settings)
    repeat
      l:sleep(0.005)
      if meanwhile then meanwhile(running, s) end
      local code, signal = running:wait(0)
      result.code = code
    until code or math.type(signal) == "integer"
    result.stdout, result.stderr = running:read_stdout(), running:read_stderr()
    result.url, result.requests = s.url, s.requests
  end)
  return result
end

local READ = { "call", "search_set", "bk_biz_id=2" }
local WRITE = { "call", "delete_process_instance", "bk_biz_id=2", "process_instance_ids=[1]" }

local function assert_one_clear_line(result, row)
  lu.assertEquals(result.code, 1, result.stderr)
  lu.assertEquals(result.stdout, "")
  local lines = {}
  for line in result.stderr:gmatch("[^\n]+") do lines[#lines + 1] = line end
  lu.assertEquals(#lines, 2, result.stderr)
  lu.assertStrMatches(lines[1], "error: cc%.[%w_]+: .*")
  lu.assertStrContains(lines[1], result.url)
  lu.assertStrContains(lines[1], row.says)
  lu.assertStrMatches(lines[2], "  hint: .+")
  lu.assertStrContains(lines[2], row.hint)
  for _, secret in ipairs { "s3cret", "t0k" } do lu.assertNotStrContains(result.stderr, secret) end
end

function tests.test_each_failure_is_told_in_one_line()
  for _, row in ipairs {
    { { status = 401, body = "" }, says = "does not accept the credentials", hint = "BK_APP_CODE" },
    { { status = 403, body = "" }, says = "refuses access", hint = "granted" },
    { { status = 302, body = "", headers = { Location = "https://login.example.com/?c=1" } },
      says = "https://login.example.com/", hint = "URL" },
    { { body = "<html><title>Sign in</title></html>" }, says = "'Sign in' instead of JSON",
      hint = "URL" },
    { { body = '{"result": true, "code": 0, "data": [{"a": ' }, says = "cut off",
      hint = "try again" },
    { { raw = "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n{" }, says = "more than",
      hint = "smaller pages" },
    { { reset = true }, says = "closed the connection", hint = "try again" },
    { { raw = "SSH-2.0-OpenSSH_9.2\r\n" }, says = "does not speak HTTP", hint = "URL" },
    { { silent = true }, says = "did not answer in time", hint = "--timeout" },
  } do
    local arguments = table.move(WRITE, 1, #WRITE, 1, {})
    if row[1].silent then table.move({ "--timeout", "0.2" }, 1, 2, #arguments + 1, arguments) end
    local result = run({ row[1] }, arguments)
    assert_one_clear_line(result, row)
    lu.assertEquals(#result.requests, 1)
  end
end

function tests.test_a_missing_permission()
  local refusal = server.refusal(9900403, "you may not")
  refusal.json.permission = { system_id = "bk_cmdb" }
  local result = run({ refusal }, READ)
  lu.assertEquals(result.code, 1)
  lu.assertStrContains(result.stdout, "bk_cmdb") -- call prints the platform's whole answer
  lu.assertStrContains(result.stderr, "you may not (code 9900403")
  lu.assertStrContains(result.stderr, "hint: ask for the permission")
end

function tests.test_nobody_listens()
  local l, url = loop.new(), nil
  l:run(function()
    local s <close> = server.start(l, {})
    url = s.url
  end)
  local result = cli.run { env = environment(url), table.unpack(WRITE) }
  result.url = url
  assert_one_clear_line(result, { says = "cannot be reached", hint = "is the platform running" })
end

function tests.test_a_read_survives_what_passes()
  local none = server.fine { count = 0, info = json.array {} }
  local result = run({ { reset = true }, { status = 503, body = "" }, none }, READ)
  lu.assertEquals({ result.code, #result.requests }, { 0, 3 }, result.stderr)
end

function tests.test_interrupting_a_call_that_hangs()
  local looks = 0
  local result = run({ { silent = true } }, READ, function(running, s)
    if #s.requests == 1 then looks = looks + 1 end
    -- Apart, or the kernel makes one signal of them.
    if looks == 1 or looks == 30 then running:kill(SIGINT) end
  end)
  lu.assertEquals({ result.code, result.stdout }, { 130, "" })
  lu.assertStrContains(result.stderr, "interrupted")
end

-- The environment of a user whose profile `test` is of that platform.
local function with_profile(directory, url, lines)
  assert(system.mkdir(directory .. "/remora"))
  assert(system.write_file(directory .. "/remora/config.yml",
    ("profiles:\n  test:\n    url: %s\n%s"):format(url, lines), tonumber("600", 8)))
  local env = environment(false)
  env.XDG_CONFIG_HOME = directory
  return env
end

function tests.test_certificates()
  tls.needed()
  for _, row in ipairs {
    { name = "other.example.com", trusted = true, says = "cannot be trusted",
      hint = "another name" },
    { name = "127.0.0.1", trusted = false, says = "cannot be trusted", hint = "ca_file" },
  } do
    local directory <close> = fs.temporary()
    local serving <close>, url, certificate = tls.serve(directory.path, row.name)
    lu.assertNotNil(serving)
    local lines = row.trusted and "    ca_file: " .. certificate .. "\n" or ""
    local result = cli.run { env = with_profile(directory.path, url, lines),
      "call", "--profile", "test", table.unpack(WRITE, 2) }
    result.url = url
    assert_one_clear_line(result, row)
  end
end

return tests
