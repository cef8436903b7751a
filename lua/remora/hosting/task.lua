-- Waits for an agent task: asks for its result until every target has one or the deadline passes.
-- It knows how results appear (115 and a missing key are still running, 1000115 is not stored yet);
-- never what they mean (outcome.lua).

local json = require "json"

local task = {}

local NOT_STORED = 1000115
local STILL_RUNNING = 115
local FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0 -- seconds

---A query's `content` is JSON inside a string; other operations leave it empty or plain text.
local function decoded(content)
  if type(content) ~= "string" or not content:find("^%s*{") then return content end
  return json.decode(content) or content
end

---@class remora.hosting.TargetResult
---@field code integer error_code of the target; 115 when the deadline passed first
---@field message string
---@field content any

---@param rows table<string, table> the platform's rows by key
---@param wanted table<string, true> keys still waited for; answered ones are removed
---@param results table<string, remora.hosting.TargetResult>
local function collect(rows, wanted, results)
  for key, row in pairs(rows) do
    if wanted[key] and type(row) == "table" and row.error_code ~= STILL_RUNNING then
      wanted[key] = nil
      results[key] = {
        code = row.error_code, message = row.error_msg or "", content = decoded(row.content),
      }
    end
  end
end

---Polls until done.
---@param ask fun(): table<string, table>|nil, table? rows by key, or nil and a fault
---@param keys string[] the targets' keys (definition.target)
---@param clock table with methods now() and sleep(seconds), monotonic
---@param timeout number seconds
---@return table<string, remora.hosting.TargetResult>? results one per key
---@return table? fault the poll itself was refused
function task.await(ask, keys, clock, timeout)
  local results, wanted = {}, {}
  for _, key in ipairs(keys) do wanted[key] = true end
  local deadline, pause = clock:now() + timeout, FIRST_PAUSE
  while next(wanted) do
    local rows, refused = ask()
    if rows then
      collect(rows, wanted, results)
    elseif refused.code ~= NOT_STORED then
      return nil, refused
    end
    if not next(wanted) then break end
    if clock:now() + pause > deadline then break end
    clock:sleep(pause)
    pause = math.min(pause * 2, LONGEST_PAUSE)
  end
  for key in pairs(wanted) do
    results[key] = { code = STILL_RUNNING, message = "no result within the time allowed" }
  end
  return results
end

---Whether a query's result says that the agent keeps the process alive.
---@param result remora.hosting.TargetResult
---@return boolean hosted
---@return boolean running
function task.state(result)
  local content = result.content
  if result.code ~= 0 or type(content) ~= "table" then return false, false end
  local hosted, running = false, false
  for _, process in ipairs(content.process or {}) do
    for _, instance in ipairs(process.instance or {}) do
      hosted = hosted or instance.isAuto == true
      running = running or (math.type(instance.pid) == "integer" and instance.pid > 0)
    end
  end
  return hosted, running
end

return task
