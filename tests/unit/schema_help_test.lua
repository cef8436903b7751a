-- How a shape is told: each key where it belongs, with its kind, its meaning, whether it is needed.

local lu = require "luaunit"
local schema_help = require "remora.core.schema_help"

local tests = {}

local SHAPE = { type = "record", fields = {
  a = { type = "text", required = true },
  b = { type = "integer", min = 1, default = 5, about = "in seconds" },
  c = { type = "enum", values = { { "red", 1, about = "stop" }, { "green", 2 } }, default = 2 },
  d = { type = "map", about = "made up", of = { type = "record", fields = {
    one = { type = "list", of = { type = "record", fields = { two = { type = "boolean" } } } },
  } } },
  e = { type = "map", of = { type = "text" } },
  f = { type = "either", { type = "text" }, { type = "boolean" } },
  g = { type = "either", shown = { type = "text", about = "within" }, required = true,
    { type = "text" }, { type = "record", fields = {} } },
} }

local TOLD = [[
> a: text; must be said
> b: a whole number of at least 1; in seconds; else 5
> c: one of red, green; else green
>   red - stop
> d: made up
>   NAME:
>     one: a list
>       two: true or false
> e: a map
> f: text or true or false
> g: text; within; must be said]]

function tests.test_every_key_stands_where_it_belongs()
  lu.assertEquals(schema_help(SHAPE, "> ", 80), TOLD)
end

function tests.test_a_long_line_goes_on_further_in()
  local shape = { type = "record", fields = { key = { type = "text", about = "of seven words" } } }
  lu.assertEquals(schema_help(shape, "", 16), "key: text; of\n    seven words")
end

return tests
