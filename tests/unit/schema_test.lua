-- The checker of core/schema.lua: what passes, what comes out, what is said.

local json = require "json"
local lu = require "luaunit"
local schema = require "remora.core.schema"

local PERSON = {
  type = "record",
  fields = {
    name = { type = "text", required = true, filled = true },
    age = { type = "integer", min = 0, max = 150, default = 30 },
    color = { type = "enum", values = { { "Red", "1" }, { "Green", "2" } } },
    tags = { type = "list", lone = true, of = { type = "text" } },
    note = { type = "text", nullable = true },
    score = { type = "number", max = 1 },
  },
  refused = { years = "say age" },
  checks = { { needs = { "name", "age" }, function(out, report)
    if out.name == "Methuselah" and out.age < 100 then report("age", "she is too young") end
  end } },
}

-- Who writes YAML as it was before version 1.2.
local FLAGS = { yes = "write true", ON = "write true", no = "write false", off = "write false" }

local function messages(shape, value)
  local _, problems = schema.check(shape, value)
  local list = {}
  for i, each in ipairs(problems) do list[i] = each.code .. ": " .. each.message end
  table.sort(list)
  return list
end

-- A map of numbers of which no two may be alike.
local ALIKE = { type = "map", of = { type = "integer" }, checks = { { function(out, report)
  if out.a == out.b then report("b", "as a") end
end } } }

-- Each row: shape, value, what comes out.
local GOOD = {
  { PERSON, { name = "Ann" }, { name = "Ann", age = 30 } },
  { PERSON, { name = "Ann", age = 0, color = "red" }, { name = "Ann", age = 0, color = "1" } },
  { PERSON, { name = "Ann", color = 2 }, { name = "Ann", age = 30, color = "2" } },
  { PERSON, { name = "Ann", tags = "a" }, { name = "Ann", age = 30, tags = { "a" } } },
  { PERSON, { name = "Ann", tags = {} }, { name = "Ann", age = 30, tags = {} } },
  { PERSON, { name = "Ann", note = json.null }, { name = "Ann", age = 30, note = json.null } },
  { PERSON, { name = "Ann", score = 1 }, { name = "Ann", age = 30, score = 1 } },
  { { type = "map", of = { type = "boolean" } }, { a = true, b = false }, { a = true, b = false } },
  { { type = "text", lines = true }, "a\n\tb", "a\n\tb" },
  { { type = "any" }, 5, 5 },
  { { type = "integer", convert = function(n) return n * 2 end }, 4, 8 },
  { { type = "text", max_bytes = 6 }, "登录", "登录" },
  { { type = "text", pattern = "^%a+$" }, "abc", "abc" },
  { { type = "text", blanks = true }, " a ", " a " },
  { { type = "either", { type = "text" }, { type = "boolean" } }, false, false },
  { { type = "either", { type = "any" }, { type = "text" } }, "a", "a" },
  { { type = "list", of = { type = "any" }, min_items = 2 }, { 1, 2 }, { 1, 2 } },
}

-- Each row: shape, value, what is said.
local BAD = {
  { PERSON, { age = 1 }, { 'missing: "name" is missing' } },
  { PERSON, { name = "a\xFFb" }, { 'value: "name" is not UTF-8 text' } },
  { PERSON, { name = "a\nb" }, { 'value: "name" must be one line of text' } },
  { { type = "record", fields = { name = { type = "text", lines = true } } }, { name = "a\n\27b" },
    { 'value: "name" must not hold control characters' } },
  { { type = "map", of = { type = "any" } }, { ["a\nb"] = 1 },
    { 'value: the name "a b" must be one line of text' } },
  { PERSON, { name = "" }, { 'value: "name" must not be empty' } },
  { PERSON, { name = "Ann", ages = 1 },
    { 'unknown_key: unknown key "ages"; did you mean "age"?' } },
  { PERSON, { name = "Ann", years = 1 }, { 'unknown_key: unknown key "years"' } },
  { PERSON, { name = "Ann", age = 151 },
    { 'value: "age" must be a whole number from 0 to 150, not 151' } },
  { PERSON, { name = "Ann", age = 1.0 },
    { 'value: "age" must be a whole number from 0 to 150, not 1.0' } },
  { PERSON, { name = "Ann", score = 2 },
    { 'value: "score" must be a number of at most 1, not 2' } },
  { PERSON, { name = "Ann", color = "blue" },
    { 'value: "color" must be one of Red, Green, not "blue"' } },
  { PERSON, { name = "Ann", tags = { x = 1 } }, { 'value: "tags" must be text, not a map' } },
  { PERSON, { name = "Ann", tags = { "a", 2 } },
    { 'value: item 2 of "tags" must be text, not 2' } },
  { PERSON, { name = "Methuselah" }, { "value: she is too young" } },
  { PERSON, { name = "Methuselah", age = "x" },
    { 'value: "age" must be a whole number from 0 to 150, not "x"' } },
  { PERSON, json.array { "Ann" }, { "type: the file must be a map, not a list" } },
  { PERSON, { name = print }, { 'value: "name" must be text, not a function' } },
  { { type = "map", of = { type = "any" } }, { [5] = 1, a = 1 },
    { 'value: the name "5" must be text, not 5' } },
  { { type = "list", of = { type = "any" } }, { 1, 2, x = 3 },
    { 'value: the file has a key "x" among its items' } },
  { { type = "list", of = { type = "any" }, min_items = 1 }, {},
    { "value: the file needs at least 1 item" } },
  { { type = "either", { type = "text" }, { type = "list", of = { type = "text" } } }, { a = 1 },
    { "type: the file must be text or a list, not a map" } },
  { { type = "text", max_bytes = 5 }, "登录",
    { "value: the file is 6 bytes long, the platform takes 5" } },
  { { type = "text", pattern = "^%a+$", words = "letters" }, "a1",
    { 'value: the file must be letters, not "a1"' } },
  { { type = "text" }, " a", { "value: the file begins with a blank" } },
  { { type = "text" }, "a ", { "value: the file ends with a blank" } },
  { { type = "list", of = { type = "any" }, min_items = 3 }, { 1, 2 },
    { "value: the file needs at least 3 items" } },
  { ALIKE, { a = 1, b = 1 }, { "value: as a" } },
  { ALIKE, { a = 1, b = "x" }, { 'value: "b" must be a whole number, not "x"' } },
}

-- Each row: shape, value, the hint to what is said.
local HINTS = {
  { { type = "text" }, 80, 'write it in quotes: "80"' },
  { { type = "text" }, true, 'write it in quotes: "true"' },
  { { type = "text" }, {}, nil },
  { { type = "text" }, "a ", "the platform refuses or trims blanks at either end" },
  { { type = "text", lines = true }, "a\n", 'in YAML write "|-" instead of "|"' },
  { { type = "text", pattern = "^%a+$", advice = "use letters" }, "1", "use letters" },
  { { type = "integer" }, "80", "write it without quotes" },
  { { type = "integer", advice = "count them" }, "x", "count them" },
  { { type = "integer", advice = "count them" }, 1.5, "count them" },
  { PERSON.fields.color, "gren", 'did you mean "Green"?' },
  { { type = "enum", values = { { "Red", 1 } }, advice = "look at it" }, "blue", "look at it" },
  { PERSON, { name = "Ann", years = 1 }, "say age" },
  { { type = "record", fields = { b = { type = "any" }, a = { type = "any" } } }, { zzzz = 1 },
    "known here: a, b" },
  { { type = "record", fields = { hue = { type = "enum", required = true,
    values = { { "Red", 1 }, { "Green", 2 } } } } }, {}, "say one of Red, Green" },
  { { type = "record", fields = { n = { type = "any", required = true, advice = "how many" } } },
    {}, "how many" },
}

return {
  test_what_comes_out = function()
    for _, row in ipairs(GOOD) do
      local checked, problems = schema.check(row[1], row[2])
      lu.assertEquals(problems, {})
      lu.assertEquals(checked, row[3])
    end
  end,

  test_what_is_said = function()
    for _, row in ipairs(BAD) do lu.assertEquals(messages(row[1], row[2]), row[3]) end
  end,

  test_what_to_do = function()
    for _, row in ipairs(HINTS) do
      local _, problems = schema.check(row[1], row[2])
      lu.assertEquals(#problems, 1)
      lu.assertEquals(problems[1].hint, row[3])
    end
  end,

  test_every_problem_is_found = function()
    lu.assertEquals(#messages(PERSON, { nam = 1, age = -1, color = 3, tags = { 1, 2 },
      note = 1, score = "x" }), 8)
  end,

  test_the_input_is_left_alone = function()
    local input = { name = "Ann", tags = "a" }
    schema.check(PERSON, input)
    lu.assertEquals(input, { name = "Ann", tags = "a" })
  end,

  test_origin_leads_back_to_the_input = function()
    local input = { people = { { name = "Ann", tags = "a" } } }
    local shape = { type = "record", fields = { people = { type = "list", of = PERSON } } }
    local checked, _, origin = schema.check(shape, input)
    lu.assertIs(origin[checked].container, input)
    lu.assertIs(origin[checked.people[1]].container, input.people[1])
    lu.assertEquals(origin[checked.people[1]].key, 1)
    -- The list made from a single value lies where the value lies.
    lu.assertIs(origin[checked.people[1].tags].parent.container, input.people[1])
    lu.assertEquals(origin[checked.people[1].tags].key, "tags")
  end,

  test_former_words_for_true_and_false = function()
    for word, hint in pairs(FLAGS) do
      local _, problems = schema.check({ type = "boolean" }, word)
      lu.assertEquals(problems[1].hint, hint, word)
    end
    local _, problems = schema.check({ type = "boolean" }, "yonder")
    lu.assertNil(problems[1].hint)
  end,

  test_lists_stay_lists_in_json = function()
    local checked = schema.check(PERSON, { name = "Ann", tags = {} })
    lu.assertEquals(json.encode(checked), '{"age":30,"name":"Ann","tags":[]}')
  end,
}
