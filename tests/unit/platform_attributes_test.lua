-- What the process model lets an attribute be, and how the platform refuses the rest.

local attributes = require "remora.platform.attributes"
local json = require "json"
local lu = require "luaunit"

local tests = {}

local NULL = json.null

local LENGTHS = {
  bk_process_name = 256, description = 256, bk_func_name = 256, work_path = 2000, user = 256,
  start_cmd = 2000, stop_cmd = 2000, restart_cmd = 2000, face_stop_cmd = 2000, reload_cmd = 2000,
  pid_file = 2000, bk_start_param_regex = 2000,
}

-- A time limit of 0 was taken by the platform that tests/data/golden.jsonl was recorded of.
local RANGES = {
  proc_num = { 1, 10000 }, priority = { -100, 10000 }, timeout = { 0, 10000 },
  bk_start_check_secs = { 0, 600 },
}

local ROW = { ip = "10.0.0.1", port = "80", protocol = "1", enable = true }

local function code(name, value)
  local refusal = attributes.check(name, value)
  return refusal and refusal.code
end

function tests.test_limits()
  for name, most in pairs(LENGTHS) do
    lu.assertNil(code(name, ("x"):rep(most)), name)
    lu.assertEquals(code(name, ("x"):rep(most + 1)), 1199015, name)
    lu.assertEquals(code(name, 5), 1199007, name)
  end
  for name, range in pairs(RANGES) do
    lu.assertNil(code(name, range[1]), name)
    lu.assertNil(code(name, range[2]), name)
    lu.assertNil(code(name, range[2] + 0.5), name) -- as if it were whole
    lu.assertEquals(code(name, range[1] - 1), 1199006, name)
    lu.assertEquals(code(name, range[2] + 1), 1199006, name)
    lu.assertEquals(code(name, "5"), 1199009, name)
  end
  lu.assertNil(code("auto_start", false))
  lu.assertEquals(code("auto_start", "false"), 1199025)
  lu.assertNil(code("bind_info", json.array { ROW }))
  lu.assertEquals(code("bind_info", json.array { { port = 80 } }), 1199006)
  for _, attribute in ipairs(attributes.scalars) do
    local name = attribute.name
    lu.assertNotNil(LENGTHS[name] or RANGES[name] or name == "auto_start" or nil, name)
  end
end

function tests.test_only_names_have_to_be_there()
  for _, attribute in ipairs(attributes.list) do
    local name = attribute.name
    local needed = name == "bk_process_name" or name == "bk_func_name"
    lu.assertEquals(code(name, NULL), needed and 1199010 or nil, name)
    if attribute.type == "text" then
      lu.assertEquals(code(name, ""), needed and 1199010 or nil, name)
    end
  end
end

function tests.test_a_new_process_has_every_attribute()
  local made = attributes.from_map { bk_process_name = " web ", bk_func_name = "nginx",
    unheard_of = 1 }
  local expected = { bk_process_name = "web", bk_func_name = "nginx", auto_start = false,
    bind_info = NULL }
  for name in pairs(LENGTHS) do expected[name] = expected[name] or "" end
  for name in pairs(RANGES) do expected[name] = NULL end
  lu.assertEquals(made, expected)
  for _, row in ipairs {
    { { bk_process_name = "web" }, 1199010 },
    { { bk_process_name = "web", bk_func_name = "nginx", timeout = -1 }, 1199011 },
  } do
    local none, refusal = attributes.from_map(row[1])
    lu.assertNil(none)
    lu.assertEquals(refusal.code, row[2])
  end
end

function tests.test_changes_are_trimmed_where_they_stand()
  local changes = { user = " root\t", timeout = 5, description = NULL }
  lu.assertNil(attributes.check_changes(changes))
  lu.assertEquals(changes, { user = "root", timeout = 5, description = NULL })
  lu.assertEquals(attributes.check_changes({ bk_process_name = "  " }).code, 1199011)
end

function tests.test_a_request_is_typed()
  lu.assertEquals(attributes.decode { User = "root", timeout = 5, auto_start = NULL, more = 1 },
    { user = "root", timeout = 5, auto_start = NULL })
  for _, raw in ipairs { { user = 5 }, { timeout = 5.5 }, { timeout = "5" }, { auto_start = "no" },
    { bk_process_id = "1" }, { bk_biz_id = 1.5 }, { service_instance_id = {} },
    { bind_info = { { port = 80 } } } } do
    lu.assertNil(attributes.decode(raw), json.encode(raw))
  end
  lu.assertEquals(attributes.decode({ bind_info = { ROW } }).bind_info[1].port, "80")
  lu.assertEquals(attributes.typed_rows({ ROW })[1].port, "80")
  lu.assertEquals(attributes.typed_rows(nil), NULL)
  lu.assertEquals(attributes.typed_rows(NULL), NULL)
end

return tests
