-- Carries a plan out: sends the first stage, reads again what it touched, plans again, until
-- nothing is left. A call that fails ends neither its siblings nor what does not rest on it. Owns
-- the order of sending and what became of each call; decides nothing about what to send.

local bisect = require "remora.reconcile.bisect"
local builder = require "remora.reconcile.builder"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local guard = require "remora.reconcile.guard"
local planner = require "remora.reconcile.plan"

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
---@field excluded table[] what the selection leaves out, as in a plan

-- Enough rounds for every real chain; a platform that keeps changing must not hold us for ever.
local MOST_ROUNDS = 512

---@param options {pb: table, kinds: table[], reader: table, client: table, loop: table, out: table,
---  journal: table?, run: integer?, parallelism: integer, sync_timeout: number, platform: string,
---  clock: fun(): number, limits: table?, selection: table?, max_failures: integer?} limits: as of
---  reconcile/budget.lua, nil: none; selection: as of reconcile/selection.lua; max_failures: after
---  so many nothing more is sent
---@return table applying
function apply.new(options)
  local self = setmetatable({}, apply)
  self.limits = {}
  for name, value in pairs(options) do self[name] = value end
  self.skip, self.failures, self.stuck = {}, {}, {}
  self.sent_calls, self.sent_objects = 0, 0
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

local function labels_of(made, step)
  local labels, seen = {}, {}
  for _, index in ipairs(step.changes) do
    if not seen[index] then
      seen[index] = true
      labels[#labels + 1] = table.concat(made.changes[index].label, "/")
    end
  end
  return labels
end

-- Where the playbook asks for what a step does, each place once.
local function places_of(made, step)
  local places, seen = {}, {}
  for _, index in ipairs(step.changes) do
    local at = made.changes[index].at
    local place = at and fault.place { file = at.file, line = at.line }
    if place and not seen[place] then
      seen[place] = true
      places[#places + 1] = place
    end
  end
  return places
end

-- The failed part of a step: its changes and keys at some positions.
local function part_of(step, positions)
  local part = { call = step.call, changes = {}, keys = {} }
  local keys = builder.keys(step)
  for i, position in ipairs(positions) do
    part.changes[i], part.keys[i] = step.changes[position], keys[position]
  end
  return part
end

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

-- What the journal keeps of a step: enough to find its effect, and to undo it.
local function intent_of(made, step, labels)
  local changes = {}
  for i, index in ipairs(step.changes) do changes[i] = made.changes[index] end
  return { stage = step.title, call = step.call, args = step.args, objects = step.objects,
    labels = labels, changes = changes,
    work = { kind = step.kind, group = step.group, keys = step.keys } }
end

-- One call between its intent and its outcome. Gives the fault of the call, and that of the
-- journal, which must stop everything.
function apply:send(made, step)
  local labels, id = labels_of(made, step), nil
  if self.journal then
    local broken
    id, broken = self.journal:intend(self.run, intent_of(made, step, labels))
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
    labels = labels, fault = refused and fault.plain(refused) or nil }
  local halves = refused and bisect.halves(step, refused)
  if halves then return self:send_halves(made, halves) end
  if refused then
    local lost = failed and part_of(step, failed) or step
    self.failures[#self.failures + 1] = { step = step, fault = refused,
      labels = labels_of(made, lost), places = places_of(made, lost) }
    for _, key in ipairs(builder.keys(lost)) do self.skip[key] = refused end
    if failed then self.sent_objects = self.sent_objects + #step.changes - #failed end
  else
    self.sent_calls, self.sent_objects = self.sent_calls + 1, self.sent_objects + step.objects
  end
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
function apply:leave_stuck(made, steps, before)
  local fresh = {}
  for _, step in ipairs(steps) do
    local again = true
    for _, key in ipairs(builder.keys(step)) do again = again and before[key] end
    if again then
      for _, key in ipairs(builder.keys(step)) do self.skip[key] = true end
      self.stuck[#self.stuck + 1] = { step = step, labels = labels_of(made, step) }
    else
      fresh[#fresh + 1] = step
    end
  end
  return fresh
end

-- Sends all steps of a stage; gives what was sent, or the fault that stops everything.
function apply:stage(made, steps)
  local done, total, sent = 0, #steps, {}
  local _, broken = self.loop:gather(self.parallelism, steps, function(step)
    if self:stops() or self.broken then return nil end
    local ok, failure = self:send(made, step)
    if not ok then
      self.broken = failure
      return nil, failure
    end
    sent[#sent + 1] = step
    done = done + 1
    self.out:progress("applying " .. step.title, done, total)
    return true
  end)
  self.out:progress("applying", total, total)
  if broken then return nil, self.broken end
  return sent
end

function apply:forget(steps)
  local topics = {}
  for _, step in ipairs(steps) do
    for _, topic in ipairs(self.by_name[step.kind].touches[step.call] or {}) do
      topics[#topics + 1] = topic
    end
  end
  self.reader:forget(topics)
end

function apply:replan()
  local state, refused = current.read(self.reader, self.pb, self.kinds)
  if not state then return nil, refused end
  local made = planner.make(self.pb, state, self.kinds,
    { platform = self.platform, skip = self.skip, selection = self.selection })
  -- What came up since the first plan has to keep within the same limits.
  local about = { kinds = self.kinds, pb = self.pb, state = state, limits = self.limits }
  for _, refusal in ipairs(guard.refusals(made, about)) do
    made.problems[#made.problems + 1] = refusal
  end
  return made
end

function apply:result(made, extra)
  local result = {
    sent = self.sent_calls, objects = self.sent_objects, failures = self.failures,
    stuck = self.stuck, left = made and made.changes or {}, problems = made and made.problems or {},
    interrupted = self:interrupted(), stopped = self:failed_enough(),
    excluded = made and made.excluded or {},
  }
  for name, value in pairs(extra or {}) do result[name] = value end
  return result
end

---Carries a plan out until nothing is left to do. Inside a task of the loop.
---@param made remora.reconcile.Plan without problems, fresh
---@return remora.reconcile.Applied
function apply:carry_out(made)
  local before = {}
  for _ = 1, MOST_ROUNDS do
    local steps = self:leave_stuck(made, planner.first(made), before)
    if #steps > 0 then
      local sent, broken = self:stage(made, steps)
      if not sent then return self:result(made, { fault = broken }) end
      before = {}
      for _, step in ipairs(sent) do
        for _, key in ipairs(builder.keys(step)) do before[key] = true end
      end
      self:forget(sent)
    elseif #made.steps == 0 then
      return self:result(made)
    end
    local again, refused = self:replan()
    if not again then return self:result(nil, { fault = refused }) end
    made = again
    if #made.problems > 0 or self:stops() then return self:result(made) end
  end
  return self:result(made)
end

return apply
