-- What is read again after writes, and how it is joined with what stands.

local luaunit = require "luaunit"
local fault = require "remora.core.fault"
local renewal = require "remora.observe.renewal"

local ARGS = { bk_biz_id = 1, module = { bk_module_ids = { 1, 2 } }, fields = { "user" },
  process_property_filter = { condition = "AND", rules = { { field = "bk_process_name" } } } }

local reader = {}

function reader.gather(_, list, fn)
  local results = {}
  for i, item in ipairs(list) do
    local result, refused = fn(item)
    if not result then return nil, refused end
    results[i] = result
  end
  return results
end

local function row(id, instance, module)
  return { id = id, instance_id = instance, place = { module_id = module } }
end

local READ = { rows = { row(11, 101, 1), row(12, 101, 1), row(13, 102, 1), row(21, 201, 2) },
  taken = { [1] = { [7] = 2 }, [2] = { [7] = 5 } } }

local function set(...)
  local ids = {}
  for _, id in ipairs { ... } do ids[id] = true end
  return ids
end

local function ids_of(rows)
  local ids = {}
  for i, each in ipairs(rows) do ids[i] = each.id end
  return ids
end

-- Renews what was read with one answer to each question; gives the result and the questions.
local function renew(read, touched, answer)
  local asked = {}
  local renewed, refused = renewal.of(reader, read, touched, ARGS, function(args)
    asked[#asked + 1] = args
    return answer, answer == nil and fault.new { code = 1, message = "no" } or nil
  end)
  return renewed, asked, refused
end

local tests = {}

function tests.test_nothing_is_asked_when_nothing_here_was_touched()
  local renewed, asked = renew(READ, { processes = set(99), instances = set(98), modules = set(9) })
  luaunit.assertEquals(asked, {})
  luaunit.assertEquals(ids_of(renewed.rows), { 11, 12, 13, 21 })
  luaunit.assertEquals(renewed.taken, READ.taken)
end

function tests.test_processes_are_asked_for_by_their_ids_and_may_be_as_wanted_now()
  local renewed, asked = renew(READ, { processes = set(12, 21) },
    { rows = { row(12, 101, 1) }, taken = { [2] = { [7] = 1 } } })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].service_instance.ids, { 101, 201 })
  luaunit.assertEquals(asked[1].module, ARGS.module)
  luaunit.assertEquals(asked[1].process_property_filter.rules,
    { { field = "bk_process_id", operator = "in", value = { 12, 21 } },
      { field = "bk_process_name" } })
  luaunit.assertEquals(ids_of(renewed.rows), { 11, 12, 13 })
  luaunit.assertEquals(renewed.taken, { [1] = { [7] = 2 }, [2] = { [7] = 6 } })
end

function tests.test_service_instances_are_asked_for_whole()
  local renewed, asked = renew(READ, { instances = set(101), processes = set(12) },
    { rows = { row(14, 101, 1), row(11, 101, 1) }, taken = {} })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].service_instance.ids, { 101 })
  luaunit.assertEquals(ids_of(renewed.rows), { 11, 13, 14, 21 })
end

function tests.test_of_a_module_nothing_is_kept()
  local renewed, asked = renew(READ, { modules = set(1, 9), instances = set(101) },
    { rows = { row(15, 103, 1) }, taken = { [1] = { [7] = 3 } } })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].module.bk_module_ids, { 1 })
  luaunit.assertEquals(ids_of(renewed.rows), { 15, 21 })
  luaunit.assertEquals(renewed.taken, { [1] = { [7] = 3 }, [2] = { [7] = 5 } })
end

function tests.test_no_question_names_more_than_the_platform_takes()
  local rows, touched = {}, {}
  for i = 1, 1001 do rows[i], touched[i] = row(i, i, 1), true end
  local _, asked = renew({ rows = rows, taken = {} }, { processes = touched },
    { rows = {}, taken = {} })
  luaunit.assertEquals(#asked, 3)
  luaunit.assertEquals(#asked[3].service_instance.ids, 1)
end

function tests.test_what_was_read_stays_as_it_is_and_a_refusal_is_handed_on()
  local renewed, _, refused = renew(READ, { processes = set(11) }, nil)
  luaunit.assertIsNil(renewed)
  luaunit.assertEquals(refused.code, 1)
  luaunit.assertEquals({ #READ.rows, READ.taken[1][7] }, { 4, 2 })
end

return tests
