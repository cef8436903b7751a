-- Every row of the catalogue is well formed, and rows are found by their names.

local lu = require "luaunit"
local bind = require "remora.catalogue.bind"
local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"

local tests = {}

local TYPES = { integer = true, number = true, string = true, boolean = true, array = true,
  object = true, any = true }
local SYSTEMS = { cc = true, cc_v3 = true, job = true, gse = true }
local VERBS = { GET = true, POST = true, PUT = true, DELETE = true }
local RULES = { strict = true, loose = true, none = true }
local ROW = {}
for name in ([[name key system doc verb path path_fields other_paths esb esb_wrap gateway
  gateway_verb aliases internal deprecated writes repeatable raw open batch page takes gives
  differs polled named]]):gmatch("%S+") do ROW[name] = true end
local FIELD = { [1] = true, [2] = true }
for name in ([[required nullable default echoed items fields values open raw in_query legacy spelled
  min max min_items max_items max_bytes max_runes enum doc differs]]):gmatch("%S+") do
  FIELD[name] = true
end

local function assert_type(kind, where)
  lu.assertStrMatches(kind, "[%a|]+", nil, nil, where)
  for each in kind:gmatch "[^|]+" do lu.assertTrue(TYPES[each], where .. ": " .. each) end
end

local function assert_fields(fields, path)
  local seen = {}
  for _, field in ipairs(fields) do
    local where = path .. "." .. tostring(field[1])
    lu.assertIsString(field[1], where)
    lu.assertNil(seen[field[1]], where .. " twice")
    seen[field[1]] = true
    assert_type(field[2], where)
    for name in pairs(field) do lu.assertTrue(FIELD[name], where .. " has " .. tostring(name)) end
    local numbered = field.enum and #field.enum > 2 and tonumber(field.enum[1])
    lu.assertTrue(not numbered or field.doc ~= nil, where .. ": what does each number mean?")
    if field.items then lu.assertEquals(field[2], "array", where) end
    if field.fields or field.values then lu.assertEquals(field[2], "object", where) end
    if field[2] == "array" then lu.assertNotNil(field.items, where .. " of what?") end
    if type(field.items) == "table" then
      assert_fields(field.items, where .. "[]")
    elseif field.items then
      assert_type(field.items, where)
    end
    if field.values then assert_type(field.values, where) end
    if field.fields then assert_fields(field.fields, where) end
  end
  return seen
end

function tests.test_rows_are_well_formed()
  for _, row in ipairs(catalogue.rows()) do
    local where = row.key
    for name in pairs(row) do lu.assertTrue(ROW[name], where .. " has " .. name) end
    lu.assertTrue(SYSTEMS[row.system], where)
    lu.assertTrue(VERBS[row.verb], where)
    lu.assertStrMatches(row.doc, "%u[^\n]*%.", nil, nil, where)
    lu.assertTrue(#row.doc <= 95, where .. ": one line of documentation")
    lu.assertTrue(#row.gives > 0, where)
    lu.assertStrMatches(row.path, "/[%w_/{}-]*[%w}]", nil, nil, where)
    local takes = assert_fields(row.takes, where)
    for _, name in ipairs(row.path_fields) do lu.assertTrue(takes[name], where .. " " .. name) end
    if row.batch then lu.assertTrue(takes[row.batch.field], where .. " batch") end
    if row.page then lu.assertTrue(RULES[row.page.rule], where .. " page") end
    if not row.writes then lu.assertTrue(row.repeatable, where) end
    if row.gateway then lu.assertTrue(VERBS[row.gateway_verb], where) end
  end
end

-- A plan sends what passes for a read.
function tests.test_only_calls_named_as_reads_write_nothing()
  local reads = { find = true, get = true, list = true, search = true,
    resource_watch = true, sync_proc_status = true }
  for _, row in ipairs(catalogue.rows()) do
    local read = reads[row.name:match "^%l+"] or reads[row.name] or false
    lu.assertEquals(not row.writes, read, row.key)
  end
end

-- As documented of each call.
function tests.test_how_many_a_call_takes()
  for _, row in ipairs {
    { 100, "cc.update_process_instance" }, { 1000, "cc.update_process_instances_by_ids" },
    { 200, "cc.find_host_topo_relation" }, { 500, "cc.find_host_topo_relation", "bk_host_ids" },
    { nil, "cc.sync_service_template_to_service_instance" }, { nil, "cc.search_business" },
  } do
    lu.assertEquals(catalogue.limit(row[2], row[3]), row[1], row[2])
  end
end

function tests.test_path_arguments_can_always_be_filled()
  for _, row in ipairs(catalogue.rows()) do
    for _, name in ipairs(row.path_fields) do
      for _, field in ipairs(row.takes) do
        if field[1] == name then
          lu.assertTrue(field.required or field.default ~= nil, row.key .. " " .. name)
        end
      end
    end
  end
end

function tests.test_names_and_routes_are_unique()
  local keys, routes, bus = {}, {}, {}
  for _, row in ipairs(catalogue.rows()) do
    for _, name in ipairs { row.name, table.unpack(row.aliases) } do
      local key = row.system .. "." .. name
      lu.assertNil(keys[key], key)
      keys[key] = true
    end
    for _, path in ipairs { row.path, table.unpack(row.other_paths or {}) } do
      local route = row.verb .. " " .. path:gsub("{[%w_]+}", "{}")
      lu.assertNil(routes[route], route)
      routes[route] = true
    end
    if row.esb then
      lu.assertNil(bus[row.esb], row.esb)
      bus[row.esb] = true
    end
  end
end

function tests.test_get()
  for _, row in ipairs {
    { "update_process_instance", "cc.update_process_instance" },
    { "cc.update_process_instance", "cc.update_process_instance" },
    { "sync_service_instance_by_template", "cc.sync_service_template_to_service_instance" },
    { "cc.update_service_instance", "cc.update_service_instances" },
    { "create_process", "cc_v3.create_process" },
    { "operate_proc", "job.operate_proc" },
    { "gse.operate_proc", "gse.operate_proc" },
  } do
    lu.assertEquals(catalogue.get(row[1]).key, row[2])
  end
end

function tests.test_an_unknown_call_names_the_nearest()
  for _, row in ipairs {
    { "update_proces_instance", "update_process_instance" },
    { "cc.serch_set", "cc.search_set" },
    { "gse.operate_prc", "gse.operate_proc" },
  } do
    local found, refused = catalogue.get(row[1])
    lu.assertNil(found)
    lu.assertTrue(fault.is(refused))
    lu.assertStrContains(refused.hint, row[2])
  end
end

function tests.test_every_call_is_bound()
  local asked
  local bound = bind { call = function(_, row, arguments)
    asked = { row.key, arguments }
    return "data"
  end }
  for _, row in ipairs(catalogue.rows()) do lu.assertIsFunction(bound[row.system][row.name]) end
  lu.assertEquals(bound.cc.find_set_batch { bk_biz_id = 2, bk_ids = { 1 }, fields = {} }, "data")
  lu.assertEquals(asked, { "cc.find_set_batch", { bk_biz_id = 2, bk_ids = { 1 }, fields = {} } })
  asked = nil
  local data, refused = bound.cc.find_set_batch { bk_biz = 2, bk_ids = { 1 }, fields = {} }
  lu.assertNil(data)
  lu.assertTrue(fault.is(refused))
  lu.assertNil(asked)
  lu.assertErrorMsgContains("search_set", function() return bound.cc.serch_set end)
end

return tests
