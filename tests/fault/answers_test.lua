-- plan and apply in front of a platform that fails, at the first read or in the middle of an apply:
-- one clear line, the right exit code, nothing half written, and no secret anywhere.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local system = require "system"
local troubled = require "tests.support.troubled"

local tests = {}

local PLAYBOOK = [[
playbook: web
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx, user: root }
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond }
]]

local CREATE, SYNC = "cc.batch_create_proc_template",
  "cc.sync_service_template_to_service_instance"
local SECRETS = { BK_APP_SECRET = "secret-of-mine", BK_TOKEN = "token-of-mine" }

local PERMISSION = { system_id = "bk_cmdb", actions = {
  { id = "edit_business_service_template", name = "Edit service templates" } } }

local function denied()
  return { json = { result = false, code = 9900403, message = "no permission", request_id = "r-1",
    data = json.null, permission = PERMISSION } }
end

-- What comes instead of an answer, what is said of it, and what to do.
local TROUBLES = {
  unauthorized = { { status = 401, json = { message = "secret-of-mine is wrong" } },
    "does not accept the credentials: **** is wrong", "BK_APP_CODE" },
  forbidden = { { status = 403, body = "<html>no</html>" }, "refuses access", "granted" },
  denied = { denied(), "no permission (code 9900403, request r-1)",
    "Edit service templates (edit_business_service_template)" },
  html = { { body = "<html><title>Sign\27 in</title>" }, "'Sign? in' instead of JSON", "URL" },
  truncated = { { body = '{"result": true, "code": 0, "data": {"info": [{"id": 1' }, "cut off",
    "try again" },
  foreign = { { body = '{"hello": 1}' }, "neither result nor code", "URL" },
  announced = { { raw = "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n{" }, "more than",
    "smaller pages" },
  odd = { { json = { result = true, code = 0, data = "text" } }, "and something else", "URL" },
  hollow = { { json = { result = true, code = 0, data = { count = 1000000000,
    info = json.array {} } } }, "1000000000 rows, and sends none", "operators" },
  limited = { { status = 429, body = "", headers = { ["Retry-After"] = "3600" } },
    "limits the rate", "--parallelism" },
}

-- Runs a function with a program runner against a platform in trouble.
local function with(trouble, body)
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    fs.write(directory.path .. "/web.yml", PLAYBOOK)
    local platform <close> = troubled.start(l, trouble)
    local env = { REMORA_PLATFORM = platform.url, BK_APP_CODE = "app", BK_USERNAME = "admin" }
    for name, value in pairs(SECRETS) do env[name] = value end
    body(function(...)
      return cli.run { loop = l, cwd = directory.path, env = env, ... }
    end, platform, directory.path)
  end)
end

local function assert_one_clear_line(ran, call, url, says, hint)
  local lines = {}
  for line in ran.stderr:gmatch("[^\n]+") do lines[#lines + 1] = line end
  lu.assertStrMatches(lines[1], "error: " .. call:gsub("%p", "%%%0") .. ": .*")
  if not says:find("^no permission") then lu.assertStrContains(lines[1], url) end
  lu.assertStrContains(lines[1], says)
  lu.assertStrContains(lines[2], "  hint: ")
  lu.assertStrContains(lines[2], hint)
  lu.assertEquals(select(2, ran.stderr:gsub("error:", "")), 1, ran.stderr)
  lu.assertEquals(select(2, ran.stderr:gsub("warning:", "")), 0, ran.stderr)
end

local function assert_no_secret(ran, directory)
  local texts = { ran.stdout, ran.stderr }
  for _, name in ipairs(system.list(directory .. "/.remora") or {}) do
    texts[#texts + 1] = fs.read(directory .. "/.remora/" .. name)
  end
  for _, text in ipairs(texts) do
    for _, secret in pairs(SECRETS) do lu.assertNil(text:find(secret, 1, true), text) end
  end
end

function tests.test_plan_stops_at_the_first_read()
  local now
  with(function() return now end, function(remora, platform, directory)
    for _, row in pairs(TROUBLES) do
      now = row[1]
      local ran = remora("plan", "web.yml")
      lu.assertEquals({ ran.code, ran.stdout }, { 1, "" }, ran.stderr)
      assert_one_clear_line(ran, "cc.search_business", platform.url, row[2], row[3])
      assert_no_secret(ran, directory)
      lu.assertNil(system.stat(directory .. "/.remora"))
    end
  end)
end

-- What --trace tells beside the rest.
local function without_trace(text)
  for _, word in ipairs { "POST", "sent", "got" } do
    text = text:gsub("cc%.[%w_]+: " .. word .. " [^\n]*\n", "")
  end
  return text
end

function tests.test_apply_goes_on_with_what_does_not_rest_on_the_failure()
  local now
  with(function(call) return call == CREATE and now or nil end,
    function(remora, platform, directory)
      for _, name in ipairs { "denied", "html", "announced", "limited" } do
        local row = TROUBLES[name]
        now = row[1]
        local ran = remora("apply", "web.yml", "--trace", "--quiet")
        lu.assertEquals(ran.code, 4, ran.stderr)
        assert_one_clear_line({ stderr = without_trace(ran.stderr) }, CREATE, platform.url, row[2],
          row[3])
        assert_no_secret(ran, directory)
        fs.remove_tree(directory .. "/.remora") -- or the next would look for what became of it
      end
      lu.assertEquals(platform:writes(), { [CREATE] = 4, ["cc.create_service_instance"] = 1 })
      now = nil
      lu.assertEquals(remora("apply", "web.yml").code, 0)
      lu.assertStrContains(remora("plan", "web.yml").stdout, "nothing to do")
    end)
end

function tests.test_what_is_asked_for_stands_behind_the_error()
  for _, row in ipairs {
    { denied(), "  not done: web/nginx\n  asked for at web.yml:6\n2 changes left:\n"
      .. "  create process template web/nginx\n  sync service template web\n" },
    { { reset = true }, "  perhaps not done (remora resume: that looks first): web/nginx\n" },
  } do
    with(function(call) return call == CREATE and row[1] or nil end, function(remora)
      local ran = remora("apply", "web.yml")
      lu.assertEquals(ran.code, 4)
      lu.assertStrContains(ran.stderr, row[2])
      lu.assertStrContains(ran.stdout,
        "1 call done, 2 objects changed, not everything; remora resume to go on\n")
    end)
  end
end

function tests.test_a_platform_that_hangs_in_the_middle()
  with(function(call) return call == CREATE and { silent = true } or nil end,
    function(remora, platform)
      local ran = remora("apply", "web.yml", "--timeout", "2", "--quiet")
      lu.assertEquals(ran.code, 4)
      assert_one_clear_line(ran, CREATE, platform.url, "did not answer in time", "--timeout")
    end)
end

-- The platform did it, and the answer was lost: nothing may be sent twice.
function tests.test_lost_answers_are_not_sent_again()
  for _, lost in ipairs { CREATE, "cc.create_service_instance" } do
    with(function(call, number) return call == lost and number == 1 and "lost" or nil end,
      function(remora, platform)
        lu.assertEquals(remora("apply", "web.yml").code, 4)
        local again = remora("apply", "web.yml")
        lu.assertEquals({ again.code, platform.asked[lost] }, { 0, 1 }, again.stderr)
        lu.assertStrContains(again.stderr, "with unknown outcome\n1 of them had been done\n")
        lu.assertStrContains(remora("plan", "web.yml").stdout, "nothing to do")
      end)
  end
end

function tests.test_a_sync_may_be_asked_for_again()
  with(function(call, number) return call == SYNC and number == 1 and "lost" or nil end,
    function(remora)
      local ran = remora("apply", "web.yml")
      lu.assertEquals(ran.code, 0, ran.stderr)
      lu.assertStrContains(ran.stderr, "warning: " .. SYNC .. ": connection lost; trying again")
    end)
end

-- Reading fails in the middle, between two stages.
function tests.test_reading_again_fails()
  local failing = true
  with(function(call, number)
    if failing and call == "cc.list_proc_template" and number == 2 then
      return { body = "<html>" }
    end
  end, function(remora, platform)
    local ran = remora("apply", "web.yml")
    lu.assertEquals(ran.code, 4, ran.stderr)
    assert_one_clear_line(ran, "cc.list_proc_template", platform.url, "instead of JSON", "URL")
    lu.assertStrContains(ran.stdout, "1 call done, 1 object changed, not everything")
    lu.assertEquals(platform:writes(), { [CREATE] = 1 })
    failing = false
    lu.assertEquals(remora("apply", "web.yml").code, 0)
  end)
end

return tests
