-- The module "sqlite": values, failures and lifetimes.

local fs = require("tests.support.fs")
local host = require("host")
local lu = require("luaunit")
local sqlite = require("sqlite")
local system = require("system")
local workplace = require("tests.support.workplace")

local function numbers(count)
  local db = assert(sqlite.open(":memory:"))
  assert(db:exec("CREATE TABLE number (n INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT"))
  for n = 1, count do
    lu.assertEquals(db:run("INSERT INTO number VALUES (?, ?)", n, "n" .. n), 1)
  end
  return db
end

return {
  test_values_come_back_as_they_went_in = function()
    local db <close> = assert(sqlite.open(":memory:"))
    local rows = {
      -- given, expected, what SQLite calls it
      { math.maxinteger, math.maxinteger, "integer" },
      { math.mininteger, math.mininteger, "integer" },
      { 0.1, 0.1, "real" },
      { 1.0, 1.0, "real" },
      { "", "", "text" },
      { "进程\0tail", "进程\0tail", "text" },
      { true, 1, "integer" },
      { false, 0, "integer" },
      { nil, nil, "null" },
    }
    for _, row in ipairs(rows) do
      local value = db:value("SELECT ?", row[1])
      lu.assertEquals(value, row[2])
      lu.assertEquals(math.type(value), math.type(row[2]))
      lu.assertEquals(db:value("SELECT typeof(?)", row[1]), row[3])
    end
  end,

  -- Beside a file of a write-ahead log SQLite needs others, but for one that nobody changes.
  test_a_file_that_nobody_changes_is_read_alone = function()
    local directory <close> = workplace.new()
    local path = directory.path .. "/50%25 #1?.db"
    do
      local db <close> = assert(sqlite.open(path))
      assert(db:exec("CREATE TABLE number (n INTEGER); INSERT INTO number VALUES (7)"))
    end
    local db <close> = assert(sqlite.open(path, { immutable = true }))
    lu.assertEquals(db:value("SELECT n FROM number"), 7)
    lu.assertNil(system.stat(path .. "-wal"))
    local _, refused = db:run("DELETE FROM number")
    lu.assertEquals(refused.code, "sqlite.readonly")
  end,

  test_reading = function()
    local db <close> = numbers(3)
    lu.assertEquals(db:rows("SELECT n, NULL AS gone FROM number WHERE n < 3 ORDER BY n"),
      { { n = 1 }, { n = 2 } })
    lu.assertEquals(db:rows("SELECT n FROM number WHERE n > 9"), {})
    lu.assertEquals(db:row("SELECT n, name FROM number ORDER BY n DESC"), { n = 3, name = "n3" })
    lu.assertNil(db:row("SELECT n FROM number WHERE n > 9"))
    lu.assertEquals(db:value("SELECT count(*) FROM number"), 3)
    lu.assertNil(db:value("SELECT n FROM number WHERE n > 9"))
  end,

  test_changes = function()
    local db <close> = numbers(3)
    lu.assertEquals(db:last_insert_rowid(), 3)
    lu.assertEquals(db:run("UPDATE number SET name = 'x' || n WHERE n > 1"), 2)
    lu.assertEquals(db:run("DELETE FROM number WHERE n > 9"), 0)
    lu.assertEquals(db:run("CREATE TABLE other (n INTEGER)"), 0)
  end,

  test_each_row_with_statements_between = function()
    local db <close> = numbers(3)
    local seen = {}
    for outer in db:each("SELECT n FROM number ORDER BY n") do
      for inner in db:each("SELECT n FROM number WHERE n < ? ORDER BY n", outer.n) do
        seen[#seen + 1] = outer.n * 10 + inner.n
        if inner.n == 2 then break end
      end
    end
    lu.assertEquals(seen, { 21, 31, 32 })
    lu.assertTrue(db:exec("DROP TABLE number")) -- refused while a cursor is open
  end,

  test_failures_are_values = function()
    local db <close> = numbers(1)
    local changed, failure = db:run("INSERT INTO number VALUES (2, 'n1')")
    lu.assertNil(changed)
    lu.assertEquals(failure,
      { code = "sqlite.constraint", message = "UNIQUE constraint failed: number.name" })
    local _, mismatch = db:exec("INSERT INTO number VALUES ('text', NULL)")
    lu.assertEquals(mismatch.code, "sqlite.mismatch")
    lu.assertEquals(db:run("INSERT INTO number VALUES (2, 'n2')"), 1)

    local directory <close> = fs.temporary()
    local none, cannot = sqlite.open(directory.path .. "/no/such/file.db")
    lu.assertNil(none)
    lu.assertEquals(cannot, { code = "sqlite.cantopen",
      message = "unable to open database file: No such file or directory" })
    fs.write(directory.path .. "/text.db", ("not a database, but long enough\n"):rep(20))
    local _, not_a_database = sqlite.open(directory.path .. "/text.db")
    lu.assertEquals(not_a_database.code, "sqlite.notadb")
  end,

  test_wrong_use_is_an_error = function()
    local db <close> = numbers(1)
    local rows = {
      { "SELECT", "incomplete input" },
      { "SELECT * FROM missing", "no such table" },
      { "SELECT 1; SELECT 2", "expected one statement" },
      { "", "expected one statement" },
      { "SELECT ?", "0 values for 1 parameters" },
      { "SELECT 1", "1 values for 0 parameters", 1 },
      { "SELECT ?", "is a table", {} },
    }
    for _, row in ipairs(rows) do
      lu.assertErrorMsgContains(row[2], db.value, db, row[1], table.unpack(row, 3))
    end
    lu.assertErrorMsgContains("unknown option", sqlite.open, ":memory:", { readnly = true })
  end,

  test_transactions = function()
    local db <close> = numbers(1)
    lu.assertFalse(db:in_transaction())
    assert(db:exec("BEGIN"))
    lu.assertTrue(db:in_transaction())
    assert(db:run("DELETE FROM number"))
    assert(db:exec("ROLLBACK"))
    lu.assertEquals(db:value("SELECT count(*) FROM number"), 1)
  end,

  test_a_file_is_shared_and_survives = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/a.db"
    local first <close> = assert(sqlite.open(path))
    assert(first:exec("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (7)"))
    local second <close> = assert(sqlite.open(path, { readonly = true }))
    lu.assertEquals(second:value("SELECT n FROM t"), 7)
    local _, failure = second:run("INSERT INTO t VALUES (8)")
    lu.assertEquals(failure.code, "sqlite.readonly")
    lu.assertEquals(first:value("PRAGMA journal_mode"), "wal")
    lu.assertEquals(first:value("PRAGMA synchronous"), 2)
    lu.assertEquals(first:value("PRAGMA foreign_keys"), 1)
  end,

  test_many_statements_do_not_pile_up = function()
    local db <close> = numbers(1)
    for n = 1, 1000 do
      lu.assertEquals(db:value("SELECT " .. n), n)
    end
  end,

  test_no_memory_while_kept_statements_make_room = function()
    local limits = { memory = 1, instructions = math.maxinteger, interruptible = false }
    local db <close> = numbers(1)
    for n = 1, 600 do -- more than are kept
      local sql = "SELECT " .. n
      collectgarbage() -- or what is free anyway would do
      local value, failure = host.limited(db.value, limits, db, sql)
      lu.assertTrue(value == n or failure.code == "limit.memory")
      lu.assertEquals(db:value(sql), n)
    end
  end,

  test_closing = function()
    local db = numbers(2)
    local next_row = db:each("SELECT n FROM number")
    lu.assertEquals(next_row().n, 1)
    db:close()
    db:close()
    lu.assertErrorMsgContains("closed", next_row)
    lu.assertErrorMsgContains("closed", db.value, db, "SELECT 1")
  end,
}
