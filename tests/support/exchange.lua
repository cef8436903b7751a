-- Compares recorded answers with those of a server under test. Ids differ from run to run: the
-- recording gave every kind of thing its own range of eight-digit numbers, so a recorded id is
-- known by its value, and what stands in its place is learned from the first answer that shows it.
-- Times and request ids are not compared. It sends nothing.

local json = require "json"

local FIRST_ID, LAST_ID = 21000000, 31999999
local IGNORED = { request_id = true, permission = true }

local Exchange = {}
Exchange.__index = Exchange

---@return table exchange knows no id yet
local function new() return setmetatable({ actual = {}, recorded = {} }, Exchange) end

local function is_id(value)
  return math.type(value) == "integer" and value >= FIRST_ID and value <= LAST_ID
end

-- Recorded ids of one kind share their millions.
local function kind_of(id) return id // 1000000 end

---What the server has in place of recorded ids, throughout a value.
---@param value any recorded
---@return any|nil translated nil when an id was never seen in an answer
function Exchange:translate(value)
  if is_id(value) then return self.actual[value] end
  if type(value) == "string" then
    return (value:gsub("%f[%d]%d+", function(digits)
      local id = math.tointeger(tonumber(digits))
      return is_id(id) and tostring(self.actual[id] or id) or nil
    end))
  end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for key, item in pairs(value) do
    copy[key] = self:translate(item)
    if copy[key] == nil then return nil end
  end
  return copy
end

local function learn(self, recorded, actual)
  local known = self.actual[recorded]
  if known then return known == actual end
  local place = kind_of(recorded) .. ":" .. actual
  if self.recorded[place] then return false end
  self.actual[recorded], self.recorded[place] = actual, recorded
  return true
end

local function is_time(text)
  return type(text) == "string" and text:find("^%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d") ~= nil
end

-- A sort key without what differs from run to run.
local function shape(value)
  if is_time(value) or math.type(value) == "integer" then return "" end
  if type(value) ~= "table" then return json.encode(value) end
  local parts = {}
  for key, item in pairs(value) do parts[#parts + 1] = tostring(key) .. "=" .. shape(item) end
  table.sort(parts)
  return table.concat(parts, ",")
end

local function by_shape(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted, function(a, b) return shape(a) < shape(b) end)
  return sorted
end

local compare

local function compare_objects(self, recorded, actual, path, differences)
  local keys = {}
  for key in pairs(recorded) do keys[key] = true end
  for key in pairs(actual) do keys[key] = true end
  for key in pairs(keys) do
    if not IGNORED[key] then
      compare(self, recorded[key], actual[key], path .. "." .. key, differences)
    end
  end
end

local function compare_lists(self, recorded, actual, path, differences)
  if #recorded ~= #actual then
    differences[#differences + 1] = ("%s: %d items recorded, got %d"):format(
      path, #recorded, #actual)
    return
  end
  if differences.unordered then recorded, actual = by_shape(recorded), by_shape(actual) end
  for i, item in ipairs(recorded) do
    compare(self, item, actual[i], ("%s[%d]"):format(path, i), differences)
  end
end

function compare(self, recorded, actual, path, differences)
  local both_tables = type(recorded) == "table" and type(actual) == "table"
  if both_tables and json.is_array(recorded) and json.is_array(actual) then
    return compare_lists(self, recorded, actual, path, differences)
  end
  if both_tables and not json.is_array(recorded) and not json.is_array(actual) then
    return compare_objects(self, recorded, actual, path, differences)
  end
  local equal = recorded == actual or is_time(recorded) and is_time(actual)
  if is_id(recorded) and math.type(actual) == "integer" then
    equal = learn(self, recorded, actual)
  elseif type(recorded) == "string" then
    equal = equal or self:translate(recorded) == actual
  end
  if not equal then
    differences[#differences + 1] = ("%s: recorded %s, got %s"):format(path,
      recorded == nil and "nothing" or json.encode(recorded),
      actual == nil and "nothing" or json.encode(actual))
  end
end

-- Both layers of the platform under common names.
local function envelope(answer)
  if type(answer) ~= "table" or answer.result == nil then return answer end
  return { result = answer.result, data = answer.data,
    code = answer.bk_error_code or answer.code,
    message = answer.bk_error_msg or answer.message }
end

---Compares one answer. Ids are learned only from an answer that agrees.
---@param recorded any decoded
---@param actual any decoded
---@param unordered boolean|nil lists may be in any order
---@return string[] differences
function Exchange:compare(recorded, actual, unordered)
  local trial = new()
  for id, other in pairs(self.actual) do trial.actual[id] = other end
  for place, id in pairs(self.recorded) do trial.recorded[place] = id end
  local differences = { unordered = unordered }
  compare(trial, envelope(recorded), envelope(actual), "answer", differences)
  if #differences == 0 then self.actual, self.recorded = trial.actual, trial.recorded end
  differences.unordered = nil
  return differences
end

return { new = new }
