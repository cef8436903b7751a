-- What must hold for every fleet and the playbooks applied to it: undoing one leads back to where
-- it was applied, wherever nothing is said to be lost, and what `plan --inverse` foretells is what
-- undo then does.

local luaunit = require "luaunit"
local applying = require "remora.reconcile.apply"
local bind_rows = require "remora.model.bind_rows"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local inverse = require "remora.reconcile.inverse"
local json = require "json"
local kinds = require "remora.kinds"
local out = require "remora.core.out"
local planner = require "remora.reconcile.plan"
local process = require "remora.model.process"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local system = require "system"
local values = require "remora.model.values"
local way_back = require "remora.reconcile.way_back"
local world = require "tests.support.world"

local PLAYBOOKS = 2 -- one after the other on the same fleet

-- Keeps what is sent as the journal gives it back.
local function recorder()
  return {
    calls = {},
    intend = function(self, _, call)
      table.insert(self.calls, { name = call.call, arguments = call.args, changes = call.changes })
      return #self.calls
    end,
    outcome = function(self, id, refused)
      self.calls[id].outcome = refused and "refused" or "done"
      return true
    end,
  }
end

local function plan_of(platform, pb)
  local state, refused = current.read(platform:reader(), pb, kinds.of(pb))
  assert(state, refused and fault.render(refused))
  return planner.make(pb, state, kinds.of(pb), { platform = "test" })
end

-- Gives the calls that were made.
local function carry_out(platform, pb, made, context)
  local journal = recorder()
  local result = applying.new { pb = pb, kinds = kinds.of(pb), reader = platform:reader(),
    client = platform, loop = platform.loop, out = out.new { quiet = true }, parallelism = 4,
    sync_timeout = 5, platform = "test", clock = system.monotonic, journal = journal, run = 1,
  }:carry_out(made)
  local failure = result.failures[1] and result.failures[1].fault or result.problems[1]
  assert(not failure, failure and context .. fault.render(failure))
  luaunit.assertEquals(#result.left + #result.stuck, 0, context)
  return json.decode(json.encode(journal.calls))
end

-- A value as far as it says something.
local function plain(field, value)
  if values.equal(value, process.absent_value(field)) or value == json.null then return nil end
  if field ~= "bind_info" then return value end
  local rows = json.array {}
  for i, row in ipairs(bind_rows.list(value)) do
    rows[i] = {}
    for _, cell in ipairs(bind_rows.CELLS) do rows[i][cell] = row[cell] end
  end
  return #rows > 0 and rows or nil
end

-- Every process with what it holds, but for ids and times.
local function portrait(platform)
  local all = {}
  for label, row in pairs(world.processes(platform)) do
    all[label] = {}
    for _, field in ipairs(process.FIELDS) do
      all[label][field] = plain(field, row.process[field])
    end
  end
  return all
end

local function summary(plan)
  local lines = {}
  for i, change in ipairs(plan.changes) do
    lines[i] = ("%s %s %s"):format(change.action, change.type, table.concat(change.label, "/"))
  end
  table.sort(lines)
  return lines
end

-- Applies a playbook, undoes it and applies it again; says whether that was a full way back.
local function there_and_back(platform, event)
  local pb, texts, context = property.load(event.files or {})
  if not pb then return false end
  local before, made, after = portrait(platform), plan_of(platform, pb)
  if #made.problems > 0 then return false end
  local foretold = way_back(made, after())
  local calls = carry_out(platform, pb, made, context)

  local undo, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local back = plan_of(platform, undo)
  luaunit.assertEquals(summary(foretold), summary(back), context)
  if #lost > 0 or #back.problems > 0 then return false end
  carry_out(platform, undo, back, context)
  local now = portrait(platform)
  for label, each in pairs(before) do luaunit.assertEquals(now[label], each, context .. label) end
  for label in pairs(now) do luaunit.assertNotNil(before[label], context .. label) end
  world.apply(platform, texts[1])
  return true
end

local function draw(r)
  local told = { fleet = random_fleet.topology(r), events = {} }
  for i, pb in ipairs(random.playbooks(r, PLAYBOOKS)) do told.events[i] = { files = { pb } } end
  return told
end

local tests = {}

function tests.test_undoing_leads_back()
  property.holds { usual = 30, draw = draw, fleet = random_fleet.fleet, happen = there_and_back }
end

return tests
