-- What must hold of carrying out a part of a playbook, as --target and --exclude say: it changes
-- nothing that is left out, leaves nothing of its part to do, and all of the playbook goes as well
-- afterwards as at any other time.

local lu = require "luaunit"
local drift = require "tests.support.random_drift"
local order = require "remora.core.order"
local picture = require "tests.support.picture"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local selection = require "remora.reconcile.selection"
local world = require "tests.support.world"

local PLAYBOOKS = 4 -- one after the other on the same fleet

local GLOBS = { "web", "app", "web/a", "*/b", "one", "one/web", "*/cron", "*/cron/10.0.3.1*",
  "one/*/*/a", "*/*/*/c", "two/web/10.0.4.1*", "*/a", "日志", "*" }

-- Whether a process may change: by itself, with a service instance that is made, or with the sync
-- of its template.
local function is_reached(wanted, drawn, instance, name)
  local module = drawn.modules[instance.module]
  return wanted:takes { module.set, module.name, drawn.hosts[instance.host]["3"], name }
    or module.template ~= nil and wanted:takes { module.template }
end

local function check_processes(wanted, before, after, context)
  for _, drawn in ipairs { before, after } do
    local other = drawn == before and after or before
    for id, instance in order.pairs(drawn.instances) do
      for name, process in order.pairs(instance.processes) do
        local twin = other.instances[id]
        local is_made = drawn == after and not twin
        lu.assertTrue(twin and picture.same(twin.processes[name], process)
          or is_reached(wanted, drawn, instance, not is_made and name or nil),
          ("%s%s of service instance %s"):format(context, name, id))
      end
    end
  end
end

local function check_templates(wanted, before, after, context)
  for _, drawn in ipairs { before, after } do
    local other = drawn == before and after or before
    for name, template in order.pairs(drawn.templates) do
      local its = other.templates[name]
      for process_name, process in order.pairs(template.processes) do
        lu.assertTrue(its and picture.same(its.processes[process_name], process)
          or wanted:takes { name, process_name }, ("%s%s/%s"):format(context, name, process_name))
      end
      lu.assertTrue(its and its.category == template.category or wanted:takes { name }, context)
    end
  end
end

-- Plans and applies a part of a playbook and then all of it; says whether the part was applied.
local function step(platform, event)
  local pb, texts, context = property.load(event.files)
  local wanted = selection.new(event.targets or {}, event.excludes or {})
  if not pb or not wanted then return false end
  local plan = property.plan(platform, pb, wanted)
  if #plan.problems > 0 then return false end
  for _, change in ipairs(plan.changes) do
    lu.assertTrue(wanted:takes(change.label), context .. table.concat(change.label, "/"))
  end
  local before = picture.draw(platform)
  property.carry_out(platform, texts, context, { selection = wanted })
  local after = picture.draw(platform)
  check_processes(wanted, before, after, context)
  check_templates(wanted, before, after, context)
  lu.assertEquals(world.steps(property.plan(platform, pb, wanted)), {}, context)
  if #property.plan(platform, pb).problems == 0 then
    property.carry_out(platform, texts, context)
  end
  return true
end

local its_histories = property.histories(PLAYBOOKS,
  { playbooks = random.playbooks, drift = drift.draw })

local function draw(r)
  local told = its_histories(r)
  for _, event in ipairs(told.events) do
    local way = r:next(3)
    if way < 3 then event.targets = { r:pick(GLOBS), r:chance(30) and r:pick(GLOBS) or nil } end
    if way > 1 then event.excludes = { r:pick(GLOBS) } end
  end
  return told
end

local happen = property.happening(drift.happen, step)

local tests = {}

function tests.test_a_part_is_done_and_nothing_beside_it()
  property.holds { usual = 20, draw = draw, fleet = random_fleet.fleet, happen = happen }
end

return tests
