-- The sieve: which rows it takes out of a page, what it leaves alone, and that it never takes one
-- that a comparison in Lua would keep.

local draws = require "tests.support.draws"
local json = require "json"
local lu = require "luaunit"
local sieve = require "sieve"
local values = require "remora.model.values"

local function sieve_of(patterns)
  return sieve.new { list = { "data", "info" }, beside = "count",
    choose = { { "m", "id" }, { "t", "id" } }, patterns = patterns }
end

local function page(...)
  return ('{"result":true,"data":{"count":9,"info":[%s]},"code":0}')
    :format(table.concat({ ... }, ","))
end

-- A row whose part "p" is this text.
local function row(text) return ('{"m":{"id":1},"t":{"id":2},"p":%s}'):format(text) end

local null = json.null

-- pattern, text: taken
local TAKEN = {
  { { a = 1 }, '{"a":1}' },
  { { a = 1 }, '{ "b" : [ 1.5e3 , {} ] , "a" : 1 }', false }, -- a fraction is nothing to compare
  { { a = 1 }, '{ "b" : [ 15 , {} ] , "a" : 1 }' },
  { { a = -12 }, '{"a":-12}' },
  { { a = true, b = false }, '{"b":false,"a":true}' },
  { { a = "x" }, '{"a":"x"}' },
  { { a = "" }, '{"a":""}' },
  { { a = 'q"\\/\n' }, [[{"a":"q\"\\\/\n"}]] },
  { { a = "é中😀" }, [[{"a":"\u00e9\u4e2d\ud83d\ude00"}]] },
  { { a = "é中😀" }, [[{"a":"é中😀"}]] },
  { { a = "<b>" }, [[{"a":"\u003cb\u003E"}]] },
  { { a = "nul\0" }, [[{"a":"nul\u0000"}]] },
  { { a = null }, '{"a":null}' },
  { { a = null }, '{"b":1}' },
  { { a = { 1, "x" } }, '{"a":[1,"x"]}' },
  { { a = json.array {} }, '{"a":[]}' },
  { { a = { { b = 1 }, { b = 2 } } }, '{"a":[{"b":1,"c":0},{"b":2,"c":0}]}' },
  { {}, '{"a":1}' },

  { { a = 1 }, '{"a":2}', false },
  { { a = 1 }, '{"a":1.0}', false },
  { { a = 1 }, '{"a":"1"}', false },
  { { a = 1 }, '{"a":10}', false },
  { { a = 1.5 }, '{"a":1.5}', false },
  { { a = 1 }, '{"a":null}', false },
  { { a = 1 }, '{}', false },
  { { a = 1 }, '{"a":2,"a":1}', false }, -- it is not for the sieve to know which one counts
  { { a = 1 }, [[{"\u0061":1}]], false },
  { { a = null }, '{"a":0}', false },
  { { a = null }, '{"a":[]}', false },
  { { a = null }, '{"a":{}}', false },
  { { a = null }, '{"a":"n"}', false },
  { { a = "x" }, '{"a":"X"}', false },
  { { a = "x" }, '{"a":"xx"}', false },
  { { a = "xx" }, '{"a":"x"}', false },
  { { a = "true" }, '{"a":true}', false },
  { { a = true }, '{"a":"true"}', false },
  { { a = "a\\u0062" }, [[{"a":"ab"}]], false },
  { { a = { 1 } }, '{"a":[1,2]}', false },
  { { a = { 1, 2 } }, '{"a":[1]}', false },
  { { a = json.array {} }, '{"a":null}', false },
  { { a = json.array {} }, '{"a":{}}', false },
  { { a = { b = 1 } }, '{"a":null}', false },
  { { a = { b = null } }, '{"a":null}', false },
  { { a = { b = null } }, '{"a":{}}' },
  { { a = 123456789012345678 }, '{"a":123456789012345678}' },
  { { a = 1234567890123456789 }, '{"a":1234567890123456789}', false }, -- too long to be sure
}

local tests = {}

function tests.test_a_row_is_taken_when_its_pattern_holds()
  for _, each in ipairs(TAKEN) do
    local pattern, text, taken = each[1], each[2], each[3] ~= false
    local s <close> = sieve_of { [1] = { [2] = { p = pattern } } }
    local context = json.encode { pattern } .. " " .. text
    -- Twice: the second row has a shape that is known.
    for _ = 1, 2 do
      local rest, dropped = s:page(page(row(text)))
      lu.assertEquals(dropped, taken and 1 or 0, context)
      lu.assertEquals(rest, taken and page() or page(row(text)), context)
    end
  end
end

function tests.test_what_is_left_is_a_page_with_the_other_rows_in_order()
  local s <close> = sieve_of { [1] = { [2] = { p = { a = 1 } } } }
  local rows = {}
  for i = 1, 6 do rows[i] = row(('{"a":%d,"i":%d}'):format(i % 2, i)) end
  lu.assertEquals({ s:page(page(table.unpack(rows))) },
    { page(rows[2], rows[4], rows[6]), 3 })
  lu.assertEquals({ s:page(page(table.unpack(rows, 1, 2))) }, { page(rows[2]), 1 })
  lu.assertEquals(s:counts(), { [1] = { [2] = 4 } })
  lu.assertEquals(s:take_counts(), { [1] = { [2] = 4 } })
  lu.assertEquals({ s:take_counts(), s:counts() }, { {}, {} })
  s:page(page(rows[1]))
  lu.assertEquals(s:take_counts(), { [1] = { [2] = 1 } })
end

function tests.test_the_pattern_is_chosen_by_both_numbers()
  local one, other = { p = { a = 1 } }, { p = { a = 2 } }
  local s <close> = sieve_of { [1] = { [2] = one, [3] = other }, [7] = { [2] = other } }
  local function dropped(m, t, a)
    local text = ('{"m":{"id":%s},"t":{"id":%s},"p":{"a":%d}}'):format(m, t, a)
    return (select(2, s:page(page(text))))
  end
  lu.assertEquals({ dropped(1, 2, 1), dropped(1, 3, 2), dropped(7, 2, 2) }, { 1, 1, 1 })
  lu.assertEquals({ dropped(1, 3, 1), dropped(1, 2, 2), dropped(7, 2, 1) }, { 0, 0, 0 })
  lu.assertEquals({ dropped(1, 4, 1), dropped(2, 2, 1), dropped(1, '"2"', 1),
    dropped(1, "null", 1), dropped(1, "2.0", 1) }, { 0, 0, 0, 0, 0 })
  lu.assertEquals(s:counts(), { [1] = { [2] = 1, [3] = 1 }, [7] = { [2] = 1 } })
end

-- Texts that are no page, or no JSON from some place on: they are for the decoder to judge.
local LEFT_ALONE = {
  "", " ", "[]", "<html>", "{", '{"data"', '{"data":{"info":[]}}', '{"data":null}',
  '{"data":{"info":[%s],"count":9}}', -- nobody would know how many rows the page had
  '{"data":{"count":"9","info":[%s]}}', '{"data":{"count":9,"info":null}}',
  '{"data":{"count":9,"info":{"x":%s}}}', '{"info":[%s]}',
  '{"data":{"count":9,"info":[%s', '{"data":{"count":9,"info":[%s,',
  '{"data":{"count":9,"info":[%s,]',
  '{"data":{"count":9,"info":[%s 1]}}', '{"data":{"count":9,"info":[%s,1]}}',
  '{"data":{"count":9,"info":[%s,{"a":01}]}}', '{"data":{"count":9,"info":[%s,{"a":"\1"}]}}',
  '{"data":{"count":9,"info":[%s,{"a":"\xC0\x80"}]}}',
  '{"data":{"count":9,"info":[%s,{"a":"\\x"}]}}',
  '{"data":{"count":9,"info":[%s,{"a":"\\ud800"}]}}', '{"data":{"count":9,"info":[%s,{"a":tru}]}}',
  '{"data":{"count":9,"info":[%s,{"a" 1}]}}', '{"data":{"count":9,"info":[%s,{"a":1 "b":2}]}}',
}

function tests.test_what_is_odd_is_left_to_the_decoder()
  for _, form in ipairs(LEFT_ALONE) do
    local text = form:gsub("%%s", function() return row('{"a":1}') end)
    local s <close> = sieve_of { [1] = { [2] = { p = { a = 1 } } } }
    local rest, dropped = s:page(text)
    lu.assertEquals({ dropped, s:counts() }, { 0, {} }, form)
    if json.decode(text) then
      lu.assertEquals(rest, text)
    else
      lu.assertNil(json.decode(rest), form)
    end
  end
end

function tests.test_rows_before_something_odd_count_when_all_of_it_is_json()
  local s <close> = sieve_of { [1] = { [2] = { p = { a = 1 } } } }
  local good = row '{"a":1}'
  lu.assertEquals({ s:page(page(good, good, "5", good)) }, { page(good, "5", good), 1 })
  lu.assertEquals(s:counts(), { [1] = { [2] = 1 } })
end

function tests.test_wrong_use_is_an_error()
  for _, spec in ipairs {
    {}, { list = {}, beside = "count", choose = { { "a" }, { "b" } }, patterns = {} },
    { list = { "a" }, beside = 1, choose = { { "a" }, { "b" } }, patterns = {} },
    { list = { "a" }, beside = "c", choose = { { "a" } }, patterns = {} },
    { list = { "a" }, beside = "c", choose = { { "a" }, { "b" } } },
    { list = { "a" }, beside = "c", choose = { { "a" }, { "b" } }, patterns = { x = {} } },
    { list = { "a" }, beside = "c", choose = { { "a" }, { "b" } }, patterns = { { 1 } } },
    { list = { "a" }, beside = "c", choose = { { "a" }, { "b" } },
      patterns = { { { a = print } } } },
  } do
    lu.assertFalse((pcall(sieve.new, spec)))
  end
  local s = sieve_of {}
  s:close()
  s:close()
  lu.assertFalse((pcall(s.page, s, "{}")))
end

-- Random values, patterns and rows: few names and few values, so that much is equal.
local SCALARS = { 1, 2, "x", "é", 'say "x"', "", true, false, null, 1.5 }

local function value(r, depth)
  local kind = depth > 2 and 1 or r:next(8)
  if kind <= 5 then return r:pick(SCALARS) end
  local made = kind == 6 and json.array {} or {}
  for i = 1, r:next(4) - 1 do
    made[kind == 6 and i or r:pick { "a", "b", "c", "d" }] = value(r, depth + 1)
  end
  return made
end

-- What a text should be for a value: now and then with escapes and blanks that mean nothing.
local function written(r, of)
  local text = json.encode(of)
  if r:chance(20) then text = text:gsub("é", "\\u00e9") end
  if r:chance(20) then text = text:gsub(":", ": ") end
  return text
end

-- Whether a value holds what a pattern wants, in Lua. Fractions are never proven equal.
local function holds(want, have)
  if type(want) ~= "table" then return values.equal(want, have) end
  if type(have) ~= "table" or json.is_array(want) ~= json.is_array(have) then return false end
  if json.is_array(want) and #want ~= #have then return false end
  for name, part in pairs(want) do
    if not holds(part, have[name]) then return false end
  end
  return true
end

function tests.test_no_row_is_taken_that_a_comparison_in_lua_would_keep()
  local taken, equal = 0, 0
  for seed = 1, 300 do
    local r = draws.new(seed)
    local pattern = { p = { a = value(r, 1), b = value(r, 0) } }
    local s <close> = sieve_of { [1] = { [2] = pattern } }
    local rows, keep = {}, {}
    for i = 1, 20 do
      local have = { p = { a = value(r, 1), b = value(r, 0) }, m = { id = 1 }, t = { id = 2 } }
      if r:chance(50) then have.p = { a = pattern.p.a, b = pattern.p.b, c = value(r, 1) } end
      rows[i] = written(r, have)
      if holds(pattern, have) then equal = equal + 1 else keep[rows[i]] = true end
    end
    local text = page(table.unpack(rows))
    local rest, dropped = s:page(text)
    taken = taken + dropped
    local left = assert(json.decode(rest)).data.info
    lu.assertEquals(#left + dropped, 20)
    for each in pairs(keep) do lu.assertStrContains(rest, each) end
  end
  lu.assertTrue(taken > 1000 and taken <= equal, taken .. " of " .. equal)
end

-- Rows of several patterns by turns, so that each is met as the like of one that matched before.
local TURNS = { [2] = { a = 1, b = "x" }, [3] = { a = 2, b = null }, [4] = { a = 1, b = "x" } }

local function turn_row(t, a, b)
  return ('{"i":7,"m":{"id":1},"t":{"id":%d},"p":{"a":%s,"b":%s,"c":[1,"y"]}}'):format(t, a, b)
end

local function sieve_of_turns()
  local patterns = {}
  for t, pattern in pairs(TURNS) do patterns[t] = { p = pattern } end
  return sieve.new { list = { "data", "info" }, beside = "count",
    choose = { { "m", "id" }, { "t", "id" } }, patterns = { [1] = patterns } }
end

function tests.test_a_row_like_one_that_matched_is_judged_by_its_own_pattern()
  local s <close> = sieve_of_turns()
  local right = { turn_row(2, 1, '"x"'), turn_row(3, 2, "null"), turn_row(4, 1, '"x"') }
  local in_turn = page(table.unpack(right))
  for _ = 1, 3 do lu.assertEquals({ s:page(in_turn) }, { page(), 3 }) end
  local wrong = {
    turn_row(3, 1, '"x"'), -- of the pattern whose turn it is not, with what the other one wants
    turn_row(2, 2, "null"), turn_row(5, 1, '"x"'), turn_row(4, 1, '"y"'), turn_row(2, 1, "null"),
  }
  for _, each in ipairs(wrong) do
    lu.assertEquals({ s:page(page(right[1], each, right[2], right[3])) }, { page(each), 3 })
    lu.assertEquals({ s:page(in_turn) }, { page(), 3 })
  end
end

-- Rows in which more and more varies that no pattern wants, in and out of turn, with longer lists
-- and with blanks: taken is each row that holds its pattern, and no other.
function tests.test_what_varies_beside_a_pattern_decides_nothing()
  local form = '{"i":%s,"m":{"id":1,"n":%s},"t":{"id":%d},"p":{"a":%s,"b":%s,"c":[%s]},"z":%s}'
  local free = { '"u"', '"v"', '"v\\u0041"', "0", "17", "null", "true" }
  for seed = 1, 100 do
    local r = draws.new(seed)
    local s <close> = sieve_of_turns()
    for part = 1, 4 do
      local rows, drifting = {}, {}
      local function any() return r:chance(20 * part) and r:pick(free) or "1" end
      for i = 1, 20 do
        local t = r:pick { 2, 3, 4 }
        drifting[i] = r:chance(10)
        rows[i] = form:format(any(), any(), t, drifting[i] and 9 or TURNS[t].a,
          json.encode(TURNS[t].b), any() .. (r:chance(5) and ",1" or ""), any())
        if r:chance(3) then rows[i] = rows[i]:gsub(":", " : ") end
      end
      local rest = s:page(page(table.unpack(rows)))
      for i, text in ipairs(rows) do
        lu.assertEquals(rest:find(text, 1, true) ~= nil, drifting[i], seed .. ": " .. text)
      end
    end
  end
end

-- A byte of a row that matched becomes another one: what is taken still is JSON, and as wanted.
-- Both ways of writing it match, so that the rows differ where something is wanted.
function tests.test_a_wanted_text_that_is_written_in_two_ways_stays_wanted()
  local s <close> = sieve_of { [1] = { [2] = { p = { a = "x" } } } }
  local other = row '{"a":"y"}'
  local rest, taken = s:page(page(row '{"a":"x"}', row [[{"a":"\u0078"}]], row '{"a":"x"}', other))
  lu.assertEquals({ rest, taken }, { page(other), 3 })
end

function tests.test_a_changed_byte_is_never_overlooked()
  local r, taken, kept = draws.new(1), 0, 0
  local bytes = '0123459"\\{}[],: -.eatx\1\127\195'
  for _ = 1, 3000 do
    local s <close> = sieve_of_turns()
    local t = r:pick { 2, 3, 4 }
    local good = turn_row(t, TURNS[t].a, json.encode(TURNS[t].b))
    lu.assertEquals(select(2, s:page(page(good, good))), 2)
    local at, byte = r:next(#good), r:next(#bytes)
    local bad = good:sub(1, at - 1) .. bytes:sub(byte, byte) .. good:sub(at + 1)
    local rest, dropped = s:page(page(good, bad))
    if dropped == 2 then
      taken = taken + 1
      local have = assert(json.decode(bad), bad)
      lu.assertEquals(have.m.id, 1, bad)
      lu.assertTrue(TURNS[have.t.id] and holds(TURNS[have.t.id], have.p), bad)
    else
      kept = kept + 1
      lu.assertStrContains(rest, bad)
    end
  end
  lu.assertTrue(taken > 100 and kept > 1000, taken .. " taken, " .. kept .. " kept")
end

return tests
