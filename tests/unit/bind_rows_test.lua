-- Which wanted bind row is which current one, and what is sent for it.

local lu = require "luaunit"
local bind_rows = require "remora.model.bind_rows"
local json = require "json"

local function row(id, ip, port)
  return { template_row_id = id, ip = ip, port = port, protocol = "1", enable = true }
end

local A, B, C = row(1, "127.0.0.1", "80"), row(2, "0.0.0.0", "81"), row(3, "0.0.0.0", "82")

local MATCHES = {
  { "equal rows pair whatever their order",
    { row(nil, "0.0.0.0", "81"), row(nil, "127.0.0.1", "80") }, { A, B }, { 2, 1 } },
  { "an id wins over equal content", { row(2, "127.0.0.1", "80") }, { A, B }, { 2 } },
  { "what is left pairs in order", { row(nil, "0.0.0.0", "81"), row(nil, "0.0.0.0", "99") },
    { A, B, C }, { 2, 1 } },
  { "an id nobody has takes no place", { row(9, "127.0.0.1", "80") }, { A }, {} },
  { "a row that says little fits what it does not contradict", { { port = "82" } }, { A, B, C },
    { 3 } },
  { "more wanted than there are", { row(nil, "1.1.1.1", "1"), row(nil, "2.2.2.2", "2") }, { A },
    { 1 } },
}

local tests = {}

function tests.test_rows_are_matched_by_id_then_content_then_position()
  for _, case in ipairs(MATCHES) do
    lu.assertEquals(bind_rows.match(case[2], case[3], "template_row_id"), case[4], case[1])
  end
end

local IN_PLACE = {
  { "equal rows", { row(nil, "127.0.0.1", "80"), row(nil, "0.0.0.0", "81") }, { A, B }, true },
  { "rows that say little", { { port = "80" }, { enable = true } }, { A, B, C }, true },
  { "rows by their ids", { row(1, "127.0.0.1", "80"), { template_row_id = 2 } }, { A, B }, true },
  { "rows in another order", { row(nil, "0.0.0.0", "81"), { port = "80" } }, { A, B }, false },
  { "another value", { { port = "90" } }, { A }, false },
  { "an equal row of another id", { row(2, "127.0.0.1", "80") }, { A, B }, false },
  { "more than there are", { row(nil, "127.0.0.1", "80"), {} }, { A }, false },
}

function tests.test_rows_in_their_place_are_those_that_match_would_pair_so()
  for _, case in ipairs(IN_PLACE) do
    local order = {}
    for i = 1, #case[2] do order[i] = i end
    lu.assertEquals(bind_rows.in_place(case[2], case[3], "template_row_id"), case[4], case[1])
    if case[4] then
      lu.assertEquals(bind_rows.match(case[2], case[3], "template_row_id"), order, case[1])
    end
  end
end

local MET = {
  { "in their place", { row(nil, "127.0.0.1", "80") }, { A, B }, true },
  { "in another order", { row(nil, "0.0.0.0", "81"), { template_row_id = 1, port = "80" } },
    { A, B }, true },
  { "another value", { { port = "90" } }, { A, B }, false },
  { "an id that nobody has", { { template_row_id = 3 } }, { A, B }, false },
  { "one row for two", { { port = "80" }, { port = "80" } }, { A, B }, false },
}

function tests.test_rows_are_met_wherever_they_are()
  for _, case in ipairs(MET) do
    lu.assertEquals(bind_rows.met(case[2], case[3], "template_row_id"), case[4], case[1])
  end
end

local function cell(value, lock) return { value = value, as_default_value = lock ~= false } end

local function template_row(id, port)
  return { row_id = id, ip = cell "1", port = cell(port), protocol = cell "1", enable = cell(true) }
end

function tests.test_kept_template_rows_repeat_their_id()
  local rows = bind_rows.merge_template({ template_row(nil, "81"), template_row(nil, "80") },
    { template_row(4, "80"), template_row(7, "90") })
  lu.assertEquals(rows[1].row_id, 7)
  lu.assertEquals(rows[2].row_id, 4)
end

function tests.test_a_new_template_row_is_enabled_unless_it_says_otherwise()
  local rows = bind_rows.merge_template({ { port = cell "80", protocol = cell "1" } }, {})
  lu.assertIsNil(rows[1].row_id)
  lu.assertEquals(rows[1].enable, { value = true, as_default_value = true })
end

function tests.test_template_rows_differ_by_value_lock_id_and_order()
  local base = { template_row(1, "80"), template_row(2, "81") }
  local unlocked = { template_row(1, "80"), template_row(2, "81") }
  unlocked[2].port = cell("81", false)
  local turned = { template_row(2, "81"), template_row(1, "80") }
  lu.assertTrue(bind_rows.same_template(base, { turned[2], turned[1] }))
  lu.assertFalse(bind_rows.same_template(base, unlocked))
  lu.assertFalse(bind_rows.same_template(base, turned))
  lu.assertFalse(bind_rows.same_template(base, { template_row(1, "80") }))
end

function tests.test_carried_rows_hold_only_what_the_platform_takes()
  local carried = bind_rows.carried { { ip = "1.1.1.1", port = "80", protocol = "1",
    enable = json.null, template_row_id = 0, row_id = 3, note = "x" } }
  lu.assertEquals(carried,
    { { ip = "1.1.1.1", port = "80", protocol = "1", enable = json.null } })
  lu.assertEquals(bind_rows.carried { A }[1].template_row_id, 1)
end

return tests
