-- What list calls search with: regular expressions, label selectors, attribute filters, pages.

local json = require "json"
local labels = require "remora.platform.labels"
local lu = require "luaunit"
local paging = require "remora.platform.paging"
local process_filter = require "remora.platform.process_filter"
local regex = require "remora.platform.regex"

-- pattern, text, found (nil: the pattern is not valid)
local PATTERNS = {
  { "web", "web-1", true }, { "", "", true }, { "^a+$", "a", true }, { "^a+$", "", false },
  { "web", "my-web-1", true }, { "Web", "my-web-1", false }, { "a.c", "xabcx", true },
  { "10.0", "1000", true }, { "^web$", "web", true }, { "^web$", "web1", false },
  { "web|app", "app", true }, { "(web|app)-[0-9]+$", "app-12", true }, { "[^a-z]", "abc", false },
  { "\\d{2,3}_", "12_", true }, { "\\d{2,3}_", "1_", false },
  { "a{2}", "aa", true }, { "a+?b", "aab", true },
  { "x*", "", true }, { "\\.", "a.b", true }, { "[]a]", "]", true }, { "(", nil }, { "[a", nil },
  { "*", nil }, { ")", nil }, { "a{3,2}", nil }, { "\\", nil }, { "a{", "a{", true },
  { "(a+)+$", ("a"):rep(40) .. "b", false },
  { "^..$", "登录", true }, { "^.$", "登录", false }, { "^[登录]+$", "录登", true },
  { "[登]", "录", false }, { "^登?录$", "录", true }, { "^[一-龥]-1$", "区-1", true },
  { "\xFF.", nil },
  { "^\\D$", "1", false }, { "^\\D$", "a", true }, { "^\\W$", "_", false },
  { "^\\W$", "-", true }, { "^\\S$", " ", false }, { "^\\S$", "a", true }, { "^[a-c]$", "c", true },
  { "^[a-c]$", "d", false }, { "^[c-c]$", "c", true }, { "[c-a]", nil },
  { "^[a-]+$", "a-a", true }, { "^[-a]$", "-", true }, { "[a-", nil },
  { "^(?:ab)+$", "abab", true }, { "^(a|bc|d)$", "d", true },
  { "^a{2,3}$", "aaaa", false }, { "^a{2}$", "aaa", false }, { "^a{2,}$", "aaaa", true },
  { "^a{0,1}$", "aa", false }, { "^(a*)*$", "aab", false }, { "^(a*)*$", "aa", true },
  { "a{1000}", "a", false }, { "a{1001}", nil }, { "^a??b$", "ab", true },
  { "^a??b$", "b", true }, { "^a+?$", "", false }, { "^a?$", "aa", false },
  { "^Web$", "web", false }, { "(?=a)", nil }, { "(?i)a", nil }, { "^(a|b|)$", "", true },
  { "^(a|b|c)$", "b", true }, { "^[^a]$", "^", true }, { "^[\\d]$", "5", true },
  { "^[\\d]$", "d", false }, { "^[\\]]$", "]", true }, { "^[+-\\.]$", ",", true },
  { "^[+-\\.]$", "/", false }, { "a.", "a\n", false },
  { ("("):rep(49) .. "a" .. (")"):rep(49), "a", true },
  { ("("):rep(50) .. "a" .. (")"):rep(50), nil },
}

-- The same, for a search that takes no regard of case.
local BLIND = {
  { "WEB", "my-web", true }, { "web", "MY-WEB", true }, { "^[a-z]+$", "WEB", true },
  { "^[A-F]$", "c", true }, { "[^a-z]", "WEB", false }, { "^\\w$", "X", true },
  { "^[\\da]$", "A", true }, { "^[a-c]$", "D", false },
}

local INSTANCE = { labels = { env = "prod", tier = "1" } }

-- selector, matches
local SELECTORS = {
  { { "env", "=", "prod" }, true }, { { "env", "=", "test" }, false },
  { { "env", "!=", "test" }, true }, { { "none", "!=", "x" }, true },
  { { "env", "in", "test", "prod" }, true }, { { "none", "in", "x" }, false },
  { { "env", "notin", "prod" }, false }, { { "none", "notin", "x" }, true },
  { { "env", "exists" }, true }, { { "none", "exists" }, false },
  { { "env", "!" }, false }, { { "none", "!" }, true },
}

local function selector(parts)
  return { key = parts[1], operator = parts[2], values = { table.unpack(parts, 3) } }
end

local function rules(...) return json.array { ... } end

return {
  test_patterns = function()
    for _, row in ipairs(PATTERNS) do
      local search = regex.compile(row[1])
      lu.assertEquals(search ~= nil, row[2] ~= nil, row[1])
      if search then lu.assertEquals(search(row[2]), row[3], row[1]) end
    end
    for _, row in ipairs(BLIND) do
      lu.assertEquals(regex.compile(row[1], true)(row[2]), row[3], row[1])
    end
    lu.assertNil(regex.compile(("("):rep(10000)))
  end,

  test_selectors = function()
    for _, row in ipairs(SELECTORS) do
      local test = labels.test { selector(row[1]) }
      lu.assertEquals(test(INSTANCE), row[2], table.concat(row[1], " "))
    end
    lu.assertFalse(labels.test { selector { "env", "exists" } } { labels = json.null })
    lu.assertNil(labels.test {})
  end,

  test_selectors_that_are_refused = function()
    for _, row in ipairs {
      { { "env", "~", "x" }, "operator" }, { { "env", "=", "a", "b" }, "values" },
      { { "env", "in" }, "values" }, { { "env", "exists", "x" }, "values" },
      { { "-env", "exists" }, "key" }, { { "", "exists" }, "key" },
    } do
      local _, refusal = labels.test { selector(row[1]) }
      lu.assertEquals(refusal.args[1], row[2])
    end
  end,

  test_labels = function()
    for _, row in ipairs {
      { "key1", "value1", nil }, { "a", "1", nil }, { "a.b-c_d", "v", nil },
      { "1key", "v", "label.1key" }, { "key-", "v", "label.key-" }, { "", "v", "label." },
      { ("k"):rep(64), "v", "label." .. ("k"):rep(64) }, { "key", "", "label.key:" },
      { "key", "-v", "label.key:-v" },
    } do
      local refusal = labels.check { [row[1]] = row[2] }
      lu.assertEquals(refusal and refusal.args[1], row[3])
    end
  end,

  test_pages = function()
    for _, row in ipairs { -- start, limit, strict, loose
      { 0, 1, true, true }, { 0, 1000, true, true }, { 0, 1001, false, false },
      { 0, 0, false, true }, { 0, 999999999, true, false }, { -1, 10, false, false },
      { 0, -1, false, false },
    } do
      local page = { start = row[1], limit = row[2] }
      lu.assertEquals(paging.is_strict(page), row[3], row[2])
      lu.assertEquals(paging.is_loose(page), row[4], row[2])
    end
    lu.assertFalse(paging.is_strict(nil))
    lu.assertTrue(paging.is_loose(nil))
    lu.assertEquals(paging.cut({ 1, 2, 3, 4, 5 }, { start = 1, limit = 2 }), { 2, 3 })
    lu.assertEquals(paging.cut({ 1, 2, 3 }, { start = 1, limit = 1 }), { 2 })
    lu.assertEquals(paging.cut({ 1, 2, 3 }, { start = 2, limit = 0 }), { 3 })
    lu.assertEquals(paging.cut({ 1, 2, 3 }, { start = 9, limit = 2 }), {})
    lu.assertEquals(paging.cut({ 1, 2, 3 }, { start = math.maxinteger, limit = 0 }), {})
    lu.assertEquals(paging.cut({ 1, 2, 3 }, { start = 1, limit = math.maxinteger }), { 2, 3 })
    for _, row in ipairs { -- start, limit; what is misplaced where at most 5 are listed
      { nil, nil, "page.limit" }, { 0, 0, "page.limit" }, { 0, 1, nil }, { 0, 5, nil },
      { 0, 6, "page.limit" }, { 3, 5, nil }, { -1, 5, "page.start" },
    } do
      lu.assertEquals(paging.misplaced({ start = row[1], limit = row[2] }, 5), row[3])
    end
    lu.assertEquals(paging.misplaced(nil, 5), "page.limit")
  end,

  test_windows = function()
    for _, row in ipairs { -- page, window
      { {}, { sort = "id", start = 0, limit = 0 } },
      { { sort = "", start = -3, limit = -2 }, { sort = "id", start = 0, limit = 2 } },
      { { sort = "-name", start = 3, limit = 2 }, { sort = "-name", start = 3, limit = 2 } },
      { { limit = math.mininteger }, { sort = "id", start = 0, limit = 0 } },
    } do
      lu.assertEquals(paging.window(row[1], "id"), row[2])
    end
    lu.assertEquals(paging.window(nil), { start = 0, limit = 0 })
  end,

  test_attribute_filters_that_are_refused = function()
    local leaf = { field = "user", operator = "equal", value = "x" }
    local function group(...) return { condition = "AND", rules = rules(...) } end
    for _, tree in ipairs {
      leaf, { condition = "AND", rules = rules() }, { condition = "XOR", rules = rules(leaf) },
      group(group(group(leaf))),
      group { field = "user'; DROP TABLE process; --", operator = "equal", value = "x" },
      group { field = "user", operator = "like", value = "x" },
      group { field = "user", operator = "in", value = "x" },
      group { field = "user", operator = "equal", value = {} },
    } do
      lu.assertNil((process_filter.sql(tree)), json.encode(tree))
    end
    lu.assertNotNil((process_filter.sql(group(group(leaf)))))
  end,
}
