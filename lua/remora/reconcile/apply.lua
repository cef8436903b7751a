-- Carries a plan out: sends the first stage, reads again what it touched, plans again, until
-- nothing is left. Owns these rounds and how a run ended; a stage is sent by reconcile/sending.lua.
--
-- What the run did not touch stays for it as it was first read: if somebody else changes that
-- meanwhile, the next plan finds it.

local builder = require "remora.reconcile.builder"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local guard = require "remora.reconcile.guard"
local order = require "remora.core.order"
local planner = require "remora.reconcile.plan"
local sending = require "remora.reconcile.sending"
local steps_of = require "remora.reconcile.steps"

local apply = {}
apply.__index = apply

---@class remora.reconcile.Applied how a run ended
---@field sent integer calls that were done
---@field in_part integer calls of which some items were done
---@field objects integer objects they changed
---@field failures {step: remora.reconcile.Step, fault: table, labels: string[],
---  places: string[]}[] calls that failed, what they were to change and where the playbook asks for
---  it
---@field stuck {step: remora.reconcile.Step, labels: string[]}[] calls that were done and changed
---  nothing
---@field left remora.reconcile.Change[] what is still to do
---@field problems table[] faults: what could not be planned any more, unless the first plan said so
---@field fault table? reading or journalling failed: nothing more was sent
---@field interrupted boolean
---@field stopped boolean after too many failures
---@field halts table[] faults: what was not gone on with because too much of it failed
---@field unreachable boolean the platform was not there any more, so nothing more was tried
---@field looks integer calls that read again what a step was to overwrite
---@field moved string[] labels of what someone else had changed by then; it was planned anew
---@field excluded table[] what the selection leaves out, as in a plan

-- Enough rounds for every real chain; a platform that keeps changing must not hold us for ever.
local MOST_ROUNDS = 512

---@param options {pb: table, kinds: table[], reader: table, client: table, loop: table, out: table,
---  registry: table?, journal: table?, run: integer?, recorded: remora.reconcile.Plan?,
---  parallelism: integer, sync_timeout: number, agent_timeout: number?, platform: string,
---  clock: fun(): number, limits: table?, existing: table?, selection: table?,
---  max_failures: integer?, lock: table?, partial: boolean?} registry: as of kinds, what was
---  registered with agents; recorded: the plan that the journal has of the run; limits: as of
---  reconcile/budget.lua, nil: none; existing: as of the same, for the first plan; selection: as of
---  reconcile/selection.lua; max_failures: after so many nothing more is sent; lock: as of
---  journal/lock.lua, looked at before every call; partial: what cannot be planned does not stop
---  the rest
---@return table applying
function apply.new(options)
  local self = setmetatable({}, apply)
  self.limits, self.existing = {}, {}
  for name, value in pairs(options) do self[name] = value end
  self.stuck, self.known, self.halts = {}, {}, {}
  self.sending = sending.new(options)
  return self
end

-- Work that was done a moment ago and is asked for again will never be satisfied.
function apply:leave_stuck(made, steps, sent)
  if #steps == 0 or #sent == 0 then return steps end
  local before, fresh = {}, {}
  for _, step in ipairs(sent) do
    for _, key in ipairs(builder.keys(step)) do before[key] = true end
  end
  for _, step in ipairs(steps) do
    local keys, again = builder.keys(step), true
    for _, key in ipairs(keys) do again = again and before[key] end
    if again then
      for _, key in ipairs(keys) do self.sending.skip[key] = true end
      self.stuck[#self.stuck + 1] = { step = step, labels = steps_of.labels(made, step) }
    else
      fresh[#fresh + 1] = step
    end
  end
  return fresh
end

-- The plan as things are now, or nil and a fault; then whether something forbids to go on.
function apply:replan()
  local state, refused = current.read(self.reader, self.pb, self.kinds, self.selection)
  if not state then return nil, refused end
  self.state = state
  local made, _, halts = planner.make(self.pb, state, self.kinds,
    { platform = self.platform, skip = self.sending.skip, selection = self.selection })
  self.halts = halts
  local blocked = not self.partial and #made.problems > 0
  -- The run as a whole has to keep within the limits, whatever came up since its first plan.
  local done = { changes = self.sending.did, objects = self.sending.objects }
  for _, refusal in ipairs(guard.refusals(made, self, done)) do
    made.problems[#made.problems + 1], blocked = refusal, true
  end
  return made, nil, blocked
end

-- What a plan wanted and no call has done.
function apply:undone(made)
  local changes = {}
  for _, change in ipairs(made.changes) do
    if not self.sending.done[change] then changes[#changes + 1] = change end
  end
  return changes
end

-- All that is still to do, what failed and what rests on it included.
function apply:left(made)
  if not made then return {} end
  if not self.state or next(self.sending.skip) == nil then return self:undone(made) end
  return planner.make(self.pb, self.state, self.kinds,
    { platform = self.platform, selection = self.selection }).changes
end

-- What cannot be planned, and was not known when the run began.
function apply:problems(made)
  local news = {}
  for _, problem in ipairs(made and made.problems or {}) do
    if not self.known[fault.render(problem)] then news[#news + 1] = problem end
  end
  return news
end

function apply:result(made, extra)
  local sent = self.sending
  local result = {
    sent = sent.calls, in_part = sent.in_part, objects = sent.objects, failures = sent.failures,
    stuck = self.stuck,
    left = self:left(made), problems = self:problems(made),
    interrupted = sent:interrupted(), stopped = sent:failed_enough(),
    unreachable = sent.unreachable, halts = self.halts,
    excluded = made and made.excluded or {}, looks = sent.looks, moved = order.keys(sent.moved),
  }
  for name, value in pairs(extra or {}) do result[name] = value end
  return result
end

---Carries a plan out until nothing is left to do. Inside a task of the loop.
---@param made remora.reconcile.Plan fresh; without problems, unless they do not stop the rest
---@return remora.reconcile.Applied
function apply:carry_out(made)
  local sent = {}
  for _, problem in ipairs(made.problems) do self.known[fault.render(problem)] = true end
  for _ = 1, MOST_ROUNDS do
    local steps = self:leave_stuck(made, planner.first(made), sent)
    if #steps > 0 then
      self.state = nil -- not as it was read any more
      local done, broken = self.sending:stage(made, steps)
      if not done then return self:result(made, { fault = broken }) end
      if self.sending.unreachable then return self:result(made) end
      sent = done
      self.sending:forget(made, steps)
    elseif #made.steps == 0 then
      return self:result(made)
    end
    if self.sending:interrupted() then return self:result(made) end
    local again, refused, blocked = self:replan()
    if self.sending:interrupted() then
      self.state = nil -- Ctrl-C ended the waiting for agents: things are not as they were read
      return self:result(made)
    end
    if not again then return self:result(nil, { fault = refused }) end
    made = again
    if blocked or self.sending:stops() then return self:result(made) end
  end
  return self:result(made)
end

return apply
