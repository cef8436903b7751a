-- Carries a plan out: sends the first stage, reads again what it touched, plans again, until
-- nothing is left. A call that fails ends neither its siblings nor what does not rest on it. Owns
-- the order of sending and what became of each call; decides nothing about what to send.
--
-- What the run did not touch stays for it as it was first read: if somebody else changes that
-- meanwhile, the next plan finds it.

local bisect = require "remora.reconcile.bisect"
local builder = require "remora.reconcile.builder"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local ground = require "remora.reconcile.ground"
local guard = require "remora.reconcile.guard"
local order = require "remora.core.order"
local planner = require "remora.reconcile.plan"
local steps_of = require "remora.reconcile.steps"

local apply = {}
apply.__index = apply

---@class remora.reconcile.Applied how a run ended
---@field sent integer calls that were done
---@field objects integer objects they changed
---@field failures {step: remora.reconcile.Step, fault: table, labels: string[],
---  places: string[]}[] calls that failed, what they were to change and where the playbook asks for
---  it
---@field stuck {step: remora.reconcile.Step, labels: string[]}[] calls that were done and changed
---  nothing
---@field left remora.reconcile.Change[] what is still to do
---@field problems table[] faults: later stages could not be planned any more
---@field fault table? reading or journalling failed: nothing more was sent
---@field interrupted boolean
---@field stopped boolean after too many failures
---@field looks integer calls that read again what a step was to overwrite
---@field moved string[] labels of what someone else had changed by then; it was planned anew
---@field excluded table[] what the selection leaves out, as in a plan

-- Enough rounds for every real chain; a platform that keeps changing must not hold us for ever.
local MOST_ROUNDS = 512

-- So often an object may turn out to be different just before it is written.
local MOST_MOVES = 3

---@param options {pb: table, kinds: table[], reader: table, client: table, loop: table, out: table,
---  journal: table?, run: integer?, parallelism: integer, sync_timeout: number, platform: string,
---  clock: fun(): number, limits: table?, existing: table?, selection: table?,
---  max_failures: integer?, lock: table?, partial: boolean?} limits: as of reconcile/budget.lua,
---  nil: none; existing: as of the same, for the first plan; selection: as of
---  reconcile/selection.lua; max_failures: after so many nothing more is sent; lock: as of
---  journal/lock.lua, looked at before every call; partial: what cannot be planned does not stop
---  the rest
---@return table applying
function apply.new(options)
  local self = setmetatable({}, apply)
  self.limits, self.existing = {}, {}
  for name, value in pairs(options) do self[name] = value end
  self.skip, self.failures, self.stuck = {}, {}, {}
  self.done, self.did = {}, {} -- changes, as a set and in order
  self.sent_calls, self.sent_objects = 0, 0
  self.looks, self.moved = 0, {}
  self.by_name = {}
  for _, kind in ipairs(self.kinds) do self.by_name[kind.name] = kind end
  return self
end

-- What a kind's `perform` may use.
function apply:call(name, args)
  return self.client:call(name, args, name == self.counted and self.account or nil)
end

function apply:sleep(seconds) self.loop:sleep(seconds) end

function apply:now() return self.clock() end

function apply:interrupted() return self.loop:interrupted() > 0 end

-- Whether enough has gone wrong to stop.
function apply:failed_enough()
  return self.max_failures ~= nil and #self.failures >= self.max_failures
end

-- Whether nothing more is to be sent.
function apply:stops() return self:interrupted() or self:failed_enough() end

-- The account is told how often the call itself was sent.
function apply:perform(step, account)
  local kind = self.by_name[step.kind]
  local perform = kind.perform and kind.perform[step.call]
  local counting = setmetatable({ counted = step.call, account = account }, { __index = self })
  if perform then return perform(counting, step) end
  local _, refused = counting:call(step.call, step.args)
  if refused then return nil, refused end
  return true
end

-- Notes that a part of a step will not be done, and is not to be tried again.
function apply:fail(made, step, part, refused)
  self.failures[#self.failures + 1] = { step = step, fault = refused,
    labels = steps_of.labels(made, part), places = steps_of.places(made, part) }
  for _, key in ipairs(builder.keys(part)) do self.skip[key] = refused end
end

-- Notes that a step was done, but for some of its changes.
function apply:note(made, step, failed)
  local is_failed = {}
  for _, position in ipairs(failed) do is_failed[position] = true end
  for i, index in ipairs(step.changes) do
    local change = made.changes[index]
    if not is_failed[i] and not self.done[change] then
      self.done[change], self.did[#self.did + 1] = true, change
    end
  end
end

-- One call between its intent and its outcome. Gives the fault of the call, and that of the
-- journal, which must stop everything.
function apply:send(made, step)
  if self.lock and self.lock.lost then return nil, self.lock.lost end
  local intent, id = steps_of.intent(made, step), nil
  if self.journal then
    local broken
    id, broken = self.journal:intend(self.run, intent)
    if not id then return nil, broken end
  end
  local account = {}
  local done, refused, failed = self:perform(step, account)
  if self.journal then
    local _, lost = self.journal:outcome(id, refused,
      { attempts = account.attempts, failed = failed })
    if lost then return nil, lost end
  end
  self.out:event { event = "call", call = step.call, objects = step.objects, ok = done == true,
    labels = intent.labels, fault = refused and fault.plain(refused) or nil }
  local halves = refused and bisect.halves(step, refused)
  if halves then return self:send_halves(made, halves) end
  if refused then
    local lost = failed and steps_of.part(step, failed) or step
    self:fail(made, step, lost, refused)
    if failed then self.sent_objects = self.sent_objects + #step.changes - #failed end
  else
    self.sent_calls, self.sent_objects = self.sent_calls + 1, self.sent_objects + step.objects
  end
  if failed or not refused then self:note(made, step, failed or {}) end
  return true
end

-- What is left of a refused batch, one half after the other: the first may decide for the second.
function apply:send_halves(made, halves)
  for _, half in ipairs(halves) do
    if self:stops() then return true end
    local done, broken = self:send(made, half)
    if not done then return nil, broken end
  end
  return true
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
      for _, key in ipairs(keys) do self.skip[key] = true end
      self.stuck[#self.stuck + 1] = { step = step, labels = steps_of.labels(made, step) }
    else
      fresh[#fresh + 1] = step
    end
  end
  return fresh
end

-- Whether a step still rests on what it was planned from; else it waits to be planned anew. What
-- moves again and again is given up.
function apply:stands(made, step, moved)
  local stands = true
  for i, index in ipairs(step.changes) do
    local change = made.changes[index]
    if moved[change] then
      local label = table.concat(change.label, "/")
      stands, self.moved[label] = false, (self.moved[label] or 0) + 1
      if self.moved[label] == MOST_MOVES then
        self.skip[builder.object(change)] = true
        self:fail(made, step, steps_of.part(step, { i }), fault.new { code = "plan.moving",
          call = step.call, message = "someone else keeps changing " .. label, sent = false,
          hint = "find out who; apply again when it holds still" })
      end
    end
  end
  return stands
end

-- Sends steps that were looked at together, without those whose ground has moved. Gives the fault
-- that stops everything.
function apply:send_unit(made, unit, told)
  if self:stops() or self.broken then return nil end
  local moved, refused = {}, nil
  if unit.ground then
    self.looks = self.looks + 1
    moved, refused = ground.moved(self.reader, made, unit)
  end
  self.broken = self.broken or refused
  if refused then return nil, refused end
  if next(moved) then self.reader:forget(unit.ground.topics or {}) end
  local _, faults = self.loop:gather(self.parallelism, unit.steps, function(step)
    if self:stops() or self.broken or not self:stands(made, step, moved) then return nil end
    local done, failure = self:send(made, step)
    self.broken = self.broken or failure
    if done then told(step) end
    return done, failure
  end)
  return nil, faults and self.broken
end

-- Sends all steps of a stage; gives what was sent, or the fault that stops everything.
function apply:stage(made, steps)
  local total, sent = #steps, {}
  local units = ground.units(made, steps, function(step)
    local grounds = self.by_name[step.kind].ground
    return grounds and grounds[step.call]
  end)
  local _, broken = self.loop:gather(self.parallelism, units, function(unit)
    return self:send_unit(made, unit, function(step)
      sent[#sent + 1] = step
      self.out:progress("applying " .. step.title, #sent, total)
    end)
  end)
  self.out:progress("applying", total, total)
  if broken then return nil, self.broken end
  return sent
end

function apply:forget(steps)
  for _, step in ipairs(steps) do
    self.reader:written(self.by_name[step.kind].touches[step.call], step.args)
  end
end

-- The plan as things are now, or nil and a fault; then whether something forbids to go on.
function apply:replan()
  local state, refused = current.read(self.reader, self.pb, self.kinds, self.selection)
  if not state then return nil, refused end
  self.state = state
  local made = planner.make(self.pb, state, self.kinds,
    { platform = self.platform, skip = self.skip, selection = self.selection })
  local blocked = not self.partial and #made.problems > 0
  -- The run as a whole has to keep within the limits, whatever came up since its first plan.
  local done = { changes = self.did, objects = self.sent_objects }
  for _, refusal in ipairs(guard.refusals(made, self, done)) do
    made.problems[#made.problems + 1], blocked = refusal, true
  end
  return made, nil, blocked
end

-- What a plan wanted and no call has done.
function apply:undone(made)
  local changes = {}
  for _, change in ipairs(made.changes) do
    if not self.done[change] then changes[#changes + 1] = change end
  end
  return changes
end

-- All that is still to do, what failed and what rests on it included.
function apply:left(made)
  if not made then return {} end
  if not self.state or next(self.skip) == nil then return self:undone(made) end
  return planner.make(self.pb, self.state, self.kinds,
    { platform = self.platform, selection = self.selection }).changes
end

function apply:result(made, extra)
  local result = {
    sent = self.sent_calls, objects = self.sent_objects, failures = self.failures,
    stuck = self.stuck, left = self:left(made), problems = made and made.problems or {},
    interrupted = self:interrupted(), stopped = self:failed_enough(),
    excluded = made and made.excluded or {}, looks = self.looks, moved = order.keys(self.moved),
  }
  for name, value in pairs(extra or {}) do result[name] = value end
  return result
end

---Carries a plan out until nothing is left to do. Inside a task of the loop.
---@param made remora.reconcile.Plan fresh; without problems, unless they do not stop the rest
---@return remora.reconcile.Applied
function apply:carry_out(made)
  local sent = {}
  for _ = 1, MOST_ROUNDS do
    local steps = self:leave_stuck(made, planner.first(made), sent)
    if #steps > 0 then
      local done, broken = self:stage(made, steps)
      if not done then return self:result(made, { fault = broken }) end
      sent = done
      self:forget(steps)
    elseif #made.steps == 0 then
      return self:result(made)
    end
    local again, refused, blocked = self:replan()
    if not again then return self:result(nil, { fault = refused }) end
    made = again
    if blocked or self:stops() then return self:result(made) end
  end
  return self:result(made)
end

return apply
