-- Pages that go through a sieve while they come, in pieces of any size: what is left of them and
-- what counts is the same as of a page that is there at once.

local draws = require "tests.support.draws"
local json = require "json"
local lu = require "luaunit"
local loop = require "remora.net.loop"
local server = require "tests.support.server"
local sieve = require "sieve"

local tests = {}

local GOOD = '{"m":1,"t":2,"p":{"a":1},"free":"%s"}'
local OTHER = '{"m":1,"t":2,"p":{"a":2},"free":"%s"}'

local function sieve_of_ones()
  return sieve.new { list = { "data", "info" }, beside = "count", choose = { { "m" }, { "t" } },
    patterns = { [1] = { [2] = { p = { a = 1 } } } } }
end

-- A page of rows of many lengths; which of them stay, and how many do not.
local function random_page(r)
  local rows, kept = {}, {}
  for i = 1, r:next(120) do
    local free = ("x"):rep(r:chance(5) and r:next(6000) or r:next(90))
    local stays = r:chance(15)
    rows[i] = (stays and OTHER or GOOD):format(free)
    if stays then kept[#kept + 1] = rows[i] end
  end
  local form = '{"result":true,"data":{"count":9,"info":[%s]},"code":0,"end":"%s"}'
  local tail = ("e"):rep(r:next(3000))
  local between = r:chance(30) and " ,\n " or ","
  return form:format(table.concat(rows, between), tail),
    form:format(table.concat(kept, ","), tail), #rows - #kept
end

-- Each piece reaches the client's buffer by itself.
local function in_pieces(r, text)
  local parts, at, most = {}, 1, r:pick { 1, 40, 700, 9000 }
  while at <= #text do
    local piece = text:sub(at, at + r:next(most) - 1)
    parts[#parts + 1] = ("%x\r\n%s\r\n"):format(#piece, piece)
    at = at + #piece
  end
  return { raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    .. table.concat(parts) .. "0\r\n\r\n" }
end

-- Runs a test in a loop with a server that answers each request by what stands in `answers`.
local function with(body)
  local l, answers = loop.new(), {}
  l:run(function()
    local s <close> = server.start(l, function() return table.remove(answers) end)
    body(l, s.url, answers)
  end)
end

function tests.test_a_page_in_pieces_is_like_one_that_is_there_at_once()
  with(function(l, url, answers)
    for seed = 1, 60 do
      local r = draws.new(seed)
      local text, left, gone = random_page(r)
      local s <close> = sieve_of_ones()
      for _ = 1, 2 do -- the second one meets what the first one taught
        answers[1] = in_pieces(r, text)
        local body <close> = assert(l:fetch { url = url, buffer = true, sieve = s }).body
        lu.assertEquals({ s:page(body) }, { left, gone }, "seed " .. seed)
      end
      lu.assertEquals(s:take_counts(), gone > 0 and { [1] = { [2] = 2 * gone } } or {})
      lu.assertEquals({ s:page(text) }, { left, gone }, "seed " .. seed)
    end
  end)
end

function tests.test_pages_that_come_at_the_same_time_do_not_disturb_each_other()
  local l, pages = loop.new { parallelism = 8 }, {}
  local r = draws.new(1)
  for i = 1, 64 do
    local text, left, gone = random_page(r)
    pages[i] = { answer = in_pieces(r, text), left = left, gone = gone }
  end
  l:run(function()
    local served <close> = server.start(l, function(request)
      return pages[tonumber(request.path:match("%d+"))].answer
    end)
    local s <close> = sieve_of_ones()
    local total = 0
    l:gather(8, pages, function(page, i)
      local answer = assert(l:fetch { url = ("%s/%d"):format(served.url, i), buffer = true,
        sieve = s })
      local body <close> = answer.body
      lu.assertEquals({ s:page(body) }, { page.left, page.gone }, "page " .. i)
      total = total + page.gone
    end)
    lu.assertEquals(s:counts(), { [1] = { [2] = total } })
  end)
end

function tests.test_a_page_that_is_cut_off_counts_for_nothing()
  with(function(l, url, answers)
    for seed = 1, 60 do
      local r = draws.new(seed)
      local text = random_page(r)
      local s <close> = sieve_of_ones()
      answers[1] = in_pieces(r, text:sub(1, r:next(text:find("]}", 1, true)) - 1))
      local body <close> = assert(l:fetch { url = url, buffer = true, sieve = s }).body
      local rest, taken = s:page(body)
      lu.assertEquals({ taken, s:counts() }, { 0, {} }, "seed " .. seed)
      lu.assertNil(json.decode(rest), "seed " .. seed)
    end
  end)
end

function tests.test_the_limit_is_for_what_came_and_not_for_what_is_left()
  with(function(l, url, answers)
    local s <close> = sieve_of_ones()
    local text = ('{"data":{"count":1,"info":[%s]}}')
      :format((GOOD:format("x") .. ","):rep(2000) .. GOOD:format("y"))
    for limit, code in pairs { [#text] = false, [#text - 1] = "net.too_big" } do
      answers[1] = in_pieces(draws.new(1), text)
      local answer, failure = l:fetch { url = url, buffer = true, sieve = s, max_bytes = limit }
      lu.assertEquals(failure and failure.code or false, code)
      if answer then answer.body:close() end
    end
  end)
end

function tests.test_a_sieve_may_be_closed_while_pages_are_coming()
  with(function(l, url, answers)
    local s = sieve_of_ones()
    answers[1] = in_pieces(draws.new(1), (random_page(draws.new(2))))
    answers[1].delay = 0.05
    local coming = l:spawn(function() return l:fetch { url = url, buffer = true, sieve = s } end)
    l:sleep(0.01)
    s:close()
    local body <close> = assert(coming:wait()).body
    local other <close> = sieve_of_ones()
    lu.assertErrorMsgContains("another sieve", other.page, other, body)
    lu.assertErrorMsgContains("closed", l.fetch, l, { url = url, buffer = true, sieve = s })
  end)
end

return tests
