-- What must hold of undoing playbooks of the old platform: what was there before is as it was,
-- whatever people did to it in the meantime; what was made stays, as nothing there is ever deleted,
-- and is bound to nothing.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local inverse = require "remora.undo.inverse"
local later = require "remora.undo.later"
local property = require "tests.support.property"
local random = require "tests.support.random_v3"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference_v3"
local undoing = require "tests.support.undoing"
local way_back = require "remora.undo.way_back"

local PLAYBOOKS = 5 -- one after the other on the same fleet

-- Takes what is new out of a picture, each of which must be told to stay.
local function take_new(now, before, lost, context)
  local stays = {}
  for _, each in ipairs(lost) do stays[each.label] = true end
  for name, its in pairs(now.processes) do
    if not before.processes[name] then
      lu.assertTrue(stays["process " .. name], context .. name)
      lu.assertEquals(its.bound, {}, context .. name)
      now.processes[name] = nil
    end
  end
end

-- Applies a playbook and undoes it; says whether it was applied.
local function there_and_back(platform, event)
  local pb, _, context = property.load(event.files)
  if not pb then return false end
  local before = reference.draw(platform)
  local made, reader, after = undoing.plan(platform, pb)
  if #made.problems > 0 then return false end
  local foretold = way_back(made, after())
  local calls = undoing.carry_out(platform, reader, pb, made)
  local undo, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local back, its_reader = undoing.plan(platform, undo)
  lu.assertEquals(undoing.summary(back), undoing.summary(foretold), context)
  lu.assertEquals(later.changed(calls, back), {}, context) -- nobody was there
  for _, problem in ipairs(back.problems) do error(context .. fault.render(problem)) end
  undoing.carry_out(platform, its_reader, undo, back)
  local now = reference.draw(platform)
  take_new(now, before, lost, context)
  lu.assertEquals(reference.parts(now, before), reference.parts(before, before), context)
  return true
end

local tests = {}

function tests.test_undoing_leads_back_on_the_old_platform()
  property.holds { usual = 30, fleet = random_fleet.fleet,
    draw = property.histories(PLAYBOOKS, random),
    happen = property.happening(random.happen, there_and_back) }
end

return tests
