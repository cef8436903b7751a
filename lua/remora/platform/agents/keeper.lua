-- The care for what is registered: on its rounds it starts again what has ended or what is due, and
-- stops what has been above a limit for some time. Owns when; how is exec_process.lua's.

local system = require "system"
local exec_process = require "remora.platform.agents.exec_process"
local finder = require "remora.platform.agents.finder"
local machine = require "remora.platform.agents.machine"
local protocol = require "remora.platform.agents.protocol"

local keeper = {}

local ROUND = 1          -- seconds between two rounds
local LONGEST_PAUSE = 60 -- seconds before one that fails is tried again; at first it is one
local STEADY = 60        -- seconds after which one that stays has never failed
local PATIENCE = 3       -- rounds in a row that one may be above a limit

---@class remora.platform.Care what the keeper remembers of one process while the server lives
---@field tries integer starts of late that have not shown to last
---@field from number when it may be tried again, in seconds of system.monotonic
---@field above table<string, integer> rounds in a row above a limit, by its name
---@field pid integer|nil of the last look
---@field processor number|nil seconds of processor time at the last look
---@field at number|nil when that was

local function care_of(cares, entry)
  local care = cares[entry.id] or { tries = 0, from = 0, above = {} }
  cares[entry.id] = care
  return care
end

local function named(site, entry)
  local host = site.store:get("host", entry.bk_host_id)
  return ("%s on %s"):format(finder.called(entry.process), host and host.bk_host_innerip or "?")
end

-- What a process takes of the machine, in percent; of the processors since the last look.
local function shares(care, running, size)
  local at, taken = system.monotonic(), { cpu = 0 }
  if care.pid == running.pid then
    taken.cpu = 100 * (running.processor - care.processor) / (at - care.at) / size.processors
  end
  care.pid, care.processor, care.at = running.pid, running.processor, at
  taken.mem = 100 * running.resident / size.memory
  return taken
end

-- The limit that a process has been above for too long.
local function passed(entry, care, running, size)
  local limits, taken = entry.process.limits or {}, shares(care, running, size)
  for _, name in ipairs { "cpu", "mem" } do
    local limit = limits[name] or 0
    local above = limit > 0 and taken[name] > limit
    care.above[name] = above and (care.above[name] or 0) + 1 or 0
    if care.above[name] >= PATIENCE then
      care.above[name] = 0
      return ("%s is at %.1f %%, above its limit of %g %%"):format(name, taken[name], limit)
    end
  end
  return nil
end

-- Does something with a process unless it needs it no more by the time that it is its turn.
local function attend(site, entry, act)
  site:spawn(function()
    site:alone(entry.identity, function()
      entry = site.store:get(finder.COLLECTION, entry.id)
      if entry.process.isauto then act(entry) end
    end)
  end)
end

local function bring_back(site, entry, care)
  if not exec_process.is_due(entry.process) or system.monotonic() < care.from then return end
  care.from = system.monotonic() + math.min(LONGEST_PAUSE, 2 ^ care.tries)
  care.tries = care.tries + 1
  attend(site, entry, function(fresh)
    if site:look(fresh) then return end
    local code, message = exec_process.start(site, fresh)
    local done = code == protocol.codes.DONE
    if done and fresh.process.auto_type ~= protocol.types.RESIDENT then -- it need not stay
      care.tries, care.from = 0, 0
    end
    site.log(("%s: %s"):format(named(site, fresh), done and "was started" or message))
  end)
end

local function restrain(site, entry, reason)
  attend(site, entry, function(fresh)
    local code, message = exec_process.stop(site, fresh)
    site.log(("%s: %s; %s"):format(named(site, fresh), reason,
      code == protocol.codes.DONE and "it was stopped" or message))
  end)
end

local function round(site, cares, size)
  site:bury()
  for _, entry in ipairs(site.store:find(finder.COLLECTION)) do
    if not site.busy[entry.identity] then
      local running, care = site:look(entry), care_of(cares, entry)
      if running and os.time() - entry.process.last_start_time > STEADY then care.tries = 0 end
      if running and entry.process.isauto then
        local reason = passed(entry, care, running, size)
        if reason then restrain(site, entry, reason) end
      elseif entry.process.isauto then
        bring_back(site, entry, care)
      end
    end
  end
end

---Begins to go the rounds.
---@param site remora.platform.Site
function keeper.begin(site)
  local cares, size = {}, machine.size()
  site:spawn(function()
    repeat
      site:guard(function() round(site, cares, size) end)
    until not site.loop:sleep(ROUND)
  end)
end

return keeper
