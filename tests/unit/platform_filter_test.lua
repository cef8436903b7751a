-- What the filters of list calls keep: each operator of the query builder, over documents and in
-- the database, those of the older conditions, and spans of time.

local filter = require "remora.platform.filter"
local json = require "json"
local lu = require "luaunit"
local process_filter = require "remora.platform.process_filter"
local sqlite = require "sqlite"

-- What documents have in their field, by their names.
local VALUES = {
  app = "app", Apple = "Apple", blank = "", three = 3, five = 5, null = json.null,
  list = json.array { "x" }, none = json.array {}, missing = nil,
}
local NAMES = { "app", "Apple", "blank", "three", "five", "null", "list", "none", "missing" }

-- The names of the documents that a predicate holds for.
local function kept(test)
  local names = {}
  for _, name in ipairs(NAMES) do
    if test { value = VALUES[name] } then names[#names + 1] = name end
  end
  return table.concat(names, " ")
end

-- All but some.
local function but(...)
  local left_out, names = {}, {}
  for _, name in ipairs { ... } do left_out[name] = true end
  for _, name in ipairs(NAMES) do
    if not left_out[name] then names[#names + 1] = name end
  end
  return table.concat(names, " ")
end

-- operator, value, whose field fits
local RULES = {
  { "equal", "app", "app" }, { "equal", 3, "three" }, { "not_equal", "app", but "app" },
  { "in", json.array { "app", 5 }, "app five" },
  { "not_in", json.array { "app", 5 }, but("app", "five") },
  -- Numbers are compared with numbers, and texts with texts.
  { "less", 5, "three" }, { "less_or_equal", 5, "three five" },
  { "greater", 3, "five" }, { "greater_or_equal", 3, "three five" },
  { "less", "app", "Apple blank" }, { "datetime_less", "app", "Apple blank" },
  { "datetime_less_or_equal", "app", "app Apple blank" },
  { "datetime_greater", "Apple", "app" }, { "datetime_greater_or_equal", "Apple", "app Apple" },
  { "begins_with", "ap", "app" }, { "not_begins_with", "ap", but "app" },
  { "ends_with", "le", "Apple" }, { "ends_with", "", "app Apple blank" },
  { "not_ends_with", "le", but "Apple" },
  { "contains", "PP", "app Apple" }, { "not_contains", "PP", but("app", "Apple") },
  { "is_empty", nil, "none" }, { "is_not_empty", nil, "list" },
  { "is_null", nil, "null missing" }, { "is_not_null", nil, but("null", "missing") },
  { "exist", nil, but "missing" }, { "not_exist", nil, "missing" },
}

local function database()
  local db = assert(sqlite.open(":memory:"))
  assert(db:exec("CREATE TABLE process (number INTEGER, name TEXT, doc TEXT)"))
  for i, name in ipairs(NAMES) do
    assert(db:run("INSERT INTO process VALUES (?, ?, ?)", i, name,
      json.encode { value = VALUES[name] }))
  end
  return db
end

-- The names of the rows that a tree of rules finds.
local function found(db, tree)
  local sql, values = process_filter.sql(tree)
  local names = {}
  for i, row in ipairs(assert(db:rows(
    "SELECT name FROM process p WHERE " .. sql .. " ORDER BY number", table.unpack(values)))) do
    names[i] = row.name
  end
  return table.concat(names, " ")
end

local tests = {}

function tests.test_operators_of_rules()
  for _, row in ipairs(RULES) do
    local rule = { field = "value", operator = row[1], value = row[2] }
    lu.assertEquals(kept(filter.rules(rule)), row[3], row[1])
  end
end

function tests.test_operators_of_rules_in_the_database()
  local db <close> = database()
  for _, row in ipairs(RULES) do
    local tree = { condition = "AND",
      rules = json.array { { field = "value", operator = row[1], value = row[2] } } }
    lu.assertEquals(found(db, tree), row[3], row[1])
  end
end

function tests.test_rules_are_joined()
  local function both(joined)
    return { condition = joined, rules = json.array {
      { field = "value", operator = "begins_with", value = "A" },
      { field = "value", operator = "contains", value = "app" } } }
  end
  local db <close> = database()
  for joined, names in pairs { AND = "Apple", OR = "app Apple" } do
    lu.assertEquals(kept(filter.rules(both(joined))), names)
    lu.assertEquals(found(db, both(joined)), names)
  end
  lu.assertEquals(kept(filter.rules(nil)), but())
  lu.assertEquals(found(db, nil), but())
end

function tests.test_how_many_rules_are_joined()
  local function many(joined, count)
    local list = json.array {}
    for i = 1, count do list[i] = { field = "value", operator = "equal", value = "app" } end
    return { condition = joined, rules = list }
  end
  local db <close> = database()
  lu.assertEquals(found(db, many("OR", 20)), "app")
  lu.assertEquals(found(db, many("AND", 21)), "app")
  lu.assertNil((process_filter.sql(many("OR", 21))))
  lu.assertEquals(kept(filter.rules(many("AND", 21))), "app")
  lu.assertNil(filter.rules(many("OR", 21)))
  local of_sets = { AND = 50, OR = 50 }
  for _, joined in ipairs { "AND", "OR" } do
    lu.assertEquals(kept(filter.rules(many(joined, 50), of_sets)), "app")
    lu.assertNil(filter.rules(many(joined, 51), of_sets))
  end
  local deepest = many("AND", 200) -- what the database then still takes
  deepest.rules[1] = many("AND", 200)
  lu.assertEquals(found(db, deepest), "app")
end

-- A tree is as deep as it has levels, and its rules are the lowest of them: at most three.
function tests.test_how_deep_rules_are_nested()
  local tree = { condition = "AND",
    rules = json.array { { field = "value", operator = "equal", value = "app" } } }
  for depth = 2, 4 do
    local test, too_deep = filter.rules(tree)
    lu.assertEquals({ test ~= nil, too_deep }, { depth <= 3, depth > 3 })
    lu.assertEquals(process_filter.sql(tree) ~= nil, depth <= 3)
    tree = { condition = "OR", rules = json.array { tree } }
  end
  lu.assertEquals({ filter.rules { condition = "OR", rules = json.array {} } }, { nil, false })
end

function tests.test_older_conditions()
  for _, row in ipairs {
    { "app", "app" }, { { ["$eq"] = 3 }, "three" }, { { ["$ne"] = 3 }, but "three" },
    { { ["$in"] = { "app", 3 } }, "app three" },
    { { ["$nin"] = { "app", 3 } }, but("app", "three") },
    { { ["$gt"] = 3 }, "five" }, { { ["$gte"] = 3, ["$lt"] = 5 }, "three" },
    { { ["$lte"] = 3 }, "three" }, { { ["$regex"] = "ppl" }, "Apple" },
    { { ["$regex"] = "ap" }, "app" }, { { ["$regex"] = "^a.p$" }, "app" },
    { { ["$regex"] = "^AP", ["$options"] = "i" }, "app Apple" },
  } do
    lu.assertEquals(kept(filter.condition { value = row[1] }), row[2], json.encode(row[1]))
  end
  lu.assertNil(filter.condition { value = { ["$where"] = "1" } })
  lu.assertNil(filter.condition { value = { ["$in"] = "app" } })
  lu.assertNil(filter.condition { value = { ["$eq"] = {} } })
  lu.assertNil(filter.condition { value = { ["$regex"] = "(" } })
  lu.assertNil(filter.condition { value = { ["$regex"] = 5 } })
end

local function within(first, last)
  return filter.times { oper = "and",
    rules = { { field = "at", start = first, ["end"] = last } } }
end

function tests.test_a_span_of_time_has_both_its_ends()
  local NOON <const> = { at = "2021-05-13T12:00:00.123Z" }
  for _, row in ipairs {
    { "2021-05-13 12:00:00", "2021-05-14 00:00:00", true },
    { "2021-05-13 00:00:00", "2021-05-13 12:00:00", true },
    { "2021-05-13 12:00:01", "2021-05-14 00:00:00", false },
    { "2021-05-12 00:00:00", "2021-05-13 11:59:59", false },
  } do
    lu.assertEquals(within(row[1], row[2])(NOON), row[3], row[1])
  end
  lu.assertFalse(within("2021-05-13 00:00:00", "2021-05-14 00:00:00") {})
  lu.assertNil(within("2021-05-13", "2021-05-14 00:00:00"))
  lu.assertNil(within("2021-05-13 00:00:00", nil))
end

return tests
