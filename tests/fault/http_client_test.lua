-- The HTTP client against servers that are slow, broken or hostile, and with much in flight.

local draws = require "tests.support.draws"
local lu = require "luaunit"
local host = require "host"
local http_client = require "http_client"
local loop = require "remora.net.loop"
local server = require "tests.support.server"

local tests = {}

local MEGABYTE = 1024 * 1024

-- Runs a test in a loop of its own with a server that answers by the script.
local function with(script, body, options)
  local l = loop.new(options)
  l:run(function()
    local s <close> = server.start(l, script)
    body(l, s)
  end)
end

function tests.test_connections_are_kept()
  with({ { body = "fine" } }, function(l, s)
    for _ = 1, 20 do assert(l:fetch { url = s.url }) end
    lu.assertEquals(s.peers, 1)
  end)
end

function tests.test_many_in_flight_share_few_connections()
  local function echo(request) return { body = request.path, delay = 0.001 } end
  with(echo, function(l, s)
    local list = {}
    for i = 1, 300 do list[i] = "/" .. i end
    local bodies, faults = l:gather(100, list, function(path)
      local response, failure = l:fetch { url = s.url .. path }
      return response and response.body, failure
    end)
    lu.assertNil(faults)
    lu.assertEquals(bodies, list)
    lu.assertTrue(s.peers <= 8)
  end, { parallelism = 8 })
end

function tests.test_waiting_in_line_does_not_use_up_the_time()
  with({ { body = "", delay = 0.1 } }, function(l, s)
    local _, faults = l:gather(10, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function()
      return l:fetch { url = s.url, timeout = 0.6 }
    end)
    lu.assertNil(faults)
  end, { parallelism = 1 })
end

function tests.test_a_body_comes_as_a_buffer_when_that_is_asked_for()
  local text = ("\0\255 large "):rep(100000)
  with({ { body = text }, { body = "" } }, function(l, s)
    for _, body in ipairs { text, "" } do
      local answer = assert(l:fetch { url = s.url, buffer = true })
      lu.assertEquals({ type(answer.body), #answer.body }, { "userdata", #body })
      lu.assertTrue(answer.body:text() == body)
      answer.body:close()
      answer.body:close()
      lu.assertEquals({ #answer.body, answer.body:text() }, { 0, "" })
    end
    lu.assertEquals(assert(l:fetch { url = s.url }).body, "")
  end)
end

function tests.test_requests_arrive_as_they_were_made()
  with({ { body = "" } }, function(l, s)
    local body = ("\0\1\n\255"):rep(1000)
    for _, method in ipairs { "GET", "POST", "PUT", "DELETE", "PATCH" } do
      assert(l:fetch { method = method, url = s.url .. "/a%2Fb?c=%20", body = body,
        headers = { ["X-Odd"] = "a: b", ["X-Empty"] = "", ["Content-Type"] = "x/y" } })
      local seen = s.requests[#s.requests]
      lu.assertEquals({ seen.method, seen.path, seen.query }, { method, "/a%2Fb", "c=%20" })
      lu.assertTrue(seen.body == body)
      lu.assertEquals({ seen.headers["x-odd"], seen.headers["x-empty"] }, { "a: b", "" })
      lu.assertEquals(seen.headers["content-type"], "x/y")
      lu.assertNil(seen.headers.expect)
    end
    for _, method in ipairs { "GET", "POST", "PUT", "DELETE", "HEAD" } do
      assert(l:fetch { method = method, url = s.url })
      local seen = s.requests[#s.requests]
      lu.assertEquals({ seen.method, seen.body, seen.headers["content-type"] }, { method, "" })
    end
  end)
end

function tests.test_big_bodies_both_ways()
  local body = ("0123456789abcdef"):rep(MEGABYTE)
  with(function(request) return { body = request.body } end, function(l, s)
    local response = assert(l:fetch { method = "POST", url = s.url, body = body })
    lu.assertTrue(response.body == body)
  end)
end

local function chunked(text)
  return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n"):format(#text, text)
end

-- The room of a body that was let go serves the next one, larger or smaller, announced or not.
function tests.test_bodies_of_all_sizes_come_whole_while_others_are_held_and_let_go()
  local function body_of(number)
    return (string.char(96 + number % 26) .. number):rep(number * 7919 % 90001)
  end
  local function answer(request)
    local body = body_of(tonumber(request.path:sub(2)))
    if #request.path % 2 == 1 or body == "" then return { body = body } end
    return { raw = chunked(body) .. "0\r\n\r\n" }
  end
  with(answer, function(l, s)
    local numbers, held = {}, {}
    for i = 1, 120 do numbers[i] = i end
    local _, faults = l:gather(6, numbers, function(number)
      local response = assert(l:fetch { url = ("%s/%d"):format(s.url, number), buffer = true })
      held[#held + 1] = { number = number, body = response.body }
      if #held < 4 then return end
      local oldest = table.remove(held, 1)
      lu.assertTrue(oldest.body:text() == body_of(oldest.number), oldest.number)
      oldest.body:close()
    end)
    lu.assertNil(faults)
    for _, each in ipairs(held) do lu.assertTrue(each.body:text() == body_of(each.number)) end
  end)
end

function tests.test_repeated_headers_are_joined()
  local raw = "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok"
  with({ { raw = raw } }, function(l, s)
    local response = assert(l:fetch { url = s.url })
    lu.assertEquals(response.headers["x-a"], "1, 2")
    lu.assertEquals(response.headers["x-empty"], "")
    lu.assertEquals(response.body, "ok")
  end)
end

function tests.test_what_goes_wrong_has_a_code_and_says_whether_it_was_sent()
  for name, row in pairs {
    ["reset"] = { { reset = true }, "net.reset" },
    ["nothing at all"] = { { raw = "" }, "net.reset" },
    ["cut off body"] = { { raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" }, "net.reset" },
    ["cut off chunk"] = { { raw = chunked("{"):sub(1, -3) }, "net.reset" },
    ["cut off headers"] = { { raw = "HTTP/1.1 200 OK\r\nContent-" }, "net.reset" },
    ["not HTTP"] = { { raw = "SSH-2.0-OpenSSH_9.2\r\n" }, "net.protocol" },
    ["nonsense chunk"] = { { raw = chunked("{"):gsub("\r\n1", "\r\nzz") .. "" }, "net.reset" },
    ["silence"] = { { silent = true }, "net.timeout" },
    ["announced too big"] = {
      { raw = "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n{" }, "net.too_big" },
    ["unannounced too big"] = { { raw = chunked(("x"):rep(5000)) }, "net.too_big" },
  } do
    with({ row[1] }, function(l, s)
      local response, f = l:fetch { url = s.url, timeout = row[1].silent and 0.1 or 30,
        max_bytes = 4096 }
      lu.assertNil(response, name)
      lu.assertEquals(f.code, row[2], name)
      lu.assertTrue(f.sent, name)
      lu.assertTrue(#f.message > 0, name)
      lu.assertTrue(l:fetch { url = s.url, timeout = 0.1 } == nil) -- the loop lives on
    end)
  end
end

function tests.test_a_lost_connection_is_never_tried_again_behind_our_back()
  local answers = { { body = "kept" }, { reset = true }, { body = "again" } }
  with(answers, function(l, s)
    assert(l:fetch { url = s.url })
    for _, method in ipairs { "POST", "DELETE", "GET" } do
      local before = #s.requests
      answers[before + 1], answers[before + 2] = { reset = true }, { body = "again" }
      local response, f = l:fetch { method = method, url = s.url }
      lu.assertNil(response)
      lu.assertEquals({ f.code, f.sent }, { "net.reset", true })
      lu.assertEquals(#s.requests, before + 1)
      assert(l:fetch { url = s.url })
    end
  end)
end

function tests.test_what_was_surely_not_sent()
  local l = loop.new()
  l:run(function()
    local s = server.start(l, {})
    s:close() -- nobody listens there any more
    for url, code in pairs {
      [s.url] = "net.connect", ["http://no-such-host.invalid"] = "net.resolve",
      ["ftp://127.0.0.1/"] = "net.protocol", ["http://"] = "net.protocol",
    } do
      local response, f = l:fetch { url = url, proxy = "" }
      lu.assertNil(response)
      lu.assertEquals({ f.code, f.sent }, { code, false }, url)
    end
  end)
end

function tests.test_an_answer_without_end_is_cut_and_memory_stays_bounded()
  with({ { raw = chunked(("x"):rep(3 * MEGABYTE)) } }, function(l, s)
    collectgarbage()
    local before = collectgarbage("count")
    for _ = 1, 50 do
      local response, f = l:fetch { url = s.url, max_bytes = 10000 }
      lu.assertNil(response)
      lu.assertEquals(f.code, "net.too_big")
    end
    collectgarbage()
    lu.assertTrue(collectgarbage("count") - before < 1024)
  end)
end

function tests.test_headers_without_end_are_cut()
  local head = "HTTP/1.1 200 OK\r\n" .. ("X-Much: " .. ("x"):rep(1000) .. "\r\n"):rep(2000)
  with({ { raw = head } }, function(l, s)
    local response, f = l:fetch { url = s.url }
    lu.assertNil(response)
    lu.assertStrMatches(f.code, "net%..*")
  end)
end

function tests.test_header_injection_is_refused()
  local client <close> = http_client.new()
  for _, options in ipairs {
    { url = "http://127.0.0.1/", headers = { A = "b\r\nC: d" } },
    { url = "http://127.0.0.1/", headers = { A = "b\0c" } },
    { url = "http://127.0.0.1/", headers = { ["A\r\nB"] = "c" } },
    { url = "http://127.0.0.1/", headers = { ["A: b"] = "c" } },
    { url = "http://127.0.0.1/", headers = { [""] = "c" } },
    { url = "http://127.0.0.1/", headers = { A = 1 } },
    { url = "http://127.0.0.1/\r\nA: b" },
    { url = "http://127.0.0.1/", method = "GET / HTTP/1.1\r\nA: b\r\n" },
    { url = "http://127.0.0.1/", method = "" },
  } do
    lu.assertFalse((pcall(client.submit, client, options)))
  end
  lu.assertEquals(client:active(), 0)
end

function tests.test_options_are_checked()
  local client <close> = http_client.new { parallelism = 1 }
  for _, options in ipairs {
    {}, { url = 1 }, { url = "http://x", tiemout = 1 }, { url = "http://x", timeout = "1" },
    { url = "http://x", timeout = -1 }, { url = "http://x", max_bytes = 0 },
    { url = "http://x", headers = "A: b" }, { url = "http://x", verify = "no" },
  } do
    lu.assertFalse((pcall(client.submit, client, options)))
  end
  lu.assertFalse((pcall(http_client.new, { parallelism = 0 })))
  lu.assertFalse((pcall(http_client.new, { total = 1 })))
end

function tests.test_cancel_and_close_drop_what_is_in_flight()
  with({ { silent = true } }, function(_, s)
    local client = http_client.new()
    local ids = {}
    for i = 1, 5 do ids[i] = client:submit { url = s.url } end
    client:poll(0.01)
    client:cancel(ids[2])
    client:cancel(ids[2])
    client:cancel(4711)
    lu.assertEquals(client:active(), 4)
    client:close()
    client:close()
    lu.assertErrorMsgContains("closed", client.submit, client, { url = s.url })
  end)
end

function tests.test_what_waits_in_line_was_not_sent()
  with({ { silent = true } }, function(l, s)
    local client <close> = http_client.new { parallelism = 1 }
    local first, second = client:submit { url = s.url }, client:submit { url = s.url }
    repeat l:sleep(0.001) until #s.requests == 1
    lu.assertFalse(client:cancel(second))
    lu.assertTrue(client:cancel(first))
    lu.assertEquals(client:active(), 0)
    lu.assertNil(client:poll(0.01))
    l:sleep(0.01)
    lu.assertEquals(#s.requests, 1)
  end)
end

function tests.test_what_is_cancelled_at_any_moment_leaves_its_room_to_others()
  local r, arrived = draws.new(1), 0
  local function answer(request)
    if request.path == "/some" then return { body = "", delay = r:next(3) / 1000 } end
    arrived = arrived + 1
    return { silent = true }
  end
  with(answer, function(l, s)
    local client <close> = http_client.new { parallelism = 4 }
    local wanted = {}
    local function cancel(id)
      client:cancel(id)
      wanted[id] = nil
    end
    local function take()
      local done = client:poll(0)
      if not done then return end
      lu.assertTrue(wanted[done.id], done.id) -- neither cancelled nor handed over before
      wanted[done.id] = nil
    end
    for _ = 1, 1000 do
      local id = client:submit { url = s.url .. "/some" }
      wanted[id] = true
      if r:chance(80) then cancel(r:chance(50) and id or id - r:next(12)) end
      if r:chance(50) then l:sleep(r:next(20) / 10000) end
      take()
    end
    for id in pairs(wanted) do cancel(id) end
    lu.assertEquals(client:active(), 0)
    for _ = 1, 6 do wanted[client:submit { url = s.url .. "/last" }] = true end
    repeat
      l:sleep(0.001)
      take()
    until arrived >= 4
    l:sleep(0.02)
    lu.assertEquals(arrived, 4) -- one more would have more room than there is
  end)
end

function tests.test_answers_that_nobody_takes_do_not_pile_up()
  with({ { body = "ok" } }, function(l, s)
    local client <close> = http_client.new { parallelism = 2 }
    for _ = 1, 5 do client:submit { url = s.url } end
    l:sleep(0.05)
    lu.assertEquals(#s.requests, 2)
    for taken = 1, 5 do
      repeat l:sleep(0.001) until #s.requests == math.min(5, taken + 1)
      lu.assertEquals(assert(client:poll(1)).status, 200)
    end
    lu.assertNil(client:poll(0))
  end)
end

function tests.test_an_answer_there_is_no_memory_for_is_not_given_back_twice()
  with({ { body = ("x"):rep(MEGABYTE) } }, function(l, s)
    local client <close> = http_client.new { parallelism = 1 }
    local ids = {}
    for i = 1, 4 do ids[i] = client:submit { url = s.url } end
    repeat l:sleep(0.001) until #s.requests == 1
    local answer, refused
    repeat
      l:sleep(0.001)
      collectgarbage() -- or what is free anyway would make room
      answer, refused = host.limited(client.poll, { memory = MEGABYTE // 2 }, client, 0)
    until answer or refused
    lu.assertEquals(refused and refused.code, "limit.memory")
    lu.assertEquals(client:active(), 3)
    lu.assertNil(client:cancel(ids[1]))
    repeat l:sleep(0.001) until #s.requests == 2
    l:sleep(0.02)
    lu.assertEquals(#s.requests, 2) -- one at a time still
    for i = 2, 4 do
      repeat
        l:sleep(0.001)
        answer = client:poll(0)
      until answer
      lu.assertEquals({ answer.id, #answer.body }, { ids[i], MEGABYTE })
    end
  end)
end

function tests.test_a_cancelled_task_takes_its_request_along()
  with({ { silent = true } }, function(l, s)
    local task = l:spawn(l.fetch, l, { url = s.url })
    repeat l:sleep(0.001) until #s.requests == 1
    lu.assertEquals(l.flights.client:active(), 1)
    task:cancel()
    lu.assertEquals({ l.flights.client:active(), l.flights:empty() }, { 0, true })
  end)
end

return tests
