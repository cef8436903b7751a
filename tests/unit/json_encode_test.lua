-- json.encode: one canonical form, which reads back as the same value; what JSON cannot hold.

local json = require("json")
local lu = require("luaunit")

---A random value of the kinds JSON has, the same for the same state of the generator.
---@param random fun(low: integer, high: integer): integer
---@param depth integer
local function random_value(random, depth)
  local kind = random(1, depth > 0 and 8 or 6)
  if kind == 1 then
    return json.null
  elseif kind == 2 then
    return random(0, 1) == 1
  elseif kind == 3 then
    return random(math.mininteger, math.maxinteger)
  elseif kind == 4 then
    return random(-10, 10)
  elseif kind == 5 then
    return string.unpack("d", string.pack("i8", random(0, 0x7FEFFFFFFFFFFFFF)))
  elseif kind == 6 then
    local characters = {}
    for i = 1, random(0, 8) do
      characters[i] = utf8.char(random(0, 1) == 0 and random(0, 127) or random(0xE000, 0x10FFFF))
    end
    return table.concat(characters)
  end
  local result = kind == 7 and json.array() or {}
  for i = 1, random(0, 5) do
    result[kind == 7 and i or tostring(random(1, 1000))] = random_value(random, depth - 1)
  end
  return result
end

local tests = {}

function tests.test_encoding_is_canonical()
  for _, row in ipairs({
    { {}, "{}" },
    { json.array(), "[]" },
    { json.array({}), "[]" },
    { { 1, 2, 3 }, "[1,2,3]" },
    { { [2] = "b", [1] = "a" }, '["a","b"]' },
    { { [1.0] = "a" }, '["a"]' },
    { { b = 1, a = 2, B = 3, ["é"] = 4 }, '{"B":3,"a":2,"b":1,"é":4}' },
    { { a = 1, ["a b"] = 2, [""] = 3 }, '{"":3,"a":1,"a b":2}' },
    { { a = 1, ab = 2, ["a\0"] = 3 }, '{"a":1,"a\\u0000":3,"ab":2}' },
    { { ["1"] = 1 }, '{"1":1}' },
    { "/\u{7F}\u{2028}", '"/\u{7F}\u{2028}"' },
    { "\0\1\31\b\f\n\r\t\"\\", '"\\u0000\\u0001\\u001f\\b\\f\\n\\r\\t\\"\\\\"' },
    { "a\xFFb\xE4\xB8", '"a\u{FFFD}b\u{FFFD}\u{FFFD}"' },
    { json.null, "null" },
    { json.raw('{"z": 1,  "a": 2}'), '{"z": 1,  "a": 2}' },
    { { json.raw("1"), { a = json.raw("[ ]") } }, '[1,{"a":[ ]}]' },
    { math.mininteger, "-9223372036854775808" },
    { 1e15, "1e+15" },
    { 123456789012345680.0, "1.2345678901234568e+17" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { 1 / 3, "0.3333333333333333" },
    { 2.0 ^ 53, "9007199254740992.0" },
    { 4.35, "4.35" },
  }) do
    lu.assertEquals(json.encode(row[1]), row[2])
  end
  local value = { list = { 1, {} }, none = json.array(), object = {}, text = "x" }
  lu.assertEquals(
    json.encode(value, { indent = 2 }),
    '{\n  "list": [\n    1,\n    {}\n  ],\n  "none": [],\n  "object": {},\n  "text": "x"\n}'
  )
end

function tests.test_what_json_cannot_hold_is_a_bug()
  local cyclic = {}
  cyclic.self = cyclic
  for _, row in ipairs({
    { print, "function" },
    { io.stdout, "userdata" },
    { coroutine.create(print), "thread" },
    { 0 / 0, "NaN" },
    { 1 / 0, "infinity" },
    { { 1, nil, 3 }, "holes" },
    { { [0] = 1 }, "key of type number" },
    { { [1.5] = 1 }, "key of type number" },
    { { [true] = 1 }, "key of type boolean" },
    { { 1, a = 2 }, "both list and object" },
    { json.array({ a = 1 }), "both list and object" },
    { { deep = { deeper = { print } } }, "function" },
    { cyclic, "contain itself" },
  }) do
    lu.assertErrorMsgContains(row[2], json.encode, row[1])
  end
  lu.assertErrorMsgContains("unknown option 'depth'", json.decode, "1", { depth = 1 })
  lu.assertErrorMsgContains("max_depth", json.decode, "1", { max_depth = 0 })
  lu.assertErrorMsgContains("string expected", json.decode, 1)
  lu.assertErrorMsgContains("value expected", json.encode)
end

function tests.test_a_list_is_what_is_written_as_a_list()
  for _, row in ipairs({
    { json.array(), true },
    { json.array({ 1 }), true },
    { { 1, 2 }, true },
    { {}, false },
    { { a = 1 }, false },
    { { 1, a = 1 }, false },
    { { [2] = 1 }, false },
    { { [0] = 1 }, false },
    { "text", false },
    { json.null, false },
  }) do
    lu.assertEquals(json.is_array(row[1]), row[2])
    lu.assertEquals(json.is_object(row[1]), type(row[1]) == "table" and not row[2])
  end
  local list = { 1 }
  lu.assertIs(json.array(list), list)
end

function tests.test_random_values_survive_the_round_trip()
  for seed = 1, 200 do
    math.randomseed(seed)
    local value = random_value(math.random, 5)
    local text = json.encode(value)
    for indent = 0, 3 do
      local again, fault = json.decode(json.encode(value, { indent = indent }))
      lu.assertNil(fault, text)
      lu.assertEquals(json.encode(again), text)
    end
  end
end

-- A value in which nothing is the same table as anything else.
local function apart(value)
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array() or {}
  for key, item in pairs(value) do copy[key] = apart(item) end
  return copy
end

-- Parts in random places, the same one in many.
local function woven(parts, depth)
  if depth == 0 then return parts[math.random(#parts)] end
  local result = math.random(0, 1) == 0 and json.array() or {}
  for i = 1, math.random(1, 6) do
    result[json.is_array(result) and i or tostring(i)] = woven(parts, math.random(0, depth - 1))
  end
  return result
end

function tests.test_parts_that_come_again_are_written_like_others()
  for seed = 1, 100 do
    math.randomseed(seed)
    local parts = {}
    for i = 1, 100 do parts[i] = random_value(math.random, 3) end
    local value = {}
    for i = 1, 20 do value[i] = woven(parts, 4) end
    lu.assertEquals(json.encode(value), json.encode(apart(value)))
    lu.assertEquals(json.encode(value, { indent = 2 }), json.encode(apart(value), { indent = 2 }))
  end
end

function tests.test_a_part_that_comes_again_may_be_nested_too_deeply_there()
  local function nested(levels, value)
    for _ = 1, levels do value = { value } end
    return value
  end
  local part = nested(600, "x")
  lu.assertEquals(#json.encode { part, nested(300, part) }, 2 * #json.encode(part) + 2 * 300 + 3)
  lu.assertErrorMsgContains("nested deeper", json.encode, { part, nested(600, part) })
end

function tests.test_random_floats_are_the_shortest_that_read_back()
  math.randomseed(7)
  for _ = 1, 2000 do
    local digits = tostring(math.random(1, 10 ^ math.random(1, 15) | 0))
    local float = tonumber(digits .. "e" .. math.random(-300, 280))
    local written = json.encode(float)
    lu.assertEquals(json.decode(written), float)
    local mantissa = written:gsub("e.*", ""):gsub("%.0$", ""):gsub("%.", "")
    lu.assertTrue(#mantissa:gsub("^0+", ""):gsub("0+$", "") <= #digits, written)
  end
end

return tests
