-- What must hold for every fleet and every playbook: carried out, a plan makes of the fleet what a
-- plain reading of the playbook makes of it, touches nothing else, leaves nothing to do, and sends
-- the fewest calls that can do it, as the platform counts them. A failure is shrunk to few
-- playbooks with little in them.

local luaunit = require "luaunit"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local fewest = require "tests.support.fewest"
local json = require "json"
local kinds = require "remora.kinds"
local order = require "remora.core.order"
local picture = require "tests.support.picture"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local random = require "tests.support.random_fleet"
local reference = require "tests.support.reference"
local render = require "remora.reconcile.render"
local seeds = require "tests.support.seeds"
local shrink = require "tests.support.shrink"
local world = require "tests.support.world"

local EDITS = 3 -- playbooks after the first, on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = { ["plan.duplicate"] = true, ["plan.func_name"] = true, ["plan.locked"] = true,
  ["plan.unknown_process"] = true }

local function plan_of(platform, pb)
  local state, refused = current.read(platform:reader(), pb, kinds.of(pb))
  assert(state, refused and fault.render(refused))
  local plan, after = planner.make(pb, state, kinds.of(pb), { platform = "test" })
  -- A kind may say that its round was the last one; then it must be.
  if #plan.problems == 0 then
    luaunit.assertEquals(planner.make(pb, after(), kinds.of(pb)).steps, {})
  end
  return plan
end

-- Somebody changes processes behind our back.
local function drift(r, platform)
  for _, row in order.pairs(world.processes(platform)) do
    if r:chance(30) then
      platform:must("cc.update_process_instances_by_ids", { bk_biz_id = 1,
        process_ids = { row.process.bk_process_id },
        update_data = { timeout = 40 + r:next(3), user = r:pick { "root", "drift" } } })
    end
  end
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

-- Plans and applies one playbook; says whether it was applied.
local function step(platform, tree)
  local text = json.encode(tree)
  local pb = playbook.load(text)
  if not pb then return false end
  local context = text .. "\n"
  local plan = plan_of(platform, pb)
  luaunit.assertEquals(render.text(plan_of(platform, pb)), render.text(plan), context)
  for _, problem in ipairs(plan.problems) do
    assert(REFUSALS[problem.code], context .. fault.render(problem))
  end
  if #plan.problems > 0 then return false end
  check_certificate(plan, context)
  local before = picture.draw(platform)
  platform:count_anew()
  local reader = platform:reader()
  local result = world.apply(platform, text, { reader = reader })
  local writes = platform:writes()
  local failure = result.failures[1]
  assert(not failure, failure and context .. fault.render(failure.fault))
  luaunit.assertEquals(#result.left + #result.stuck + #result.problems, 0, context)
  local after = picture.draw(platform)
  check_picture(after, reference(pb, before, world.category(platform)), before, context)
  luaunit.assertEquals(writes, fewest(pb, before, after), context)
  check_knowledge(platform, pb, reader, context)
  return true
end

-- What happens to a fleet, as a value that can be shrunk: playbooks that are applied one after the
-- other, each after somebody else's changes but for the first.
local function history(seed)
  local r = random.draws(seed)
  local tree = random.playbook(r)
  local events = { { playbook = tree } }
  for edit = 1, EDITS do
    events[edit + 1] = { drift = seed * 10 + edit, playbook = random.edited(r, tree) }
  end
  return json.decode(json.encode(events))
end

-- Lets it happen; gives how many playbooks were applied, or nil, what does not hold and where.
local function happen(events)
  local applied, place = 0, nil
  local fine, failure = xpcall(function()
    local platform <close> = random.fleet()
    for _, event in ipairs(events) do
      if event.drift then drift(random.draws(event.drift), platform) end
      if event.playbook and step(platform, event.playbook) then applied = applied + 1 end
    end
  end, function(failure)
    place = debug.traceback("", 2):match("plan_property_test%.lua:%d+") or "elsewhere"
    return type(failure) == "table" and failure.msg or tostring(failure)
  end)
  if fine then return applied end
  return nil, failure, place
end

local function shrunk(events, place)
  return shrink(events, function(fewer)
    local applied, _, its = happen(fewer)
    return applied == nil and its == place
  end)
end

local tests = {}

function tests.test_applying_a_plan_does_what_it_says_and_leaves_nothing()
  local applied, count = 0, 0
  for seed in seeds(20) do
    local events = history(seed)
    local more, failure, place = happen(events)
    if not more then
      local few = shrunk(events, place)
      luaunit.fail(("%s\n%s\nshrunk to %s\nwhere %s"):format(seeds.again(seed), failure,
        json.encode(few, { indent = 2 }), select(2, happen(few))))
    end
    applied, count = applied + more, count + 1
  end
  luaunit.assertTrue(applied > count, "too few random plans were sound: " .. applied)
end

return tests
