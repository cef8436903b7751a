-- What must hold for every playbook of the old platform and whatever was done to its processes by
-- hand: carried out, the plan makes of them what a plain reading of the playbook makes of them,
-- writes no other document, leaves nothing to do, and sends the fewest calls that can do it.

local lu = require "luaunit"
local json = require "json"
local picture = require "tests.support.picture"
local property = require "tests.support.property"
local random = require "tests.support.random_v3"
local random_fleet = require "tests.support.random_fleet"
local reference = require "tests.support.reference_v3"
local stored = require "tests.support.stored"

local PLAYBOOKS = 5 -- one after the other on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = { ["plan.func_name"] = true, ["playbook.unknown_module"] = true }

-- Says of a question that it was asked already, or that it is none of the old platform's.
local function once()
  local asked = {}
  return function(call, args)
    local question = call .. " " .. json.encode(args)
    local again = asked[question]
    asked[question] = true
    if again then return "asked again: " .. question end
    return not call:find("^cc_v3") and call ~= "cc.search_business" and question or nil
  end
end

-- Only processes that are others now were written, and bindings.
local function check_untouched(touched, before, after, context)
  local others = {}
  for name, is in pairs(after.processes) do
    local was = before.processes[name]
    local same = was and picture.same(was.fields, is.fields)
    others["v3_process " .. is.id] = not same
  end
  for _, name in ipairs(touched) do
    lu.assertTrue(others[name] or name:find("^v3_binding ") ~= nil, context .. name)
  end
end

local function step(platform, event)
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local before, documents = reference.draw(platform), stored.documents(platform)
  local plan = property.planned(platform, pb,
    { refusals = REFUSALS, context = context, files = event.files,
      looks = once() })
  if not plan then return false end
  property.carry_out(platform, texts, context)
  local writes, after = platform:writes(), reference.draw(platform)
  local expected = reference.after(pb, before)
  lu.assertEquals(reference.parts(after, before), reference.parts(expected, before), context)
  lu.assertEquals(writes, reference.calls(before, expected), context)
  check_untouched(stored.touched(documents, stored.documents(platform)), before, after, context)
  return true
end

local draw = property.histories(PLAYBOOKS, random)
local happen = property.happening(random.happen, step)

local tests = {}

function tests.test_processes_of_the_old_platform_become_what_is_declared()
  property.holds { usual = 50, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

return tests
