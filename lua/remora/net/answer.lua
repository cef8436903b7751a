-- From an HTTP answer to one envelope, whichever of the platform's systems and versions wrote it.
-- Pure; decides nothing about what follows.

local json = require "json"
local failures = require "remora.net.failures"

local answer = {}

---@class remora.Envelope  every flavour in one shape
---@field result boolean
---@field code integer|string 0 when all is well
---@field message string
---@field data any json.null when there is none
---@field permission table|nil what is missing, with code 9900403
---@field request_id string|nil
---@field status integer HTTP status

local function present(value)
  if value ~= json.null then return value end
  return nil
end

local function number(code)
  return math.tointeger(code) or math.tointeger(tonumber(code)) or code
end

-- The agents' results are JSON inside a string: of GSE by target, of job one level below.
local function decode_contents(by_target)
  if type(by_target) ~= "table" then return end
  for _, each in pairs(by_target) do
    local text = type(each) == "table" and each.content
    if type(text) == "string" and text:find("^%s*[{%[]") then
      each.content = json.decode(text) or text
    end
  end
end

local function read_data(row, data)
  if type(data) ~= "table" then return end
  if row.system == "gse" then decode_contents(data) end
  if row.system == "job" then decode_contents(data.result) end
end

local function request_id(decoded, headers)
  return present(decoded.request_id) or present(decoded.job_request_id)
    or headers["x-bkapi-request-id"] or headers["x-request-id"]
end

local function message_of(decoded)
  local message = present(decoded.message) or present(decoded.bk_error_msg)
  return type(message) == "string" and message:gsub("%c+", " ") or "" -- errors are one line
end

-- Why an answer is no envelope: what came instead, and what kept it from being JSON at all.
local function foreign(row, place, response, problem)
  if response.status >= 400 then return failures.status(row.key, place, response) end
  if not problem then return failures.foreign(row.key, place, response) end
  if response.body:find("^%s*[{%[]") then
    return failures.bad_json(row.key, place, response, problem)
  end
  return failures.not_json(row.key, place, response)
end

---Reads an answer.
---@param row remora.Row
---@param place string as of route.place
---@param response {status: integer, headers: table<string, string>, body: string}
---@return remora.Envelope|nil
---@return table|nil fault http.…
function answer.read(row, place, response)
  local decoded, problem = json.decode(response.body)
  if not json.is_object(decoded) then decoded = nil end
  if failures.is_plain(response.status) then
    local f = failures.status(row.key, place, response, decoded and message_of(decoded))
    f.request_id = decoded and request_id(decoded, response.headers)
    return nil, f
  end
  local code = decoded and (present(decoded.code) or present(decoded.bk_error_code))
  local result = decoded and present(decoded.result)
  if code == nil and type(result) ~= "boolean" then
    return nil, foreign(row, place, response, problem)
  end
  if code == nil then code = result and 0 or 1 end
  code = number(code)
  if type(result) ~= "boolean" then result = code == 0 end
  local data = decoded.data
  if data == nil then data = json.null end
  read_data(row, data)
  return {
    result = result, code = code, message = message_of(decoded), data = data,
    permission = present(decoded.permission),
    request_id = request_id(decoded, response.headers), status = response.status,
  }
end

return answer
