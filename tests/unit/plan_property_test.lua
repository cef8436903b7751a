-- What must hold for every fleet and every playbook: carried out, a plan makes of the fleet what a
-- plain reading of the playbook makes of it, touches no other document, leaves nothing to do, and
-- sends the fewest calls that can do it, as the platform counts them; it reads what it needs, once,
-- and is the same in whatever order the answers come. A failure is shrunk to a small fleet and few
-- playbooks with little in them.

local luaunit = require "luaunit"
local current = require "remora.reconcile.current"
local drift = require "tests.support.random_drift"
local fewest = require "tests.support.fewest"
local kinds = require "remora.kinds"
local needless = require "tests.support.needless"
local order = require "remora.core.order"
local picture = require "tests.support.picture"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference"
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

local function check_calls(writes, pb, before, after, context)
  luaunit.assertEquals(writes, fewest.calls(pb, before, after), context)
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
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local before, documents = picture.draw(platform), stored.documents(platform)
  local plan = property.planned(platform, pb,
    { refusals = REFUSALS, context = context, files = event.files,
      looks = needless(pb, before) })
  if not plan then return false end
  local reader = property.carry_out(platform, texts, context)
  local writes, after = platform:writes(), picture.draw(platform)
  check_picture(after, reference.after(pb, before, world.category(platform)), before, context)
  check_removals(plan, before, after, context)
  local touched = stored.touched(documents, stored.documents(platform))
  check_untouched(touched, before, after, context)
  check_calls(writes, pb, before, after, context)
  check_knowledge(platform, pb, reader, context)
  return true
end

-- Playbooks that are applied one after the other, each after somebody else's changes but for the
-- first.
local function draw(r)
  local told = { fleet = random_fleet.topology(r), events = {} }
  for i, pb in ipairs(random.playbooks(r, PLAYBOOKS)) do
    told.events[i] = { drift = i > 1 and drift.draw(r) or nil, files = random.files(r, pb) }
  end
  return told
end

local function happen(platform, event)
  drift.happen(platform, event.drift or {})
  return event.files ~= nil and step(platform, event)
end

local tests = {}

function tests.test_applying_a_plan_does_what_it_says_and_leaves_nothing()
  property.holds { usual = 20, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

return tests
