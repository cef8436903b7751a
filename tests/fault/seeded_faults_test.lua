-- Applies of random playbooks to random fleets under random faults on every call: each converges,
-- or stops with an exit code that is true and a journal from which the next one does; none does
-- twice what must not be done twice, and none touches what it was not told to.

local draws = require "tests.support.draws"
local drift = require "tests.support.random_drift"
local faulty = require "tests.support.faulty"
local journal = require "remora.journal"
local json = require "json"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local portrait = require "tests.support.portrait"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local records = require "remora.journal.records"
local seeds = require "tests.support.seeds"
local system = require "system"
local world = require "tests.support.world"

local DONE, FAILED, PENDING, REFUSED, PARTIAL, DIVERGED = 0, 1, 2, 3, 4, 5

local SYNC = "sync_service_template_to_service_instance"

-- What may happen to any call, and how likely that is on an ordinary day.
local TROUBLE = {
  { probability = 0.05, action = "delay", seconds = 1 },
  { probability = 0.05, action = "status", status = 429, retry_after = 1 },
  { probability = 0.03, action = "status", status = 500 },
  { probability = 0.02, action = "status", status = 503 },
  { probability = 0.03, action = "reset_before" },
  { probability = 0.03, action = "reset_after" },
  { probability = 0.02, action = "truncate", bytes = 0 },
  { probability = 0.02, action = "truncate", bytes = 40 },
  { probability = 0.20, action = "refuse", code = 1117008, call = SYNC },
}
local DAYS = { 0.5, 1, 2, 3 } -- times as likely

local function rules_of(r)
  local rules, day = {}, r:pick(DAYS)
  for i, trouble in ipairs(TROUBLE) do
    local rule = {}
    for name, value in pairs(trouble) do rule[name] = value end
    rule.probability = rule.probability * day
    rules[i] = rule
  end
  return rules
end

-- A fleet, what happened to it, the playbook that is applied, and the faults meanwhile: the same
-- for a seed.
local function case_of(seed)
  local r = draws.new(seed)
  local topology, list = random_fleet.topology(r), random.playbooks(r, 2, true)
  return {
    seed = seed, topology = json.encode(topology), drift = drift.draw(r),
    route = r:pick { "esb", "backend" }, rules = rules_of(r),
    before = r:chance(70) and json.encode(list[1]) or nil, tree = list[2],
    after = json.encode(list[2]),
  }
end

local function prepare(faulted, case)
  if case.before then faulted:remora("apply", case.route, case.before, 1) end
  drift.happen(faulted.platform, case.drift)
  faulted:forget()
end

-- Where the playbook leads when nothing goes wrong; nil: its plan is refused.
local function unfaulted(l, case)
  local calm <close> = faulty.start(l, case.topology)
  prepare(calm, case)
  local ran = calm:remora("apply", case.route, case.after)
  if ran.code == DONE then return portrait(calm.platform) end
  lu.assertTrue(ran.code == FAILED or ran.code == REFUSED, ran.printed)
  lu.assertEquals(calm.done, {}, ran.printed)
  return nil
end

-- The run that was begun, with its calls; nil: none was.
local function journalled(faulted)
  if not system.stat(faulted:journal()) then return nil end
  local book <close> = assert(journal.existing(faulted:journal()))
  local run = records.run(book, "last")
  if run then run.calls = assert(records.calls(book, run.id)) end
  return run
end

-- The journal says of a call that it was done or refused only if that is so. Gives how many calls
-- it does not know about.
local function check_journal(faulted, run, said)
  local unknown = 0
  for _, call in ipairs(run.calls) do
    local work = call.name .. " " .. json.encode(call.arguments)
    if call.outcome == "done" then lu.assertTrue(faulted.done[work], said .. work) end
    if call.outcome == "refused" then lu.assertNil(faulted.done[work], said .. work) end
    if call.outcome == "unknown" then unknown = unknown + 1 end
  end
  return unknown
end

-- The exit code says what is left: with 0 nothing, with 1 nothing was begun, with 4 and 5 something
-- is left or nobody knows.
local function check_code(faulted, ended, case, said)
  local run, doubt = journalled(faulted), false
  if run then
    lu.assertEquals({ run.exit_code, ended.applied.exit_code }, { ended.code, ended.code }, said)
    doubt = check_journal(faulted, run, said) > 0 or ended.applied.fault ~= nil
  end
  if not run or ended.code == FAILED then lu.assertEquals(faulted.done, {}, said) end
  local pending = faulted:remora("plan", case.route, case.after).code
  if ended.code == DONE then
    lu.assertEquals(pending, DONE, said)
  elseif ended.code ~= FAILED then
    lu.assertTrue(ended.code == PARTIAL or ended.code == DIVERGED, said)
    lu.assertTrue(pending == PENDING or doubt, said)
  end
end

-- Applies under faults and then without; gives the exit code of the first.
local function check(l, case, wanted)
  local faulted <close> = faulty.start(l, case.topology)
  prepare(faulted, case)
  local untouched = random.bystanders(case.tree, world.processes(faulted.platform))
  faulted:suffer(case.seed, case.rules)
  local ended = faulted:remora("apply", case.route, case.after)
  faulted:suffer(case.seed, {})
  local said = ("%s: %s\n%s\n"):format(seeds.again(case.seed), case.after, ended.printed)
  check_code(faulted, ended, case, said)
  lu.assertEquals(random.bystanders(case.tree, world.processes(faulted.platform)), untouched, said)
  local again = faulted:remora("apply", case.route, case.after)
  said = said .. again.printed
  lu.assertEquals(again.code, DONE, said)
  lu.assertEquals(faulted:remora("plan", case.route, case.after).code, DONE, said)
  lu.assertEquals(portrait(faulted.platform), wanted, said)
  lu.assertEquals(faulted.anew, {}, said)
  return ended.code
end

-- How a seed ends: an exit code, "refused" by the plan, or what does not hold.
local function try(seed)
  local l = loop.new()
  return xpcall(l.run, function(failure)
    return type(failure) == "table" and failure.msg or tostring(failure)
  end, l, function()
    local case = case_of(seed)
    local wanted = unfaulted(l, case)
    return wanted and check(l, case, wanted) or "refused"
  end)
end

local tests = {}

function tests.test_an_apply_under_faults_ends_well_or_says_so()
  local ends, failing, first, tried = {}, {}, nil, 0
  for seed in seeds(25) do
    local fine, ending = try(seed)
    local kind = fine and tostring(ending) or "failed"
    ends[kind], tried = (ends[kind] or 0) + 1, tried + 1
    if not fine then
      failing[#failing + 1] = seed
      first = first or ending
    end
  end
  local summary = "seeds by exit code: " .. json.encode(ends)
  if tried >= 1000 then io.stderr:write(summary, "\n") end
  lu.assertEquals(failing, {}, ("%s\n%s\n"):format(summary, first))
  local is_wild = ends["0"] ~= nil and ends["4"] ~= nil
  lu.assertTrue(seeds.alone() or is_wild, "too tame: " .. summary)
end

return tests
