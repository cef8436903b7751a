-- Waits for an agent task: asks for its result until every target has one or the deadline passes.
-- It knows how results appear (115 and a missing key are still running, 1000115 is not stored yet);
-- never what they mean (outcome.lua).

local task = {}

local NOT_STORED = 1000115
local STILL_RUNNING = 115
local FIRST_PAUSE, LONGEST_PAUSE = 0.01, 2.0 -- seconds; each is twice the one before

---@class remora.hosting.TargetResult
---@field code integer error_code of the target; 115 when waiting ended first
---@field message string
---@field content any

---@param rows table<string, table> the platform's rows by key
---@param wanted table<string, true> keys still waited for; answered ones are removed
---@param results table<string, remora.hosting.TargetResult>
local function collect(rows, wanted, results)
  for key, row in pairs(rows) do
    if wanted[key] and type(row) == "table" and row.error_code ~= STILL_RUNNING then
      wanted[key] = nil
      results[key] =
        { code = row.error_code, message = row.error_msg or "", content = row.content }
    end
  end
end

---Sends a request and waits for the results of the task it makes. Ctrl-C ends the waiting.
---@param clock table a reader or a run: call(name, args), now(), sleep(seconds), interrupted()
---@param driver table see drivers.lua
---@param request remora.hosting.Request
---@param timeout number seconds
---@return {target: remora.hosting.Addressed, result: remora.hosting.TargetResult}[]? outcomes one
---  for each target that the request addresses, in that order
---@return table? fault a call was refused
function task.run(clock, driver, request, timeout)
  local data, refused = clock:call(request.call, request.args)
  if not data then return nil, refused end
  local addressed = driver.addressed(request.call, request.args)
  local results, wanted = {}, {}
  for _, each in ipairs(addressed) do wanted[each.key] = true end
  local question = driver.question(request.args, data)
  local deadline, pause = clock:now() + timeout, FIRST_PAUSE
  while true do
    local answer, failure = clock:call(question.call, question.args)
    if answer then
      collect(driver.rows(answer), wanted, results)
    elseif failure.code ~= NOT_STORED then
      return nil, failure
    end
    if not next(wanted) or clock:interrupted() or clock:now() + pause > deadline then break end
    clock:sleep(pause)
    pause = math.min(2 * pause, LONGEST_PAUSE)
  end
  local outcomes = {}
  for i, each in ipairs(addressed) do
    local result = results[each.key] or { code = STILL_RUNNING, message = "" }
    outcomes[i] = { target = each, result = result }
  end
  return outcomes
end

---What a query's result says of a process.
---@param result remora.hosting.TargetResult
---@return boolean hosted the agent keeps it alive
---@return integer[] pids of what runs
function task.state(result)
  local content = result.content
  local hosted, pids = false, {}
  if result.code ~= 0 or type(content) ~= "table" then return hosted, pids end
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
