-- Plans and carries out with what the journal would keep, so that it can be undone. Owns no
-- expectation.

local applying = require "remora.reconcile.apply"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local guard = require "remora.reconcile.guard"
local json = require "json"
local kinds = require "remora.kinds"
local out = require "remora.core.out"
local planner = require "remora.reconcile.plan"
local system = require "system"

local undoing = {}

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

---Plans a playbook.
---@param platform table tests.support.fleet
---@param pb table in normal form
---@return table plan with what forbids to carry it out among its problems
---@return table reader that it was made with; the run goes on with it
---@return fun(): table after the state that it would leave
function undoing.plan(platform, pb)
  local reader, its_kinds = platform:reader { looks_back = true }, kinds.of(pb)
  local state, refused = current.read(reader, pb, its_kinds)
  assert(state, refused and fault.render(refused))
  local plan, after = planner.make(pb, state, its_kinds, { platform = "test" })
  local forbidden = guard.refusals(plan,
    { kinds = its_kinds, pb = pb, state = state, limits = {} })
  table.move(forbidden, 1, #forbidden, #plan.problems + 1, plan.problems)
  return plan, reader, after
end

---Carries out what can be of a plan, which must leave nothing to do.
---@param platform table
---@param reader table
---@param pb table
---@param made table plan
---@return remora.journal.Call[] calls that were made
function undoing.carry_out(platform, reader, pb, made)
  local journal = recorder()
  local result = applying.new { pb = pb, kinds = kinds.of(pb), reader = reader,
    client = platform, registry = platform.registry, loop = platform.loop,
    out = out.new { quiet = true }, parallelism = 4,
    sync_timeout = 5, platform = "test", clock = system.monotonic, journal = journal, run = 1,
    partial = true,
  }:carry_out(made)
  local failure = result.failures[1] and result.failures[1].fault or result.problems[1]
  assert(not failure, failure and fault.render(failure))
  assert(#result.left + #result.stuck == 0, "something is left to do")
  return json.decode(json.encode(journal.calls))
end

---What a plan does, each change as "action type label".
---@param plan table
---@return string[] in the order of the alphabet
function undoing.summary(plan)
  local lines = {}
  for i, change in ipairs(plan.changes) do
    lines[i] = ("%s %s %s"):format(change.action, change.type, table.concat(change.label, "/"))
  end
  table.sort(lines)
  return lines
end

return undoing
