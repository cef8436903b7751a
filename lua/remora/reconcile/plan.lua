-- Makes the plan: asks each kind in turn what is left to do, and goes on from the state that doing
-- it would leave, until nothing is left. Pure: no clock, no randomness, no I/O; equal input, equal
-- plan.

local certificate = require "remora.reconcile.certificate"
local builder = require "remora.reconcile.builder"
local fault = require "remora.core.fault"
local identity = require "remora.reconcile.identity"
local json = require "json"

local plan = {}

local VERSION = 1

-- So many times a kind may have to wait for its own calls. Whole fleets take a handful of them;
-- what takes more, such as passing one value along hundreds of processes, nobody would wait for.
local MOST_ROUNDS = 512

---@class remora.reconcile.Plan JSON-able
---@field version integer
---@field playbook string
---@field platform string
---@field business {id: integer, name: string}?
---@field changes remora.reconcile.Change[]
---@field steps remora.reconcile.Step[] by stage; the first stage is exact, later ones predicted
---@field certificate remora.reconcile.Certificate[]
---@field problems table[] faults; a plan with problems must not be applied
---@field excluded {kind: string, type: string, action: string, label: string[]}[]? what the
---  selection leaves out; nil without a selection

-- The same is met again in later rounds, and once for each object it concerns.
local function add_faults(list, seen, more)
  for _, problem in ipairs(more) do
    local name = fault.place(problem.at) .. " " .. problem.message
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = problem
    end
  end
end

-- What is left out is left out again in each round, and what would follow it is never met.
local function add_excluded(list, seen, more)
  for _, each in ipairs(more) do
    local name = identity.deed(each)
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = each
    end
  end
end

-- Takes over the steps of a round, and the changes that they carry.
local function append(made, stage, steps)
  for _, step in ipairs(steps) do
    local indices = json.array {}
    for i, change in ipairs(step.changes) do
      indices[i] = #made.changes + 1
      made.changes[indices[i]] = change
    end
    step.stage, step.predicted, step.changes = stage, stage > 1, indices
    made.steps[#made.steps + 1] = step
  end
end

-- A state and the steps that are to be seen through to the next one; nobody may ever ask for that.
local function outlook(state)
  local kind, steps
  local function after()
    if steps then state, steps = kind.simulate(state, steps), nil end
    return state
  end
  local function carry_out(by, first)
    after()
    kind, steps = by, first
  end
  return after, carry_out
end

local function too_long(kind, made)
  return fault.new { code = "plan.too_long", at = made.changes[#made.changes].at,
    message = ("%s: more than %d calls would have to wait for one another"):format(kind.name,
      MOST_ROUNDS), hint = "take it in parts, with --target" }
end

local function make(pb, state, kinds, options)
  local made = {
    version = VERSION, playbook = pb.name, platform = options.platform or "",
    business = state.business,
    changes = json.array {}, steps = json.array {}, problems = json.array {},
    excluded = options.selection and json.array {} or nil,
  }
  local seen, left_out, halts, stage = {}, {}, {}, 0
  local after, carry_out = outlook(state)
  for _, kind in ipairs(kinds) do
    for round = 1, MOST_ROUNDS + 1 do
      local b = builder.new(kind.name, { skip = options.skip, selection = options.selection })
      kind.plan(pb, after(), b)
      add_faults(made.problems, seen, b.problems)
      add_faults(halts, seen, b.halts)
      if made.excluded then add_excluded(made.excluded, left_out, b.excluded) end
      local first, last = b:first()
      if #first == 0 then break end
      if round > MOST_ROUNDS then
        add_faults(made.problems, seen, { too_long(kind, made) })
        break
      end
      stage = stage + 1
      append(made, stage, first)
      carry_out(kind, first)
      if last then break end
    end
  end
  made.certificate = certificate.of(made.steps)
  return made, after, halts
end

-- What is left out, or has failed, may be missing further on; only what the whole plan meets is a
-- problem.
local function problems_of_all(pb, state, kinds, options)
  return make(pb, state, kinds, { platform = options.platform }).problems
end

---Plans a playbook against a state.
---@param pb table the playbook in normal form
---@param state table what the kinds read (reconcile/current.lua)
---@param kinds table[] in order (remora.kinds)
---@param options {platform: string?, skip: table<string, table>?, selection: table?}|nil skip:
---  items that failed and must neither be scheduled nor be taken as done (builder.key → fault);
---  selection: what is wanted (reconcile/selection.lua), nil: everything
---@return remora.reconcile.Plan
---@return fun(): table after the state as carrying out the plan would leave it
---@return table[] halts faults: what is not gone on with because too much of it failed
function plan.make(pb, state, kinds, options)
  options = options or {}
  local made, after, halts = make(pb, state, kinds, options)
  local rests_on_failures = #made.problems > 0 and next(options.skip or {}) ~= nil
  if options.selection or rests_on_failures then
    made.problems = problems_of_all(pb, state, kinds, options)
  end
  return made, after, halts
end

---Plans what each kind would do if the others did nothing: what differs from the platform as it is
---now, and not as carrying out the rest would leave it.
---@param pb table
---@param state table
---@param kinds table[]
---@return remora.reconcile.Plan[] one of each kind
function plan.apart(pb, state, kinds)
  local plans = {}
  for i, kind in ipairs(kinds) do plans[i] = make(pb, state, { kind }, {}) end
  return plans
end

---The steps that can be sent now.
---@param made remora.reconcile.Plan
---@return remora.reconcile.Step[]
function plan.first(made)
  local first = {}
  for _, step in ipairs(made.steps) do
    if step.stage == 1 then first[#first + 1] = step end
  end
  return first
end

---Whether a plan leaves everything as it is.
---@param made remora.reconcile.Plan
---@return boolean
function plan.empty(made)
  return #made.steps == 0
end

return plan
