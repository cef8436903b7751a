-- Makes a hosting call and waits for every target's result. Remembers what was registered as soon as an
-- agent has said so; reports the hosts where it failed.

local fault = require "remora.core.fault"
local job = require "remora.hosting.job"
local outcome = require "remora.hosting.outcome"
local targets = require "remora.hosting.targets"
local task = require "remora.hosting.task"

local TIMEOUT = 300 -- seconds for all agents together

local MOST_NAMED = 5 -- hosts that a message names

local function remember(registry, step, each)
  local place = targets.place(each.host, each.entry.proc_name)
  if job.registers(step.call, step.args) then return registry:put(place, each.entry) end
  return registry:forget(place)
end

-- One fault for all targets that failed alike.
local function failed(step, code, list)
  local meaning, named = outcome(code), {}
  for i = 1, math.min(#list, MOST_NAMED) do
    named[i] = ("%s on %s"):format(list[i].entry.proc_name, list[i].host.ip)
  end
  if #list > MOST_NAMED then named[#named + 1] = ("%d more"):format(#list - MOST_NAMED) end
  return fault.new {
    code = code, call = step.call, hint = meaning.hint,
    message = ("%s: %s"):format(meaning.text, table.concat(named, ", ")),
  }
end

---@param run table see reconcile/apply.lua
---@param step remora.reconcile.Step
---@return boolean? done
---@return table? fault
return function(run, step)
  local data, refused = run:call(step.call, step.args)
  if not data then return nil, refused end
  local addressed, keys = job.addressed(step.args), {}
  for i, each in ipairs(addressed) do keys[i] = each.key end
  local results
  results, refused = task.await(
    job.asker(function(name, args) return run:call(name, args) end, step.args, data),
    keys, run, TIMEOUT)
  if not results then return nil, refused end
  local by_code, faults = {}, {}
  for _, each in ipairs(addressed) do
    local code = results[each.key].code
    if outcome(code).state == "done" then
      local done, wrong = remember(run.registry, step, each)
      if not done then return nil, wrong end
    else
      by_code[code] = by_code[code] or {}
      table.insert(by_code[code], each)
    end
  end
  for code, list in pairs(by_code) do faults[#faults + 1] = failed(step, code, list) end
  if #faults == 0 then return true end
  table.sort(faults, function(a, b) return a.code < b.code end)
  return nil, fault.list(faults)
end
