-- Maps and lists in a fixed order: of texts, of numbers, of both, of numbers in texts, and of what
-- has no order of its own.

local lu = require "luaunit"
local order = require "remora.core.order"

local tests = {}

function tests.test_keys_in_their_own_order()
  lu.assertEquals(order.keys { b = 1, a = 2, B = 3 }, { "B", "a", "b" })
  lu.assertEquals(order.keys { [10] = 1, [9] = 2, [1.5] = 3 }, { 1.5, 9, 10 })
  lu.assertEquals(order.keys {}, {})
end

function tests.test_numbers_before_texts()
  lu.assertEquals(order.keys { ["2"] = 1, [3] = 2, a = 3, [1] = 4 }, { 1, 3, "2", "a" })
end

function tests.test_keys_without_an_order()
  lu.assertEquals(order.keys { [true] = 1, [false] = 2 }, { false, true })
  local keys = order.keys { [{}] = 1, [{}] = 2, a = 3 }
  lu.assertEquals({ #keys, keys[1] }, { 3, "a" })
end

function tests.test_pairs_keep_a_member_that_is_false()
  local seen = {}
  for key, value in order.pairs { b = false, a = 1 } do seen[#seen + 1] = { key, value } end
  lu.assertEquals(seen, { { "a", 1 }, { "b", false } })
end

function tests.test_sort_leaves_equal_ones_of_a_sorted_list_where_they_are()
  local first, second = { n = 1 }, { n = 1 }
  local list = { first, second, { n = 2 } }
  order.sort(list, function(a, b) return a.n < b.n end)
  lu.assertIs(list[1], first)
  lu.assertIs(list[2], second)
  list = { 3, 1, 2 }
  order.sort(list, function(a, b) return a < b end)
  lu.assertEquals(list, { 1, 2, 3 })
end

function tests.test_numbers_in_texts_count_as_numbers()
  lu.assertEquals(order.by_number { "10.0.0.12", "10.0.0.7", "9.0.0.1", "10.0.0.7" },
    { "9.0.0.1", "10.0.0.7", "10.0.0.7", "10.0.0.12" })
  lu.assertEquals(order.by_number { "fe80::10", "fe80::9", "fe80::a" },
    { "fe80::9", "fe80::10", "fe80::a" })
  local nine, ten, also = { at = "a9" }, { at = "a10" }, { at = "a09" }
  local list = { ten, nine, also }
  local function at(item) return item.at end
  lu.assertIs(order.by_number(list, at), list)
  lu.assertIs(list[1], also) -- the same number: as texts
  lu.assertIs(list[2], nine)
  lu.assertIs(list[3], ten)
end

return tests
