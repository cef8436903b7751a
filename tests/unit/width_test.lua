-- Columns of a terminal: what a text takes there, and tables that stay straight.

local lu = require "luaunit"
local width = require "remora.core.width"

-- Each by its line in Unicode's EastAsianWidth.txt (W, F: two columns) and UnicodeData.txt (Mn, Me,
-- Cf: none).
local TEXTS = {
  { "", 0 },
  { "web-1", 5 },
  { "网站", 4 },
  { "网站web", 7 },
  { "サーバ", 6 },
  { "ｻｰﾊﾞ", 4 },           -- halfwidth katakana
  { "서버", 4 },
  { "Ａ１", 4 },            -- fullwidth letters
  { "，。「」", 8 },
  { "\u{FF61}", 1 },        -- the first halfwidth form after the fullwidth ones
  { "\u{303F}", 1 },        -- the one narrow sign among the CJK symbols
  { "\u{20BB7}", 2 },       -- an ideograph of plane 2
  { "é", 1 },
  { "e\u{301}", 1 },        -- the same with a combining accent
  { "か\u{3099}", 2 },      -- with a combining voiced mark
  { "a\u{200B}b", 2 },      -- a space that has no width
  { "→ …", 3 },             -- ambiguous ones are narrow outside East Asian fonts
  { "✅", 2 },
  { "✓", 1 },
  { "🚀", 2 },
  { "\xff\xfe", 2 },        -- not UTF-8: each byte is shown as a replacement character
}

local tests = {}

function tests.test_columns_of_a_text()
  for _, row in ipairs(TEXTS) do lu.assertEquals(width.of(row[1]), row[2], row[1]) end
end

function tests.test_tables_stay_straight()
  local rows = width.aligned({
    { "run", "by", "what" },
    { "1", "管理员", "apply 网站" },
    { "12", "ann", "plan" },
  }, { true })
  for i, row in ipairs(rows) do rows[i] = table.concat(row, "  ") end
  lu.assertEquals(rows, {
    "run  by      what",
    "  1  管理员  apply 网站",
    " 12  ann     plan",
  })
end

return tests
