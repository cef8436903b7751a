-- The shape of an answer's data: lists that are missing become empty, nothing else is added.

local catalogue = require "remora.catalogue"
local json = require "json"
local lu = require "luaunit"
local shape = require "remora.catalogue.shape"

local tests = {}

local PAGE = { gives = "{count, info: list of hosts}", page = { rows = "info" } }

local function checked(call, data)
  return shape.checked(assert(catalogue.get(call)), data)
end

function tests.test_a_list_that_is_missing_or_null_is_empty()
  lu.assertEquals(checked("cc.list_service_category", { count = 0 }), { count = 0, info = {} })
  lu.assertEquals(checked("cc.list_service_category", { count = 0, info = json.null }),
    { count = 0, info = {} })
  local found = shape.checked({ gives = "list of hosts" }, json.null)
  lu.assertTrue(json.is_array(found))
  lu.assertEquals(#found, 0)
end

function tests.test_each_list_the_row_tells_of_is_there()
  lu.assertEquals(checked("cc.get_service_template_difference", { changed = json.null }),
    { changed = {}, added = {}, removed = {} })
end

function tests.test_data_of_the_shape_stay_as_they_are()
  for _, row in ipairs {
    { gives = "list of hosts", { { bk_host_id = 1 } } },
    { gives = "list of ids", { 1, 2 } },
    { gives = "{success: list of keys}", { success = { "a" } } },
    { gives = "{info: list of hosts}", { info = { { bk_host_id = 1 } } } },
    { gives = "{info: list of hosts}", json.null },
    { gives = "the set", { bk_set_id = 1 } },
    { gives = "the set", "done" },
    { gives = "null", json.null },
  } do
    local data = row[1]
    local found, problem = shape.checked(row, data)
    lu.assertNil(problem, row.gives)
    lu.assertIs(found, data, row.gives)
  end
end

function tests.test_data_of_another_shape_are_refused()
  for _, row in ipairs {
    { gives = "list of hosts", {}, "data is no list" },
    { gives = "list of hosts", json.array { 1 }, "data is no list of objects" },
    { gives = "list of hosts", json.array { json.array {} }, "data is no list of objects" },
    { gives = "{info: list of hosts}", { info = "none" }, "data.info is no list" },
    { gives = "{info: list of hosts}", { info = json.array { "a" } },
      "data.info is no list of objects" },
    { gives = "{info: list of hosts}", json.array {}, "data is no object" },
    { gives = "{info: list of hosts}", "done", "data is no object" },
    { gives = PAGE.gives, page = PAGE.page, json.null, "data is no object" },
    { gives = "{count, rows: list}", page = { rows = "rows" }, { rows = json.array { 1 } },
      "data.rows is no list of objects" },
  } do
    local data, problem = shape.checked(row, row[1])
    lu.assertNil(data, row[2])
    lu.assertEquals(problem, row[2])
  end
end

-- Label keys are data: no key of that name may come out of the catalogue's words.
function tests.test_an_object_whose_keys_are_data_stays_as_it_is()
  lu.assertEquals(checked("cc.find_service_instance_label_aggregation", {}), {})
  lu.assertEquals(checked("cc.find_service_instance_label_aggregation", { tier = { "1" } }),
    { tier = { "1" } })
end

return tests
