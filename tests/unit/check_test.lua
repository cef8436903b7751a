-- What is wrong with the arguments of a call, found before anything is sent.

local lu = require "luaunit"
local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local json = require "json"

local tests = {}

local function refusals(name, arguments)
  local made, refused = check.arguments(catalogue.get(name), arguments)
  lu.assertNil(made)
  local texts = {}
  for i, each in ipairs(refused.faults or { refused }) do
    texts[i] = each.message .. (each.hint and " / " .. each.hint or "")
    lu.assertEquals(each.call, catalogue.get(name).key)
  end
  return texts
end

local function accepted(name, arguments)
  local made, refused = check.arguments(catalogue.get(name), arguments)
  lu.assertNil(refused, tostring(refused))
  return made
end

function tests.test_wrong_arguments()
  local process = function(fields) return { bk_biz_id = 2, processes = { fields } } end
  for _, row in ipairs {
    -- names, at every level, with the nearest known one
    { { bk_biz_id = 2, process = {} , processes = {} },
      'process is not an argument / did you mean "processes"?' },
    { process { bk_process_id = 1, tiemout = 3 },
      'processes[0].tiemout is not an argument / did you mean "processes[0].timeout"?' },
    { process { bk_process_id = 1, bind_info = { { port = "1" }, { prot = "80" } } },
      "processes[0].bind_info[1].prot is not an argument / "
      .. 'did you mean "processes[0].bind_info[1].port"?' },
    { process { bk_process_id = 1, entirely_unknown = 3 },
      "processes[0].entirely_unknown is not an argument" },
    -- presence
    { { processes = json.array {} }, "bk_biz_id is missing / it is an integer (business id)" },
    { process {}, "processes[0].bk_process_id is missing / it is an integer" },
    -- types
    { { bk_biz_id = "2", processes = {} }, "bk_biz_id is a string, it must be an integer" },
    { { bk_biz_id = 2.5, processes = {} }, "bk_biz_id is a number, it must be an integer" },
    { { bk_biz_id = 2, processes = { a = 1 } }, "processes is an object, it must be an array" },
    { { bk_biz_id = json.null, processes = {} }, "bk_biz_id is a null, it must be an integer" },
    { process { bk_process_id = 1, auto_start = "yes" },
      "processes[0].auto_start is a string, it must be a boolean" },
    { { bk_biz_id = 2, processes = { { bk_process_id = 1 }, nil, { bk_process_id = 3 } } },
      "processes is a list with holes, or with names beside its items" },
    { { bk_biz_id = 2, processes = { { bk_process_id = 1 }, more = 1 } },
      "processes is a list with holes, or with names beside its items" },
    { process { bk_process_id = 1, bind_info = { 80 } },
      "processes[0].bind_info[0] is an integer, it must be an object" },
  } do
    lu.assertEquals(refusals("update_process_instance", row[1]), { row[2] })
  end
end

function tests.test_everything_wrong_is_told_at_once()
  lu.assertEquals(#refusals("update_process_instance",
    { bk_biz_id = "x", processes = { { user = 1 }, { nonsense = 1, bk_process_id = 1 } } }), 4)
end

function tests.test_arguments_are_an_object()
  for _, each in ipairs { "text", 5, json.array { 1 } } do
    lu.assertEquals(#refusals("search_set", each), 1)
  end
end

function tests.test_values_are_left_to_the_platform()
  accepted("update_process_instance", { bk_biz_id = -1, processes = { {
    bk_process_id = 1, proc_num = 1000000, bind_info = { { protocol = "17" } } } } })
end

function tests.test_null_clears_what_may_be_null()
  local made = accepted("update_process_instance",
    { bk_biz_id = 1, processes = { { bk_process_id = 1, timeout = json.null } } })
  lu.assertEquals(made.processes[1].timeout, json.null)
end

function tests.test_empty_lists_are_sent_as_lists()
  local made = accepted("update_process_instance", { bk_biz_id = 1, processes = {} })
  lu.assertEquals(json.encode(made), '{"bk_biz_id":1,"processes":[]}')
  made = accepted("search_set", { bk_biz_id = 1, condition = {} })
  lu.assertEquals(json.encode(made), '{"bk_biz_id":1,"condition":{}}')
end

function tests.test_who_calls_may_be_told_in_the_arguments()
  local given = { bk_biz_id = 1, bk_app_code = "a", bk_app_secret = "b", bk_token = "c",
    bk_username = "d", access_token = "t", username = "e", app_code = "f", app_secret = "g",
    bk_supplier_account = "0" }
  lu.assertEquals(accepted("search_set", given), given)
end

function tests.test_a_number_may_be_whole()
  for _, percent in ipairs { 50, 12.5 } do
    local resource = { cpu_pool_limit = percent, mem_pool_limit = 1, cpu_pool_weight = 0,
      mem_pool_weight = 1 }
    local made = accepted("set_process_group_info", { meta = { namespace = "g" }, hosts = {},
      spec = { process_group = { { id = "p", resource = resource } } } })
    lu.assertEquals(made.spec.process_group[1].resource, resource)
  end
end

function tests.test_attributes_wrapped_as_the_bus_documents_them()
  local flat = { bk_biz_id = 1, bk_set_id = 2, bk_parent_id = 2, bk_module_name = "m" }
  lu.assertEquals(accepted("create_module", { bk_biz_id = 1, bk_set_id = 2,
    data = { bk_parent_id = 2, bk_module_name = "m" } }), flat)
  lu.assertEquals(accepted("create_module", flat), flat)
end

function tests.test_open_arguments_take_attributes_of_an_operator()
  local made = accepted("create_set",
    { bk_biz_id = 1, bk_parent_id = 1, bk_set_name = "s", my_own = { 1 } })
  lu.assertEquals(made.my_own, { 1 })
end

function tests.test_keys_that_are_free()
  accepted("add_label_for_service_instance",
    { bk_biz_id = 1, instance_ids = { 1 }, labels = { any = "thing" } })
  lu.assertEquals(refusals("add_label_for_service_instance",
    { bk_biz_id = 1, instance_ids = { 1 }, labels = { any = 5 } }),
    { "labels.any is an integer, it must be a string" })
end

function tests.test_a_union_takes_each_of_its_types()
  for _, port in ipairs { "80", 80 } do
    accepted("create_process",
      { bk_biz_id = 1, bk_process_name = "n", bk_func_name = "n", port = port })
  end
  lu.assertEquals(refusals("update_process", { bk_biz_id = 1, bk_process_id = 1, port = true }),
    { "port is a boolean, it must be a string or an integer" })
end

function tests.test_a_name_as_the_platforms_source_spells_it()
  local made = accepted("create_process_instance",
    { bk_biz_id = 1, service_instance_Id = 5, processes = {} })
  lu.assertEquals(made.service_instance_id, 5)
end

return tests
