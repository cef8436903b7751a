-- Asks the agents how hosted processes are, many in one query, and waits for their answers. Decides
-- nothing.

local drivers = require "remora.hosting.drivers"
local order = require "remora.core.order"
local portions = require "remora.core.portions"
local said = require "remora.hosting.said"
local targets = require "remora.hosting.targets"
local task = require "remora.hosting.task"

local TIMEOUT = 60 -- seconds for the agents' answers to a query

-- Processes that a query asks about. No limit is published, but the answers come all in one, with
-- up to a kilobyte about each: for a great fleet it would be larger than any answer may be. Clients
-- in use ask about so many.
local MOST_ASKED = 1000

local agents = {}

-- What the result of a query tells.
local function read(result)
  local hosted, pids = task.state(result)
  return { hosted = hosted, running = #pids > 0, pids = table.concat(pids, " "),
    lost = result.code ~= 0 and result.code or nil }
end

---Asks.
---@param reader table remora.reconcile.reader
---@param via string a driver (drivers.lua)
---@param request remora.hosting.Request a query
---@return remora.hosting.Said? agents by place
---@return table? fault
function agents.ask(reader, via, request)
  local driver = drivers.via[via]
  local found, refused = task.run(reader, driver, request, reader.agent_timeout or TIMEOUT, read)
  if not found then return nil, refused end
  local by_place = said.new()
  for each in driver.addressed(request.call, request.args) do
    by_place[targets.place(each.host, each.entry.proc_name)] = found[each.key]
  end
  return by_place
end

---Asks about processes over every way to reach them.
---@param reader table remora.reconcile.reader
---@param biz_id integer
---@param by_via table<string, any[]> what to ask about
---@param options {about: (fun(item: any): {entry: table, host: table})?,
---  ask: (fun(reader: table, via: string, request: remora.hosting.Request): table?, table?)?}|nil
---  about: the process that an item of the lists means, nil: it is one; ask: in place of agents.ask
---@return remora.hosting.Said? agents by place
---@return table? fault
function agents.ask_all(reader, biz_id, by_via, options)
  local about, ask = options and options.about, options and options.ask or agents.ask
  local asked, found = {}, said.new()
  for via, list in order.pairs(by_via) do
    for _, part in ipairs(portions(list, MOST_ASKED)) do
      asked[#asked + 1] = { via = via, list = part }
    end
  end
  local _, refused = reader:gather(asked, function(some)
    local list = {}
    for i, item in ipairs(some.list) do list[i] = about and about(item) or item end
    local request = drivers.via[some.via].requests("query", biz_id, list)[1]
    local answer, failed = ask(reader, some.via, request)
    if not answer then return nil, failed end
    said.add(found, answer)
    return true
  end)
  if refused then return nil, refused end
  return found
end

return agents
