-- How numbers and names are put into a sentence.

local lu = require "luaunit"
local phrase = require "remora.core.phrase"

local tests = {}

function tests.test_a_number_has_its_noun()
  lu.assertEquals({ phrase.count(0, "call"), phrase.count(1, "call"), phrase.count(2, "call") },
    { "0 calls", "1 call", "2 calls" })
  lu.assertEquals({ phrase.plural(1, "process"), phrase.plural(2, "process") },
    { "process", "processes" })
end

function tests.test_so_many_are_named_and_the_rest_is_counted()
  local names = { "a", "b", "c" }
  lu.assertEquals(phrase.named({}, 2), "")
  lu.assertEquals(phrase.named(names, 2), "a, b and 1 more")
  lu.assertEquals(phrase.named(names, 3), "a, b, c")
  lu.assertEquals(phrase.named(names, 3, 7), "a, b, c and 4 more")
end

function tests.test_a_mistyped_name_is_asked_about()
  local names = { "timeout", "port" }
  lu.assertEquals(phrase.did_you_mean("tiemout", names), 'did you mean "timeout"?')
  lu.assertEquals(phrase.did_you_mean("prot", { port = true }, "bind_info."),
    'did you mean "bind_info.port"?')
  lu.assertNil(phrase.did_you_mean("entirely_else", names))
  lu.assertNil(phrase.did_you_mean(7, { "6" }))
end

return tests
