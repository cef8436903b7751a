-- The shape of an answer's data: lists that are missing become empty, nothing else is added.

local catalogue = require "remora.catalogue"
local json = require "json"
local lu = require "luaunit"
local shape = require "remora.catalogue.shape"

local tests = {}

local function checked(call, data)
  return shape.checked(assert(catalogue.get(call)), data)
end

function tests.test_a_list_that_is_missing_or_null_is_empty()
  lu.assertEquals(checked("cc.list_service_category", { count = 0 }), { count = 0, info = {} })
  lu.assertEquals(checked("cc.list_service_category", { count = 0, info = json.null }),
    { count = 0, info = {} })
end

function tests.test_what_is_no_list_is_refused()
  local data, problem = checked("cc.list_service_category", { count = 0, info = "none" })
  lu.assertNil(data)
  lu.assertEquals(problem, "data.info is no list")
end

-- Label keys are data: no key of that name may come out of the catalogue's words.
function tests.test_an_object_whose_keys_are_data_stays_as_it_is()
  lu.assertEquals(checked("cc.find_service_instance_label_aggregation", {}), {})
  lu.assertEquals(checked("cc.find_service_instance_label_aggregation", { tier = { "1" } }),
    { tier = { "1" } })
end

return tests
