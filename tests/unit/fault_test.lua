-- The shape and the text of expected failures.

local lu = require "luaunit"
local fault = require "remora.core.fault"

local tests = {}

function tests.test_only_faults_are_faults()
  lu.assertTrue(fault.is(fault.new { code = "a.b", message = "m" }))
  for _, other in ipairs { {}, "text", 1, false } do lu.assertFalse(fault.is(other)) end
  lu.assertFalse(fault.is(nil))
end

function tests.test_what_is_no_field_of_a_fault_is_a_bug()
  lu.assertErrorMsgContains("mesage", fault.new, { code = 1, message = "m", mesage = "n" })
  lu.assertErrorMsgContains("code", fault.new, { message = "m" })
end

function tests.test_text()
  for _, row in ipairs {
    { { code = "a", message = "went wrong" }, "error: went wrong" },
    { { code = 1199006, message = "no", call = "cc.search_set", request_id = "abc" },
      "error: cc.search_set: no (code 1199006, request abc)" },
    { { code = "http.forbidden", message = "no", status = 403, hint = "ask" },
      "error: no (HTTP 403)\n  hint: ask" },
    { { code = "a", message = "bad", at = { file = "w.yml", line = 12, column = 3,
        excerpt = "  port: x" } },
      "error: w.yml:12:3: bad\n  12 |   port: x\n     |   ^" },
    { { code = "a", message = "bad", at = { file = "w.yml" } }, "error: w.yml: bad" },
  } do
    lu.assertEquals(fault.render(fault.new(row[1])), row[2])
  end
end

function tests.test_the_caret_stands_under_wide_characters_and_tabs()
  local at = { file = "w.yml", line = 1, column = 5, excerpt = "\t中文: x" }
  local caret = fault.render(fault.new { code = "a", message = "m", at = at }):match("[^\n]*$")
  lu.assertEquals(caret, "    | \t    " .. " ^")
end

function tests.test_of_a_long_line_the_part_round_the_caret_is_shown()
  for _, column in ipairs { 1, 500, 1000 } do
    local line = ("进"):rep(column - 1) .. "x" .. ("进"):rep(1000 - column)
    local at = { file = "w.yml", line = 1, column = column, excerpt = line }
    local shown, margin = fault.render(fault.new { code = "a", message = "m", at = at })
      :match("\n  1 | ([^\n]*)\n    | ( *)%^")
    lu.assertTrue(utf8.len(shown) <= 162)
    local before = shown:match("^(.-)x")
    local cut = before:find("…", 1, true) and 1 or 0 -- the only narrow one
    lu.assertEquals(#margin, 2 * utf8.len(before) - cut)
  end
end

function tests.test_of_many_errors_the_first_are_shown()
  local many = {}
  for i = 1, 60 do many[i] = fault.new { code = "a", message = "m" .. i } end
  local lines = {}
  for line in fault.render(fault.list(many)):gmatch("[^\n]+") do lines[#lines + 1] = line end
  lu.assertEquals({ #lines, lines[50], lines[51] }, { 51, "error: m50", "and 10 errors more" })
end

function tests.test_a_list_is_flat_and_one_stays_one()
  local a, b, c = fault.new { code = "a", message = "A" }, fault.new { code = "b", message = "B" },
    fault.new { code = "c", message = "C" }
  lu.assertIs(fault.list { a }, a)
  local all = fault.list { fault.list { a, b }, c }
  lu.assertEquals(all.faults, { a, b, c })
  lu.assertEquals(tostring(all), "error: A\nerror: B\nerror: C")
end

function tests.test_what_surely_did_not_happen()
  local refused = fault.new { code = 1199006, message = "of the platform's own" }
  local unsent = fault.new { code = "net.connect", message = "never left", sent = false }
  local lost = fault.new { code = "net.reset", message = "no answer", sent = true }
  for _, row in ipairs {
    { refused, true }, { unsent, true }, { lost, false },
    { fault.list { refused, unsent }, true }, { fault.list { refused, lost }, false },
  } do
    lu.assertEquals(fault.is_certain(row[1]), row[2], tostring(row[1]))
  end
end

function tests.test_places()
  local at = { file = "a.yml", line = 3, column = 5, excerpt = "secret: x" }
  lu.assertEquals({ fault.place(at), fault.line(at) }, { "a.yml:3:5", "a.yml:3" })
  lu.assertEquals({ fault.place(nil), fault.line(nil) }, { "", "" })
  lu.assertEquals(fault.position(at), { file = "a.yml", line = 3, column = 5 })
  lu.assertNil(fault.position(nil))
end

function tests.test_many_of_one_kind_at_one_place_are_counted()
  local at, list = { file = "a.yml", line = 3, column = 5 }, {}
  for i = 1, 20 do
    list[i] = fault.new { code = "x", message = "host " .. i, at = at, hint = "h" }
  end
  list[21] = fault.new { code = "x", message = "else", at = at, hint = "other" }
  local told = tostring(fault.list(list))
  lu.assertEquals(select(2, told:gsub("error:", "")), 4)
  lu.assertStrContains(told, "host 3\n  hint: h\n  and 17 more of this kind here\n"
    .. "error: a.yml:3:5: else")
end

function tests.test_the_order_is_that_of_the_places()
  local expected, list = {}, {}
  for i, at in ipairs {
    {}, { file = "a.yml" }, { file = "a.yml", line = 2, column = 9 },
    { file = "a.yml", line = 10, column = 1 }, { file = "a.yml", line = 10, column = 2 },
    { file = "b.lua", path = "hosting[1]" }, { file = "b.lua", path = "instances[1]" },
  } do
    expected[i] = fault.new { code = "x", message = "m", at = at.file and at }
    table.insert(list, 1, expected[i])
  end
  local last = fault.new { code = "x", message = "n", at = expected[#expected].at }
  expected[#expected + 1] = last
  table.insert(list, 3, last)
  lu.assertEquals(fault.sort(list), expected)
end

function tests.test_colour_only_adds_escapes()
  local f = fault.new { code = "a", message = "m", hint = "h",
    at = { file = "f", line = 1, column = 1, excerpt = "e" } }
  lu.assertEquals((fault.render(f, { color = true }):gsub("\27%[[%d;]*m", "")), fault.render(f))
end

function tests.test_plain()
  local f = fault.list { fault.new { code = 1, message = "m", cause =
    fault.new { code = "net.reset", message = "gone" } }, fault.new { code = "b", message = "n" } }
  lu.assertEquals(fault.plain(f), { code = "many", message = "2 errors", faults = {
    { code = 1, message = "m", cause = { code = "net.reset", message = "gone" } },
    { code = "b", message = "n" },
  } })
end

return tests
