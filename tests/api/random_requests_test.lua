-- The short form of tests/fuzz/fuzz_router.lua: random requests, the same in every run, are
-- answered in the envelope without a bug, and what they leave behind still fits together.

local json = require "json"
local lu = require "luaunit"
local platform = require "tests.support.platform"
local requests = require "tests.support.requests"
local system = require "system"

local SEEDS = 5
local COUNT = system.getenv("REMORA_GC_STRESS") and 60 or 600 -- requests for each seed

-- What points at nothing, or stands without its other half: one query for each rule. A relation may
-- outlive its process (the platform deletes processes of other businesses, and not their relations)
-- and a process template its service template: there is no rule about those.
local RULES = {
  ["a process without its relation"] = "SELECT count(*) FROM process WHERE bk_process_id NOT IN "
    .. "(SELECT bk_process_id FROM relation)",
  ["a process outside of its service instance"] = "SELECT count(*) FROM process "
    .. "WHERE service_instance_id NOT IN (SELECT id FROM service_instance)",
  ["a service instance outside of modules"] = "SELECT count(*) FROM service_instance "
    .. "WHERE bk_module_id NOT IN (SELECT bk_module_id FROM module)",
  ["a service instance where its host is not"] = "SELECT count(*) FROM service_instance s "
    .. "WHERE NOT EXISTS (SELECT 1 FROM host_module h WHERE h.bk_host_id = s.bk_host_id "
    .. "AND h.bk_module_id = s.bk_module_id)",
  ["a host nowhere"] = "SELECT count(*) FROM host_module WHERE bk_host_id NOT IN "
    .. "(SELECT bk_host_id FROM host) OR bk_module_id NOT IN (SELECT bk_module_id FROM module)",
  ["a host of two businesses"] = "SELECT count(*) FROM (SELECT 1 FROM host_module "
    .. "GROUP BY bk_host_id HAVING count(DISTINCT bk_biz_id) > 1)",
}

local tests = {}

for seed = 1, SEEDS do
  tests["test_seed_" .. seed] = function()
    local server <close> = platform.new()
    local choose = requests.seeded(seed)
    for _ = 1, COUNT do
      local request = requests.make(choose)
      local what = ("%s %s %s"):format(request.method, request.path, request.body)
      local _, _, body = server.router:handle(request)
      local answer = json.decode(body)
      lu.assertEquals(server.logged, {}, what)
      lu.assertTrue(type(answer) == "table" and type(answer.result) == "boolean", what)
    end
    for what, sql in pairs(RULES) do lu.assertEquals(server.store:value(sql), 0, what) end
  end
end

return tests
