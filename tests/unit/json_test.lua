-- json.decode: what RFC 8259 allows, what lua-cjson alone would lose, where a text goes wrong.
-- Rows say text and outcome; the canonical encoding tells 1 from 1.0 and [] from {}.

local json = require("json")
local lu = require("luaunit")

---Decodes each row's text and compares its canonical form with the row's second member.
---@param rows {[1]: string, [2]: string}[]
local function check_read(rows)
  for _, row in ipairs(rows) do
    local value, fault = json.decode(row[1])
    lu.assertNil(fault, ("%s: %s"):format(row[1], fault and fault.message))
    lu.assertEquals(json.encode(value), row[2], row[1])
  end
end

---Checks that each row's text is refused at a line and column, with words of the message.
---@param rows {[1]: string, [2]: integer, [3]: integer, [4]: string}[]
local function check_refused(rows)
  for _, row in ipairs(rows) do
    local value, fault = json.decode(row[1])
    lu.assertNil(value, row[1])
    lu.assertEquals({ fault.line, fault.column },
    { row[2], row[3] }, row[1] .. ": " .. fault.message)
    lu.assertStrContains(fault.message, row[4])
  end
end

local tests = {}

function tests.test_integers_stay_exact_and_floats_stay_floats()
  check_read({
    { "0", "0" },
    { "-0", "0" },
    { "-0.0", "-0.0" },
    { "1", "1" },
    { "1.0", "1.0" },
    { "1.50", "1.5" },
    { "1e3", "1000.0" },
    { "1E+2", "100.0" },
    { "1e-2", "0.01" },
    { "0e0", "0.0" },
    { "0.1", "0.1" },
    { "100000.000000000000001", "100000.0" },
    { "999999999999999", "999999999999999" },
    { "9007199254740991", "9007199254740991" },
    { "9007199254740992", "9007199254740992" },
    { "9007199254740993", "9007199254740993" },
    { "-9007199254740993", "-9007199254740993" },
    { "20000000123456789", "20000000123456789" },
    { "9223372036854775806", "9223372036854775806" },
    { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "9223372036854775808", "9.223372036854776e+18" },
    { "-9223372036854775809", "-9.223372036854776e+18" },
    { "18446744073709551615", "1.8446744073709552e+19" },
    { "123456789012345678901234567890", "1.2345678901234568e+29" },
    { "5e-324", "5e-324" },
    { "2.2250738585072014e-308", "2.2250738585072014e-308" },
    { "1.7976931348623157e308", "1.7976931348623157e+308" },
    { "1e-400", "0.0" },
    { "0.30000000000000004", "0.30000000000000004" },
    { "[1,1.0,10000000000000001,true]", "[1,1.0,10000000000000001,true]" },
  })
end

function tests.test_lists_objects_and_null_stay_apart()
  check_read({
    { "null", "null" },
    { "[]", "[]" },
    { "{}", "{}" },
    { " [ \t\r\n ] ", "[]" },
    { "[[]]", "[[]]" },
    { "[{}]", "[{}]" },
    { "[[],{},null,[null]]", "[[],{},null,[null]]" },
    { '{"a":[],"b":{},"c":null}', '{"a":[],"b":{},"c":null}' },
    { '{"a":{"b":{"c":[{"d":[]}]}}}', '{"a":{"b":{"c":[{"d":[]}]}}}' },
    { '{"":1}', '{"":1}' },
    { '{"1":"a","2":"b"}', '{"1":"a","2":"b"}' },
    { '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}' },
    { '{"a":1,"\\u0061":2}', '{"a":2}' },
    { "true", "true" },
    { "false", "false" },
    { "[true,false]", "[true,false]" },
  })
  local value = json.decode('{"list":[],"object":{},"nothing":null}')
  lu.assertEquals(getmetatable(value.list), json.array_mt)
  lu.assertNil(getmetatable(value.object))
  lu.assertIs(value.nothing, json.null)
  lu.assertEquals(math.type(json.decode("[7]")[1]), "integer")
end

function tests.test_strings_are_read_to_the_byte()
  check_read({
    { '""', '""' },
    { '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\"\\\\/\\b\\f\\n\\r\\t"' },
    { '"\\u0000\\u001f"', '"\\u0000\\u001f"' },
    { '"\127"', '"\127"' },
    { '"\\u00e9\\u4E3B"', '"é主"' },
    { '"\\ud83d\\ude00"', '"😀"' },
    { '"\\uFFFF"', '"\u{FFFF}"' },
    { '"\\udbff\\udfff"', '"\u{10FFFF}"' },
    { '"\u{80}\u{7FF}\u{800}\u{D7FF}"', '"\u{80}\u{7FF}\u{800}\u{D7FF}"' },
    { '"\u{E000}\u{10000}\u{10FFFF}"', '"\u{E000}\u{10000}\u{10FFFF}"' },
    { '"\u{2028}"', '"\u{2028}"' },
    { '"[]"', '"[]"' },
    { '"\\\\"', '"\\\\"' },
    { '["\\\\",[]]', '["\\\\",[]]' },
    { '["\\\\\\"",1.0]', '["\\\\\\"",1.0]' },
    { '"1.0"', '"1.0"' },
    { '"ÿ1.0"', '"ÿ1.0"' },
    { '["\\u00ff",[],"\\u00ff1"]', '["ÿ",[],"ÿ1"]' },
  })
  lu.assertEquals(json.decode('"a\\u0000b"'), "a\0b")
end

function tests.test_what_is_not_json_is_refused_where_it_stands()
  check_refused({
    { "", 1, 1, "the end" },
    { " \n ", 2, 2, "the end" },
    { "[", 1, 2, "the end" },
    { "[1", 1, 3, "the end" },
    { '{"a"', 1, 5, "expected ':'" },
    { '{"a":', 1, 6, "expected a value" },
    { '{"a":1', 1, 7, "expected ',' or '}'" },
    { "[1,]", 1, 4, "found ']'" },
    { "[,1]", 1, 2, "found ','" },
    { '{"a":1,}', 1, 8, "expected an object key" },
    { "{1:2}", 1, 2, "found a number" },
    { "{[]:2}", 1, 2, "key must be a string" },
    { "{ [ ] \n : 2}", 1, 3, "key must be a string" },
    { "{1.0:2}", 1, 2, "key must be a string" },
    { "{10000000000000001:2}", 1, 2, "key must be a string" },
    { "{null:2}", 1, 2, "found null" },
    { "[1 2]", 1, 4, "expected ',' or ']'" },
    { "[[] []]", 1, 5, "expected ',' or ']'" },
    { '{"a":[] "b":1}', 1, 9, "expected ',' or '}'" },
    { "[1}", 1, 3, "found '}'" },
    { "]", 1, 1, "found ']'" },
    { "[1]]", 1, 4, "expected the end" },
    { "1 2", 1, 3, "expected the end" },
    { "[]x", 1, 3, "cannot begin" },
    { "[] []", 1, 4, "expected the end" },
    { "nul", 1, 1, "cannot begin" },
    { "True", 1, 1, "cannot begin" },
    { "NaN", 1, 1, "cannot begin" },
    { "[nan]", 1, 2, "cannot begin" },
    { "Infinity", 1, 1, "cannot begin" },
    { "'a'", 1, 1, "cannot begin" },
    { "// x\n1", 1, 1, "cannot begin" },
    { "<html>", 1, 1, "cannot begin" },
    { "\u{FEFF}1", 1, 1, "cannot begin" },
    { "[\0]", 1, 2, "cannot begin" },
    { "[1\0]", 1, 3, "cannot begin" },
    { "\xFF", 1, 1, "cannot begin" },
    { "+1", 1, 1, "cannot begin" },
    { ".5", 1, 1, "cannot begin" },
    { "-", 1, 1, "not a JSON number" },
    { "01", 1, 1, "not a JSON number" },
    { "-01", 1, 1, "not a JSON number" },
    { "1.", 1, 1, "not a JSON number" },
    { "1.e3", 1, 1, "not a JSON number" },
    { "1e", 1, 1, "not a JSON number" },
    { "1e+", 1, 1, "not a JSON number" },
    { "0x1F", 1, 1, "not a JSON number" },
    { "1.2.3", 1, 1, "not a JSON number" },
    { "1-2", 1, 1, "not a JSON number" },
    { "-Infinity", 1, 1, "not a JSON number" },
    { "1e400", 1, 1, "too large" },
    { "[1,\n -1e309]", 2, 2, "too large" },
    { '"abc', 1, 1, "never closed" },
    { '["abc\\"]', 1, 2, "never closed" },
    { '"a\nb"', 1, 3, "control character" },
    { '"a\tb"', 1, 3, "control character" },
    { '"a\0b"', 1, 3, "control character" },
    { '"\\x41"', 1, 2, "escape" },
    { '"\\u12g4"', 1, 2, "escape" },
    { '"\\ud800"', 1, 2, "escape" },
    { '"\\udc00"', 1, 2, "escape" },
    { '"\\ud800\\u0041"', 1, 2, "escape" },
    { '"\xFF"', 1, 2, "UTF-8" },
    { '"\xFF1.0"', 1, 2, "UTF-8" },
    { '"\xC0\x80"', 1, 2, "UTF-8" },
    { '"\xE0\x80\x80"', 1, 2, "UTF-8" },
    { '"\xED\xA0\x80"', 1, 2, "UTF-8" },
    { '"\xF4\x90\x80\x80"', 1, 2, "UTF-8" },
    { '"\xE4\xB8"', 1, 2, "UTF-8" },
    { '["主机",\n  "é", x]', 2, 8, "cannot begin" },
    { '["主机",\r\n[], "é" x]', 2, 9, "cannot begin" },
    { '["主机", [], 1.0,\n  "é" 1]', 2, 7, "expected ',' or ']'" },
  })
  local _, fault = json.decode('["主机",\n x]')
  lu.assertEquals(fault.offset, 13)
end

-- At every depth of a young coroutine's stack, which must grow at some of them.
function tests.test_a_long_text_is_refused_on_a_short_stack()
  local text = "[" .. ("[],"):rep(5000) .. "x]"
  local function refusal_at(depth)
    if depth > 0 then return (refusal_at(depth - 1)) end
    return (select(2, json.decode(text)))
  end
  for depth = 0, 40 do
    local refused = coroutine.wrap(refusal_at)(depth)
    lu.assertEquals(refused.offset, #text - 1)
  end
end

function tests.test_depth_has_a_limit()
  local function nested(depth, open, close)
    return open:rep(depth) .. "1" .. close:rep(depth)
  end
  lu.assertNotNil(json.decode(nested(128, "[", "]")))
  lu.assertNotNil(json.decode(nested(128, '{"a":', "}")))
  lu.assertNotNil(json.decode(("["):rep(128) .. ("]"):rep(128)))
  local empty = ("["):rep(129) .. ("]"):rep(129)
  for _, text in ipairs({ nested(129, "[", "]"), nested(129, '{"a":', "}"), empty }) do
    local value, fault = json.decode(text)
    lu.assertNil(value)
    lu.assertStrContains(fault.message, "too deep")
  end
  local _, fault = json.decode("[[[[1]]]]", { max_depth = 3 })
  lu.assertEquals(fault.column, 4)
  lu.assertNotNil(json.decode(nested(1000, "[", "]"), { max_depth = 1000 }))
  lu.assertNotNil(json.decode("[[],[],[],[]]", { max_depth = 2 }))
  local _, huge = json.decode(("["):rep(1000000))
  lu.assertEquals(huge.column, 129)
end

return tests
