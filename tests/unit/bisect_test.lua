-- A refused batch: what is bad in it is found, everything beside it is done, in few calls.

local lu = require "luaunit"
local bisect = require "remora.reconcile.bisect"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local json = require "json"
local playbook = require "tests.support.playbook"
local report = require "remora.cli.report"
local world = require "tests.support.world"

local LIMIT = 100 -- of create_service_instance

local TOPOLOGY = [[
businesses:
  demo:
    sets: { prod: { modules: { cron: { hosts: ["10.0.0.[1-100]"] } } } }
]]

local CROND = playbook.text { "instances:", "  - where: { module: cron }",
  "    processes: { crond: { bk_func_name: crond } }" }

local tests = {}

-- Refuses every batch with one of the bad hosts in it, as the platform does.
local function refusing(platform, bad, code)
  platform.before_call = function(name, args)
    if name ~= "cc.create_service_instance" then return nil end
    for _, item in ipairs(args.instances) do
      if bad[item.bk_host_id] then return fault.new { code = code, message = "no" } end
    end
  end
end

-- So many hosts, evenly spread from the first one to the last.
local function chosen(platform, count)
  local hosts = platform:must("cc.list_biz_hosts", { bk_biz_id = 1, fields = { "bk_host_id" },
    page = { start = 0, limit = LIMIT, sort = "bk_host_id" } }).info
  local bad = {}
  for i = 1, count do
    local position = 1 + (i - 1) * (LIMIT - 1) // math.max(1, count - 1)
    bad[hosts[position].bk_host_id] = true
  end
  return bad
end

for _, count in ipairs { 1, 2, 3, 10, 100 } do
  tests[("test_%d_bad_items_of_a_batch_are_found"):format(count)] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    refusing(platform, chosen(platform, count), 1199006)
    platform:count_anew()
    local result = world.apply(platform, CROND)
    local extra = platform:writes()["cc.create_service_instance"] - 1
    lu.assertTrue(extra <= 2 * count * math.log(LIMIT, 2) + count, extra .. " calls")
    lu.assertEquals(#result.failures, count)
    lu.assertEquals(result.objects, LIMIT - count)
    for _, failure in ipairs(result.failures) do
      lu.assertEquals(#failure.labels, 1)
      lu.assertStrMatches(failure.places[1], ".*:4")
    end
    lu.assertEquals(report.code(result), 4)
  end
end

-- Refusals that say nothing about the items are not worth a second call.
for _, code in ipairs { 1117008, "net.timeout" } do
  tests["test_no_search_after_" .. code] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    refusing(platform, chosen(platform, 1), code)
    platform:count_anew()
    local result = world.apply(platform, CROND)
    lu.assertEquals(platform:writes(), { ["cc.create_service_instance"] = 1 })
    lu.assertEquals(#result.failures[1].labels, LIMIT)
  end
end

function tests.test_halves_carry_their_items_and_changes()
  local step = { call = "cc.delete_process_instance", objects = 3, changes = { 4, 5, 6 },
    args = { bk_biz_id = 1, process_instance_ids = json.array { 7, 8, 9 } } }
  local halves = bisect.halves(step, fault.new { code = 1199006, message = "no" })
  local shown = {}
  for i, half in ipairs(halves) do shown[i] = { half.objects, half.changes, half.args } end
  lu.assertEquals(shown, {
    { 1, { 4 }, { bk_biz_id = 1, process_instance_ids = { 7 } } },
    { 2, { 5, 6 }, { bk_biz_id = 1, process_instance_ids = { 8, 9 } } },
  })
  lu.assertIsNil(bisect.halves(halves[1], fault.new { code = 1199006, message = "no" }))
end

-- Which refusals are of what a batch carries, and which of the caller, of the bus or of the moment.
local CODES = {
  { true, { 1199006, 1199014, 1305999, 1307000 } },
  { false, { 1100004, 1117008, 1199002, 1199027, 1199997, 1199998, 9900403, 1306000, 1306201,
    1306429, 1306999, "net.timeout" } },
}

function tests.test_which_refusals_are_searched_for_an_item()
  local step = { call = "cc.delete_process_instance", objects = 2, changes = { 4, 5 },
    args = { bk_biz_id = 1, process_instance_ids = json.array { 7, 8 } } }
  for _, row in ipairs(CODES) do
    for _, code in ipairs(row[2]) do
      local halves = bisect.halves(step, fault.new { code = code, message = "no" })
      lu.assertEquals(halves ~= nil, row[1], code)
    end
  end
end

return tests
