-- A platform that goes away in the middle of an apply: nothing more is tried when it cannot be
-- reached, what was done is told from what was not, and the run goes on when it is there again.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local troubled = require "tests.support.troubled"

local CREATE = "cc.create_service_instance"
local TOKEN = "hunter22"

local TOPOLOGY = [[
businesses:
  demo: { sets: { prod: { modules: {
    a: { hosts: [10.0.0.1] }, b: { hosts: [10.0.0.2] }, c: { hosts: [10.0.0.3] },
    d: { hosts: [10.0.0.4] } } } } }
]]

local PLAYBOOK = [[
business: demo
instances:
  - { where: { module: "*" }, processes: { crond: { bk_func_name: crond } } }
]]

local tests = {}

-- Runs a command beside a platform, which is in the loop of the test.
local function remora(l, directory, platform, ...)
  return cli.run { loop = l, cwd = directory.path,
    env = { REMORA_PLATFORM = platform.url, BK_TOKEN = TOKEN }, ... }
end

-- How each call of the first run ended.
local function outcomes_of(l, directory, platform)
  local shown = json.decode(remora(l, directory, platform, "show", "1", "--json").stdout)
  local outcomes = {}
  for i, call in ipairs(shown.calls) do outcomes[i] = call.settled or call.code or call.outcome end
  return outcomes, shown.changes
end

-- The first of four calls is answered, the second carried out and not answered; then nobody is
-- there any more, which it may be the second to find out when its connection is lost, or the third.
local function cut_short(l, directory, data, ...)
  local platform
  platform = troubled.start(l, function(call, number, request)
    if call ~= CREATE or number < 2 then return nil end
    platform.platform.router:handle(request)
    l:spawn(function() platform:close() end)
    l:sleep(math.huge) -- until that ends this task, the connection and the listening at once
  end, data)
  return platform, remora(l, directory, platform, "apply", "--parallelism", "1", "--timeout", "1",
    "--yes", "p.yml", ...)
end

function tests.test_nothing_more_is_tried_and_the_run_goes_on_later()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/p.yml", PLAYBOOK)
  local data = { topology = TOPOLOGY, path = directory.path .. "/fleet.db" }
  local l = loop.new()
  l:run(function()
    local gone, ran = cut_short(l, directory, data)
    lu.assertEquals(ran.code, 4, ran.stdout .. ran.stderr)
    lu.assertStrContains(ran.stdout, "1 call done, 1 object changed, then stopped: the platform is "
      .. "not there any more")
    local outcomes, changes = outcomes_of(l, directory, gone)
    lu.assertEquals({ outcomes[1], outcomes[#outcomes] }, { "done", "net.connect" })
    lu.assertEquals({ changes.unknown, changes.left > 0 }, { 1, true })

    local elsewhere = cli.run { cwd = directory.path, "resume" }
    lu.assertEquals(elsewhere.code, 1)
    lu.assertStrContains(elsewhere.stderr,
      "error: run 1 was on " .. gone.url .. ", this is the embedded platform\n")

    data.port = tonumber(gone.url:match(":(%d+)$"))
    local back <close> = troubled.start(l, nil, data)
    ran = remora(l, directory, back, "apply", "--resume", "--yes", "--settle", "0.1")
    lu.assertEquals(ran.code, 0, ran.stdout .. ran.stderr)
    lu.assertEquals(back.asked[CREATE], 2)
    lu.assertEquals(outcomes_of(l, directory, back)[2], "found")
  end)
end

-- What was left out of the journal cannot be read from it.
function tests.test_a_run_with_a_secret_among_its_variables_is_begun_anew()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/p.yml", "vars: { key: none }\n" .. PLAYBOOK)
  local data = { topology = TOPOLOGY, path = directory.path .. "/fleet.db" }
  local l = loop.new()
  l:run(function()
    local gone, ran = cut_short(l, directory, data, "--var", "key=" .. TOKEN)
    lu.assertEquals(ran.code, 4, ran.stdout .. ran.stderr)
    data.port = tonumber(gone.url:match(":(%d+)$"))
    local back <close> = troubled.start(l, nil, data)
    ran = remora(l, directory, back, "resume", "--yes")
    lu.assertEquals({ ran.code, ran.stderr }, { 1, "error: run 1 had a secret among its --var, "
      .. "which is not kept\n  hint: apply the same playbooks with the same --var: that goes on "
      .. "with the run as well\n" })
    ran = remora(l, directory, back, "apply", "--yes", "--settle", "0.1", "p.yml", "--var",
      "key=" .. TOKEN)
    lu.assertEquals(ran.code, 0, ran.stdout .. ran.stderr)
    lu.assertEquals(back.asked[CREATE], 2)
    lu.assertEquals(outcomes_of(l, directory, back)[2], "found")
  end)
end

return tests
