-- Ctrl-C at every moment of an apply: it stops clean, says what is left and exits with 130;
-- applying again goes on from there.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local loop = require "remora.net.loop"
local tasks = require "remora.platform.tasks"
local troubled = require "tests.support.troubled"

local tests = {}

local SIGHUP, SIGINT, SIGTERM = 1, 2, 15

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

local HOSTED = [[
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, user: root, work_path: /etc, pid_file: crond.pid,
               start_cmd: crond, proc_num: 1 }
hosting:
  - { where: { module: cron }, state: hosted, owner: ops }
]]

local CREATE, SYNC, STATUS, UPDATE = "cc.batch_create_proc_template",
  "cc.sync_service_template_to_service_instance", "cc.list_service_template_sync_status",
  "cc.update_process_instance"

local NEVER = 3600 -- seconds a sync takes that shall not end by itself

-- Runs a command that gets a signal when a call arrives at the platform, where another playbook may
-- have been applied before; then the platform ends its syncs and everything is applied.
local function interrupted(call, options, ...)
  local first, writes
  local command = { ... }
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    fs.write(directory.path .. "/web.yml", PLAYBOOK)
    local running, done
    local platform <close> = troubled.start(l, function(made)
      if made ~= call or done or not running then return nil end
      done = true
      running:kill(options.signal or SIGINT)
      if options.unanswered then l:sleep(NEVER) end
      if not options.twice then return nil end
      l:sleep(0.1) -- apart, or the kernel makes one of them
      running:kill(SIGINT)
      l:sleep(1) -- or on a busy machine the lost connection is seen before the signal
      return "lost"
    end, { sync_delay = options.sync_delay })
    local function start(list)
      list.cwd, list.env = directory.path, { REMORA_PLATFORM = platform.url }
      list.hangup = "default"
      return cli.start(list)
    end
    if options.applied then
      fs.write(directory.path .. "/before.yml", options.applied)
      local before <close> = start { "apply", "before.yml" }
      local made = cli.finish(before, { loop = l })
      lu.assertEquals(made.code, 0, made.stderr)
    end
    running = start(command)
    first = cli.finish(running, { loop = l })
    writes = platform:writes()
    platform.platform.router.before = tasks.before(0)
    local second <close> = start { "apply", "web.yml" }
    local again = cli.finish(second, { loop = l })
    lu.assertEquals(again.code, 0, again.stderr)
    lu.assertEquals(platform.asked[CREATE], 1)
    running:close()
  end)
  return first, writes
end

-- Nobody has to wait for what is only read: the call that is in flight is never answered here.
function tests.test_before_anything_is_sent()
  for _, command in ipairs { { "plan", "web.yml" }, { "apply", "web.yml" },
    { "pull", "--business", "demo" } } do
    local ran, writes = interrupted("cc.search_business", { unanswered = true },
      table.unpack(command))
    lu.assertEquals({ ran.code, ran.stdout }, { 130, "" })
    lu.assertEquals(ran.stderr, "error: stopped reading; nothing was changed\n")
    lu.assertEquals(writes, {})
  end
end

function tests.test_a_single_call_that_reads()
  local ran = interrupted("cc.search_business", { unanswered = true }, "call", "search_business")
  lu.assertEquals({ ran.code, ran.stdout }, { 130, "" })
  lu.assertStrContains(ran.stderr, "was interrupted\n")
end

-- What the agents did not say yet is not to be written down as what they do not say.
function tests.test_while_agents_are_asked_for_a_pull()
  local ran = interrupted("job.get_proc_result", { applied = HOSTED }, "pull", "--business", "demo")
  lu.assertEquals({ ran.code, ran.stdout, ran.stderr },
    { 130, "", "error: stopped reading; nothing was changed\n" })
end

-- What is in flight is finished, what comes after it is left.
function tests.test_while_a_call_is_in_flight()
  for _, signal in ipairs { SIGINT, SIGTERM, SIGHUP } do
    local ran, writes = interrupted(CREATE, { signal = signal }, "apply", "web.yml")
    lu.assertEquals(ran.code, 130, ran.stderr)
    lu.assertEquals(writes, { [CREATE] = 1 })
    lu.assertStrContains(ran.stdout,
      "1 call done, 1 object changed, then stopped; remora resume to go on\n")
    lu.assertStrMatches(ran.stderr,
      "stopping when what is under way has ended; Ctrl%-C again gives it up\n"
      .. "41 changes left:\n  sync service template web\n"
      .. "  update process prod%-1/web/10%.0%.1%.1/nginx\n.*\n  and 36 more\n")
  end
end

function tests.test_while_waiting_for_a_sync()
  for _, call in ipairs { SYNC, STATUS } do
    local ran, writes = interrupted(call, { sync_delay = NEVER }, "apply", "web.yml")
    lu.assertEquals(ran.code, 130, ran.stderr)
    lu.assertEquals(writes, { [CREATE] = 1, [SYNC] = 1 })
    lu.assertStrContains(ran.stderr,
      "error: " .. SYNC .. ": stopped waiting for the sync; the platform goes on with it\n")
    lu.assertStrContains(ran.stderr, "asked for at web.yml:4\n41 changes left:\n")
    lu.assertStrContains(ran.stdout, "then stopped; remora resume to go on\n")
  end
end

function tests.test_twice_drops_what_is_in_flight()
  local ran, writes = interrupted(UPDATE, { twice = true }, "apply", "web.yml")
  lu.assertEquals(ran.code, 130, ran.stderr)
  lu.assertEquals(writes, { [CREATE] = 1, [SYNC] = 1, [UPDATE] = 1 })
  lu.assertStrContains(ran.stderr, "error: " .. UPDATE .. ": the call to http://127.0.0.1:")
  lu.assertStrContains(ran.stderr, "was interrupted\n  perhaps not done")
end

function tests.test_when_nothing_is_left()
  local ran = interrupted(UPDATE, {}, "apply", "web.yml")
  lu.assertEquals(ran.code, 0, ran.stderr)
  lu.assertStrContains(ran.stdout, "demo is as web says\n")
end

return tests
