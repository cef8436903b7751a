-- Operations by hand, as plans: in which order tiers go, what a failure ends, what was done by runs
-- that were cut short, and what limits count.

local lu = require "luaunit"
local builder = require "remora.reconcile.builder"
local by_hand = require "remora.hosting.by_hand"
local draws = require "tests.support.draws"
local existing = require "remora.hosting.existing"
local json = require "json"
local plan = require "remora.hosting.plan"
local planner = require "remora.reconcile.plan"
local said = require "remora.hosting.said"

local SEEDS = 200

local tests = {}

local function place(host) return ("0:10.0.0.%d:nginx_1"):format(host) end

-- A module "web" with one process on each host; its priority and what its agent says: runs, or an
-- error code.
local function state_of(processes)
  local module = { id = 2, name = "web", set_id = 1, set_name = "prod" }
  local state = { business = { id = 1, name = "demo" }, sets = { { id = 1, name = "prod" } },
    modules = { module }, module_by_id = { [2] = module }, hosts = {}, instances_of = { [2] = {} },
    hosting = { labelled = {}, agents = said.new(), known = {}, former = {}, acted = {} } }
  for i, each in ipairs(processes) do
    local ip = "10.0.0." .. i
    state.hosts[i] = { id = i, cloud_id = 0, ip = ip, inner = ip }
    state.instances_of[2][i] = { id = i, name = "i" .. i, module_id = 2, host_id = i, processes = {
      { id = i, name = "nginx", values = { bk_process_name = "nginx", priority = each[1],
        work_path = "/d", pid_file = "/p", start_cmd = "s", stop_cmd = "t", restart_cmd = "r",
        reload_cmd = "l", face_stop_cmd = "k" } } } }
    local runs = each[2] == true
    state.hosting.agents[place(i)] = { hosted = runs, running = runs, pids = runs and "7" or "",
      lost = type(each[2]) == "number" and each[2] or nil }
  end
  return state
end

local function nowhere() return nil end

-- The playbook of an operation on hosts from the first on; nil: all.
local function playbook(state, verb, last, earlier, told)
  local where = { module = json.array { "web" }, host_ids = last and json.array {} }
  for i = 1, last or 0 do where.host_ids[i] = i end
  local rule = { where = where, state = by_hand.LOOKS, via = "job", owner = "o", type = 1 }
  return by_hand.playbook({ name = "p", at = nowhere,
    sections = { hosting = json.array { rule } } }, state, verb, earlier, told)
end

-- The rounds of a plan: the hosts of each, and the verb.
local function rounds(state, pb, skip)
  local made = planner.make(pb, state,
    { { name = "hosting", plan = plan.plan, simulate = plan.simulate } }, { skip = skip })
  lu.assertEquals(made.problems, {})
  local list = {}
  for i, step in ipairs(made.steps) do
    list[i] = { verb = step.group }
    for _, index in ipairs(step.changes) do
      table.insert(list[i], math.tointeger(made.changes[index].label[3]:match "%d+$"))
    end
    table.sort(list[i])
  end
  return list
end

-- The hosts that need it, tier by tier.
local function tiers_of(processes, needs, descends)
  local by_priority, priorities = {}, {}
  for host, each in ipairs(processes) do
    if needs(each[2]) then
      if not by_priority[each[1]] then
        by_priority[each[1]], priorities[#priorities + 1] = {}, each[1]
      end
      table.insert(by_priority[each[1]], host)
    end
  end
  table.sort(priorities, function(a, b) if descends then return a > b end return a < b end)
  local list = {}
  for i, priority in ipairs(priorities) do list[i] = by_priority[priority] end
  return list
end

local function is_down(told) return told ~= true end

local function is_up(told) return told ~= false end

local function always() return true end

-- Operation: whom it is for, by what their agents say, and whether high numbers go first. Who did
-- not say may be anything.
local ORDERED = { start = { is_down, false }, stop = { is_up, true }, kill = { is_up, true },
  restart = { always, true }, reload = { is_up, false } }

local function random_processes(r)
  local processes = {}
  for i = 1, r:next(8) do
    processes[i] = { r:pick { -1, 0, 1, 5 }, r:pick { true, true, false, 117 } }
  end
  return processes
end

function tests.test_tiers_go_in_order_and_a_failed_one_ends_the_rest()
  local failed_once = 0
  for seed = 1, SEEDS do
    local r = draws.new(seed)
    local processes, verb = random_processes(r), r:pick(by_hand.VERBS)
    local way = ORDERED[verb]
    if way then
      local state = state_of(processes)
      local pb, context = playbook(state, verb), ("seed %d: %s"):format(seed, verb)
      local expected = tiers_of(processes, way[1], way[2])
      local found = rounds(state, pb)
      lu.assertEquals(#found, #expected, context)
      for i, hosts in ipairs(expected) do
        hosts.verb = verb
        lu.assertEquals(found[i], hosts, context)
      end
      if #expected > 0 then
        local host = r:pick(expected[1])
        local key = builder.key(verb .. " job", place(host) .. " /d")
        local skip = { [key] = true }
        lu.assertEquals(rounds(state, pb, skip), {}, context)
        failed_once = failed_once + 1
      end
    end
  end
  lu.assertTrue(failed_once > SEEDS // 4)
end

-- Registering starts nothing that waits for another, so it goes at once.
function tests.test_registering_goes_at_once()
  local state = state_of { { 1, false }, { 2, true }, { 3, false }, { 4, 117 } }
  lu.assertEquals(rounds(state, playbook(state, "register")),
    { { 1, 3, 4, verb = "register" } })
  lu.assertEquals(rounds(state, playbook(state, "unregister")),
    { { 2, 4, verb = "unregister" } })
end

-- Nothing of an operation comes back by itself, so whoever asked for a pause gets it.
function tests.test_every_operation_pauses_between_batches()
  for _, verb in ipairs(by_hand.VERBS) do
    local runs = not ({ register = true, start = true })[verb]
    local state = state_of { { 1, runs }, { 1, runs } }
    local pb = playbook(state, verb)
    pb.sections.hosting[1].rollout = { batch = { count = 1 }, order = "none", pause = 3,
      max_failures = 0 }
    local made = planner.make(pb, state,
      { { name = "hosting", plan = plan.plan, simulate = plan.simulate } })
    lu.assertEquals({ #made.steps, made.steps[1].pause, made.steps[1].goes_on },
      { 2, 3, nil }, verb)
    lu.assertNil(made.steps[2].pause, verb)
  end
end

local function call(outcome, changes, failed)
  return { outcome = outcome, changes = changes, failed = failed }
end

local function change(action, host, pids)
  return { type = "hosted process", action = action, id = place(host), before = { pids = pids } }
end

-- What is known of earlier runs: done; failed, and the process is the same or another one by now;
-- nobody knows, and it is the same, another one, or its agent does not say; never sent.
function tests.test_going_on_does_what_is_left()
  for verb, left in pairs { restart = { 2, 4, 6, 7, verb = "restart" },
    reload = { 2, 3, 4, 5, 6, 7, verb = "reload" } } do -- of a reload nobody sees anything
    local state = state_of { { 1, true }, { 1, true }, { 1, true }, { 1, true }, { 1, true },
      { 1, 117 }, { 1, true } }
    local earlier = by_hand.earlier {
      call("refused", { change(verb, 1, "6"), change(verb, 2, "7"), change(verb, 3, "6") },
        { 2, 3 }),
      call(nil, { change(verb, 4, "7"), change(verb, 5, "6"), change(verb, 6, "6") }),
    }
    lu.assertEquals(earlier.acted, { [place(1)] = true })
    state.hosting.acted = earlier.acted
    lu.assertEquals(rounds(state, playbook(state, verb, nil, earlier)), { left })
  end
end

-- What has been registered from here is operated the way it was, all else the way that is named.
function tests.test_what_is_known_is_what_counts()
  local state = state_of { { 1, true }, { 1, true } }
  local known = { via = "gse", entry = { proc_name = "nginx_1", setup_path = "/old",
    pid_path = "/o", account = "root", stop_cmd = "x" } }
  state.hosting.known[place(1)] = known
  local given = playbook(state, "stop").sections.hosting[1].given
  lu.assertEquals({ given[1].via, given[1].entry }, { "gse", known.entry })
  lu.assertEquals({ given[2].via, given[2].entry.setup_path }, { "job", "/d" })
end

-- What a rule once added comes back; what the process is, the CMDB says.
function tests.test_what_was_registered_once_is_registered_so_again()
  local state = state_of { { 1, false }, { 1, false }, { 1, true } }
  for i, via in ipairs { "job", "gse", "job" } do
    state.hosting.former[place(i)] = { via = via, ended = true, entry = { proc_name = "nginx_1",
      setup_path = "/old", pid_path = "/o", cpu_lmt = 5, type = 1, start_cmd = "old",
      proc_owner = via == "job" and "ops" or nil } }
  end
  for owner, expected in pairs { [false] = "ops", ann = "ann" } do
    local pb = playbook(state, "start", nil, nil, { owner = owner or nil })
    local given = pb.sections.hosting[1].given
    local one, other, hosted = given[1].entry, given[2].entry, given[3].entry
    lu.assertEquals({ one.proc_owner, one.cpu_lmt, one.setup_path, one.start_cmd,
      one.restart_cmd }, { expected, 5, "/d", "s", "r" })
    lu.assertEquals({ given[2].via, other.proc_owner, other.cpu_lmt, other.setup_path },
      { "gse", nil, 5, "/d" })
    lu.assertEquals({ hosted.proc_owner, hosted.cpu_lmt }, { "o", nil }) -- by somebody else
  end
  local over_job = playbook(state, "start", nil, nil, { via = "job" }).sections.hosting[1].given
  lu.assertEquals({ over_job[1].entry.cpu_lmt, over_job[2].via, over_job[2].entry.cpu_lmt },
    { 5, "job", nil })
end

-- A share of what is meant alone would always be all of it.
function tests.test_limits_are_shares_of_the_whole_module()
  local state = state_of { { 1, true }, { 1, false }, { 1, true }, { 1, 117 } }
  local most = 0
  for _, portion in ipairs(existing(playbook(state, "stop", 2), state)) do
    lu.assertEquals({ portion.what, portion.within }, { "hosted process", "prod/web" })
    most = math.max(most, portion.count)
  end
  lu.assertEquals(most, 4)
end

-- What an agent says of the one process → how many there are to be taken away.
local EXISTING = {
  { { hosted = false, running = false }, 0 },
  { { hosted = true, running = false }, 1 },
  { { hosted = false, running = true }, 1 },
  { { hosted = false, running = false, lost = 117 }, 1 }, -- it may be there
}

function tests.test_what_is_there_to_be_taken_away()
  for i, row in ipairs(EXISTING) do
    local state = state_of { { 1, false } }
    state.hosting.agents[place(1)] = row[1]
    lu.assertEquals(existing({ sections = { hosting = { { where = { module = { "web" } },
      state = "unhosted", via = "job", owner = "o", type = 1 } } }, at = nowhere }, state),
      { { what = "hosted process", within = "prod/web", count = row[2] } }, i)
  end
end

return tests
