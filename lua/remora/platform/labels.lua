-- Labels of service instances and the selectors that look for them. Pure.

local json = require "json"
local messages = require "remora.platform.messages"
local order = require "remora.core.order"

local labelling = {}

local LONGEST = 63

local function is_word(text, first)
  return type(text) == "string" and #text <= LONGEST
    and (text:find("^" .. first .. "$") or text:find("^" .. first .. "[%w%-_.]*%w$")) ~= nil
end

local function is_key(text) return is_word(text, "%a") end
local function is_value(text) return is_word(text, "%w") end

---Checks a map of labels.
---@param labels table<string, string>
---@return remora.platform.Refusal|nil refusal 1199006(label.key or label.key:value)
function labelling.check(labels)
  for key, value in order.pairs(labels) do
    if not is_key(key) then return messages.refuse(1199006, "label." .. key) end
    if not is_value(value) then
      return messages.refuse(1199006, ("label.%s:%s"):format(key, value))
    end
  end
end

local function has(values, value)
  for _, one in ipairs(values) do
    if one == value then return true end
  end
  return false
end

-- operator → how many values it takes, and the test of the label's value (nil: no such label)
local operators = {
  ["="] = { 1, 1, function(value, values) return value == values[1] end },
  ["!="] = { 1, 1, function(value, values) return value ~= values[1] end },
  ["in"] = { 1, math.huge, function(value, values) return has(values, value) end },
  ["notin"] = { 1, math.huge, function(value, values) return not has(values, value) end },
  ["exists"] = { 0, 0, function(value) return value ~= nil end },
  ["!"] = { 0, 0, function(value) return value == nil end },
}

---A test for service instances.
---@param selectors table[]|nil {key, operator, values}
---@return (fun(instance: table): boolean)|nil test nil when the selectors are refused, or when
---  there is nothing to test
---@return remora.platform.Refusal|nil refusal 1199006(operator, values or key)
function labelling.test(selectors)
  for _, selector in ipairs(selectors or {}) do
    local operator, count = operators[selector.operator], #(selector.values or {})
    if not operator then return nil, messages.refuse(1199006, "operator") end
    if count < operator[1] or count > operator[2] then
      return nil, messages.refuse(1199006, "values")
    end
    if not is_key(selector.key) then return nil, messages.refuse(1199006, "key") end
  end
  if #(selectors or {}) == 0 then return nil end
  return function(instance)
    local labels = instance.labels ~= json.null and instance.labels or {}
    for _, selector in ipairs(selectors) do
      local matches = operators[selector.operator][3]
      if not matches(labels[selector.key], selector.values or {}) then return false end
    end
    return true
  end
end

return labelling
