-- Picking values out of pages: the same as decoding them whole and taking the values then.

local columns = require "remora.net.columns"
local draws = require "tests.support.draws"
local json = require "json"
local lu = require "luaunit"
local pick = require "pick"

local CALL = { page = { rows = "info" } }
local WANTED = { id = "id", user = "process.user", deep = "a.b.c" }

local function page(...)
  return ('{"result":true,"data":{"count":9,"info":[%s]},"code":0}')
    :format(table.concat({ ... }, ","))
end

-- The wanted values of all rows of a page, and whether they were picked.
local function values_of(text)
  local wanted = columns.new(CALL, WANTED)
  local rest, picked = wanted:page(text)
  local rows = wanted:turn(picked or assert(json.decode(rest)).data.info)
  if picked then lu.assertEquals(json.decode(rest).data.info, json.array {}) end
  local found = {}
  for i = 1, #rows do
    found[i] = {}
    for name, value in pairs(wanted:row(i)) do found[i][name] = value end
  end
  return found, picked ~= nil
end

local null = json.null

-- row, values, picked
local ROWS = {
  { '{"id":1,"process":{"user":"root"},"a":{"b":{"c":true}}}',
    { id = 1, user = "root", deep = true } },
  { '{ "process" : { "user" : "" } , "id" : -12 }', { id = -12, user = "" } },
  { [[{"process":{"user":"q\"\\\/\n\u4e2d\ud83d\ude00é"}}]], { user = 'q"\\/\n中😀é' } },
  { '{"id":null,"a":{"b":{"c":false}}}', { id = null, deep = false } },
  { '{"id":123456789012345678}', { id = 123456789012345678 } },
  { '{"a":{"b":null}}', {} },
  { '{"a":[1]}', {} },
  { "{}", {} },
  { '{"id":[1]}', { id = { 1 } }, false },
  { '{"a":{"b":{"c":{}}}}', { deep = {} }, false },
  { '{"id":1.5}', { id = 1.5 }, false },
  { '{"id":9223372036854775807}', { id = math.maxinteger }, false },
  { '{"id":1,"id":2}', { id = 2 }, false }, -- which one counts is for the decoder to say
}

local tests = {}

function tests.test_what_is_wanted_of_a_row()
  for _, each in ipairs(ROWS) do
    local text, want = each[1], each[2]
    local found, picked = values_of(page(text, text))
    lu.assertEquals(found, { want, want }, text)
    lu.assertEquals(picked, each[3] ~= false, text)
  end
  lu.assertEquals({ values_of(page()) }, { {}, true })
end

function tests.test_a_value_of_an_earlier_row_does_not_stay()
  lu.assertEquals(values_of(page('{"id":1}', '{"a":{"b":{"c":"x"}}}', '{"id":3}')),
    { { id = 1 }, { deep = "x" }, { id = 3 } })
end

-- row, the text of what is wanted of it together
local TEXTS = {
  { '{"id":1,"process":{"user":"r\\u00f6t","rows":[ {"ip":"x","port":null} ,{} ]}}',
    '[1,"r\\u00f6t",[ {"ip":"x","port":null} ,{} ]]' },
  { '{"process":{"rows":[]},"id":-7}', "[-7,null,[]]" },
  { '{"process":{"rows":{"a":[[1]]},"user":null}}', '[null,null,{"a":[[1]]}]' },
  { '{"process":{"rows":[[],[[2]],[]],"user":true}}', "[null,true,[[],[[2]],[]]]" },
  { '{"process":{"rows":"]"}}', '[null,null,"]"]' },
}

function tests.test_values_that_are_wanted_together_come_as_their_text()
  local wanted = columns.new(CALL, { id = "id",
    text = { "id", "process.user", "process.rows" } })
  local rows, texts = {}, {}
  for i, each in ipairs(TEXTS) do rows[i], texts[i] = each[1], each[2] end
  -- Twice: the second time all shapes are known.
  for _ = 1, 2 do
    local _, picked = wanted:page(page(table.unpack(rows)))
    lu.assertNotNil(picked)
    wanted:turn(picked)
    for i, text in ipairs(texts) do lu.assertEquals(wanted:row(i).text, text) end
  end
  -- What cannot be picked is decoded and means the same.
  for _, row in ipairs { '{"process":{"rows":{},"user":"x"}}', '{"id":1.5,"process":{}}',
    '{"process":{"rows":[{}]}}' } do
    local rest, picked = wanted:page(page(row))
    lu.assertNil(picked)
    wanted:turn(json.decode(rest).data.info)
    local process = json.decode(row).process
    lu.assertEquals(json.decode(wanted:row(1).text),
      { json.decode(row).id or null, process.user or null, process.rows or null })
  end
end

function tests.test_random_rows_have_the_values_that_decoding_gives()
  local r, picked_pages = draws.new(1), 0
  local values = { "1", "-7", '"x"', '"\\u00e9"', "null", "true",
    "{}", "[1,2]", '{"c":"y"}', "2.5" }
  for _ = 1, 500 do
    local rows, plain = {}, r:chance(50) and 6 or #values
    for i = 1, 5 do
      rows[i] = ('{"id":%s,"process":{"user":%s},"a":{"b":%s}}'):format(values[r:next(plain)],
        values[r:next(plain)], values[r:next(#values - 1)])
    end
    local text = page(table.unpack(rows))
    local found, picked = values_of(text)
    picked_pages = picked_pages + (picked and 1 or 0)
    for i, row in ipairs(assert(json.decode(text)).data.info) do
      local b = row.a.b
      local deep = type(b) == "table" and b.c or nil
      lu.assertEquals(found[i], { id = row.id, user = row.process.user, deep = deep }, rows[i])
    end
  end
  lu.assertTrue(picked_pages > 100 and picked_pages < 400, picked_pages)
end

-- What a sieve leaves of three rows, picked or decoded whole.
function tests.test_rows_that_a_sieve_takes_out_do_not_come()
  local text = page('{"id":1,"process":{"user":"a"}}', '{"id":2,"process":{"user":"b"}}',
    '{"id":3,"process":{"user":"c"}}')
  for _, whole in ipairs { false, true } do
    local sieve = { page = function(_, body)
      return (body:gsub('{"id":2,"process":{"user":"b"}},', "")), 1
    end }
    local wanted = columns.new(CALL, WANTED, { sieve = sieve, whole = whole })
    local rest, picked = wanted:page(text)
    lu.assertEquals(picked ~= nil, not whole)
    local rows = wanted:turn(picked or json.decode(rest).data.info)
    lu.assertEquals(#rows, 2)
    lu.assertEquals(wanted:row(1), { id = 1, user = "a" })
    lu.assertEquals(wanted:row(2), { id = 3, user = "c" })
  end
end

function tests.test_what_is_no_page_comes_back_as_it_is()
  for _, text in ipairs { "", "<html>", '{"data":{"info":[{"id":1}]}}',
    page('{"id":1}'):sub(1, -13), page('{"id":01}'), page('{"id":1} x'), page("1") } do
    local wanted = columns.new(CALL, WANTED)
    lu.assertEquals({ wanted:page(text) }, { text })
  end
end

-- Some calls give their rows as they are.
function tests.test_data_that_are_no_page()
  local wanted = columns.new({}, { id = "id", look = { "a", "b" } })
  local rest, picked = wanted:page('{"data":[{"id":1,"b":[2]},{"id":2,"a":"x"}],"code":0}')
  lu.assertEquals(json.decode(rest), { data = {}, code = 0 })
  local rows = wanted:turn(picked)
  lu.assertEquals(#rows, 2)
  lu.assertEquals(wanted:row(1), { id = 1, look = "[null,[2]]" })
  lu.assertEquals(wanted:row(2), { id = 2, look = '["x",null]' })
  for _, text in ipairs { '{"data":{"count":1,"info":[{"id":1}]}}', '{"data":[{"id":[]}]}' } do
    lu.assertEquals({ wanted:page(text) }, { text })
  end
end

-- row, the text of what stands at the end of TRAIL, picked
local TRAIL = "a.b.*.c"
local TRAILS = {
  { '{"a":{"b":[{"c":1},{"d":2},{"c":[true]},7,{"c":{"x":null}}]}}', '[1,[true],{"x":null}]' },
  { '{"a":{"b":[{"c": 1 },{"c":"\\u00e9"}],"d":{}}}', '[1,"\\u00e9"]' },
  { '{"a":{"b":[{"c":null}]}}', "[null]" },
  { '{"a":{"b":[]}}', "[]", false }, { '{"a":{"b":{"c":1}}}', "[]" }, { '{"a":[{"b":1}]}', "[]" },
  { '{"a":{"b":7}}', "[]" }, { '{"a":null}', "[]" }, { '{"a":7}', "[]" }, { "{}", "[]" },
  { [[{"a":"{\"b\":[{\"c\":1},{\"c\":\"\\\"\"}]} "}]], [=[[1,"\""]]=] }, -- JSON inside a string
  { [[{"a":" [1] "}]], "[]" }, { [[{"a":"b"}]], "[]" }, { [[{"a":""}]], "[]" },
  { [[{"a":"{\"b\":[{\"c\":1}]"}]], "[]", false }, { [[{"a":"[] x"}]], "[]", false },
  { '{"a":{"b":[{"c":1,"c":2}]}}', "[2]", false }, { '{"a":{}}', "[]", false },
  { [[{"a":{"b":[{"\u0063":1}]}}]], "[1]", false },
  -- What the decoder refuses: more than a double holds, so that the string holds no JSON.
  { [[{"a":"{\"b\":[{\"c\":1e309}]}"}]], "[]", false },
  { ([[{"a":"{\"b\":[{\"c\":1},%s]}"}]]):format(("9"):rep(400)), "[]", false },
  { [[{"a":"{\"b\":[{\"c\":1.5e99}]}"}]], "[1.5e99]" },
}

function tests.test_all_values_at_the_end_of_a_path()
  for _, each in ipairs(TRAILS) do
    for _, row in ipairs { each[1], '{"id":1,' .. each[1]:sub(2):gsub("^}", '"x":0}') } do
      local wanted = columns.new(CALL, { values = TRAIL })
      local rest, picked = wanted:page(page(row))
      wanted:turn(picked or json.decode(rest).data.info)
      lu.assertEquals(json.encode(json.decode(wanted:row(1).values)),
        json.encode(json.decode(each[2])), row)
      lu.assertEquals(picked ~= nil, each[3] ~= false, row)
    end
  end
end

function tests.test_random_values_at_the_end_of_a_path()
  local r, picked_pages = draws.new(2), 0
  local function value(depth)
    local pool = { "1", '"x"', '"[1]"', "null", "[]" }
    if depth == 0 then return pool[r:next(#pool)] end
    local parts = {}
    for i = 1, r:next(3) - 1 do
      parts[i] = r:chance(50) and value(depth - 1)
        or ('{"%s":%s}'):format(r:pick { "b", "c" }, value(depth - 1))
    end
    return r:chance(70) and "[" .. table.concat(parts, ",") .. "]"
      or ('{"%s":%s}'):format(r:pick { "b", "c" }, value(depth - 1))
  end
  for _ = 1, 500 do
    local inside = ('{"b":%s}'):format(value(3))
    local text = page(('{"a":%s}'):format(r:chance(50) and inside or json.encode(inside)))
    local found = {}
    for i, whole in ipairs { false, true } do
      local wanted = columns.new(CALL, { values = TRAIL }, { whole = whole })
      local rest, picked = wanted:page(text)
      picked_pages = picked_pages + (picked and 1 or 0)
      wanted:turn(picked or json.decode(rest).data.info)
      found[i] = json.encode(json.decode(wanted:row(1).values))
    end
    lu.assertEquals(found[1], found[2], text)
  end
  lu.assertTrue(picked_pages > 300, picked_pages)
end

function tests.test_wrong_use_is_an_error()
  for _, wanted in ipairs { 5, {}, { "id" }, { id = 1 }, { id = "" }, { id = "a b" },
    { id = "." }, { id = "a..b" }, { id = "*.a" }, { id = "a.b*" }, { id = "a..*" },
    { id = { "a.*" } }, { id = {} }, { id = { 1 } }, { id = { "a", "" } } } do
    lu.assertErrorMsgContains("columns are names and paths", columns.new, CALL, wanted)
  end
  for _, spec in ipairs { {}, { list = { "a" }, beside = "b" },
    { list = { "a" }, beside = 1, columns = { x = { "x" } } },
    { list = { "a" }, columns = { x = { "x", trail = 1 } } },
    { list = { "a" }, columns = { x = { "x", trail = { {} } } } },
    { list = { "a" }, columns = { x = { "x", trail = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } } } },
    { list = { "a" }, named = 1, columns = { x = { "x" } } },
    { list = { "a" }, beside = "b", columns = { x = {} } },
    { list = { "a" }, beside = "b", columns = { x = { 1 } } } } do
    lu.assertFalse((pcall(pick.new, spec)))
  end
  local p = pick.new { list = { "data" }, beside = "count", columns = { id = { "id" } } }
  local _, picked = p:page('{"count":1,"data":[{"id":1}]}')
  lu.assertEquals(picked:row(1, {}), { id = 1 })
  lu.assertFalse((pcall(picked.row, picked, 2, {})))
  picked:close()
  picked:close()
  lu.assertFalse((pcall(picked.row, picked, 1, {})))
  p:close()
  p:close()
  lu.assertFalse((pcall(p.page, p, "{}")))
end

return tests
