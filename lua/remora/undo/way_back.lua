-- The way back from where a plan would lead, as a plan from there: what undo would do once it is
-- carried out. Pure.

local inverse = require "remora.undo.inverse"
local kinds = require "remora.kinds"
local planner = require "remora.reconcile.plan"
local steps = require "remora.reconcile.steps"
local values = require "remora.model.values"

-- The calls of a plan as the journal would have them.
local function calls_of(made)
  local calls = {}
  for i, step in ipairs(made.steps) do
    local intent = steps.intent(made, step)
    calls[i] = { name = intent.call, arguments = intent.args, changes = intent.changes,
      outcome = "done" }
  end
  return calls
end

-- Which rules speak of labels was read for the playbook; of those of its inverse none does.
local function without_labels(state)
  local hosting = state.hosting and values.copy(state.hosting, { labelled = {} })
  return values.copy(state, { labelled = {}, hosting = hosting })
end

-- Hosts that nobody listed, because their processes told enough, are there all the same.
local function without_unknown_hosts(problems)
  local list = {}
  for _, problem in ipairs(problems) do
    if problem.code ~= "playbook.unknown_host" then list[#list + 1] = problem end
  end
  return list
end

---@param made remora.reconcile.Plan
---@param after table the state that it would leave
---@return remora.reconcile.Plan
---@return remora.undo.Lost[] lost what undoing does not bring back
return function(made, after)
  local pb, lost = inverse.of({ name = "undo of " .. made.playbook,
    business = made.business and made.business.id }, calls_of(made))
  local back = planner.make(pb, without_labels(after), kinds.of(pb), { platform = made.platform })
  back.problems = without_unknown_hosts(back.problems)
  inverse.add_problems(lost, back.problems)
  return back, lost
end
