-- The modules written in C when memory ends, after any number of bytes: the call ends for that and
-- for no other reason, all it had is given back (which the sanitizers see), and the next one works.

local host = require "host"
local json = require "json"
local lu = require "luaunit"
local pick = require "pick"
local process = require "process"
local sieve = require "sieve"
local sqlite = require "sqlite"
local system = require "system"
local yaml = require "yaml"

local ENOUGH = 1 << 20 -- bytes, for each of the calls below

-- Runs it with ever more memory until that is enough; what it then gives.
local function with_ever_more(body)
  local limits = { memory = 1, instructions = math.maxinteger, interruptible = false }
  while limits.memory < ENOUGH do
    collectgarbage() -- or what is free anyway would do
    local result, refused = host.limited(body, limits)
    if not refused then return result end
    lu.assertEquals(refused.code, "limit.memory")
    limits.memory = limits.memory + 1 + limits.memory // 50
  end
  error("it never was enough")
end

local ROW = '{"id":1,"kind":2,"of":{"list":[1,"two",{"three":true}]},'
  .. '"text":"[{\\"a\\":3},{\\"a\\":4}]"}'
local OTHER = ROW:gsub(":1,", ":9,")
local PAGE = ('{"data":{"count":3,"info":[%s,%s,%s]}}'):format(ROW, ROW, OTHER)
local PLACE = { list = { "data", "info" }, beside = "count" }

local function extended(fields)
  for name, value in pairs(PLACE) do fields[name] = value end
  return fields
end

return {
  test_writing_json = function()
    local value = {}
    for i = 1, 100 do value["key" .. i] = { i, i / 8, { text = ("x"):rep(i) } } end
    lu.assertEquals(with_ever_more(function() return json.encode(value) end), json.encode(value))
  end,

  test_reading_yaml = function()
    local text = "a: &x {b: [1, 2, {c: d}], e: f}\ng: *x\nh:\n  - 1\n"
    lu.assertEquals(with_ever_more(function()
      local value, marks = yaml.load(text)
      return { value.g.b, marks:find(value, "h") }
    end), { { 1, 2, { c = "d" } }, 4, 3, 3, 1 })
  end,

  test_sieving = function()
    local spec = extended { choose = { { "id" }, { "kind" } },
      patterns = { { [2] = { of = { list = { 1, "two", { three = true } } } } } } }
    lu.assertEquals(with_ever_more(function()
      local s <close> = sieve.new(spec)
      local left, taken = s:page(PAGE)
      return { left, taken, s:counts() }
    end), { ('{"data":{"count":3,"info":[%s]}}'):format(OTHER), 2, { { [2] = 2 } } })
  end,

  test_picking = function()
    local spec = extended { columns = { id = { "id" }, both = { { "id" }, { "kind" } },
      inside = { "text", trail = { "*", "a" } } } }
    lu.assertEquals(with_ever_more(function()
      local p <close> = pick.new(spec)
      local _, picked = p:page(PAGE)
      local row = picked:row(3, {})
      picked:close()
      return row
    end), { id = 9, both = "[9,2]", inside = "[3,4]" })
  end,

  test_a_database = function()
    lu.assertEquals(with_ever_more(function()
      local db <close> = sqlite.open(":memory:")
      db:exec("CREATE TABLE t (a, b)")
      db:run("INSERT INTO t VALUES (?, ?)", 1, "x")
      for row in db:each("SELECT a FROM t") do db:run("UPDATE t SET a = ?", row.a + 1) end
      return db:rows("SELECT a, b FROM t")
    end), { { a = 2, b = "x" } })
  end,

  test_files_and_programs = function()
    local here = system.getcwd()
    lu.assertEquals(with_ever_more(function()
      local child <close> = process.spawn { argv = { "echo", "said" }, stdout = "pipe" }
      local code = child:wait(60)
      return { code, child:read_stdout(), system.stat(here).type, #system.list(here) > 0 }
    end), { 0, "said\n", "directory", true })
  end,
}
