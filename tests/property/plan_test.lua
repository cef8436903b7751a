-- What must hold for every fleet and every playbook: carried out, a plan makes of the fleet what a
-- plain reading of the playbook makes of it, touches no other document, leaves nothing to do, and
-- sends the fewest calls that can do it, as the platform counts them; it reads what it needs, once,
-- and is the same in whatever order the answers come. A failure is shrunk to a small fleet and few
-- playbooks with little in them.

local drift = require "tests.support.random_drift"
local needless = require "tests.support.needless"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local random_regexes = require "tests.support.random_regexes"
local small_calls = require "tests.support.small_calls"
local sound = require "tests.support.sound"

local PLAYBOOKS = 4 -- one after the other on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = {
  ["plan.ambiguous_instance"] = true, ["plan.conflict"] = true, ["plan.duplicate"] = true,
  ["plan.func_name"] = true, ["plan.locked"] = true, ["plan.not_synced"] = true,
  ["plan.protected"] = true, ["plan.rows"] = true, ["plan.unknown_process"] = true,
  ["playbook.host_elsewhere"] = true, ["playbook.unknown_host"] = true,
  ["playbook.unknown_module"] = true, ["playbook.unknown_set"] = true,
}

-- Plans and applies one playbook; says whether it was applied.
local function step(platform, event)
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local noted = sound(platform, pb, context)
  local plan = property.planned(platform, pb, { refusals = REFUSALS, context = context,
    files = event.files, looks = needless(pb, noted.before) })
  if not plan then return false end
  local reader = property.carry_out(platform, texts, context)
  noted:check(plan, reader, platform:writes())
  return true
end

local draw = property.histories(PLAYBOOKS,
  { playbooks = random.playbooks, files = random.files, drift = drift.draw })
local happen = property.happening(drift.happen, step)

local tests = {}

function tests.test_applying_a_plan_does_what_it_says_and_leaves_nothing()
  property.holds { usual = 20, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

function tests.test_what_does_not_fit_into_one_call()
  local _ <close> = small_calls.begin(2)
  property.holds { usual = 10, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

-- One executable for all, few start regexes, and people that set them by hand.
function tests.test_start_regexes_are_handed_on()
  property.holds { usual = 20, fleet = random_fleet.fleet, happen = happen,
    draw = function(r) return random_regexes.history(r, PLAYBOOKS) end }
end

return tests
