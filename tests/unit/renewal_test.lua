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

-- A service instance with some processes.
local function instance(id, module, ...)
  local processes = {}
  for i, process in ipairs { ... } do processes[i] = { id = process } end
  return { id = id, module_id = module, processes = processes }
end

local READ = {
  instances = { instance(101, 1, 11, 12), instance(102, 1, 13), instance(201, 2, 21) },
  taken = { [1] = { [7] = 2 }, [2] = { [7] = 5 } },
}

local function set(...)
  local ids = {}
  for _, id in ipairs { ... } do ids[id] = true end
  return ids
end

-- The processes of a result by service instance.
local function processes_of(renewed)
  local list = {}
  for _, each in ipairs(renewed.instances) do
    luaunit.assertIsNil(list[each.id])
    list[each.id] = {}
    for i, process in ipairs(each.processes) do list[each.id][i] = process.id end
  end
  return list
end

-- Renews what was read with one answer to each question; gives the result and the questions.
local function renew(earlier, touched, answer)
  local asked = {}
  local renewed, refused = renewal.of(reader, earlier, touched, ARGS, function(args)
    asked[#asked + 1] = args
    return answer, answer == nil and fault.new { code = 1, message = "no" } or nil
  end)
  return renewed, asked, refused
end

local tests = {}

function tests.test_nothing_is_asked_when_nothing_here_was_touched()
  local renewed, asked = renew(READ, { processes = set(99), instances = set(98), modules = set(9) })
  luaunit.assertEquals(asked, {})
  luaunit.assertEquals(processes_of(renewed),
    { [101] = { 11, 12 }, [102] = { 13 }, [201] = { 21 } })
  luaunit.assertEquals(renewed.taken, READ.taken)
end

function tests.test_processes_are_asked_for_by_their_ids_and_may_be_as_wanted_now()
  local renewed, asked = renew(READ, { processes = set(12, 21) },
    { instances = { instance(101, 1, 12) }, taken = { [2] = { [7] = 1 } } })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].service_instance.ids, { 101, 201 })
  luaunit.assertEquals(asked[1].module, ARGS.module)
  luaunit.assertEquals(asked[1].process_property_filter.rules,
    { { field = "bk_process_id", operator = "in", value = { 12, 21 } },
      { field = "bk_process_name" } })
  luaunit.assertEquals(processes_of(renewed), { [101] = { 11, 12 }, [102] = { 13 } })
  luaunit.assertEquals(renewed.taken, { [1] = { [7] = 2 }, [2] = { [7] = 6 } })
end

function tests.test_service_instances_are_asked_for_whole()
  local renewed, asked = renew(READ, { instances = set(101), processes = set(12) },
    { instances = { instance(101, 1, 11, 14) }, taken = {} })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].service_instance.ids, { 101 })
  luaunit.assertEquals(processes_of(renewed),
    { [101] = { 11, 14 }, [102] = { 13 }, [201] = { 21 } })
end

function tests.test_what_comes_again_of_an_instance_stands_in_order_beside_the_rest()
  local renewed = renew({ instances = { instance(101, 1, 11, 12, 13) }, taken = {} },
    { processes = set(11, 12) }, { instances = { instance(101, 1, 12) }, taken = {} })
  luaunit.assertEquals(processes_of(renewed), { [101] = { 12, 13 } })
end

function tests.test_of_a_module_nothing_is_kept()
  local renewed, asked = renew(READ, { modules = set(1, 9), instances = set(101) },
    { instances = { instance(103, 1, 15) }, taken = { [1] = { [7] = 3 } } })
  luaunit.assertEquals(#asked, 1)
  luaunit.assertEquals(asked[1].module.bk_module_ids, { 1 })
  luaunit.assertEquals(processes_of(renewed), { [103] = { 15 }, [201] = { 21 } })
  luaunit.assertEquals(renewed.taken, { [1] = { [7] = 3 }, [2] = { [7] = 5 } })
end

function tests.test_no_question_names_more_than_the_platform_takes()
  local instances, touched = {}, {}
  for i = 1, 1001 do instances[i], touched[i] = instance(i, 1, i), true end
  local _, asked = renew({ instances = instances, taken = {} }, { processes = touched },
    { instances = {}, taken = {} })
  luaunit.assertEquals(#asked, 3)
  luaunit.assertEquals(#asked[3].service_instance.ids, 1)
end

function tests.test_what_was_read_stays_as_it_is_and_a_refusal_is_handed_on()
  local renewed, _, refused = renew(READ, { processes = set(11) }, nil)
  luaunit.assertIsNil(renewed)
  luaunit.assertEquals(refused.code, 1)
  luaunit.assertEquals({ #READ.instances[1].processes, READ.taken[1][7] }, { 2, 2 })
end

return tests
