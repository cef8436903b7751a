-- What a run that was cut short leaves open: calls of which nobody knows whether they were carried
-- out. Looks for their effect before anything is sent again. Decides nothing about what is sent:
-- that is the next plan's affair, and this only makes it wait until the effect had its time.

local builder = require "remora.reconcile.builder"

local recovery = {}

local LONGEST_NAP = 1 -- seconds between two looks

---Waits until what the calls started on the platform is over, such as a sync.
---@param calls remora.journal.Call[]
---@param kinds table[] that the playbook needs
---@param run table what a kind's `perform` gets (reconcile/sending.lua)
---@return boolean? done
---@return table? fault
function recovery.wait(calls, kinds, run)
  for _, kind in ipairs(kinds) do
    for _, call in ipairs(calls) do
      local settle = kind.settle and kind.settle[call.name]
      if settle then
        local done, refused = settle(run, { call = call.name, args = call.arguments,
          group = call.work.group })
        if not done then return nil, refused end
      end
    end
  end
  return true
end

---Those calls whose work a plan would do again, so that their effect was not found.
---@param calls remora.journal.Call[]
---@param plan remora.reconcile.Plan
---@return remora.journal.Call[]
function recovery.missing(calls, plan)
  local again, missing = {}, {}
  if #calls == 0 then return missing end
  for _, step in ipairs(plan.steps) do
    for _, key in ipairs(builder.keys(step)) do again[key] = true end
  end
  for _, call in ipairs(calls) do
    for _, key in ipairs(builder.keys { call = call.name, args = call.arguments,
      keys = call.work.keys }) do
      if again[key] then
        missing[#missing + 1] = call
        break
      end
    end
  end
  return missing
end

---Looks for the effects of calls at once, and again as long as one that is missing may still come.
---@param calls remora.journal.Call[]
---@param world {plan: (fun(): remora.reconcile.Plan), again: (fun(calls: remora.journal.Call[]):
---  boolean?, table?), sleep: fun(seconds: number), now: (fun(): number), interrupted:
---  (fun(): boolean), may_come: fun(call: remora.journal.Call): boolean}  plan: the plan as things
---  were last read; again: reads anew what calls touch and plans; now: unix seconds; may_come:
---  whether the effect of a call may come later than the first look, and matters then
---@param settle number seconds that a call may be under way
---@return table<integer, boolean>? found by the id of the call
---@return table? fault reading failed
function recovery.look(calls, world, settle)
  local slept = 0
  while true do
    local missing = recovery.missing(calls, world.plan())
    local wait = 0
    for _, call in ipairs(missing) do
      if world.may_come(call) then
        wait = math.max(wait, call.intended + settle - world.now())
      end
    end
    -- A clock that was set back must not make anybody wait longer than that.
    wait = math.min(wait, settle - slept)
    if wait <= 0 or world.interrupted() then
      local found = {}
      for _, call in ipairs(calls) do found[call.id] = true end
      for _, call in ipairs(missing) do found[call.id] = false end
      return found
    end
    local nap = math.min(wait, LONGEST_NAP)
    world.sleep(nap)
    slept = slept + nap
    local done, refused = world.again(missing)
    if not done then return nil, refused end
  end
end

return recovery
