-- Calls through the client against a scripted platform: retries, pages, faults, traces, secrets.

local lu = require "luaunit"
local catalogue = require "remora.catalogue"
local client = require "remora.net.client"
local columns = require "remora.net.columns"
local json = require "json"
local loop = require "remora.net.loop"
local retry = require "remora.net.retry"
local server = require "tests.support.server"

local tests = {}

local QUICK = { attempts = 3, first = 0.001, cap = 0.002, budget = 60 }

-- Runs a test in a loop with a client of a server that answers by the script.
local function with(script, body, changes)
  local l = loop.new()
  l:run(function()
    local s <close> = server.start(l, script)
    local target = { url = s.url, route = "esb", timeout = 30, credentials = {
      bk_app_code = "app", bk_app_secret = "s3cret!", bk_username = "admin" } }
    local options = { loop = l, target = target, retry = QUICK }
    for name, value in pairs(changes or {}) do options[name] = value end
    for name, value in pairs(options.change_target or {}) do target[name] = value end
    options.change_target = nil
    body(client.new(options), s, l)
  end)
end

function tests.test_data_or_a_fault()
  with({ server.fine { 1, 2 }, server.fine(json.null), server.refusal(1108035, "no way") },
    function(c)
      lu.assertEquals(c:call("cc.create_process_instance", {}), { 1, 2 })
      lu.assertEquals(c:call("delete_process_instance", {}), json.null)
      local data, f = c:call(catalogue.get("cc.create_process_instance"), {})
      lu.assertNil(data)
      lu.assertEquals({ f.code, f.message, f.call, f.request_id, f.status },
        { 1108035, "no way", "cc.create_process_instance", "r-1", 200 })
      lu.assertStrContains(f.hint, "template")
      lu.assertErrorMsgContains("no_such_call", c.call, c, "no_such_call", {})
    end)
end

function tests.test_a_missing_permission_is_named()
  local refusal = server.refusal(9900403, "no permission")
  refusal.json.permission = { system_id = "bk_cmdb" }
  with({ refusal }, function(c)
    local _, f = c:call("cc.search_set", { bk_biz_id = 2 })
    lu.assertEquals(f.permission, { system_id = "bk_cmdb" })
    lu.assertStrContains(f.hint, "permission")
  end)
end

function tests.test_exchange_gives_refusals_and_the_body_as_they_came()
  with({ server.refusal(1199006, "bad") }, function(c)
    local envelope, body = c:exchange(catalogue.get("cc.search_set"), {})
    lu.assertEquals({ envelope.result, envelope.code, envelope.status }, { false, 1199006, 200 })
    lu.assertEquals(json.decode(body).code, 1199006)
  end)
end

local NONE = { count = 0, info = json.array {} }
local unwell = { status = 503, body = "<html>" }

function tests.test_what_may_pass_is_tried_again()
  for _, script in ipairs {
    { unwell, { reset = true }, server.fine(NONE) },
    { server.refusal(1199997), { status = 429, body = "" }, server.fine(NONE) },
    { { status = 502, body = "" }, { status = 408, body = "" }, server.fine(NONE) },
  } do
    local told = {}
    with(script, function(c, s)
      lu.assertEquals(c:call("cc.search_set", { bk_biz_id = 2 }), NONE)
      lu.assertEquals({ #s.requests, #told }, { 3, 2 })
      lu.assertEquals({ told[1].call, told[1].attempt, told[2].attempt }, { "cc.search_set", 1, 2 })
    end, { on_retry = function(retried) told[#told + 1] = retried end })
  end
end

function tests.test_attempts_come_to_an_end()
  with({ unwell }, function(c, s)
    local _, f = c:call("cc.search_set", { bk_biz_id = 2 })
    lu.assertEquals({ f.code, f.status, #s.requests }, { "http.server_error", 503, 3 })
    lu.assertStrContains(f.message, "attempt 3")
  end)
end

function tests.test_what_must_not_be_repeated_is_not()
  for _, first in ipairs { unwell, { reset = true }, { raw = "" } } do
    with({ first, server.fine { 7 } }, function(c, s)
      local _, f = c:call("cc.create_process_instance", {})
      lu.assertTrue(f.sent)
      lu.assertEquals(#s.requests, 1)
    end)
  end
  for _, first in ipairs { server.refusal(1306429), { status = 429, body = "" } } do
    with({ first, server.fine { 7 } }, function(c, s)
      lu.assertEquals(c:call("cc.create_process_instance", {}), { 7 })
      lu.assertEquals(#s.requests, 2)
    end)
  end
end

-- Attempts at a write that end in vain, and whether it may have been carried out.
function tests.test_only_what_no_attempt_can_have_done_is_said_to_be_undone()
  local busy, door = { status = 429, body = "" }, { status = 403, body = "" }
  for _, row in ipairs {
    { { busy }, false }, { { door }, false }, { { busy, door }, false },
    { { unwell, busy }, true }, { { { reset = true }, door }, true }, { { busy, unwell }, true },
  } do
    with(row[1], function(c)
      local _, f = c:call("cc.update_process_instance", { bk_biz_id = 2 })
      lu.assertEquals(f.sent, row[2])
    end)
  end
end

function tests.test_retry_after_goes_before_the_own_wait()
  local busy = { status = 429, body = "", headers = { ["Retry-After"] = "0" } }
  with({ busy, server.fine(NONE) }, function(c)
    lu.assertEquals(c:call("cc.search_set", { bk_biz_id = 2 }), NONE)
  end, { retry = { attempts = 2, first = 3600, cap = 3600, budget = 60 } })
  busy.headers["Retry-After"] = "3600"
  with({ busy, server.fine(NONE) }, function(c, s)
    local _, f = c:call("cc.search_set", { bk_biz_id = 2 })
    lu.assertEquals({ f.code, #s.requests }, { "http.too_many", 1 })
  end)
end

function tests.test_what_cannot_be_the_answer_is_a_fault_of_the_platform()
  for _, row in ipairs {
    { "cc.search_set", json.null }, { "cc.search_set", "text" }, { "cc.search_set", { 1 } },
    { "cc.search_set", { count = 1, info = { 7 } } }, { "cc.search_set", { info = { x = 1 } } },
    { "cc.search_biz_inst_topo", { x = 1 } }, { "cc.create_process_instance", "text" },
  } do
    with({ server.fine(row[2]) }, function(c, s)
      local data, f = c:call(row[1], { bk_biz_id = 2 })
      lu.assertNil(data)
      lu.assertEquals(f.code, "http.odd_data")
      lu.assertStrContains(f.message, s.url .. " answered with success")
    end)
  end
end

function tests.test_a_list_may_be_null()
  for _, row in ipairs {
    { "cc.search_set", { count = 0 } }, { "cc.search_set", { count = 0, info = json.null } } } do
    with({ server.fine(row[2]) }, function(c)
      lu.assertEquals(c:call(row[1], { bk_biz_id = 2 }), NONE)
    end)
  end
  with({ server.fine(json.null) }, function(c)
    lu.assertEquals(c:call("cc.search_biz_inst_topo", { bk_biz_id = 2 }), json.array {})
  end)
end

function tests.test_every_failure_has_a_line_with_the_place_and_a_hint()
  for _, row in ipairs {
    { { reset = true }, "net.reset" },
    { { silent = true }, "net.timeout" },
    { { status = 401, body = "" }, "http.unauthorized" },
    { { status = 403, body = "" }, "http.forbidden" },
    { { status = 302, body = "", headers = { Location = "https://x/login" } }, "http.redirect" },
    { { body = "<html><title>Sign in</title>" }, "http.not_json" },
    { { body = '{"result": true, "data": [' }, "http.bad_json" },
    { { raw = "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n{" }, "net.too_big" },
    { { raw = "220 mail.example.com ESMTP\r\n" }, "net.protocol" },
  } do
    with({ row[1] }, function(c, s)
      local data, f = c:call("cc.create_process_instance", {})
      lu.assertNil(data)
      lu.assertEquals(f.code, row[2])
      lu.assertEquals(f.call, "cc.create_process_instance")
      lu.assertStrContains(f.message, s.url)
      lu.assertNotStrContains(f.message, "\n")
      lu.assertTrue(#f.hint > 0)
    end, { change_target = { timeout = row[1].silent and 0.1 or 30 } })
  end
end

function tests.test_a_refusal_without_words_is_told_in_ours()
  with({ { json = { result = false, code = 7, message = "" } } }, function(c)
    local _, f = c:call("cc.search_set", { bk_biz_id = 2 })
    lu.assertEquals({ f.code, f.message },
      { 7, "the platform refuses this, and does not say why" })
  end)
end

function tests.test_secrets_show_nowhere()
  local seen = {}
  local function echo(request)
    return { json = { result = false, code = 1, data = request.json,
      message = "you are s3cret! and a \"quoted\" one: tok\"en" } }
  end
  with(echo, function(c)
    local _, f = c:call("cc.search_set", { bk_biz_id = 2, bk_token = "tok\"en" })
    lu.assertStrContains(f.message, "you are **** and")
    seen[#seen + 1] = f
    c.target.route = "gateway"
    c:call("cc.search_set", { bk_biz_id = 2, bk_token = "tok\"en" })
    local shown = json.encode(seen)
    for _, secret in ipairs { "s3cret", "tok\\\\", "tok\"en", "tok\\\"en" } do
      lu.assertNotStrContains(shown, secret)
    end
    lu.assertStrContains(seen[1].request, '"bk_app_code":"app"')
    lu.assertStrContains(seen[1].request, '"bk_app_secret":"****"')
    lu.assertStrContains(seen[3].headers["X-Bkapi-Authorization"], '"bk_app_secret":"****"')
  end, { on_exchange = function(exchange) seen[#seen + 1] = exchange end })
end

function tests.test_a_trace_tells_every_attempt()
  local seen = {}
  with({ { reset = true }, server.fine { 7 } }, function(c, s)
    c:call("cc.search_set", { bk_biz_id = 2 })
    lu.assertEquals(#seen, 2)
    lu.assertEquals({ seen[1].call, seen[1].method, seen[1].attempt, seen[1].fault.code },
      { "cc.search_set", "POST", 1, "net.reset" })
    lu.assertEquals({ seen[2].url, seen[2].status, seen[2].attempt },
      { s.url .. "/api/c/compapi/v2/cc/search_set/", 200, 2 })
    lu.assertTrue(seen[2].seconds >= 0)
    lu.assertStrContains(seen[2].response, "r-1")
  end, { on_exchange = function(exchange) seen[#seen + 1] = exchange end })
end

-- A platform with some rows, in pages; the later pages answer first.
local function listing(total, options)
  return function(request, number)
    local page, rows = request.json.page, json.array {}
    for i = page.start + 1, math.min(page.start + page.limit, total) do
      rows[#rows + 1] = { id = i }
    end
    local data = { count = not (options and options.uncounted) and total or nil, info = rows }
    local answer = server.fine(data)
    answer.delay = 0.02 / number
    return answer
  end
end

function tests.test_pages_come_in_order_with_several_in_flight()
  for total, calls in pairs { [0] = 1, [1] = 1, [200] = 1, [201] = 2, [1950] = 10 } do
    with(listing(total), function(c, s)
      local pages <close> = c:pages("cc.search_set", { bk_biz_id = 2, page = { sort = "id" } })
      local seen = 0
      for item in pages do
        seen = seen + 1
        lu.assertEquals(item.id, seen)
      end
      lu.assertNil(pages.fault)
      lu.assertEquals({ seen, #s.requests, pages.count }, { total, calls, total })
      for _, request in ipairs(s.requests) do
        lu.assertEquals({ request.json.page.limit, request.json.page.sort }, { 200, "id" })
      end
    end)
  end
end

function tests.test_pages_without_a_count_go_on_while_they_are_full()
  for total, calls in pairs { [0] = 1, [199] = 1, [200] = 2, [450] = 3 } do
    with(listing(total, { uncounted = true }), function(c, s)
      local seen = 0
      for item in c:pages("cc.search_set", { bk_biz_id = 2 }) do seen = item.id end
      lu.assertEquals({ seen, #s.requests }, { total, calls })
    end)
  end
end

function tests.test_a_smaller_page_and_a_start_are_kept()
  with(listing(10), function(c, s)
    local seen = {}
    for item in c:pages("cc.search_set", { bk_biz_id = 2, page = { start = 4, limit = 3 } }) do
      seen[#seen + 1] = item.id
    end
    lu.assertEquals({ seen, #s.requests }, { { 5, 6, 7, 8, 9, 10 }, 2 })
  end)
end

function tests.test_a_page_that_fails_ends_the_walk_and_says_so()
  local list = listing(2000)
  with(function(request, number)
    if request.json.page.start == 600 then return server.refusal(1199059, "too large") end
    return list(request, number)
  end, function(c)
    local pages <close> = c:pages("cc.search_set", { bk_biz_id = 2 })
    local seen = 0
    for _ in pages do seen = seen + 1 end
    lu.assertEquals({ seen, pages.fault.code }, { 600, 1199059 })
    lu.assertNil(pages())
  end)
end

-- A platform whose count is more than its rows, and how many pages it may be asked for until that
-- shows.
local LIES = { { rows = 0, asked = 1 }, { rows = 450, asked = 3 + 8 } }

function tests.test_a_count_that_lies_ends_the_walk()
  for _, lie in ipairs(LIES) do
    local list = listing(lie.rows)
    with(function(request, number)
      local answer = list(request, number)
      answer.json.data.count = 1000000000
      return answer
    end, function(c, s)
      local pages <close> = c:pages("cc.search_set", { bk_biz_id = 2 })
      local seen = 0
      for _ in pages do seen = seen + 1 end
      lu.assertEquals({ seen, pages.fault.code }, { lie.rows, "http.hollow_page" })
      lu.assertStrContains(pages.fault.message, "1000000000 rows")
      lu.assertTrue(#s.requests <= lie.asked, #s.requests)
      lu.assertNil(pages())
    end)
  end
end

-- Takes all rows out of each page of a listing.
local TAKES_ALL = {
  ready = function() end,
  page = function(_, body)
    local rows
    local text = body:text():gsub('"id":%d+', ""):gsub("%[[{},]*%]", function(list)
      rows = select(2, list:gsub("{", ""))
      return "[]"
    end)
    return text, rows
  end,
}

function tests.test_pages_of_which_no_row_is_wanted_are_no_lies()
  with(listing(450), function(c, s)
    local row = catalogue.get("cc.search_set")
    local wanted = columns.new(row, { id = "id" }, { sieve = TAKES_ALL })
    local pages <close> = c:pages(row, { bk_biz_id = 2 }, { columns = wanted })
    lu.assertNil(pages())
    lu.assertEquals({ pages.fault, #s.requests, pages.count }, { nil, 3, 450 })
  end)
end

function tests.test_a_walk_can_be_left()
  with(listing(100000), function(c, s, l)
    do
      local pages <close> = c:pages("cc.search_set", { bk_biz_id = 2 }, { width = 3 })
      for item in pages do
        if item.id == 250 then break end
      end
    end
    lu.assertTrue(l.flights:empty())
    lu.assertTrue(#s.requests <= 6)
  end)
end

function tests.test_the_default_policy_is_patient_but_not_for_ever()
  local policy, spent, attempt = retry.DEFAULT, 0, 1
  repeat
    local wait = retry.decide(policy, attempt, { code = "net.connect", sent = false }, false, spent,
      function() return 1 end)
    spent, attempt = spent + (wait or 0), attempt + 1
  until not wait
  lu.assertTrue(spent > 5 and spent < policy.budget)
end

return tests
