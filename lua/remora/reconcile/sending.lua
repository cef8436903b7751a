-- Sends the steps of one stage: looks at their ground, writes each call into the journal before and
-- after, takes refused batches apart. A call that fails does not end its siblings. Owns what became
-- of each call of a run; decides nothing about what to send.

local bisect = require "remora.reconcile.bisect"
local builder = require "remora.reconcile.builder"
local carried = require "remora.reconcile.carried"
local fault = require "remora.core.fault"
local ground = require "remora.reconcile.ground"
local identity = require "remora.reconcile.identity"
local steps_of = require "remora.reconcile.steps"

---@class remora.reconcile.Sending
---@field skip table<string, table|boolean> parts that failed and are not sent again, by
---  builder.key, and objects, by identity.object
---@field failures {step: remora.reconcile.Step, fault: table, labels: string[],
---  places: string[]}[] calls that failed, what they were to change and where the playbook asks for
---  it
---@field done table<remora.reconcile.Change, true> changes that were made
---@field did remora.reconcile.Change[] the same in order
---@field calls integer calls that were done
---@field in_part integer calls of which some items were done
---@field objects integer objects they changed
---@field looks integer calls that read again what a step was to overwrite
---@field moved table<string, integer> labels of what someone else had changed by then, how often
---@field unreachable boolean a call met nobody, however often it was tried
---@field under_way {label: string, total: integer}? the stage that is sent; total: changes of the
---  run, as far as is known
---@field broken table? the fault that stops everything: of reading, of the journal or of the lock
local Sending = {}
Sending.__index = Sending

local sending = {}

-- So often an object may turn out to be different just before it is written.
local MOST_MOVES = 3

-- Faults of calls that met nobody: the next one would not either.
local NOBODY_THERE = { ["net.connect"] = true, ["net.resolve"] = true }

---@param options {kinds: table[], client: table, loop: table, clock: fun(): number,
---  sync_timeout: number, agent_timeout: number?, reader: table?, out: table?,
---  parallelism: integer?, journal: table?, run: integer?, recorded: remora.reconcile.Plan?,
---  max_failures: integer?, lock: table?} as of reconcile/apply.lua; what kinds need to wait for
---  what is under way, and what sending takes beside that
---@return remora.reconcile.Sending
function sending.new(options)
  local self = setmetatable({}, Sending)
  for name, value in pairs(options) do self[name] = value end
  self.skip, self.failures = {}, {}
  self.done, self.did = {}, {}
  self.calls, self.in_part, self.objects = 0, 0, 0
  self.looks, self.moved, self.unreachable = 0, {}, false
  self.by_name = {}
  for _, kind in ipairs(self.kinds) do self.by_name[kind.name] = kind end
  self.numbers = {}
  for i, step in ipairs(self.recorded and self.recorded.steps or {}) do self.numbers[step] = i end
  return self
end

-- What a kind's `perform` may use.
function Sending:call(name, args, account)
  if name ~= self.counted then return self.client:call(name, args, account) end
  local data, refused = self.client:call(name, args, self.account)
  if not refused then self.account.taken_up = true end
  return data, refused
end

function Sending:sleep(seconds)
  self:tell()
  self.loop:sleep(seconds)
end

function Sending:now() return self.clock() end

function Sending:interrupted() return self.loop:interrupted() > 0 end

---Whether enough has gone wrong to stop.
---@return boolean
function Sending:failed_enough()
  return self.max_failures ~= nil and #self.failures >= self.max_failures
end

---Whether nothing more is to be sent.
---@return boolean
function Sending:stops()
  return self.broken ~= nil or self:interrupted() or self:failed_enough() or self.unreachable
end

-- What failed after the platform had taken a call up, while its end was waited for, must not be
-- read as if the call had done nothing.
local function of_waiting(step, refused)
  return fault.new { code = "call.end_unknown", call = step.call, sent = true, cause = refused,
    message = "was taken up, but how it ended could not be seen: " .. refused.message,
    hint = refused.hint }
end

-- The account is told how often the call itself was sent, and whether it was taken up.
function Sending:perform(step, account)
  local kind = self.by_name[step.kind]
  local perform = kind.perform and kind.perform[step.call]
  local counting = setmetatable({ counted = step.call, account = account }, { __index = self })
  if perform then
    local done, refused, failed = perform(counting, step)
    local misleads = refused and not failed and account.taken_up and fault.is_certain(refused)
    return done, misleads and of_waiting(step, refused) or refused, failed
  end
  local _, refused = counting:call(step.call, carried.written(step))
  if refused then return nil, refused end
  return true
end

-- Notes that a part of a step will not be done, and is not to be tried again.
function Sending:fail(made, step, part, refused)
  self.failures[#self.failures + 1] = { step = step, fault = refused,
    labels = steps_of.labels(made, part), places = steps_of.places(made, part) }
  for _, key in ipairs(builder.keys(part)) do self.skip[key] = refused end
  self.unreachable = self.unreachable or NOBODY_THERE[(refused.cause or refused).code] == true
end

-- Notes that a step was done, but for some of its changes.
function Sending:note(made, step, failed)
  local is_failed = {}
  for _, position in ipairs(failed) do is_failed[position] = true end
  for i, index in ipairs(step.changes) do
    local change = made.changes[index]
    if not is_failed[i] and not self.done[change] then
      self.done[change], self.did[#self.did + 1] = true, change
    end
  end
end

-- What the journal is told of a step; what it knows from the plan of the run is not told again.
function Sending:intent(made, step)
  local number = self.numbers[step]
  if not number then return steps_of.intent(made, step) end
  return { stage = step.title, call = step.call, objects = step.objects, step = number }
end

-- One call between its intent and its outcome. Gives the fault of the call, and that of the
-- journal, which must stop everything.
function Sending:send(made, step)
  if self.lock and self.lock.lost then return nil, self.lock.lost end
  local id
  if self.journal then
    local broken
    id, broken = self.journal:intend(self.run, self:intent(made, step))
    if not id then return nil, broken end
  end
  local account = {}
  local done, refused, failed = self:perform(step, account)
  if self.journal then
    local _, lost = self.journal:outcome(id, refused,
      { attempts = account.attempts, failed = failed })
    if lost then return nil, lost end
  end
  self.out:event(function()
    return { event = "call", call = step.call, objects = step.objects, ok = done == true,
      labels = steps_of.labels(made, step), fault = refused and fault.plain(refused) or nil }
  end)
  local halves = refused and bisect.halves(step, refused)
  if halves then return self:send_halves(made, halves) end
  if refused then
    local lost = failed and steps_of.part(step, failed) or step
    self:fail(made, step, lost, refused)
    local done_of_it = failed and #step.changes - #failed or 0
    if done_of_it > 0 then
      self.in_part, self.objects = self.in_part + 1, self.objects + done_of_it
    end
  else
    self.calls, self.objects = self.calls + 1, self.objects + step.objects
  end
  if failed or not refused then self:note(made, step, failed or {}) end
  return true
end

-- Shows how far the run is. Who waits for what is under way does so outside of any stage, too.
---@param more string? what it does just now
function Sending:tell(more)
  local stage = self.under_way
  if stage then self.out:progress(stage.label, #self.did, stage.total, more) end
end

-- Waits as long as sent steps ask for, and tells how long that still takes.
function Sending:pause(made, sent)
  local rest = 0
  for _, step in ipairs(sent) do
    local goes_on = false
    for _, index in ipairs(step.goes_on and step.changes or {}) do
      goes_on = goes_on or self.done[made.changes[index]] == true
    end
    if not goes_on then rest = math.max(rest, step.pause or 0) end
  end
  while rest > 0 and not self:stops() do
    self:tell(("waiting %d s"):format(math.ceil(rest)))
    self.loop:sleep(math.min(rest, 1))
    rest = rest - 1
  end
end

-- What is left of a refused batch, one half after the other: the first may decide for the second.
function Sending:send_halves(made, halves)
  for _, half in ipairs(halves) do
    if self:stops() then return true end
    local done, broken = self:send(made, half)
    if not done then return nil, broken end
    -- What is refused alone is not tried with another call either.
    if #half.changes == 1 and self.skip[builder.keys(half)[1]] then
      self.skip[identity.object(made.changes[half.changes[1]])] = true
    end
  end
  return true
end

-- Whether a step still rests on what it was planned from; else it waits to be planned anew. What
-- moves again and again is given up.
function Sending:stands(made, step, moved)
  local stands = true
  for i, index in ipairs(step.changes) do
    local change = made.changes[index]
    if moved[change] then
      local label = table.concat(change.label, "/")
      stands, self.moved[label] = false, (self.moved[label] or 0) + 1
      if self.moved[label] == MOST_MOVES then
        self.skip[identity.object(change)] = true
        self:fail(made, step, steps_of.part(step, { i }), fault.new { code = "plan.moving",
          call = step.call, message = "someone else keeps changing " .. label, sent = false,
          hint = "find out who; apply again when it holds still" })
      end
    end
  end
  return stands
end

-- Sends steps that were looked at together, without those whose ground has moved.
function Sending:send_unit(made, unit, told)
  if self:stops() then return end
  local moved = {}
  if unit.ground then
    local refused
    self.looks = self.looks + 1
    moved, refused = ground.moved(self.reader, made, unit)
    self.broken = self.broken or refused
    if not moved then return end
  end
  if next(moved) then self.reader:forget(unit.ground.topics or {}) end
  self.loop:gather(self.parallelism, unit.steps, function(step)
    if self:stops() or not self:stands(made, step, moved) then return end
    local done, failure = self:send(made, step)
    self.broken = self.broken or failure
    if done then told(step) end
  end)
end

---Sends all steps of a stage, and waits as long as they ask for.
---@param made remora.reconcile.Plan
---@param steps remora.reconcile.Step[]
---@return remora.reconcile.Step[]? sent
---@return table? fault that stops everything: of reading, of the journal or of the lock
function Sending:stage(made, steps)
  local sent = {}
  self.under_way = { label = "applying " .. steps[1].title, total = #self.did + #made.changes }
  self:tell()
  local units = ground.units(made, steps, function(step)
    local grounds = self.by_name[step.kind].ground
    return grounds and grounds[step.call]
  end)
  self.loop:gather(self.parallelism, units, function(unit)
    self:send_unit(made, unit, function(step)
      sent[#sent + 1] = step
      self:tell()
    end)
  end)
  if self.broken then return nil, self.broken end
  self:pause(made, sent)
  return sent
end

---Makes stale what steps touched.
---@param made remora.reconcile.Plan
---@param steps remora.reconcile.Step[]
function Sending:forget(made, steps)
  for _, step in ipairs(steps) do
    self.reader:forget(steps_of.touched(self.by_name[step.kind], step,
      steps_of.changes(made, step)))
  end
end

return sending
