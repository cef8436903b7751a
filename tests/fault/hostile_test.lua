-- The platform as a process under clients that break every rule: whatever comes, it answers or
-- refuses, logs no bug, serves the others meanwhile and loses nothing.

local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"
local requests = require "tests.support.requests"
local catalogue = require "remora.catalogue"
local serve = require "tests.support.served"
local wire = require "tests.support.wire"

local tests = {}

local SIGKILL = 9
local BUS = "/api/c/compapi/v2/cc/"
local BUSINESSES = BUS .. "search_business/"

-- Runs a function against a platform, which then must be as well as before.
local function with(body)
  local directory <close> = fs.temporary()
  local served <close> = serve(directory)
  served:call("create_set", { bk_biz_id = 1, data = { bk_set_name = "kept" } })
  body(served, directory)
  local found = served:call("search_set", { bk_biz_id = 1, condition = { bk_set_name = "kept" } })
  lu.assertEquals(found.count, 1)
  lu.assertEquals(served:stop(), 0)
  lu.assertEquals(served.process:read_stderr(), "")
end

local function assert_enveloped(answer, what)
  lu.assertNil(answer.error, what)
  local decoded = json.decode(answer.body)
  lu.assertTrue(type(decoded) == "table" and type(decoded.result) == "boolean",
    ("%s: %s"):format(what, answer.body))
  return decoded
end

local function deep(levels, open, close)
  return open:rep(levels) .. close:rep(levels)
end

function tests.test_bodies_that_cannot_be_read()
  with(function(served)
    local megabytes = ("x"):rep(10 * 1024 * 1024)
    for what, body in pairs {
      ["no JSON"] = "{", ["garbage"] = "\0\xff\xfe\1", ["a list"] = "[]", ["a number"] = "1",
      ["two values"] = "{}{}", ["deep lists"] = deep(100000, "[", "]"),
      ["deep objects"] = deep(100000, '{"a":', "}"), ["deep inside"] =
        '{"bk_biz_id":' .. deep(100000, "[", "]") .. "}",
      ["10 MB of nothing"] = (" "):rep(10 * 1024 * 1024) .. "[",
      ["10 MB of text"] = megabytes, ["too big a number"] = '{"bk_biz_id":1e999}',
      ["a lone surrogate"] = '{"a":"\\ud800"}',
    } do
      local answer = served:exchange { { path = BUSINESSES, body = body } }[1]
      lu.assertEquals(assert_enveloped(answer, what).code, 1199000, what)
    end
    local long = json.encode { condition = { bk_biz_name = megabytes } }
    lu.assertEquals(served:post(BUSINESSES, long).data.count, 0)
    local answer = served:exchange { { path = BUSINESSES, body = (" "):rep(65 * 1024 * 1024) } }[1]
    lu.assertEquals(answer.status, 413)
    assert_enveloped(answer, "65 MB")
  end)
end

function tests.test_wrong_types_everywhere()
  with(function(served)
    local choose, list = requests.seeded(20260101), {}
    for _, row in ipairs(catalogue.rows()) do
      if row.name ~= "resource_watch" then -- takes its time
        for _ = 1, 12 do list[#list + 1] = requests.make(choose, row) end
      end
    end
    for i, answer in ipairs(served:exchange(list)) do
      local what = list[i].method .. " " .. list[i].path .. " " .. list[i].body
      local decoded = assert_enveloped(answer, what)
      lu.assertNotEquals(decoded.code or decoded.bk_error_code, 1199998, what)
    end
  end)
end

function tests.test_ids_beyond_the_doubles()
  with(function(served)
    for id, said in pairs {
      ["9007199254740993"] = "Business [9007199254740993] does not exist",
      ["9223372036854775807"] = "Business [9223372036854775807] does not exist",
      ["-9223372036854775808"] = "Business [-9223372036854775808] does not exist",
      ["9223372036854775808"] = "Deserializing JSON data failed",
      ["123456789012345678901234567890"] = "Deserializing JSON data failed",
    } do
      local answer = served:post(BUS .. "transfer_host_module/",
        ('{"bk_biz_id":%s,"bk_host_id":[1],"bk_module_id":[1],"is_increment":true}'):format(id),
        { ["Blueking-Language"] = "en" })
      lu.assertEquals(answer.message, said, id)
    end
  end)
end

function tests.test_paths_and_methods_that_are_none()
  with(function(served)
    local list = {}
    for _, path in ipairs { "/", "//", "/api/v3", BUS .. "none/", BUS, "/api/v3/%00%ff/%zz",
      "/" .. ("a/"):rep(2000), "/%2e%2e/etc/passwd", BUSINESSES .. "x", "/remora/nothing" } do
      for _, method in ipairs { "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "WHATEVER" } do
        list[#list + 1] = { path = path, method = method, body = "{}" }
      end
    end
    for _, method in ipairs { "PATCH", "OPTIONS", "WHATEVER" } do
      list[#list + 1] = { path = BUSINESSES, method = method, body = "{}" }
    end
    for i, answer in ipairs(served:exchange(list)) do
      assert_enveloped(answer, list[i].method .. " " .. list[i].path)
      lu.assertEquals(answer.status, 404, list[i].path)
    end
  end)
end

function tests.test_bytes_that_are_no_http()
  with(function(served)
    local head = "POST " .. BUSINESSES .. " HTTP/1.1\r\nHost: x\r\n"
    for _, bytes in ipairs {
      "GARBAGE\r\n\r\n", ("\0"):rep(10000), "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n\r\nGET",
      head .. "Content-Length: -1\r\n\r\n", head .. "Content-Length: 1e3\r\n\r\n",
      head .. "Content-Length: 99999999999999999999\r\n\r\n",
      head .. "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
      head .. "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
      head .. "X: " .. ("y"):rep(1000000) .. "\r\n\r\n", head .. ("a: b\r\n"):rep(50000) .. "\r\n",
      "GET /" .. ("a"):rep(1000000) .. " HTTP/1.1\r\n\r\n", head .. ": \r\n : \r\n\0: \0\r\n\r\n",
    } do
      wire.leave(served.port, bytes)
      served:call("search_business", {})
    end
    local answer = wire.talk(served.port, head .. "Connection: close\r\n"
      .. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    lu.assertStrContains(answer, '"result":true')
    answer = wire.talk(served.port, wire.request("HEAD", BUSINESSES, ""))
    lu.assertStrContains(answer, "404")
    answer = wire.talk(served.port, head .. ("a: b\r\n"):rep(50000) .. "\r\n")
    lu.assertTrue(answer == "" or answer:find("^HTTP/1.1 431 ") ~= nil, answer)
  end)
end

local function new_set(name)
  return json.encode { bk_biz_id = 1, data = { bk_set_name = name } }
end

local function has_set(served, name)
  local found = served:call("search_set", { bk_biz_id = 1, condition = { bk_set_name = name } })
  return found.count == 1
end

function tests.test_requests_one_behind_the_other()
  with(function(served)
    local path, all = BUS .. "create_set/", {}
    for i = 1, 20 do
      local headers = i < 20 and "Connection: keep-alive" or nil
      all[i] = wire.request("POST", path, new_set("piped " .. i), headers)
    end
    local answer, order = wire.talk(served.port, table.concat(all)), {}
    for number in answer:gmatch('"bk_set_name":"piped (%d+)"') do
      order[#order + 1] = tonumber(number)
    end
    lu.assertEquals(#order, 20)
    for i = 1, 20 do lu.assertEquals(order[i], i) end
  end)
end

function tests.test_half_a_request_does_nothing()
  with(function(served)
    local whole = wire.request("POST", BUS .. "create_set/", new_set("half"))
    for _, part in ipairs { 10, #whole // 2, #whole - 1 } do
      wire.leave(served.port, whole:sub(1, part))
    end
    lu.assertFalse(has_set(served, "half"))
    lu.assertStrContains(wire.talk(served.port, whole), '"result":true')
    lu.assertTrue(has_set(served, "half"))
  end)
end

function tests.test_slow_clients_are_served_in_their_own_time()
  with(function(served)
    local answers = {}
    for i = 1, 5 do
      answers[i] = wire.drip(served.port, wire.request("POST", BUSINESSES, "{}"))
    end
    for _ = 1, 20 do served:call("search_business", {}) end
    for _, answer in ipairs(answers) do lu.assertStrContains(answer(), '"result":true') end
  end)
end

function tests.test_two_thousand_connections_that_say_nothing_more()
  local directory <close> = fs.temporary()
  do
    local served <close> = serve(directory)
    local silent <close> = wire.hold(served.port, 1000, "")
    local half <close> = wire.hold(served.port, 1000, "POST " .. BUSINESSES .. " HTTP/1.1\r\nX: ")
    if silent.count + half.count < 2000 then lu.skip("too few descriptors for this user") end
    local list = {}
    for i = 1, 50 do list[i] = { path = BUS .. "create_set/", body = new_set("set " .. i) } end
    for i, answer in ipairs(served:exchange(list)) do
      lu.assertTrue(assert_enveloped(answer, "set " .. i).result)
    end
    silent.close()
    for i = 1, 50 do lu.assertTrue(has_set(served, "set " .. i)) end
    served:stop(SIGKILL)
    lu.assertEquals(served.process:read_stderr(), "")
  end
  local served <close> = serve(directory) -- nothing of what was answered is lost
  for i = 1, 50 do lu.assertTrue(has_set(served, "set " .. i)) end
end

return tests
