-- What is read again after writes, and how it is joined with what stands.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local packed = require "remora.observe.packed"
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

-- The rows of a service instance with some processes, as they are read.
local function instance(id, module, ...)
  local rows = {}
  for i, process in ipairs { ... } do
    rows[i] = { id = process, instance = id, module = module, name = "", template = 7,
      bk_host_id = id, bk_host_innerip = "10.0.0." .. id, look = "[]" }
  end
  return rows
end

-- What was read.
local function read(instances, taken)
  local found = packed.new({}, {})
  for _, rows in ipairs(instances) do
    for _, row in ipairs(rows) do found:add(row) end
  end
  return { lists = found:close(), hosts = found.hosts, taken = taken }
end

local TAKEN = { [1] = { [7] = 2 }, [2] = { [7] = 5 } }

local function earlier()
  return read({ instance(101, 1, 11, 12), instance(102, 1, 13), instance(201, 2, 21) },
    TAKEN)
end

local function set(...)
  local ids = {}
  for _, id in ipairs { ... } do ids[id] = true end
  return ids
end

-- The processes of a result by service instance.
local function processes_of(renewed)
  local list = {}
  for module_id, instances in pairs(renewed.lists) do
    local last = 0
    for _, each in ipairs(instances) do
      lu.assertEquals(each.module_id, module_id)
      lu.assertTrue(each.id > last)
      last, list[each.id] = each.id, {}
      for i, process in ipairs(each.processes) do list[each.id][i] = process.id end
    end
  end
  return list
end

-- Renews what was read with one answer to each question; gives the result and the questions.
local function renew(before, touched, answer)
  local asked = {}
  local renewed, refused = renewal.of(reader, before, touched, ARGS, function(args)
    asked[#asked + 1] = args
    return answer, answer == nil and fault.new { code = 1, message = "no" } or nil
  end)
  return renewed, asked, refused
end

local tests = {}

function tests.test_nothing_is_asked_when_nothing_here_was_touched()
  local renewed, asked = renew(earlier(), { processes = set(99), modules = set(9) })
  lu.assertEquals(asked, {})
  lu.assertEquals(processes_of(renewed),
    { [101] = { 11, 12 }, [102] = { 13 }, [201] = { 21 } })
  lu.assertEquals(renewed.taken, TAKEN)
end

function tests.test_processes_are_asked_for_by_their_ids_and_may_be_as_wanted_now()
  local renewed, asked = renew(earlier(), { processes = set(12, 21) },
    read({ instance(101, 1, 12) }, { [2] = { [7] = 1 } }))
  lu.assertEquals(#asked, 1)
  lu.assertEquals(asked[1].service_instance.ids, { 101, 201 })
  lu.assertEquals(asked[1].module, ARGS.module)
  lu.assertEquals(asked[1].process_property_filter.rules,
    { { field = "bk_process_id", operator = "in", value = { 12, 21 } },
      { field = "bk_process_name" } })
  lu.assertEquals(processes_of(renewed), { [101] = { 11, 12 }, [102] = { 13 } })
  lu.assertEquals(packed.counts(renewed.lists[1]), { [7] = 3 })
  lu.assertEquals(renewed.taken, { [1] = { [7] = 2 }, [2] = { [7] = 6 } })
end

function tests.test_service_instances_are_asked_for_whole()
  local renewed, asked = renew(earlier(), { instances = set(101), processes = set(12) },
    read({ instance(101, 1, 11, 14) }, {}))
  lu.assertEquals(#asked, 1)
  lu.assertEquals(asked[1].service_instance.ids, { 101 })
  lu.assertEquals(processes_of(renewed),
    { [101] = { 11, 14 }, [102] = { 13 }, [201] = { 21 } })
end

function tests.test_what_comes_again_of_an_instance_stands_in_order_beside_the_rest()
  local renewed = renew(read({ instance(101, 1, 11, 12, 13) }, {}),
    { processes = set(11, 12) }, read({ instance(101, 1, 12) }, {}))
  lu.assertEquals(processes_of(renewed), { [101] = { 12, 13 } })
end

function tests.test_of_a_module_nothing_is_kept()
  local renewed, asked = renew(earlier(), { modules = set(1, 9) },
    read({ instance(103, 1, 15) }, { [1] = { [7] = 3 } }))
  lu.assertEquals(#asked, 1)
  lu.assertEquals(asked[1].module.bk_module_ids, { 1 })
  lu.assertEquals(processes_of(renewed), { [103] = { 15 }, [201] = { 21 } })
  lu.assertEquals(renewed.taken, { [1] = { [7] = 3 }, [2] = { [7] = 5 } })
  lu.assertEquals(renewed.hosts[103].ip, "10.0.0.103")
  lu.assertEquals(renewed.hosts[201].ip, "10.0.0.201")
end

function tests.test_no_question_names_more_than_the_platform_takes()
  local instances, touched = {}, {}
  for i = 1, 1001 do instances[i], touched[i] = instance(i, 1, i), true end
  local _, asked = renew(read(instances, {}), { processes = touched }, read({}, {}))
  lu.assertEquals(#asked, 3)
  lu.assertEquals(#asked[3].service_instance.ids, 1)
end

function tests.test_what_was_read_stays_as_it_is_and_a_refusal_is_handed_on()
  local before = earlier()
  local renewed, _, refused = renew(before, { processes = set(11) }, nil)
  lu.assertIsNil(renewed)
  lu.assertEquals(refused.code, 1)
  lu.assertEquals({ #before.lists[1][1].processes, before.taken[1][7] }, { 2, 2 })
end

return tests
