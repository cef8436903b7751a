-- The retry policy, row by row: what may be sent again, after how long, and why not.

local lu = require "luaunit"
local retry = require "remora.net.retry"

local tests = {}

local POLICY = { attempts = 4, first = 1, cap = 5, budget = 60 }
local function latest() return 1 end -- the longest wait that jitter can give
local function decide(row)
  return retry.decide(POLICY, row.attempt or 1, row, row.repeatable or false, row.spent or 0,
    row.random or latest)
end

function tests.test_what_is_tried_again()
  for _, row in ipairs {
    -- Surely not carried out: whatever the call does.
    { code = "net.connect", sent = false, wait = 1 },
    { code = "net.resolve", sent = false, wait = 1 },
    { code = "net.timeout", sent = false, wait = 1 },
    { status = 429, code = "http.too_many", sent = true, wait = 1 },
    { status = 200, code = 1199997, sent = true, wait = 1 },
    { status = 200, code = 1306429, sent = true, wait = 1 },
    -- Perhaps carried out: only what may be repeated.
    { code = "net.reset", sent = true, repeatable = true, wait = 1 },
    { code = "net.reset", sent = true },
    { code = "net.timeout", sent = true, repeatable = true, wait = 1 },
    { code = "net.timeout", sent = true },
    { status = 408, code = "http.timeout", sent = true, repeatable = true, wait = 1 },
    { status = 502, code = "http.server_error", sent = true, repeatable = true, wait = 1 },
    { status = 503, code = "http.server_error", sent = true },
    { status = 200, code = 1306201, sent = true, repeatable = true, wait = 1 },
    -- Nobody was ever met there: told at once.
    { code = "net.connect", sent = false, stranger = true, repeatable = true },
    { code = "net.resolve", sent = false, stranger = true, repeatable = true },
    { code = "net.reset", sent = true, stranger = true, repeatable = true, wait = 1 },
    -- Would fail again.
    { code = "net.tls", sent = false, repeatable = true },
    { code = "net.too_big", sent = true, repeatable = true },
    { code = "net.protocol", sent = true, repeatable = true },
    { code = "net.interrupted", sent = false, repeatable = true },
    { status = 200, code = "http.not_json", sent = true, repeatable = true },
    { status = 401, code = "http.unauthorized", sent = true, repeatable = true },
    { status = 404, code = "http.not_found", sent = true, repeatable = true },
    { status = 200, code = 1199006, sent = true, repeatable = true },
    { status = 200, code = 9900403, sent = true, repeatable = true },
    { status = 500, code = 1108013, sent = true, repeatable = true }, -- the old platform's refusal
  } do
    local wait, reason = decide(row)
    lu.assertEquals(wait, row.wait, tostring(row.code) .. " " .. tostring(row.status))
    lu.assertTrue(#reason > 0)
  end
end

function tests.test_what_passes_by_itself()
  for _, status in ipairs { 408, 429, 500, 502, 503, 504 } do
    lu.assertEquals(decide { status = status, code = "http.x", sent = true, repeatable = true }, 1)
  end
  for _, code in ipairs { 1306201, 1306203, 1306206, 1306207, 1306208, 1306209 } do
    lu.assertEquals(decide { status = 200, code = code, sent = true, repeatable = true }, 1, code)
  end
end

function tests.test_waits_double_to_a_cap_and_are_spread()
  for attempt, longest in ipairs { 1, 2, 4 } do
    local row = { code = "net.connect", sent = false, attempt = attempt }
    lu.assertEquals(decide(row), longest)
    row.random = function() return 0 end
    lu.assertEquals(decide(row), longest / 2)
  end
  local patient = { attempts = 100, first = 1, cap = 5, budget = 1e9 }
  lu.assertEquals(retry.decide(patient, 60, { code = "net.connect", sent = false }, false, 0,
    latest), 5)
end

function tests.test_the_platforms_own_wish_goes_first()
  local row = { status = 429, code = "http.too_many", sent = true, retry_after = 7 }
  lu.assertEquals(decide(row), 7)
  row.retry_after = 61
  local wait, reason = decide(row)
  lu.assertNil(wait)
  lu.assertStrContains(reason, "60 seconds")
end

function tests.test_attempts_and_time_are_bounded()
  local wait, reason = decide { code = "net.connect", sent = false, attempt = 4 }
  lu.assertNil(wait)
  lu.assertStrContains(reason, "4 attempts")
  wait, reason = decide { code = "net.connect", sent = false, spent = 59.5 }
  lu.assertNil(wait)
  lu.assertStrContains(reason, "60 seconds")
end

function tests.test_who_wants_to_wait_no_longer()
  lu.assertEquals(retry.within(7).budget, 7)
  lu.assertEquals(retry.within(7).attempts, retry.DEFAULT.attempts)
  lu.assertEquals(retry.within(nil), retry.DEFAULT)
end

function tests.test_retry_after_is_seconds_or_a_date()
  local now = 784111777 -- Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
  for value, expected in pairs {
    ["0"] = 0, ["120"] = 120,
    ["Sun, 06 Nov 1994 08:49:37 GMT"] = 0,
    ["Sun, 06 Nov 1994 08:50:37 GMT"] = 60,
    ["Sat, 05 Nov 1994 08:49:37 GMT"] = 0,
  } do
    lu.assertEquals(retry.after(value, now), expected, value)
  end
  for _, value in ipairs { "", "soon", "-5", "Sun, 06 Xyz 1994 08:49:37 GMT", "1.5" } do
    lu.assertNil(retry.after(value, now), value)
  end
  lu.assertNil(retry.after(nil, now))
end

function tests.test_every_date_of_the_calendar()
  for day = 0, 366 * 131, 5 do -- past February of 2100, which has 28 days
    local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", day * 86400)
    lu.assertEquals(retry.after(date, 0), day * 86400, date)
  end
end

return tests
