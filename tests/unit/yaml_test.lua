-- yaml.load: the YAML 1.2 core schema, and what is refused, where and with which words.
-- Rows say text and outcome; the canonical JSON of the value tells 1 from 1.0 and "1".

local json = require("json")
local lu = require("luaunit")
local yaml = require("yaml")

---@param rows {[1]: string, [2]: string}[] YAML, and the JSON of its value
local function check_read(rows)
  for _, row in ipairs(rows) do
    local value, fault = yaml.load(row[1])
    lu.assertNotNil(value, ("%q: %s"):format(row[1], type(fault) == "table" and fault.message))
    lu.assertEquals(json.encode(value), row[2], row[1])
  end
end

---@param rows {[1]: string, [2]: integer, [3]: integer, [4]: string, [5]: table?}[]
---  YAML, line, column, words of the message, limits
local function check_refused(rows)
  for _, row in ipairs(rows) do
    local value, fault = yaml.load(row[1], row[5])
    lu.assertNil(value, row[1])
    lu.assertEquals({ fault.line, fault.column },
    { row[2], row[3] }, row[1] .. ": " .. fault.message)
    lu.assertStrContains(fault.message, row[4])
  end
end

local tests = {}

function tests.test_plain_words_follow_the_core_schema()
  check_read({
    { "null", "null" }, { "Null", "null" }, { "NULL", "null" }, { "~", "null" }, { "", "null" },
    { "--- ", "null" },
    { "nULL", '"nULL"' }, { "nil", '"nil"' }, { "none", '"none"' },
    { "true", "true" }, { "True", "true" }, { "TRUE", "true" }, { "tRUE", '"tRUE"' },
    { "false", "false" }, { "False", "false" }, { "FALSE", "false" },
    { "yes", '"yes"' }, { "no", '"no"' }, { "No", '"No"' }, { "on", '"on"' }, { "off", '"off"' },
    { "y", '"y"' },
    { "0", "0" }, { "12", "12" }, { "012", "12" }, { "+12", "12" }, { "-12", "-12" }, { "-0", "0" },
    { "0o14", "12" }, { "0o8", '"0o8"' }, { "0o", '"0o"' }, { "-0o14", '"-0o14"' },
    { "0x1F", "31" }, { "0xff", "255" }, { "0x", '"0x"' }, { "0xg", '"0xg"' },
    { "+0x1F", '"+0x1F"' },
    { "0b11", '"0b11"' }, { "1_000", '"1_000"' }, { "1,000", '"1,000"' },
    { "9007199254740993", "9007199254740993" }, { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "0x7fffffffffffffff", "9223372036854775807" },
    { "1.0", "1.0" }, { "1.", "1.0" }, { ".5", "0.5" }, { "-.5", "-0.5" }, { "+1.5", "1.5" },
    { "1e3", "1000.0" }, { "1E+3", "1000.0" }, { "1.5e-1", "0.15" }, { "12e03", "12000.0" },
    { ".", '"."' }, { "-", '[null]' }, { "+", '"+"' }, { "-.", '"-."' }, { ".e3", '".e3"' },
    { "1e", '"1e"' },
    { "1e+", '"1e+"' }, { "e3", '"e3"' }, { "1.2.3", '"1.2.3"' }, { "10.0.0.1", '"10.0.0.1"' },
    { "12:30:45", '"12:30:45"' }, { "1:2", '"1:2"' }, { "2024-01-31", '"2024-01-31"' },
    { "inf", '"inf"' },
    { ".infinity", '".infinity"' }, { ".iNF", '".iNF"' }, { "nan", '"nan"' },
    { "+.nan", '"+.nan"' },
    { "12 ", "12" }, { "12 # comment", "12" }, { "12#", '"12#"' }, { "1 2", '"1 2"' },
    { "a\n b", '"a b"' },
  })
  lu.assertEquals(yaml.load(".inf"), math.huge)
  lu.assertEquals(yaml.load("+.INF"), math.huge)
  lu.assertEquals(yaml.load("-.Inf"), -math.huge)
  for _, word in ipairs({ ".nan", ".NaN", ".NAN" }) do
    local value = yaml.load(word)
    lu.assertNotEquals(value, value)
  end
  lu.assertIs(yaml.load("a: ~").a, json.null)
end

function tests.test_quoted_and_block_scalars_are_strings()
  check_read({
    { "'12'", '"12"' }, { '"true"', '"true"' }, { "'~'", '"~"' }, { '""', '""' },
    { "'it''s'", '"it\'s"' },
    { '"\\x41\\u4e3b\\U0001F600\\0\\e\\N"', '"A主😀\\u0000\\u001b\u{85}"' },
    { '"a\\\n  b"', '"ab"' }, { '"a\n\n  b"', '"a\\nb"' },
    { "|\n  12\n", '"12\\n"' }, { "|-\n  a\n  b\n", '"a\\nb"' }, { "|+\n  a\n\n", '"a\\n\\n"' },
    { ">\n  a\n  b\n", '"a b\\n"' }, { "|2\n   a\n", '" a\\n"' },
    { "a: |\n  #!/bin/sh\n  x: [\n", '{"a":"#!/bin/sh\\nx: [\\n"}' },
    { "a: |\r\n  x\r\n  y\r\n", '{"a":"x\\ny\\n"}' },
    { "a: '主机'", '{"a":"主机"}' }, { "a: \u{1F600}", '{"a":"\u{1F600}"}' },
    { "a: '" .. ("x"):rep(100000) .. "'", '{"a":"' .. ("x"):rep(100000) .. '"}' },
    { "a:\t1\t# tab", '{"a":1}' },
  })
end

function tests.test_collections_and_keys()
  check_read({
    { "[]", "[]" }, { "{}", "{}" }, { "a:", '{"a":null}' },
    { "- 1\n- [2, {a: b}]", '[1,[2,{"a":"b"}]]' },
    { "a:\n- 1\n- 2\nb: 3", '{"a":[1,2],"b":3}' }, { "- - 1\n  - 2\n- 3", "[[1,2],3]" },
    { "{a, b: , c: 1,}", '{"a":null,"b":null,"c":1}' },
    { '{"a":1,"b":[true]}', '{"a":1,"b":[true]}' },
    { "? a\n: 1\n? b", '{"a":1,"b":null}' }, { "[a: 1, b]", '[{"a":1},"b"]' },
    { "1: a\ntrue: b\n~: c", '{"1":"a","true":"b","~":"c"}' },
    { "1.50: d\n0x1F: e", '{"0x1F":"e","1.50":"d"}' },
    { "'': 1", '{"":1}' }, { "'<<': 1", '{"<<":1}' }, { "a b: c d", '{"a b":"c d"}' },
    { "主机: é", '{"主机":"é"}' },
    { '"a\\0b": 1\n"a\\0c": 2', '{"a\\u0000b":1,"a\\u0000c":2}' },
    { "a:b: c", '{"a:b":"c"}' }, { "url: http://x/y?z#a", '{"url":"http://x/y?z#a"}' },
    { "# only a comment\n", "null" }, { "%YAML 1.2\n---\na: 1\n...\n", '{"a":1}' },
    { "---\na: 1\n...", '{"a":1}' },
    { "\xEF\xBB\xBFa: 1", '{"a":1}' }, { "a: 1\r\nb: 2\r\n", '{"a":1,"b":2}' },
    { "a: 1\rb: 2", '{"a":1,"b":2}' },
  })
  lu.assertEquals(getmetatable(yaml.load("[]")), json.array_mt)
  lu.assertEquals(getmetatable(yaml.load("[{}]")[1]), nil)
end

function tests.test_core_tags_say_what_a_scalar_is()
  check_read({
    { "!!str 12", '"12"' }, { "!!str", '""' }, { "! '12'", '"12"' }, { "! 12", '"12"' },
    { "!", '""' }, { '!!int "12"', "12" }, { "!!float 1", "1.0" },
    { '!!float "1e3"', "1000.0" }, { "!!float 99999999999999999999", "1e+20" },
    { '!!bool "true"', "true" }, { '!!null ""', "null" }, { "!!null ~", "null" },
    { "!!map {a: 1}", '{"a":1}' }, { "!!seq [1]", "[1]" }, { "! {a: 1}", '{"a":1}' },
    { "! [1]", "[1]" },
    { "!!str a: 1", '{"a":1}' }, { "!<tag:yaml.org,2002:str> 12", '"12"' },
    { "%TAG !y! tag:yaml.org,2002:\n---\n!y!str 12", '"12"' },
  })
  check_refused({
    { "a: !foo 1", 1, 4, "!foo is not one of" },
    { "a: !!python/object:os.system x", 1, 4, "!!python/object:os.system does not fit" },
    { "a: !!binary aGk=", 1, 4, "!!binary" }, { "a: !!timestamp 2001-01-01", 1, 4, "!!timestamp" },
    { "!!set {a}", 1, 1, "!!set" }, { "!!omap [a: 1]", 1, 1, "!!omap" },
    { "- !!int a", 1, 3, "!!int" }, { "- !!int 1.5", 1, 3, "!!int" },
    { "- !!bool yes", 1, 3, "!!bool" },
    { "- !!null x", 1, 3, "!!null" }, { "- !!float x", 1, 3, "!!float" },
    { "- !!float 0x1F", 1, 3, "!!float" },
    { "!!seq {a: 1}", 1, 1, "!!seq" }, { "!!map [1]", 1, 1, "!!map" }, { "!!map x", 1, 1, "!!map" },
    { "!foo x: 1", 1, 1, "!foo" }, { "!x!y z", 1, 1, "undefined tag handle" },
  })
end

function tests.test_an_alias_is_a_copy_of_its_own()
  check_read({
    { "- &a 1\n- *a", "[1,1]" }, { "- &a\n- *a", "[null,null]" },
    { "- &a false\n- *a", "[false,false]" },
    { "a: &x {k: [1]}\nb: *x", '{"a":{"k":[1]},"b":{"k":[1]}}' }, { "&a k: *a", '{"k":"k"}' },
    { "- &a 1\n- &a 2\n- *a", "[1,2,2]" }, { "- &a [&a 1, *a]\n- *a", "[[1,1],1]" },
    { "- &a []\n- *a", "[[],[]]" }, { "- &a !!str 1\n- *a", '["1","1"]' },
  })
  local value, marks = yaml.load("a: &x\n  k: [1]\nb: *x\n")
  lu.assertNotIs(value.a, value.b)
  lu.assertNotIs(value.a.k, value.b.k)
  lu.assertEquals(getmetatable(value.b.k), json.array_mt)
  lu.assertEquals({ marks:find(value, "b") }, { 3, 4, 3, 1 })
  lu.assertEquals({ marks:find(value.b, "k") }, { 2, 6, 2, 3 })
  lu.assertEquals({ marks:find(value.b.k, 1) }, { 2, 7, 2, 7 })
end

function tests.test_what_has_two_meanings_is_refused()
  check_refused({
    { "a: 1\nb: 2\n'a': 3", 3, 1, "the key 'a' is already in line 1" },
    { "é:\n  b: 1\n  c: {x: 1,\n      主: 2, x: 3}", 4, 13, "the key 'x' is already in line 3" },
    { "1: a\n'1': b", 2, 1, "the key '1' is already in line 1" },
    { "{a: 1, a: 1}", 1, 8, "the key 'a' is already in line 1" },
    { "&x a: 1\n*x : 2", 2, 1, "a key must be" },
    { "base: &b {a: 1}\nweb:\n  <<: *b", 3, 3, "no merge key" },
    { "{<<: {a: 1}}", 1, 2, "no merge key" },
    { "!!merge <<: {a: 1}", 1, 1, "no merge key" },
    { "[a]: 1", 1, 1, "a key must be" }, { "? [a]\n: 1", 1, 3, "a key must be" },
    { "? {a: 1}\n: 1", 1, 3, "a key must" },
    { "{? : 1}", 1, 4, "a key is missing" },
    { "a: 1\n---\nb: 2", 2, 1, "second document" }, { "--- 1\n--- 2", 2, 1, "second document" },
    { "%YAML 1.1\n---\na: no", 1, 1, "asks for YAML 1.1" },
    { "a: 9223372036854775808", 1, 4, "does not fit 64 bits" },
    { "[0xFFFFFFFFFFFFFFFF]", 1, 2, "does not fit" },
    { "0o7777777777777777777777", 1, 1, "does not fit" }, { "- 1e999", 1, 3, "too large" },
    { "a: x\u{2028}y", 1, 5, "end a line" }, { "# \u{85}", 1, 3, "end a line" },
    { "é: '\u{2029}'", 1, 5, "end a line" },
  })
end

function tests.test_what_is_not_yaml_is_refused_where_it_stands()
  check_refused({
    { "a:\n\tb: 1", 2, 1, "a tab cannot stand here" },
    { "é: [\n 1,\n\t@]", 3, 2, "cannot start any token" },
    { "a: b: c", 1, 5, "not allowed" }, { "a: 1\n b: 2", 2, 3, "not allowed" },
    { "a: [1, 2", 1, 9, "that begins in line 1" },
    { "a:\n  - [1,\n     2", 3, 7, "that begins in line 2" },
    { 'a: "x', 1, 6, "end of stream" }, { "a: 'x\n\nb: 1\n", 4, 1, "that begins in line 1" },
    { "key: [a]]", 1, 9, "did not find expected" }, { "a: @x", 1, 4, "cannot start" },
    { "a: `x", 1, 4, "cannot start" },
    { "a: %x", 1, 4, "cannot start" }, { "- a\nb: 1", 2, 1, "did not find expected '-'" },
    { "a: \"\\q\"", 1, 5, "unknown escape" }, { "a: *", 1, 5, "alphabetic or numeric" },
    { "a: *x", 1, 4, "no anchor before it" }, { "a: [*x, &x 1]", 1, 5, "no anchor before it" },
    { "a: 主\xFF", 1, 5, "not UTF-8" }, { "a: \xC0\x80", 1, 4, "not UTF-8" },
    { "a: \xED\xA0\x80", 1, 4, "not UTF-8" },
    { "a: 1\0", 1, 5, "control character" }, { "a:\r\n  'é\27'", 2, 5, "control character" },
    { "a: \127", 1, 4, "control character" }, { "a: \u{9F}", 1, 4, "control character" },
    { "a: \u{FEFF}", 1, 4, "byte order mark" }, { "a: \u{FFFE}", 1, 4, "not a character" },
    { "\xFF\xFEa\0", 1, 1, "not UTF-8" },
    { ("k"):rep(2000) .. ": 1", 1, 2001, "not allowed" },
  })
end

function tests.test_bounds()
  local bomb = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
  for i = 1, 20 do
    bomb[#bomb + 1] = ("a%d: &a%d [%s]"):format(i, i, ("*a" .. i - 1 .. ", "):rep(10))
  end
  check_refused({
    { table.concat(bomb, "\n"), 4, 25, "more than 5000 values", { max_nodes = 5000 } },
    { "&a [*a]", 1, 5, "inside of what it stands for" },
    { "a: &a\n  b: [1, {c: *a}]", 2, 14, "inside of what it stands for" },
    { "- &a [&b [*a]]\n", 1, 11, "inside of what it stands for" },
    { ("["):rep(129), 1, 129, "deeper than 128 levels" },
    { ("["):rep(100000), 1, 129, "deeper than 128 levels" },
    { ("- "):rep(129) .. "x", 1, 257, "deeper than 128 levels" },
    { "[[[]]]", 1, 3, "deeper than 2 levels", { max_depth = 2 } },
    { "- &a [[1]]\n- [[*a]]", 2, 5, "deeper than 4 levels", { max_depth = 4 } },
    { "[&a 1, *a, *a, *a]", 1, 16, "more than 2 aliases", { max_aliases = 2 } },
    { "[1, 2, 3]", 1, 8, "more than 3 values", { max_nodes = 3 } },
    { "- &a [1, 2]\n- *a", 2, 3, "more than 6 values", { max_nodes = 6 } },
  })
  lu.assertNotNil(yaml.load(("["):rep(128) .. ("]"):rep(128)))
  lu.assertNotNil(yaml.load("[[], [], [[]], []]", { max_depth = 3, max_nodes = 6 }))
  lu.assertErrorMsgContains("unknown option 'depth'", yaml.load, "", { depth = 1 })
  lu.assertErrorMsgContains("string expected", yaml.load, 12)
end

function tests.test_every_key_and_value_has_its_place()
  local value, marks = yaml.load(
    "é:\n  ü: [1, '日本', {k: v}]\n  b: |\n    x\n  ? c\n  : - 1\n    -\n"
  )
  local e = value["é"]
  for _, row in ipairs({
    { value, nil, { 1, 1, 1, 1 } },
    { value, "é", { 2, 3, 1, 1 } },
    { e, nil, { 2, 3, 2, 3 } },
    { e, "ü", { 2, 6, 2, 3 } },
    { e["ü"], nil, { 2, 6, 2, 6 } },
    { e["ü"], 1, { 2, 7, 2, 7 } },
    { e["ü"], 2, { 2, 10, 2, 10 } },
    { e["ü"], 3, { 2, 16, 2, 16 } },
    { e["ü"][3], "k", { 2, 20, 2, 17 } },
    { e, "b", { 3, 6, 3, 3 } },
    { e, "c", { 6, 5, 5, 5 } },
    { e.c, 2, { 7, 6, 7, 6 } },
  }) do
    lu.assertEquals({ marks:find(row[1], row[2]) }, row[3])
  end
  lu.assertEquals({ marks:find(value, "ü") }, {})
  lu.assertEquals({ marks:find(e["ü"], 4) }, {})
  lu.assertEquals({ marks:find({}) }, {})
  lu.assertEquals({ marks:find(nil) }, {})
  local text = ("\n"):rep(70000) .. "k:" .. (" "):rep(9000) .. "v\n"
  text = text .. "l:\n" .. ("#\n"):rep(3000) .. " w"
  local far, far_marks = yaml.load(text)
  lu.assertEquals({ far_marks:find(far, "k") }, { 70001, 9003, 70001, 1 })
  lu.assertEquals({ far_marks:find(far, "l") }, { 73003, 2, 70002, 1 })
  local wide, wide_marks = yaml.load("[" .. (" "):rep(20000) .. "v]")
  lu.assertEquals({ wide_marks:find(wide, 1) }, { 1, 16383, 1, 16383 })
end

function tests.test_places_in_long_containers()
  local lines = {}
  for i = 1, 300 do lines[i] = ("k%d: [%s]\n"):format(i * 7919 % 300, ("v,"):rep(i)) end
  local value, marks = yaml.load(table.concat(lines))
  for i, line in ipairs(lines) do
    local list = value[line:match("^[^:]*")]
    local column = #line:match("^[^%[]*")
    lu.assertEquals({ marks:find(value, line:match("^[^:]*")) }, { i, column + 1, i, 1 })
    lu.assertEquals({ marks:find(list, i) }, { i, column + 2 * i, i, column + 2 * i })
    lu.assertEquals({ marks:find(list, i + 1) }, {})
  end
end

-- The collector rests while something is loaded. It is not to rest for good where something is
-- loaded again and again, as those who watch a repository do.
function tests.test_who_loads_often_collects_what_else_is_made()
  collectgarbage()
  local before, most = collectgarbage "count", 0
  for i = 1, 200 do
    assert(yaml.load "a: 1\n")
    assert(#("x"):rep(0x40000 + i) > 0)
    most = math.max(most, collectgarbage "count")
  end
  lu.assertTrue(most - before < 0x5000, most - before) -- of 50 MB
end

return tests
