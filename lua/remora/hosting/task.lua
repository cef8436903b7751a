-- Waits for an agent task: asks for its result until every target has one or the deadline passes.
-- It knows how results appear (115 and a missing key are still running, 1000115 is not stored yet);
-- never what they mean (outcome.lua).

local columns = require "remora.net.columns"
local json = require "json"
local outcome = require "remora.hosting.outcome"

local task = {}

local NOT_STORED = 1000115
local FIRST_PAUSE, LONGEST_PAUSE = 0.01, 2.0 -- seconds; each is twice the one before

-- What is wanted of the result of a target. The agents' content is JSON, or as JSON inside a text.
local INSTANCES = "content.process.*.instance.*."
local WANTED = { code = "error_code", message = "error_msg", hosted = INSTANCES .. "isAuto",
  pids = INSTANCES .. "pid" }

---@class remora.hosting.Result of one target
---@field code integer error_code; 115 when waiting ended first
---@field message string?
---@field hosted string? of what a query found: the text of a list of whether the agent keeps it
---@field pids string? and of the process ids

-- Keeps the results that are there, of those targets that have none yet. How many these were.
local function collect(caller, question, results, keep)
  local count = 0
  local done, refused = columns.read(caller, question.call, question.args, WANTED, function(row)
    if results[row.key] == false and row.code and row.code ~= outcome.STILL_RUNNING then
      results[row.key], count = keep(row), count + 1
    end
  end)
  if not done and refused.code ~= NOT_STORED then return nil, refused end
  return count
end

---Sends a request and waits for the results of the task it makes. Ctrl-C ends the waiting.
---@param caller table a reader or a run (reconcile/sending.lua): call(name, args, account), now(),
---  sleep(seconds), interrupted()
---@param driver table see drivers.lua
---@param request remora.hosting.Request
---@param timeout number seconds
---@param keep fun(result: remora.hosting.Result): any what to keep of a result, which is good only
---  until then; there are very many
---@return table<string, any>? kept of each target that the request addresses, by key
---@return table? fault a call was refused
function task.run(caller, driver, request, timeout, keep)
  local data, refused = caller:call(request.call, request.args)
  if not data then return nil, refused end
  local results, open = {}, 0
  for each in driver.addressed(request.call, request.args) do
    if results[each.key] == nil then results[each.key], open = false, open + 1 end
  end
  local question = driver.question(request.args, data)
  local deadline, pause = caller:now() + timeout, FIRST_PAUSE
  while true do
    local count, failure = collect(caller, question, results, keep)
    if not count then return nil, failure end
    open = open - count
    if open == 0 or caller:interrupted() or caller:now() + pause > deadline then break end
    caller:sleep(pause)
    pause = math.min(2 * pause, LONGEST_PAUSE)
  end
  for key, result in pairs(open > 0 and results or {}) do
    results[key] = result or keep { code = outcome.STILL_RUNNING }
  end
  return results
end

---What a query's result says of a process.
---@param result remora.hosting.Result
---@return boolean hosted the agent keeps it alive
---@return integer[] pids of what runs
function task.state(result)
  if result.code ~= 0 then return false, {} end
  local hosted, pids = false, {}
  for _, kept in ipairs(json.decode(result.hosted)) do hosted = hosted or kept == true end
  for _, pid in ipairs(json.decode(result.pids)) do
    if math.type(pid) == "integer" and pid > 0 then pids[#pids + 1] = pid end
  end
  table.sort(pids)
  return hosted, pids
end

return task
