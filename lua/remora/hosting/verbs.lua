-- What each operation on a hosted process means: whom it is hard on, what an agent says before and
-- after it, what is to be remembered of it. Data; how a driver calls it is the driver's affair.

local definition = require "remora.hosting.definition"

---@class remora.hosting.Verb
---@field takes boolean? it leaves a process without care, or not running if only for a moment: the
---  budget counts it, and it is done from high priority numbers to low ones
---@field teaches boolean? afterwards the agent has the definition that was sent
---@field traceless boolean? no agent tells afterwards that it was done
---@field repeatable boolean? nothing at all tells, and what was done twice is as if done once
---@field rests "hosted"|"running"|"pids" what an agent said that made it be planned
---@field after fun(agent: remora.hosting.Agent, entry: table) changes what an agent says as the
---  operation will

local function ends(agent) agent.hosted, agent.running = false, false end

---@type table<string, remora.hosting.Verb>
return {
  register = {
    teaches = true, rests = "hosted",
    after = function(agent, entry)
      agent.hosted = true
      agent.running = agent.running or entry.type == definition.RESIDENT -- its agent starts it
    end,
  },
  unregister = {
    takes = true, rests = "hosted",
    after = function(agent) agent.hosted = false end,
  },
  start = {
    teaches = true, rests = "running",
    after = function(agent) agent.hosted, agent.running = true, true end,
  },
  stop = { takes = true, rests = "running", after = ends },
  kill = { takes = true, rests = "running", after = ends },
  restart = {
    takes = true, traceless = true, rests = "pids",
    after = function(agent) agent.running = true end,
  },
  reload = { traceless = true, repeatable = true, rests = "running", after = function() end },
}
