-- What must hold for every fleet and every playbook: carried out, a plan makes of the fleet what a
-- plain reading of the playbook makes of it, touches no other document, leaves nothing to do, and
-- sends the fewest calls that can do it, as the platform counts them; it reads what it needs, once,
-- and is the same in whatever order the answers come. A failure is shrunk to a small fleet and few
-- playbooks with little in them.

local luaunit = require "luaunit"
local current = require "remora.reconcile.current"
local draws = require "tests.support.draws"
local drift = require "tests.support.random_drift"
local fault = require "remora.core.fault"
local fewest = require "tests.support.fewest"
local guard = require "remora.reconcile.guard"
local json = require "json"
local kinds = require "remora.kinds"
local needless = require "tests.support.needless"
local order = require "remora.core.order"
local picture = require "tests.support.picture"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference"
local render = require "remora.reconcile.render"
local seeds = require "tests.support.seeds"
local shrink = require "tests.support.shrink"
local stored = require "tests.support.stored"
local world = require "tests.support.world"

local PLAYBOOKS = 4 -- one after the other on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = {
  ["plan.ambiguous_instance"] = true, ["plan.conflict"] = true, ["plan.duplicate"] = true,
  ["plan.func_name"] = true, ["plan.locked"] = true, ["plan.not_synced"] = true,
  ["plan.protected"] = true, ["plan.rows"] = true, ["plan.unknown_process"] = true,
  ["playbook.host_elsewhere"] = true, ["playbook.unknown_host"] = true,
  ["playbook.unknown_module"] = true, ["playbook.unknown_set"] = true,
}

-- Plans; gives the plan with what forbids to carry it out among its problems.
local function plan_of(platform, pb, reader)
  local its_kinds = kinds.of(pb)
  local state, refused = current.read(reader or platform:reader(), pb, its_kinds)
  assert(state, refused and fault.render(refused))
  local plan, after = planner.make(pb, state, its_kinds, { platform = "test" })
  -- A kind may say that its round was the last one; then it must be.
  if #plan.problems == 0 then
    luaunit.assertEquals(planner.make(pb, after(), its_kinds).steps, {})
  end
  local about = { kinds = its_kinds, pb = pb, state = state, limits = {} }
  local refusals = guard.refusals(plan, about)
  table.move(refusals, 1, #refusals, #plan.problems + 1, plan.problems)
  return plan
end

local function text_of(plan)
  local problems = {}
  for i, problem in ipairs(plan.problems) do problems[i] = fault.render(problem) end
  local whole = render.plain(plan)
  whole.problems = json.array(problems)
  return json.encode(whole, { indent = 1 })
end

local function check_reads(platform, pb, before, context)
  local check, wrong = needless(pb, before), {}
  platform.before_call = function(call, args) wrong[#wrong + 1] = check(call, args) end
  local plan = plan_of(platform, pb)
  platform.before_call = nil
  luaunit.assertEquals(wrong, {}, context)
  return plan
end

local function check_certificate(plan, context)
  for _, row in ipairs(plan.certificate) do
    luaunit.assertEquals(row.scheduled, row.lower_bound, context .. row.call)
  end
end

-- Part by part, so that a failure shows the one that differs.
local function check_picture(after, expected, before, context)
  local is, should_be = picture.parts(after, before), picture.parts(expected, before)
  for name, part in order.pairs(should_be) do
    if is[name] then reference.settle(part, is[name]) end
    luaunit.assertEquals(is[name], part, context .. name)
  end
  for name in order.pairs(is) do luaunit.assertNotNil(should_be[name], context .. name) end
end

-- In the end a run knows what whoever looks for the first time sees, although it has read only what
-- it touched again.
local function check_knowledge(platform, pb, reader, context)
  local known = assert(current.read(reader, pb, kinds.of(pb)))
  local seen = assert(current.read(platform:reader(), pb, kinds.of(pb)))
  for _, part in ipairs { "instances", "instances_of", "unlisted" } do
    luaunit.assertEquals(known[part], seen[part], context .. part)
  end
end

local function check_calls(writes, pb, before, after, context)
  local least = fewest.calls(pb, before, after)
  for _, call in ipairs(fewest.open(pb, before, after)) do
    local most = (least[call] or 0) + #order.keys(pb.sections.service_templates)
    luaunit.assertTrue((writes[call] or 0) <= most, context .. call)
    writes[call], least[call] = nil, nil
  end
  luaunit.assertEquals(writes, least, context)
end

-- Documents of which the picture is the same have not been written.
local function check_untouched(touched, before, after, context)
  local was, is = picture.documents(before), picture.documents(after)
  for _, name in ipairs(touched) do
    luaunit.assertFalse(picture.same(was[name], is[name]), context .. name)
  end
end

-- Nothing goes that the plan did not count.
local function check_removals(plan, before, after, context)
  local living, gone, counted = {}, 0, 0
  for _, instance in pairs(after.instances) do
    for _, each in pairs(instance.processes) do living[each.id] = true end
  end
  for _, instance in pairs(before.instances) do
    for _, each in pairs(instance.processes) do
      if not living[each.id] then gone = gone + 1 end
    end
  end
  for _, change in ipairs(plan.changes) do
    for _, each in ipairs(change.removes or {}) do
      if each.what == "process" then counted = counted + each.count end
    end
  end
  luaunit.assertTrue(gone <= counted, ("%d processes went, %d were counted: %s"):format(gone,
    counted, context))
end

-- Plans and applies one playbook; says whether it was applied.
local function step(platform, event)
  local texts = {}
  for i, file in ipairs(event.files) do texts[i] = json.encode(file) end
  local pb = playbook.load(texts)
  if not pb then return false end
  local context = table.concat(texts, "\n") .. "\n"
  local before, documents = picture.draw(platform), stored.documents(platform)
  local plan = check_reads(platform, pb, before, context)
  local again = plan_of(platform, pb, platform:reader { disorder = draws.new(#context) })
  luaunit.assertEquals(text_of(again), text_of(plan), context)
  for _, problem in ipairs(plan.problems) do
    assert(REFUSALS[problem.code], context .. fault.render(problem))
  end
  if #plan.problems > 0 then return false end
  check_certificate(plan, context)
  platform:count_anew()
  local reader = platform:reader()
  local result = world.apply(platform, texts, { reader = reader })
  local writes = platform:writes()
  local failure = result.failures[1]
  assert(not failure, failure and context .. fault.render(failure.fault))
  for _, problem in ipairs(result.problems) do error(context .. fault.render(problem)) end
  luaunit.assertEquals(#result.left + #result.stuck, 0, context)
  local after = picture.draw(platform)
  check_picture(after, reference.after(pb, before, world.category(platform)), before, context)
  check_removals(plan, before, after, context)
  -- A sync that nobody could know better than to begin with may change what the next changes back.
  if #fewest.open(pb, before, after) == 0 then
    local touched = stored.touched(documents, stored.documents(platform))
    check_untouched(touched, before, after, context)
  end
  check_calls(writes, pb, before, after, context)
  check_knowledge(platform, pb, reader, context)
  return true
end

-- What happens to a fleet, as a value that can be shrunk: playbooks that are applied one after the
-- other, each after somebody else's changes but for the first.
local function history(seed)
  local r = draws.new(seed)
  local told = { fleet = random_fleet.topology(r), events = {} }
  for i, pb in ipairs(random.playbooks(r, PLAYBOOKS)) do
    told.events[i] = { drift = i > 1 and drift.draw(r) or nil, files = random.files(r, pb) }
  end
  return json.decode(json.encode(told))
end

-- Lets it happen; gives how many playbooks were applied, or nil, what does not hold and where.
local function happen(told)
  local applied, place = 0, nil
  local fine, failure = xpcall(function()
    local platform <close> = random_fleet.fleet(told.fleet)
    for _, event in ipairs(told.events or {}) do
      drift.happen(platform, event.drift or {})
      if event.files and step(platform, event) then applied = applied + 1 end
    end
  end, function(failure)
    local is_expected = type(failure) == "string" and failure:find("FAILURE", 1, true)
    place = debug.traceback("", 2):match(is_expected and "_test%.lua:%d+" or "[%w_]+%.lua:%d+")
    return tostring(type(failure) == "table" and failure.message or failure)
  end)
  if fine then return applied end
  return nil, failure, place
end

local function shrunk(told, place)
  return shrink(told, function(fewer)
    local applied, _, its = happen(fewer)
    return applied == nil and its == place
  end)
end

local tests = {}

function tests.test_applying_a_plan_does_what_it_says_and_leaves_nothing()
  local applied, tried = 0, 0
  for seed in seeds(20) do
    local told = history(seed)
    local count, failure, place = happen(told)
    if not count then
      local few = shrunk(told, place)
      luaunit.fail(("%s\n%s\nshrunk to %s\nwhere %s"):format(seeds.again(seed), failure,
        json.encode(few, { indent = 2 }), select(2, happen(few))))
    end
    applied, tried = applied + count, tried + PLAYBOOKS
  end
  local summary = ("%d of %d plans were sound and carried out"):format(applied, tried)
  if tried >= 1000 then io.stderr:write(summary, "\n") end
  luaunit.assertTrue(seeds.alone() or applied > tried / 3, "too few: " .. summary)
end

return tests
