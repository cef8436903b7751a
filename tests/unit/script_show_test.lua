-- Values as a session shows them.

local fault = require "remora.core.fault"
local json = require "json"
local show = require "remora.script.show"
local lu = require "luaunit"

local cycle = {}
cycle.inner = { cycle }

local SHOWN = {
  { nil, "nil" },
  { json.null, "null" },
  { true, "true" },
  { 1, "1" },
  { 1.5, "1.5" },
  { math.huge, "inf" },
  { 'a "b"\n中', '"a \\"b\\"\\n中"' },
  { "\255", '"\255"' },
  { {}, "{}" },
  { json.array {}, "[]" },
  { { 1, "x", {} }, '[1, "x", {}]' },
  { { b = 1, a = json.null }, '{ "a": null, "b": 1 }' },
  { { 1, 2, x = 3 }, '{ [1]: 1, [2]: 2, "x": 3 }' },
  { { [2] = 1, [true] = 2 }, '{ [true]: 2, [2]: 1 }' },
  { print, "<function>" },
  { cycle, '{ "inner": [<itself>] }' },
  { fault.new { code = 1, message = "no" }, "error: no (code 1)" },
}

return {
  test_shown = function()
    for _, row in ipairs(SHOWN) do lu.assertEquals(show(row[1]), row[2]) end
  end,

  test_what_does_not_fit_on_a_line_is_broken = function()
    local long = ("x"):rep(60)
    lu.assertEquals(show { a = long, b = { long } },
      ('{\n  "a": "%s",\n  "b": ["%s"]\n}'):format(long, long))
  end,

  test_long_lists_are_cut = function()
    lu.assertEquals(show({ 1, 2, 3, 4, 5 }, 2), "[1, 2, … 3 more]")
    lu.assertEquals(show({ 1, 2 }, 2), "[1, 2]")
  end,
}
