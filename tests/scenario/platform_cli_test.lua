-- remora platform as its users run it: serving, being killed, starting anew, and what it refuses.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local serve = require "tests.support.served"
local lu = require "luaunit"

local SIGHUP, SIGINT, SIGKILL, SIGTERM = 1, 2, 9, 15

local TOPOLOGY = [[
businesses:
  shop: { sets: { prod: { modules: { web: { hosts: ["10.0.0.[1-3]"] } } } } }
]]

local tests = {}

local function written(directory, text)
  fs.write(directory.path .. "/fleet.yml", text)
  return "fleet.yml"
end

function tests.test_a_newcomers_platform_has_the_demo_fleet()
  local directory <close> = fs.temporary()
  local served <close> = serve(directory)
  local found = served:call("search_business", { fields = { "bk_biz_name" } })
  lu.assertEquals(found.info[1].bk_biz_name, "demo")
  lu.assertEquals(found.count, 2)
end

function tests.test_signals_stop_it_clean()
  for _, signal in ipairs { SIGTERM, SIGINT, SIGHUP } do
    local directory <close> = fs.temporary()
    local served <close> = serve(directory)
    lu.assertEquals({ served:stop(signal) }, { 0 })
    lu.assertEquals(served.process:read_stderr(), "")
  end
end

function tests.test_what_was_answered_survives_a_kill()
  local directory <close> = fs.temporary()
  local fleet = written(directory, TOPOLOGY)
  local ids = {}
  do
    local served <close> = serve(directory, { "--topology", fleet })
    for i = 1, 20 do
      ids[i] = served:call("create_set", { bk_biz_id = 1, data = { bk_set_name = "set-" .. i } })
        .bk_set_id
    end
    local _, by = served:stop(SIGKILL)
    lu.assertEquals(by, SIGKILL)
  end
  local served <close> = serve(directory, { "--topology", fleet })
  local found = served:call("search_set", { bk_biz_id = 1, condition = { default = 0 },
    fields = { "bk_set_id", "bk_set_name" }, page = { sort = "bk_set_id" } })
  lu.assertEquals(found.count, 21) -- and the one of the file, seeded once
  for i = 1, 20 do lu.assertEquals(found.info[i + 1].bk_set_id, ids[i]) end
end

function tests.test_two_processes_share_a_data_file()
  local directory <close> = fs.temporary()
  local first <close> = serve(directory)
  local second <close> = serve(directory)
  local id = first:call("create_set", { bk_biz_id = 1, data = { bk_set_name = "here" } }).bk_set_id
  local seen = second:call("search_set", { bk_biz_id = 1, condition = { bk_set_name = "here" } })
  lu.assertEquals(seen.info[1].bk_set_id, id)
  lu.assertTrue(second:call("create_set", { bk_biz_id = 1, data = { bk_set_name = "there" } })
    .bk_set_id > id)
end

function tests.test_a_topology_comes_too_late_for_a_filled_platform()
  local directory <close> = fs.temporary()
  do
    local served <close> = serve(directory)
    served:stop()
  end
  local served <close> = serve(directory, { "--topology", written(directory, TOPOLOGY) })
  lu.assertEquals(served:call("search_business", {}).info[1].bk_biz_name, "demo")
  served:stop()
  lu.assertStrContains(served.process:read_stderr(), "fleet.yml is not used")
end

function tests.test_bad_topologies_are_refused_with_their_places()
  local rows = {
    { "businesses: { shop: { sets: [] } }", "fleet.yml:1:29" },
    { "businesses:\n  shop:\n    setz: {}\n", "fleet.yml:3:5", 'did you mean "sets"?' },
    { "businesses:\n  shop:\n    service_templates: { web: { category: Nginz } }\n",
      "fleet.yml:3:43: no service category named 'Nginz'", 'did you mean "Nginx"?' },
    { "businesses:\n  shop:\n    service_templates: { 'a b': }\n", "fleet.yml:3:26" },
    { "businesses: {", "fleet.yml:" },
  }
  for _, row in ipairs(rows) do
    local directory <close> = fs.temporary()
    local result = cli.run { "platform", "serve", "--data", "p.db", "--topology",
      written(directory, row[1]), cwd = directory.path }
    lu.assertEquals(result.code, 1, row[1])
    lu.assertEquals(result.stdout, "")
    for i = 2, #row do lu.assertStrContains(result.stderr, row[i]) end
    -- A later start with a good file begins with that.
    local served <close> = serve(directory, { "--topology", written(directory, TOPOLOGY) })
    lu.assertEquals(served:call("search_business", {}).info[1].bk_biz_name, "shop")
  end
  local missing = cli.run { "platform", "serve", "--topology", "none.yml" }
  lu.assertEquals(missing.code, 1)
  lu.assertStrContains(missing.stderr, "none.yml")
end

function tests.test_it_listens_on_this_machine_unless_told()
  local rows = {
    { { "--listen", "0.0.0.0:0" }, "can be reached by other machines" },
    { { "--listen", "[::]:0" }, "can be reached by other machines" },
    { { "--listen", "0.0.0.0:0", "--remote" }, "needs credentials" },
    { { "--listen", "localhost" }, "is not an address and port" },
    { { "--listen", "127.0.0.1:99999" }, "is not an address and port" },
  }
  for _, row in ipairs(rows) do
    local result = cli.run { "platform", "serve", table.unpack(row[1]) }
    lu.assertEquals(result.code, 1, row[2])
    lu.assertStrContains(result.stderr, row[2])
  end
end

function tests.test_beyond_this_machine_it_demands_credentials()
  local directory <close> = fs.temporary()
  local served <close> = serve(directory, { "--listen", "0.0.0.0:0", "--remote",
    env = { BK_APP_CODE = "remora", BK_APP_SECRET = "s3cret-value" } })
  served.url = served.url:gsub("0%.0%.0%.0", "127.0.0.1")
  local path = "/api/c/compapi/v2/cc/search_business/"
  local good = { bk_app_code = "remora", bk_app_secret = "s3cret-value" }
  local rows = {
    { {}, nil, 401 }, { "[]", nil, 401 }, { "{", nil, 401 },
    { { bk_app_code = "remora", bk_app_secret = "s3cret-valuf" }, nil, 401 },
    { { bk_app_code = "remora" }, nil, 401 }, { { bk_app_secret = "s3cret-value" }, nil, 401 },
    { good, nil, 200 },
    { {}, json.encode(good), 200 },
    { good, json.encode { bk_app_code = "remora" }, 401 }, -- the header alone counts
  }
  for i, row in ipairs(rows) do
    local _, status = served:post(path, row[1], { ["X-Bkapi-Authorization"] = row[2] })
    lu.assertEquals(status, row[3], "row " .. i)
  end
  for secret, expected in pairs { ["s3cret-value"] = 200, ["s3cret-valuf"] = 401 } do
    local answers = served:exchange { { method = "GET",
      path = path .. "?bk_app_code=remora&bk_app_secret=" .. secret } }
    lu.assertEquals(answers[1].status, expected)
  end
  served:stop()
  lu.assertNotStrContains(served.process:read_stderr() .. served.process:read_stdout(), "s3cret")
end

function tests.test_reset()
  local directory <close> = fs.temporary()
  local function reset(...)
    return cli.run { "platform", "reset", "--data", "p.db", cwd = directory.path, ... }
  end
  lu.assertStrContains(reset("--yes").stdout, "there is no p.db")
  do
    local served <close> = serve(directory)
    served:call("create_business", { data = { bk_biz_name = "mine" } })
    local busy = reset("--yes")
    lu.assertEquals(busy.code, 1)
    lu.assertStrContains(busy.stderr, "a platform is running on this file")
    served:stop()
  end
  lu.assertEquals(reset().code, 1) -- nobody can be asked
  local served <close> = serve(directory)
  lu.assertEquals(served:call("search_business", {}).count, 3) -- nothing was removed so far
  served:stop()
  lu.assertEquals(reset("--yes").code, 0)
  local anew <close> = serve(directory)
  lu.assertEquals(anew:call("search_business", {}).count, 2)
end

function tests.test_reset_removes_nothing_else()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/notes.txt", "dear diary\n")
  local result = cli.run { "platform", "reset", "--yes", "--data", "notes.txt",
    cwd = directory.path }
  lu.assertEquals(result.code, 1)
  lu.assertStrContains(result.stderr, "is not the data of an embedded platform")
  lu.assertEquals(fs.read(directory.path .. "/notes.txt"), "dear diary\n")
end

function tests.test_junk_on_the_wire_does_not_stop_it()
  local directory <close> = fs.temporary()
  local served <close> = serve(directory)
  for _, path in ipairs {
    "/", "/api", "/api/c/compapi/v2/cc/none/", "/%00%ff", "/api/v3/biz/search/0?x=%zz",
  } do
    served:post(path, ("x"):rep(1000))
  end
  lu.assertEquals(served:call("search_business", {}).count, 2)
end

return tests
