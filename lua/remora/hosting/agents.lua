-- Asks the agents how hosted processes are, as one query for all of them, and waits for their
-- answers. Decides nothing.

local drivers = require "remora.hosting.drivers"
local targets = require "remora.hosting.targets"
local task = require "remora.hosting.task"

local TIMEOUT = 60 -- seconds for the agents' answers to a query

local agents = {}

---@class remora.hosting.Agent what an agent says of one hosted process
---@field hosted boolean it keeps it alive
---@field running boolean
---@field pids string of what runs, in order: "812 1370"
---@field lost integer? why it did not say: an error code (outcome.lua)

---The requests that ask about some processes.
---@param via string a driver (drivers.lua)
---@param biz_id integer
---@param list {entry: table, host: table}[]
---@return remora.hosting.Request[]
function agents.requests(via, biz_id, list)
  return #list > 0 and drivers.via[via].requests("query", biz_id, list) or {}
end

---Asks.
---@param reader table remora.reconcile.reader
---@param via string
---@param request remora.hosting.Request of agents.requests
---@return table<string, remora.hosting.Agent>? agents by place (targets.lua)
---@return table? fault
function agents.ask(reader, via, request)
  local outcomes, refused = task.run(reader, drivers.via[via], request,
    reader.agent_timeout or TIMEOUT)
  if not outcomes then return nil, refused end
  local by_place = {}
  for _, each in ipairs(outcomes) do
    local hosted, pids = task.state(each.result)
    by_place[targets.place(each.target.host, each.target.entry.proc_name)] = { hosted = hosted,
      running = #pids > 0, pids = table.concat(pids, " "),
      lost = each.result.code ~= 0 and each.result.code or nil }
  end
  return by_place
end

return agents
