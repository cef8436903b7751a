-- What hosting asks for: by what a rule wants, what the agent says and what was registered; and in
-- which order a rollout goes about it.

local lu = require "luaunit"
local builder = require "remora.reconcile.builder"
local fault = require "remora.core.fault"
local guard = require "remora.reconcile.guard"
local json = require "json"
local numbers = require "remora.hosting.numbers"
local plan = require "remora.hosting.plan"
local planner = require "remora.reconcile.plan"
local said = require "remora.hosting.said"

local VALUES = { work_path = "/d", pid_file = "/p", start_cmd = "s", stop_cmd = "t", user = "u",
  proc_num = 1, priority = 1 }

local function copy(values, more)
  local made = {}
  for name, value in pairs(values) do made[name] = value end
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

-- A business with one module, "web", and processes {host number, name, values}.
local function state_of(processes)
  local state = {
    business = { id = 7, name = "demo" },
    sets = { { id = 1, name = "prod" } },
    modules = { { id = 2, name = "web", set_id = 1, set_name = "prod", template_id = 0 } },
    hosts = {}, instances_of = { [2] = {} },
    hosting = { labelled = {}, agents = said.new(), known = {}, former = {}, acted = {} },
  }
  state.module_by_id = { [2] = state.modules[1] }
  for id, each in ipairs(processes) do
    local host, name, values = table.unpack(each)
    values = copy(copy(VALUES, values), { bk_process_name = name })
    local ip = "10.0.0." .. host
    state.hosts[host] = { id = host, cloud_id = 0, ip = ip, inner = ip }
    table.insert(state.instances_of[2], { id = id, name = "i" .. id, module_id = 2, host_id = host,
      processes = { { id = id, name = name, values = values } } })
  end
  return state
end

local function rule(more)
  return copy({ where = { module = json.array { "web" } }, state = "hosted", via = "job",
    owner = "admin", type = 1 }, more)
end

local function playbook(...)
  local section = json.array { ... }
  return { name = "p", sections = { hosting = section }, at = function(container, key)
    return container == section and { file = "p.yml", line = key, column = 1 } or nil
  end }
end

local function rounds(state, pb)
  local b = builder.new("hosting")
  plan.plan(pb, state, b)
  local lines = {}
  for _, step in ipairs(b.steps) do
    lines[#lines + 1] = ("%s %s %d"):format(step.group, step.call, step.objects)
  end
  return lines, b
end

local PLACE = "0:10.0.0.1:nginx_1"
local NO, HOSTED, RUNS = { false, false }, { true, false }, { true, true }
local STRAY = { false, true }

-- The definition that the rule makes of the only process, as it would have been registered.
local function registered(via)
  local state = state_of { { 1, "nginx" } }
  local _, b = rounds(state, playbook(rule { via = via }))
  return plan.simulate(state, b.steps).hosting.known[PLACE]
end

-- state of the rule; what the agent says; what is known: nil, "same" or "other"; what is done
local WISHES = {
  { "hosted", NO, nil, "register" },
  { "hosted", STRAY, nil, "register" },
  { "hosted", HOSTED, "same", nil },
  { "hosted", RUNS, "same", nil },
  { "hosted", HOSTED, nil, "unregister" },    -- somebody else's definition
  { "hosted", HOSTED, "other", "unregister" },
  { "hosted", HOSTED, "gse", "unregister" },  -- another way
  { "hosted", NO, "same", "register" },       -- somebody took it back
  { "hosted", NO, "other", "register" },
  { "unhosted", NO, nil, nil },
  { "unhosted", NO, "same", nil },
  { "unhosted", STRAY, nil, nil },
  { "unhosted", HOSTED, nil, "unregister" },
  { "unhosted", RUNS, "other", "unregister" },
  { "running", NO, nil, "register" },
  { "running", HOSTED, "same", "start" },
  { "running", RUNS, "same", nil },
  { "running", RUNS, "other", "unregister" },
  { "stopped", RUNS, "same", "stop" },
  { "stopped", STRAY, nil, "stop" },
  { "stopped", HOSTED, "same", "unregister" },
  { "stopped", NO, nil, nil },
  -- An agent that did not answer may be anything but right.
  { "hosted", 117, "same", "register" },
  { "unhosted", 117, nil, "unregister" },
  { "running", 115, nil, "register" },
  { "stopped", 117, nil, "stop" },
}

local tests = {}

function tests.test_wishes()
  local same = registered "job"
  local known = { same = same, gse = registered "gse",
    other = { via = "job", entry = copy(same.entry, { start_cmd = "z" }) } }
  for i, case in ipairs(WISHES) do
    local wanted, agent, memory, verb = table.unpack(case, 1, 4)
    local state = state_of { { 1, "nginx" } }
    state.hosting.agents[PLACE] = type(agent) == "number"
      and { hosted = false, running = false, lost = agent }
      or { hosted = agent[1], running = agent[2] }
    state.hosting.known[PLACE] = known[memory]
    local _, b = rounds(state, playbook(rule { state = wanted }))
    lu.assertEquals(b.steps[1] and b.steps[1].group, verb, "case " .. i)
    lu.assertEquals(#b.steps, verb and 1 or 0, "case " .. i)
    if memory == "gse" then
      lu.assertEquals(b.steps[1].call, "gse.operate_proc_multi")
      lu.assertEquals(b.steps[1].changes[1].fields[1],
        { name = "via", old = "gse", new = "job" })
    end
  end
end

function tests.test_every_wish_comes_to_an_end()
  for _, wanted in ipairs { "hosted", "unhosted", "running", "stopped" } do
    for _, agent in ipairs { NO, HOSTED, RUNS, STRAY } do
      local state = state_of { { 1, "nginx" } }
      state.hosting.agents[PLACE] = { hosted = agent[1], running = agent[2] }
      local kind = { name = "hosting", plan = plan.plan, simulate = plan.simulate }
      local pb = playbook(rule { state = wanted })
      local made, after = planner.make(pb, state, { kind })
      lu.assertTrue(#made.steps <= 3, wanted)
      lu.assertEquals(rounds(after(), pb), {}, wanted)
      for _, row in ipairs(made.certificate) do
        lu.assertEquals(row.scheduled, row.lower_bound)
        lu.assertNil(row.limit, row.call) -- any number of processes, if there is one or more
      end
    end
  end
end

function tests.test_hosts_share_calls_and_definitions_share_entries()
  local state = state_of { { 1, "nginx" }, { 2, "nginx" }, { 3, "nginx", { user = "x" } } }
  local lines, b = rounds(state, playbook(rule()))
  lu.assertEquals(lines, { "register job.manage_proc 3" })
  local infos = b.steps[1].args.process_infos
  lu.assertEquals({ #infos, #infos[1].ip_list, #infos[2].ip_list }, { 2, 2, 1 })
end

-- What its limit counts are the definitions, of which a call has one here.
function tests.test_over_gse_too_every_process_counts_as_changed()
  local state = state_of { { 1, "nginx" }, { 2, "nginx" }, { 3, "nginx" } }
  local kind = { name = "hosting", plan = plan.plan, simulate = plan.simulate }
  local made = planner.make(playbook(rule { via = "gse" }), state, { kind })
  local row = made.certificate[1]
  lu.assertEquals({ row.call, row.objects, row.lower_bound, row.scheduled },
    { "gse.operate_proc_multi", 3, 1, 1 })
  for most, refused in pairs { [2] = "3 objects would change, more than 2", [3] = false } do
    local refusals = guard.refusals(made, { limits = { changes = { count = most } } })
    lu.assertEquals(refusals[1] and refusals[1].message or false, refused)
  end
end

function tests.test_a_changed_definition_is_taken_back_then_given()
  local state = state_of { { 1, "nginx" }, { 2, "nginx" }, { 3, "nginx" } }
  local pb = playbook(rule())
  local kind = { name = "hosting", plan = plan.plan, simulate = plan.simulate }
  local _, hosted = planner.make(pb, state, { kind })
  local made = planner.make(playbook(rule { cpu_lmt = 5 }), hosted(), { kind })
  lu.assertEquals(#made.steps, 2)
  lu.assertEquals({ made.steps[1].group, made.steps[1].objects }, { "unregister", 3 })
  lu.assertEquals({ made.steps[2].group, made.steps[2].objects }, { "register", 3 })
  lu.assertEquals(made.changes[1].fields, json.array { { name = "cpu_lmt", new = 5 } })
  lu.assertEquals(#made.changes[1].cascades, 1)
end

local function names_of(found)
  local names = {}
  for each in found do
    names[#names + 1] = ("%s %d %d"):format(each.name, each.inst_id, each.local_inst_id)
  end
  return names
end

function tests.test_numbers_count_copies_in_the_module_and_on_the_host()
  local state = state_of { { 1, "nginx", { proc_num = 2 } }, { 1, "nginx" }, { 2, "nginx" },
    { 1, "php" } }
  lu.assertEquals(names_of(numbers.each(state)),
    { "nginx 1 1", "nginx 3 3", "nginx 4 1", "php 1 1" })
  local lines = rounds(state, playbook(rule()))
  lu.assertEquals(lines, { "register job.manage_proc 5" })
end

local function web(process)
  return { module = json.array { "web" }, process = json.array { process } }
end

local function in_batches(share)
  return { batch = { percent = math.tointeger(share:match "%d+") }, order = "priority", pause = 0,
    max_failures = 0 }
end

local function of_each_priority(count)
  local processes = {}
  for i = 1, count do processes[i] = { 1, "p" .. i, { priority = i } } end
  return processes
end

-- processes, rules, problems as "line message"
local PROBLEMS = {
  { "no pid file", { { 1, "nginx", { pid_file = "" } } }, { rule() },
    { "1 prod/web/10.0.0.1/nginx_1 cannot be hosted: it has no pid_file" } },
  { "nothing at all", { { 1, "nginx", { pid_file = json.null, work_path = "", start_cmd = "" } } },
    { rule() },
    { "1 prod/web/10.0.0.1/nginx_1 cannot be hosted: "
      .. "it has no work_path and no pid_file and no start_cmd" } },
  { "gse needs the user", { { 1, "nginx", { user = "" } } }, { rule { via = "gse" } },
    { "1 prod/web/10.0.0.1/nginx_1 cannot be hosted: it has no user" } },
  { "stopping needs its command", { { 1, "nginx", { stop_cmd = "" } } },
    { rule { state = "stopped" } },
    { "1 prod/web/10.0.0.1/nginx_1 cannot be stopped: it has no stop_cmd" } },
  { "taking back needs nothing", { { 1, "nginx", { pid_file = "", start_cmd = "" } } },
    { rule { state = "unhosted" } }, {} },
  { "rules that disagree", { { 1, "nginx" } }, { rule(), rule { where = web "ngi*", cpu_lmt = 9 } },
    { "2 prod/web/10.0.0.1/nginx_1 is hosted differently at p.yml:1:1" } },
  { "rules that want different states", { { 1, "nginx" } },
    { rule(), rule { where = web "nginx", state = "unhosted" } },
    { "2 prod/web/10.0.0.1/nginx_1 is hosted differently at p.yml:1:1" } },
  { "one of two rules rolls out", { { 1, "nginx" } },
    { rule(), rule { where = web "nginx", rollout = in_batches "25%" } },
    { "2 prod/web/10.0.0.1/nginx_1 is hosted differently at p.yml:1:1" } },
  { "rules that roll out differently", { { 1, "nginx" } },
    { rule { rollout = in_batches "10%" },
      rule { where = web "nginx", rollout = in_batches "25%" } },
    { "2 prod/web/10.0.0.1/nginx_1 is hosted differently at p.yml:1:1" } },
  { "rules that compare differently", { { 1, "nginx" } },
    { rule { ignore = { user = true } }, rule { where = web "nginx" } },
    { "2 prod/web/10.0.0.1/nginx_1 is hosted differently at p.yml:1:1" } },
  { "rules that differ about other processes", { { 1, "nginx" }, { 1, "other" } },
    { rule { where = web "other", rollout = in_batches "10%" },
      rule { where = web "nginx", rollout = in_batches "25%" } }, {} },
  { "rules that agree", { { 1, "nginx" } }, { rule(), rule { where = web "nginx" } }, {} },
  { "rules that agree on everything", { { 1, "nginx" } },
    { rule { rollout = in_batches "25%", ignore = { user = true } },
      rule { where = web "nginx", rollout = in_batches "25%", ignore = { user = true } } }, {} },
  { "no such process", { { 1, "nginx" } }, { rule { where = web "ngnix" } },
    { '- no process there is called "ngnix"' } },
  { "no process of such a name", { { 1, "nginx" } }, { rule { where = web "apache*" } },
    { '- no process there matches "apache*"' } },
  { "nobody there yet", {}, { rule { where = web "nginx" } }, {} },
  { "no such module", { { 1, "nginx" } }, { rule { where = { module = json.array { "wbe" } } } },
    { '- there is no module "wbe"' } },
  { "a placeholder that cannot be", { { 1, "nginx", { start_cmd = "${inst_id + x}" } } },
    { rule() },
    { "1 ${inst_id + x}: unknown name 'x'" } },
  { "a rollout without an end", { { 1, "nginx", { proc_num = 151 } } },
    { rule { rollout = { batch = { count = 1 }, order = "none", pause = 0, max_failures = 0 } } },
    { "1 the rollout would take 151 batches, more than 150" } },
  { "a priority for each process", of_each_priority(151), { rule { state = "running" } },
    { "1 the rollout would take 151 batches, more than 150" } },
  { "as many priorities as can be", of_each_priority(150), { rule { state = "running" } }, {} },
  { "priorities that do not matter", of_each_priority(151), { rule() }, {} },
}

function tests.test_problems()
  for _, case in ipairs(PROBLEMS) do
    local _, b = rounds(state_of(case[2]), playbook(table.unpack(case[3])))
    local problems = {}
    for i, problem in ipairs(b.problems) do
      assert(fault.is(problem))
      problems[i] = ("%s %s"):format(problem.at and problem.at.line or "-", problem.message)
    end
    lu.assertEquals(problems, case[4], case[1])
  end
end

-- Which of two rules that want the same says protect.
function tests.test_either_of_two_rules_protects()
  for _, protects in ipairs { { false, false }, { true, false }, { false, true } } do
    local state = state_of { { 1, "nginx" } }
    state.hosting.agents[PLACE] = { hosted = true, running = true }
    local one = rule { state = "unhosted", protect = protects[1] }
    local other = rule { state = "unhosted", where = web "nginx", protect = protects[2] }
    local pb = playbook(one, other)
    pb.at = function(container, key)
      return key == "protect" and { file = "p.yml", line = container == one and 1 or 2 } or nil
    end
    local _, b = rounds(state, pb)
    lu.assertEquals(b.steps[1].changes[1].protected and b.steps[1].changes[1].protected.line,
      protects[1] and 1 or protects[2] and 2 or nil)
  end
end

-- A rollout as the planner sees it: "verb of hosts" round by round.
local function rolled(state, pb, skip)
  local made, after, halts = planner.make(pb, state,
    { { name = "hosting", plan = plan.plan, simulate = plan.simulate } }, { skip = skip })
  local lines = {}
  for i, step in ipairs(made.steps) do
    local hosts = {}
    for n, index in ipairs(step.changes) do
      hosts[n] = made.changes[index].label[3]:match("%d+$")
    end
    lines[i] = step.group .. " " .. table.concat(hosts, ",")
      .. (step.pause and not step.goes_on and " pause " .. step.pause or "")
  end
  return lines, after(), halts
end

local function rollout(batch, more)
  return copy({ batch = batch, order = "none", pause = 3, max_failures = 0 }, more)
end

local function five(priorities)
  local processes = {}
  for i = 1, 5 do
    processes[i] = { i, "nginx", { priority = priorities and priorities[i] or 1 } }
  end
  return state_of(processes)
end

-- batch, what was registered before, order, priorities, rounds
local ROLLOUTS = {
  { { percent = 40 }, nil, "none", nil,
    { "register 1,2 pause 3", "register 3,4 pause 3", "register 5" } },
  { { percent = 30 }, nil, "none", nil, { "register 1 pause 3", "register 2 pause 3",
    "register 3 pause 3", "register 4 pause 3", "register 5" } },
  { { count = 3 }, nil, "none", nil, { "register 1,2,3 pause 3", "register 4,5" } },
  { { count = 9 }, nil, "none", nil, { "register 1,2,3,4,5" } },
  -- A host is back before the next one is taken.
  { { count = 2 }, "old", "none", nil, { "unregister 1,2", "register 1,2 pause 3",
    "unregister 3,4", "register 3,4 pause 3", "unregister 5", "register 5" } },
  { { percent = 100 }, "old", "none", nil, { "unregister 1,2,3,4,5", "register 1,2,3,4,5" } },
  { { percent = 100 }, nil, "priority", { 2, 1, 2, -1, 1 },
    { "register 4 pause 3", "register 2,5 pause 3", "register 1,3" } },
  -- Of each tier by itself: else a share of all could be every host.
  { { percent = 50 }, nil, "priority", { 1, 2, 2, 1, 2 }, { "register 1 pause 3",
    "register 4 pause 3", "register 2 pause 3", "register 3 pause 3", "register 5" } },
  { { count = 1 }, nil, "priority", { 2, 1, 2, 3, 3 }, { "register 2 pause 3",
    "register 1 pause 3", "register 3 pause 3", "register 4 pause 3", "register 5" } },
}

function tests.test_rollouts()
  for i, case in ipairs(ROLLOUTS) do
    local batch, before, order, priorities, want = table.unpack(case, 1, 5)
    local state = five(priorities)
    if before then state = select(2, rolled(state, playbook(rule { cpu_lmt = 1 }))) end
    local lines = rolled(state, playbook(rule { rollout = rollout(batch, { order = order }) }))
    lu.assertEquals(lines, want, "case " .. i)
  end
end

function tests.test_batches_go_by_the_numbers_of_addresses()
  local processes = {}
  for i, host in ipairs { 10, 9, 100, 2, 1 } do processes[i] = { host, "nginx" } end
  lu.assertEquals(rolled(state_of(processes), playbook(rule {
    rollout = rollout { count = 2 } })),
    { "register 1,2 pause 3", "register 10,9 pause 3", "register 100" })
end

function tests.test_what_fits_one_batch_is_given_in_one_call()
  for _, batch in ipairs { { count = 5 }, { count = 6 }, { percent = 100 } } do
    local state = five()
    for i = 1, 2 do -- hosted by somebody else, the others not at all
      state.hosting.agents[("0:10.0.0.%d:nginx_1"):format(i)] = { hosted = true, running = true }
    end
    lu.assertEquals(rolled(state, playbook(rule { rollout = rollout(batch) })),
      { "unregister 1,2", "register 1,2,3,4,5" })
  end
end

function tests.test_stopping_goes_the_other_way_round()
  local state = five { 2, 1, 2, 3, 1 }
  for i = 1, 5 do
    state.hosting.agents[("0:10.0.0.%d:nginx_1"):format(i)] = { hosted = false, running = true }
  end
  lu.assertEquals(rolled(state, playbook(rule { state = "stopped" })),
    { "stop 4", "stop 1,3", "stop 2,5" })
end

-- Rules in one round: what one of them gives back is given together with what others give.
function tests.test_rules_share_their_calls()
  local state = state_of { { 1, "nginx" }, { 2, "nginx" }, { 3, "php" }, { 4, "php" } }
  local first = playbook(rule { where = web "nginx" })
  state = select(2, rolled(state, first))
  for _, case in ipairs {
    { { cpu_lmt = 5 }, { "unregister 1,2", "register 1,2,3,4" } },
    { { cpu_lmt = 5, rollout = rollout { count = 1 } },
      { "unregister 1", "register 1,3,4 pause 3", "unregister 2", "register 2" } },
    { { state = "unhosted" }, { "register 3,4", "unregister 1,2" } },
  } do
    local changed = { where = web "nginx" }
    for name, value in pairs(case[1]) do changed[name] = value end
    local pb = playbook(rule(changed), rule { where = web "php" })
    lu.assertEquals(rolled(state, pb), case[2])
  end
end

local function failing(verb, ...)
  local skip = {}
  for _, host in ipairs { ... } do
    local key = builder.key(verb .. " job",
      ("0:10.0.0.%d:nginx_1 %s"):format(host, VALUES.work_path))
    skip[key] = fault.new { code = 117, message = "no" }
  end
  return skip
end

-- max_failures, what failed, what is registered, what still happens, why no more does
local FAILURES = {
  { 0, failing("register", 1), nil, {},
    "the rollout stopped after 1 failed operation: 4 not sent" },
  { 1, failing("register", 1), nil, { "register 2,3 pause 3", "register 4,5" } },
  { 1, failing("register", 1, 2), nil, {},
    "the rollout stopped after 2 failed operations, more than its max_failures of 1: 3 not sent" },
  -- Who was taken is given back whatever failed to be taken; nobody else is taken.
  { 0, failing("unregister", 1), { 1, 3, 4 }, { "register 2,5 pause 3" },
    "the rollout stopped after 1 failed operation: 2 not sent" },
  { 0, failing("register", 1, 2, 3, 4, 5), nil, {} }, -- there is nothing to stop
}

function tests.test_failures_end_a_rollout()
  for i, case in ipairs(FAILURES) do
    local state = five()
    for _, host in ipairs(case[3] or {}) do
      state.hosting.agents[("0:10.0.0.%d:nginx_1"):format(host)] =
        { hosted = true, running = true }
    end
    local pb = playbook(rule { rollout = rollout({ count = 2 }, { max_failures = case[1] }) })
    local lines, _, halts = rolled(state, pb, case[2])
    lu.assertEquals(lines, case[4], "case " .. i)
    lu.assertEquals(#halts, case[5] and 1 or 0)
    lu.assertEquals(halts[1] and halts[1].message, case[5])
  end
end

function tests.test_without_a_rollout_failures_end_nothing()
  lu.assertEquals(rolled(five(), playbook(rule()), failing("register", 1)),
    { "register 2,3,4,5" })
end

return tests
