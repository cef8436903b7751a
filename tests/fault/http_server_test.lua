-- The HTTP server with clients that send much, wait long, leave early or stay silent.

local lu = require "luaunit"
local http_client = require "http_client"
local http_server = require "http_server"
local wire = require "tests.support.wire"

local tests = {}

local server, client, url

function tests.setUp()
  server = assert(http_server.listen { max_body = 1000 })
  client = http_client.new()
  url = "http://127.0.0.1:" .. server:port()
end

function tests.tearDown()
  server:close()
  client:close()
end

-- Turns both ends until there is a request, or an answer, or `turns` are over.
local function turn(turns)
  for _ = 1, turns or 500 do
    local finished = client:poll(math.min(0.02, server:timeout() or 1), server:fd())
    local requests = server:step()
    if finished or #requests > 0 then return requests, finished end
  end
  return {}
end

local function next_request() return turn()[1] end
local function next_answer() return (select(2, turn())) end

function tests.test_a_request_shows_all_it_has()
  client:submit { method = "PATCH", url = url .. "/a%20b/c?d=e&f=%3F", body = "body",
    headers = { ["X-One"] = "1" } }
  local request = next_request()
  lu.assertEquals({ request.method, request.path, request.query, request.body },
    { "PATCH", "/a%20b/c", "d=e&f=%3F", "body" })
  lu.assertEquals(request.headers["x-one"], "1")
  lu.assertStrMatches(request.peer, "127%.0%.0%.1:%d+")
  lu.assertFalse(request.too_big)
end

function tests.test_answers_in_any_order()
  for i = 1, 3 do client:submit { url = url .. "/" .. i } end
  local requests = {}
  while #requests < 3 do
    for _, request in ipairs(turn()) do requests[#requests + 1] = request end
  end
  for i = 3, 1, -1 do server:reply(requests[i].id, 200 + i, { ["X-Is"] = "" .. i }, "b" .. i) end
  local seen = {}
  while #seen < 3 do
    local answer = next_answer()
    seen[#seen + 1] = answer.body
    lu.assertEquals(answer.body, "b" .. answer.headers["x-is"])
    lu.assertEquals(answer.body, "b" .. answer.status - 200)
  end
end

function tests.test_a_body_above_the_limit_is_dropped()
  client:submit { method = "POST", url = url, body = ("x"):rep(1000) }
  local request = next_request()
  lu.assertEquals({ #request.body, request.too_big }, { 1000, false })
  server:reply(request.id, 200)
  lu.assertEquals(next_answer().status, 200)
  client:submit { method = "POST", url = url, body = ("x"):rep(1001) }
  request = next_request()
  lu.assertEquals({ #request.body, request.too_big }, { 0, true })
  server:reply(request.id, 413)
  lu.assertEquals(next_answer().status, 413)
  client:submit { method = "POST", url = url, body = ("x"):rep(5000000) }
  lu.assertTrue(next_request().too_big)
end

function tests.test_abort_drops_the_connection()
  client:submit { url = url }
  server:abort(next_request().id)
  lu.assertEquals(next_answer().error.code, "net.reset")
  client:submit { url = url }
  local raw = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  lu.assertEquals(server:abort(next_request().id, raw), #raw)
  lu.assertEquals(next_answer().body, "ok")
end

function tests.test_each_request_is_answered_once()
  client:submit { url = url }
  local id = next_request().id
  for _, wrong in ipairs {
    { id, 99 }, { id, "ok" }, { id + 1, 200 }, { id, 200, "no table" }, { id, 200, { 1 } },
    { id, 200, { ["A"] = "b\r\nC: d" } }, { id, 200, { ["A: b"] = true } },
  } do
    lu.assertFalse((pcall(server.reply, server, table.unpack(wrong))))
  end
  server:reply(id, 204)
  lu.assertFalse((pcall(server.reply, server, id, 200)))
  lu.assertFalse((pcall(server.abort, server, id)))
  lu.assertEquals(next_answer().status, 204)
end

function tests.test_a_client_that_left_does_no_harm()
  local id = client:submit { url = url }
  local request = next_request()
  client:cancel(id)
  server:reply(request.id, 200, nil, ("x"):rep(1000000))
  for _ = 1, 5 do turn(1) end
  client:submit { url = url }
  server:reply(next_request().id, 200, nil, "fine")
  lu.assertEquals(next_answer().body, "fine")
end

function tests.test_a_client_that_does_not_read_holds_up_nobody()
  local big = ("x"):rep(20000000)
  local listen = wire.deaf(server:port(), wire.request("GET", "/slow", ""))
  server:reply(next_request().id, 200, nil, big)
  for _ = 1, 20 do
    client:submit { url = url }
    server:reply(next_request().id, 200, nil, "fine")
    lu.assertEquals(next_answer().body, "fine")
  end
  local answer = listen(function() server:step() end)
  lu.assertTrue(answer:sub(-#big) == big)
end

function tests.test_silent_connections_end_and_make_room()
  server:close()
  server = assert(http_server.listen { idle_timeout = 1, max_connections = 2 })
  url = "http://127.0.0.1:" .. server:port()
  client:submit { url = url }
  server:reply(next_request().id, 200)
  lu.assertEquals(next_answer().status, 200)
  lu.assertTrue(server:timeout() <= 1)
  local many <close> = http_client.new { parallelism = 5 }
  for _ = 1, 5 do many:submit { url = url } end
  local answered, tries = 0, 0
  while answered < 5 and tries < 2000 do
    tries = tries + 1
    local each = many:poll(math.min(0.02, server:timeout() or 1), server:fd())
    if each then
      answered = answered + 1
      lu.assertTrue(each.status == 200 or each.error ~= nil) -- beyond the limit: turned away
    end
    for _, request in ipairs(server:step()) do server:reply(request.id, 200) end
  end
  lu.assertEquals(answered, 5)
end

function tests.test_closing_with_requests_at_work()
  for _ = 1, 4 do client:submit { url = url } end
  lu.assertTrue(#turn() > 0)
  server:close()
  server:close()
  lu.assertErrorMsgContains("closed", server.step, server)
  local ended = 0
  for _ = 1, 100 do ended = ended + (client:poll(0.02) and 1 or 0) end
  lu.assertEquals(ended, 4)
end

function tests.test_what_cannot_be_listened_on()
  for _, options in ipairs {
    { port = server:port() }, { address = "no address" }, { address = "203.0.113.1" },
  } do
    local refused, failure = http_server.listen(options)
    lu.assertNil(refused)
    lu.assertEquals(failure.code, "net.listen")
    lu.assertStrContains(failure.message, options.address or tostring(options.port))
  end
  lu.assertFalse((pcall(http_server.listen, { prot = 1 })))
  lu.assertFalse((pcall(http_server.listen, { port = 70000 })))
end

return tests
