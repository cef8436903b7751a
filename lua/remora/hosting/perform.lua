-- Makes a hosting call and waits for every target's result. Remembers what was registered as soon
-- as an agent has said so; reports the targets where it failed.

local drivers = require "remora.hosting.drivers"
local fault = require "remora.core.fault"
local outcome = require "remora.hosting.outcome"
local targets = require "remora.hosting.targets"
local task = require "remora.hosting.task"
local verbs = require "remora.hosting.verbs"

local TIMEOUT = 300 -- seconds for all agents together

local MOST_NAMED = 5 -- targets that a message names

-- Whether a target is as the operation wanted it. That nothing had to be done is no success of an
-- operation of which nothing would be seen.
local function is_done(verb, code)
  return code == 0 or outcome.of(code).done and not verb.traceless
end

-- Of what had been registered before, the agent keeps the old definition: nothing is known of it.
local function remember(registry, verb, via, target, code)
  local place = targets.place(target.host, target.entry.proc_name)
  if verb.traceless then
    registry:act(place)
    return true
  elseif code == outcome.ALREADY_REGISTERED then
    return registry:forget(place)
  elseif verb.teaches then
    return registry:put(place, { via = via, entry = target.entry })
  end
  return registry:retire(place)
end

-- The code and the message of a result.
local function read(result)
  return { code = result.code, message = result.message or "" }
end

-- Remembers what agents said that they did.
local function remember_all(registry, step, results)
  local verb = verbs[step.group]
  local via, driver = drivers.of(step.call)
  return registry:together(function()
    for target in driver.addressed(step.call, step.args) do
      local code = results[target.key].code
      if is_done(verb, code) then
        local done, refused = remember(registry, verb, via, target, code)
        if not done then return nil, refused end
      end
    end
    return true
  end)
end

-- One fault for all targets that failed alike. The agents' own words are the same only by chance.
local function failed(run, step, code, list)
  local meaning, named = outcome.of(code), {}
  for i = 1, math.min(#list, MOST_NAMED) do
    local target, said = list[i].target, list[i].message
    named[i] = ("%s on %s"):format(target.entry.proc_name, target.host.ip)
      .. (said ~= "" and (" (%s)"):format(said) or "")
  end
  if #list > MOST_NAMED then named[#named + 1] = ("%d more"):format(#list - MOST_NAMED) end
  local unanswered = code == outcome.STILL_RUNNING
  local text = unanswered and run:interrupted() and "stopped waiting for the result"
    or meaning.text
  return fault.new {
    -- An agent that has not answered refuses nothing: it may do what it was told.
    code = unanswered and "hosting.no_result" or code, call = step.call, hint = meaning.hint,
    message = ("%s: %s"):format(text, table.concat(named, ", ")),
  }
end

-- The faults of what failed, by code, and the positions among all targets.
local function failures(run, step, results)
  local by_code, codes, positions, position = {}, {}, {}, 0
  local _, driver = drivers.of(step.call)
  for target in driver.addressed(step.call, step.args) do
    local result = results[target.key]
    local code = result.code
    position = position + 1
    if not is_done(verbs[step.group], code) then
      if not by_code[code] then
        by_code[code], codes[#codes + 1] = {}, code
      end
      table.insert(by_code[code], { target = target, message = result.message })
      positions[#positions + 1] = position
    end
  end
  table.sort(codes)
  local faults = {}
  for i, code in ipairs(codes) do faults[i] = failed(run, step, code, by_code[code]) end
  return faults, positions
end

---@param run table see reconcile/sending.lua
---@param step remora.reconcile.Step
---@return boolean? done
---@return table? fault
---@return integer[]? failed positions of the items that failed; nil: all
return function(run, step)
  local _, driver = drivers.of(step.call)
  local results, refused = task.run(run, driver, step, run.agent_timeout or TIMEOUT, read)
  if not results then return nil, refused end
  local done, wrong = remember_all(run.registry, step, results)
  if not done then return nil, wrong end
  local faults, positions = failures(run, step, results)
  if #faults > 0 then return nil, fault.list(faults), positions end
  return true
end
