-- Lists of service instances that are kept packed: as if they were plain ones.

local json = require "json"
local lu = require "luaunit"
local order = require "remora.core.order"
local packed = require "remora.observe.packed"

local FIELDS = { "bk_process_name", "user" }

-- The row of a process, with the look of one of two.
local function row(id, instance, more)
  local made = { id = id, instance = instance, module = 1, name = "web " .. instance,
    template = 7, bk_host_id = 100 + instance, bk_cloud_id = 0,
    bk_host_innerip = "10.0.0." .. instance, look = id % 2 == 0 and '["p","root"]' or '["q",null]' }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

-- The lists of some rows by module.
local function lists(rows, hosts)
  local found = packed.new(FIELDS, hosts)
  for _, each in ipairs(rows) do found:add(each) end
  return found:close()
end

local LOOKS = { [0] = { bk_process_name = "p", user = "root" },
  { bk_process_name = "q", user = json.null } }

-- The same as plain lists.
local function plain_lists(rows)
  local modules, instances = {}, {}
  for _, each in ipairs(rows) do
    local instance, its = instances[each.instance], LOOKS[each.id % 2]
    if not instance then
      instance = { id = each.instance, name = each.name, module_id = each.module,
        host_id = each.bk_host_id, ip = each.bk_host_innerip, processes = {} }
      instances[each.instance], modules[each.module] = instance, modules[each.module] or {}
      table.insert(modules[each.module], instance)
    end
    table.insert(instance.processes, { id = each.id, name = its.bk_process_name, values = its,
      template_id = each.template })
  end
  for _, list in pairs(modules) do
    table.sort(list, order.by_id)
    for _, instance in ipairs(list) do table.sort(instance.processes, order.by_id) end
  end
  return modules
end

local CASES = {
  in_order = { row(1, 1), row(2, 2), row(3, 3) },
  several_of_an_instance = { row(1, 1), row(2, 2), row(3, 1), row(4, 2), row(5, 2) },
  out_of_order = { row(1, 3), row(2, 1), row(3, 2), row(4, 1) },
  several_modules = { row(1, 1), row(2, 2, { module = 2 }), row(3, 3) },
  no_template = { row(1, 1, { template = 0 }), row(2, 1, { template = 8 }) },
}

local tests = {}

for name, rows in pairs(CASES) do
  tests["test_says_what_a_plain_list_says_" .. name] = function()
    local kept = lists(rows)
    for module_id, list in pairs(plain_lists(rows)) do
      lu.assertEquals(table.move(kept[module_id], 1, #kept[module_id], 1, {}), list)
      lu.assertEquals(packed.counts(kept[module_id]), packed.counts(list))
      kept[module_id] = nil
    end
    lu.assertEquals(kept, {})
  end
end

-- What a list hands out, process by process.
local function handed(list)
  local all = {}
  packed.each(list, function(...) all[#all + 1] = { ... } end)
  return all
end

for name, rows in pairs(CASES) do
  tests["test_hands_out_its_processes_as_a_plain_list_does_" .. name] = function()
    local kept = lists(rows)
    for module_id, list in pairs(plain_lists(rows)) do
      lu.assertEquals(handed(kept[module_id]), handed(list))
    end
  end
end

function tests.test_hands_out_what_each_process_is_by_the_number_of_its_instance()
  local p, q = LOOKS[0], LOOKS[1]
  lu.assertEquals(handed(lists(CASES.several_of_an_instance)[1]),
    { { 1, 1, 7, q }, { 1, 3, 7, q }, { 2, 2, 7, p }, { 2, 4, 7, p }, { 2, 5, 7, q } })
end

function tests.test_is_walked_like_a_list()
  local list, ids = lists(CASES.out_of_order)[1], {}
  for i, instance in ipairs(list) do ids[i] = instance.id end
  lu.assertEquals(ids, { 1, 2, 3 })
  lu.assertIsNil(list[4])
end

function tests.test_who_holds_an_instance_is_given_the_same_again()
  local list = lists(CASES.in_order)[1]
  local first = list[1]
  collectgarbage()
  lu.assertIs(list[1], first)
end

function tests.test_those_that_look_alike_share_their_values()
  local list = lists(CASES.in_order)[1]
  lu.assertIs(list[1].processes[1].values, list[3].processes[1].values)
end

function tests.test_hands_on_the_hosts_of_its_rows_to_who_looks_for_them()
  local known = { id = 101, ip = "10.0.0.1" }
  local hosts = { [101] = known }
  lists({ row(1, 1), row(2, 2), row(3, 2) }, hosts)
  lu.assertIs(hosts[101], known)
  lu.assertEquals(hosts[102],
    { id = 102, cloud_id = 0, ip = "10.0.0.2", inner = "10.0.0.2" })
  lu.assertEquals(order.keys(hosts), { 101, 102 })
end

function tests.test_tells_the_address_by_which_people_know_a_host()
  for _, case in ipairs {
    { { bk_host_innerip = "10.0.0.7,10.0.0.8" }, "10.0.0.7" },
    { { bk_host_innerip = "", bk_host_innerip_v6 = "fd00::7" }, "fd00::7" },
    { { bk_host_innerip = "" }, "host 101" },
  } do
    local list = lists({ row(1, 1, case[1]) })[1]
    lu.assertEquals({ packed.host(list, 1) }, { 101, case[2] })
    lu.assertEquals(list[1].ip, case[2])
  end
end

return tests
