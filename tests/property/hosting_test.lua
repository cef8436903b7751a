-- What must hold for all processes that a playbook makes and has hosted, whatever was done to them
-- and to their agents by hand: carried out, the agents have what a plain reading of the rules wants
-- them to have and nothing else was touched, nothing is left to do, and no fewer calls could have
-- done it.

local lu = require "luaunit"
local order = require "remora.core.order"
local property = require "tests.support.property"
local random = require "tests.support.random_hosting"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference_hosting"
local sound = require "tests.support.sound"

local PLAYBOOKS = 4 -- one after the other on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = {
  ["hosting.incomplete"] = true, ["plan.ambiguous_instance"] = true, ["plan.conflict"] = true,
  ["plan.protected"] = true, ["playbook.host_elsewhere"] = true, ["playbook.unknown_host"] = true,
  ["playbook.unknown_module"] = true, ["playbook.unknown_process"] = true,
  ["playbook.unknown_set"] = true,
}

-- What forbids to go on once a run has made the processes: only then their agents are asked, and
-- may tell that they have been given them already.
local LATE = { ["plan.protected"] = true }

-- The verbs of each call, by its number for them.
local VERBS = {
  ["job.manage_proc"] = { "register", "unregister" },
  ["job.operate_process"] = { [0] = "start", "stop" },
  ["gse.operate_proc_multi"] = { [0] = "start", "stop", nil, "register", "unregister" },
}

-- Counts the operations on agents that are sent from now on, by "via verb"; queries are none.
local function count_operations(platform)
  local sent = {}
  platform.before_call = function(call, args)
    local number = args.op_type or args.proc_operate_req and args.proc_operate_req[1].op_type
    local verb = VERBS[call] and VERBS[call][number]
    if verb then
      local key = call:match("^%a+") .. " " .. verb
      sent[key] = (sent[key] or 0) + 1
    end
  end
  return sent
end

-- The calls about the fleet, without those about agents.
local function of_fleet(writes)
  local its = {}
  for call, count in pairs(writes) do
    if call:find("^cc%.") then its[call] = count end
  end
  return its
end

-- The agents' documents without the times at which something happened.
local function agents(platform)
  local by_identity = {}
  for _, doc in ipairs(platform.store:find("gse_process")) do by_identity[doc.identity] = doc end
  return by_identity
end

local COMMANDS = { "start_cmd", "stop_cmd", "restart_cmd", "reload_cmd", "kill_cmd" }

-- The agent keeps a process by the definition that the rule makes of it.
local function check_definition(each, process, context)
  local kept = { proc_name = process.name, setup_path = process.setup_path,
    type = process.auto_type }
  local wanted = { proc_name = each.entry.func_name or each.entry.proc_name,
    setup_path = each.entry.setup_path, type = each.entry.type }
  for _, name in ipairs(COMMANDS) do
    local command = process.control[name]
    kept[name], wanted[name] = command ~= "" and command or nil, each.entry[name]
  end
  lu.assertTrue(reference.same(kept, wanted, each.rule), context)
end

local function check_state(platform, each, known, context)
  local rule = each.rule
  local now = assert(platform.registry:all())[each.place]
  if rule.state == "hosted" or rule.state == "running" then
    lu.assertEquals(now and now.via, rule.via, context)
    lu.assertTrue(reference.same(now.entry, each.entry, rule), context)
    local agent = reference.agent(platform, each.host, rule.via, each.entry)
    lu.assertTrue(agent.hosted, context)
    lu.assertTrue(agent.running or rule.state == "hosted", context)
    -- Agents do not tell definitions: nobody can see that a stranger has registered another one.
    local last = each.needs[#each.needs]
    if last and last.verb == "register" then check_definition(each, agent.process, context) end
    return
  end
  local about = known or { via = rule.via, entry = each.entry }
  local agent = reference.agent(platform, each.host, about.via, about.entry)
  lu.assertEquals(now, #each.needs == 0 and known or nil, context)
  lu.assertFalse(agent.hosted, context)
  lu.assertFalse(agent.running and rule.state == "stopped", context)
end

-- What no rule speaks of is as it was.
local function check_untouched(platform, before, addressed, context)
  for identity, doc in order.pairs(agents(platform)) do
    if not addressed[identity] then
      lu.assertEquals(doc, before[identity], context .. identity)
    end
  end
end

local function check_calls(sent, pb, wanted, context)
  local least, most = reference.calls(pb, wanted)
  for key, count in order.pairs(sent) do
    lu.assertTrue(count >= (least[key] or 0) and count <= (most[key] or 0),
      ("%s: %d calls, at least %s, at most %s: %s"):format(key, count, least[key], most[key],
        context))
  end
  lu.assertEquals(order.keys(sent), order.keys(least), context)
end

-- Nobody asks over one way, or in one directory, about what was registered over the other, or in
-- another: who else has it there, or still runs it, shows only when its turn comes, and takes calls
-- that no plan can know.
local function is_hidden(snapshot, each, known)
  if not known then return false end
  local there = reference.agent(snapshot, each.host, each.rule.via, each.entry)
  local here = reference.agent(snapshot, each.host, known.via, known.entry)
  if there.identity == here.identity then return false end
  return there.hosted or there.running and each.rule.state == "stopped"
end

-- Nothing was done to agents by a run that could not go on, and who plans again is told at once.
local function check_held(platform, pb, before, context)
  lu.assertEquals(agents(platform), before, context)
  local problem = property.plan(platform, pb).problems[1]
  lu.assertEquals(problem and LATE[problem.code], true, context)
end

local function step(platform, event)
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local noted = sound(platform, pb, context)
  local plan = property.planned(platform, pb,
    { refusals = REFUSALS, context = context, files = event.files })
  if not plan then return false end
  -- What the rules will find is known once the processes are there; agents are as they were.
  local known, agents_before = assert(platform.registry:all()), agents(platform)
  local store = platform.store
  local snapshot = { store = { first = function(_, _, where)
    return agents_before[where.identity]
  end } }
  local sent = count_operations(platform)
  local reader = property.carry_out(platform, texts, context, { late = LATE })
  platform.before_call = nil
  assert(store == platform.store)
  if not reader then
    check_held(platform, pb, agents_before, context)
    return false
  end
  local after = noted:check(plan, reader, of_fleet(platform:writes()))
  local wanted, addressed, hidden = reference.wanted(pb, after), {}, false
  for place, each in order.pairs(wanted) do
    each.needs = reference.needs(snapshot, each, known[place])
    hidden = hidden or is_hidden(snapshot, each, known[place])
    check_state(platform, each, known[place], context .. place)
    for _, about in ipairs { known[place] or {}, { via = each.rule.via, entry = each.entry } } do
      local agent = about.via and reference.agent(platform, each.host, about.via, about.entry)
      if agent and agent.identity then addressed[agent.identity] = true end
    end
  end
  check_untouched(platform, agents_before, addressed, context)
  if not hidden then check_calls(sent, pb, wanted, context) end
  return true
end

local draw = property.histories(PLAYBOOKS, random)
local happen = property.happening(random.happen, step)

local tests = {}

function tests.test_agents_have_what_the_rules_want()
  property.holds { usual = 20, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

local CRON = { businesses = { demo = { sets = { one = { modules = {
  cron = { hosts = { { ip = "10.0.3.1" } } } } } } } } }

local function hosted(via, path)
  return { business = "demo", instances = { { where = { module = "cron" }, processes = { c = {
    bk_func_name = "c", work_path = path or "/d", pid_file = "/p", start_cmd = "s", stop_cmd = "t",
    user = "u" } } } }, hosting = { { where = { module = "cron" }, state = "hosted", via = via,
    owner = "admin" } } }
end

local STRANGER = { act = "stranger", name = "c_1", number = 1 }

function tests.test_who_has_a_process_over_the_other_way_is_found_in_its_turn()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = { hosted "job" } }))
  lu.assertTrue(happen(platform, { drift = { STRANGER }, files = { hosted "gse" } }))
end

function tests.test_who_has_a_protected_process_before_it_is_made_keeps_it()
  local platform <close> = random_fleet.fleet(CRON)
  local files = { hosted "gse" }
  files[1].hosting[1].state, files[1].hosting[1].protect = "unhosted", true
  lu.assertFalse(happen(platform, { drift = { STRANGER }, files = files }))
  lu.assertEquals(#platform.store:find "process", 1)
end

-- What was registered in the first directory was registered from somewhere else.
function tests.test_who_has_a_process_in_another_directory_is_found_in_its_turn()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = { hosted "job" } }))
  lu.assertTrue(happen(platform,
    { drift = { { act = "forget", number = 1 } }, files = { hosted("job", "/e") } }))
  lu.assertTrue(happen(platform, { files = { hosted "job" } }))
end

function tests.test_who_has_taken_a_place_over_the_same_way_is_not_seen()
  local platform <close> = random_fleet.fleet(CRON)
  lu.assertTrue(happen(platform, { files = { hosted "gse" } }))
  local unregister = { act = "operate", number = 1, op_type = 4 }
  lu.assertTrue(happen(platform,
    { drift = { unregister, STRANGER }, files = { hosted "gse" } }))
end

return tests
