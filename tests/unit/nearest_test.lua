-- Suggestions for mistyped names.

local lu = require "luaunit"
local nearest = require "remora.core.nearest"

local tests = {}

function tests.test_names()
  local names = { "timeout", "port", "protocol", "proc_num", "ip", "bk_process_name" }
  for _, row in ipairs {
    { "tiemout", "timeout" },            -- neighbours swapped
    { "prot", "port" },
    { "protocl", "protocol" },
    { "TIMEOUT", "timeout" },
    { "bk_proces_nam", "bk_process_name" },
    { "ipp", "ip" },
    { "zzzzzz", nil },
    { "x", nil },
  } do
    lu.assertEquals(nearest(row[1], names), row[2], row[1])
  end
end

function tests.test_a_table_keyed_by_names()
  lu.assertEquals(nearest("prt", { port = true, user = true }), "port")
  lu.assertNil(nearest("prt", {}))
end

function tests.test_equally_near_names_are_decided_by_the_alphabet()
  lu.assertEquals(nearest("bat", { "cat", "hat" }), "cat")
  lu.assertEquals(nearest("bat", { "hat", "cat" }), "cat")
end

return tests
