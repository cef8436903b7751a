-- Which calls the processes of instances share: what can wait goes with what has to, and no call is
-- left with room that another would have filled.

local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local lu = require "luaunit"
local playbook = require "tests.support.playbook"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    sets: { tools: { modules: { cron: { hosts: ["10.0.1.[1-2]"] } } } }
]]

local function rules(...)
  return playbook.text { "instances:", ... }
end

local tests = {}

-- Processes of one executable, each as "name regex".
local function java(processes)
  local lines = { "  - where: { module: cron }", "    prune: true", "    processes:" }
  for i, each in ipairs(processes) do
    lines[i + 3] = ("      %s: { bk_func_name: java, bk_start_param_regex: %s }"):format(
      each:match("^(%w+) (%w+)$"))
  end
  return rules(table.unpack(lines))
end

-- What has to wait decides when its whole call goes. One playbook after the other, and the steps.
local COMPANY = {
  -- d could be made at once, c only when a has let go, which waits until b is gone
  { { "a p", "b q" }, { "a q", "c p", "d s" },
    { "1 delete_process_instance 2", "2 update_process_instance 2",
      "3 create_process_instance 2", "3 create_process_instance 2" } },
  { { "a p", "b q", "c r" }, { "a q", "c t" }, -- c could go at once, a only when b is gone
    { "1 delete_process_instance 2", "2 update_process_instance 4" } },
  { { "a p", "b q", "c r" }, { "a q", "b s", "c t" }, -- c goes with either
    { "1 update_process_instance 4", "2 update_process_instance 2" } },
  { { "a p", "b q", "c r", "d s" }, { "a q", "b p", "c s", "d r" }, -- two rings, opened at once
    { "1 update_process_instance 4", "2 update_process_instance 4",
      "3 update_process_instance 4" } },
}

function tests.test_what_can_wait_goes_with_what_has_to()
  for i, case in ipairs(COMPANY) do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, java(case[1]))
    lu.assertEquals(world.steps(world.plan(platform, java(case[2]))), case[3], "case " .. i)
    world.converge(platform, java(case[2]))
  end
end

-- On one host a process is simply gone, on the other it makes room for the next one first.
function tests.test_deletions_of_all_service_instances_share_a_call()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, java { "a p", "b q" })
  local function on(host, process)
    return ("  - { where: { module: cron, hosts: [%s] }, prune: true, processes: { %s } }"):format(
      host, process)
  end
  local text = rules(on("10.0.1.1", "c: { bk_func_name: c }"), on("10.0.1.2", "a: {}"))
  lu.assertEquals(world.steps(world.plan(platform, text)),
    { "1 create_process_instance 1", "2 delete_process_instance 3" })
  world.converge(platform, text)
end

-- One item, as many as a call takes, and one more.
function tests.test_calls_are_full_to_the_limit()
  local platform <close> = fleet.new((TOPOLOGY:gsub("10.0.1.%[1%-2%]", "10.0.1.[1-101]")))
  local function steps(on, what)
    local where = ("{ module: cron, hosts: [%s] }"):format(table.concat(on, ", "))
    local text = rules(("  - { where: %s, prune: true, processes: { %s } }"):format(where, what))
    local plan = world.plan(platform, text)
    world.converge(platform, text)
    return world.steps(plan)
  end
  local hosts = {}
  for i = 1, 101 do hosts[i] = "10.0.1." .. i end
  local function call(name, ...)
    local list = {}
    for i, count in ipairs { ... } do list[i] = ("1 %s %d"):format(name, count) end
    return list
  end
  local hundred = table.move(hosts, 1, 100, 1, {})
  lu.assertEquals(steps({ hosts[101] }, "a: { bk_func_name: a }"),
    call("create_service_instance", 1))
  lu.assertEquals(steps(hundred, "a: { bk_func_name: a }"),
    call("create_service_instance", 100))
  lu.assertEquals(steps(hundred, "a: { timeout: 1 }"), call("update_process_instance", 100))
  lu.assertEquals(steps(hosts, "a: { timeout: 2 }"), call("update_process_instance", 100, 1))
  lu.assertEquals(steps(hosts, ""), call("delete_process_instance", 101))
  lu.assertEquals(steps(hosts, "a: { bk_func_name: a }"),
    call("create_service_instance", 100, 1))
end

-- Rings of two on so many hosts, three updates each: who has many does not open all at once, or the
-- last call of every round would go half empty. The objects of each step, by stage.
local RINGS = {
  { 101, { "1 100", "2 100", "3 100", "4 3" } },
  { 150, { "1 100", "2 100", "3 100", "4 100", "4 50" } },
  { 200, { "1 100", "1 100", "2 100", "2 100", "3 100", "3 100" } },
}

function tests.test_no_call_of_many_rings_goes_half_empty()
  for _, case in ipairs(RINGS) do
    local platform <close> = fleet.new(
      (TOPOLOGY:gsub("10.0.1.%[1%-2%]", "10.0.1.[1-" .. case[1] .. "]")))
    world.converge(platform, java { "a p", "b q" })
    local text, steps = java { "a q", "b p" }, {}
    local plan = world.plan(platform, text)
    for i, step in ipairs(plan.steps) do steps[i] = step.stage .. " " .. step.objects end
    lu.assertEquals(steps, case[2])
    lu.assertEquals(plan.certificate[1].lower_bound, (3 * case[1] + 99) // 100)
    platform:count_anew()
    world.converge(platform, text)
    lu.assertEquals(platform:writes(), { ["cc.update_process_instance"] = #steps })
  end
end

function tests.test_what_waits_for_company_that_cannot_come_goes_alone()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, java { "a p", "b q", "c r" })
  platform.before_call = function(call)
    if call ~= "cc.delete_process_instance" then return nil end
    return fault.new { code = 1199999, call = call, message = "no" }
  end
  local result = world.apply(platform, java { "a q", "c t" })
  lu.assertEquals(#result.failures, 2)
  local row = world.processes(platform)["tools/cron/10.0.1.1/c"]
  lu.assertEquals(row.process.bk_start_param_regex, "t")
end

return tests
