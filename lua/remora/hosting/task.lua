-- Waits for an agent task: asks for its result until every target has one or the deadline passes.
-- It knows how results appear (115 and a missing key are still running, 1000115 is not stored yet);
-- never what they mean (outcome.lua).

local columns = require "remora.net.columns"
local json = require "json"

local task = {}

local NOT_STORED = 1000115
local STILL_RUNNING = 115
local FIRST_PAUSE, LONGEST_PAUSE = 0.01, 2.0 -- seconds; each is twice the one before

-- What is wanted of the result of a target.
local WANTED = { code = "error_code", message = "error_msg", content = { "content" } }

---@class remora.hosting.Result of one target
---@field code integer error_code; 115 when waiting ended first
---@field message string?
---@field content string? the text of a list with the content alone

-- Keeps the results that are there, of those targets that have none yet. How many these were.
local function collect(clock, question, results, keep)
  local count = 0
  local done, refused = columns.read(clock, question.call, question.args, WANTED, function(row)
    if results[row.key] == false and row.code and row.code ~= STILL_RUNNING then
      results[row.key], count = keep(row), count + 1
    end
  end)
  if not done and refused.code ~= NOT_STORED then return nil, refused end
  return count
end

---Sends a request and waits for the results of the task it makes. Ctrl-C ends the waiting.
---@param clock table a reader or a run: call(name, args, account), now(), sleep(seconds),
---  interrupted()
---@param driver table see drivers.lua
---@param request remora.hosting.Request
---@param timeout number seconds
---@param keep fun(result: remora.hosting.Result): any what to keep of a result, which is good only
---  until then; there are very many
---@return table<string, any>? kept of each target that the request addresses, by key
---@return table? fault a call was refused
function task.run(clock, driver, request, timeout, keep)
  local data, refused = clock:call(request.call, request.args)
  if not data then return nil, refused end
  local results, open = {}, 0
  for each in driver.addressed(request.call, request.args) do
    if results[each.key] == nil then results[each.key], open = false, open + 1 end
  end
  local question = driver.question(request.args, data)
  local deadline, pause = clock:now() + timeout, FIRST_PAUSE
  while true do
    local count, failure = collect(clock, question, results, keep)
    if not count then return nil, failure end
    open = open - count
    if open == 0 or clock:interrupted() or clock:now() + pause > deadline then break end
    clock:sleep(pause)
    pause = math.min(2 * pause, LONGEST_PAUSE)
  end
  for key, result in pairs(open > 0 and results or {}) do
    results[key] = result or keep { code = STILL_RUNNING }
  end
  return results
end

-- The agents' content is JSON, or as JSON inside a string.
local function content_of(text)
  local content = json.decode(text)[1]
  return type(content) == "string" and json.decode(content) or content
end

---What a query's result says of a process.
---@param result remora.hosting.Result
---@return boolean hosted the agent keeps it alive
---@return integer[] pids of what runs
function task.state(result)
  local hosted, pids = false, {}
  local content = result.code == 0 and content_of(result.content)
  if type(content) ~= "table" then return hosted, pids end
  for _, process in ipairs(content.process or {}) do
    for _, instance in ipairs(process.instance or {}) do
      hosted = hosted or instance.isAuto == true
      if math.type(instance.pid) == "integer" and instance.pid > 0 then
        pids[#pids + 1] = instance.pid
      end
    end
  end
  table.sort(pids)
  return hosted, pids
end

return task
