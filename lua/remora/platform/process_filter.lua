-- process_property_filter: rules over process attributes, as a caller sends them, turned into a
-- condition of the database. It runs nothing.

local json = require "json"

local M = {}

local DEEPEST = 3
local MOST_RULES = 20
local LONGEST_LIST = 500

-- Attributes that are columns of their own; the others are taken out of the document.
local is_column = { bk_process_id = true, bk_process_name = true, bk_func_name = true }

local function operand(field)
  if is_column[field] then return "p." .. field end
  return ("p.doc ->> '$.%s'"):format(field)
end

local function is_scalar(value)
  return type(value) == "string" or type(value) == "number" or type(value) == "boolean"
end
local function is_text(value) return type(value) == "string" end
local function is_ordered(value) return type(value) == "string" or type(value) == "number" end
local function is_list(value)
  if not json.is_array(value) or #value > LONGEST_LIST then return false end
  for _, item in ipairs(value) do
    if not is_scalar(item) then return false end
  end
  return true
end

-- operator → condition with %s for the attribute and at most one ?, what the value may be, and how
-- it is written as a parameter
local operators = {
  equal = { "%s = ?", is_scalar },
  not_equal = { "%s IS NOT ?", is_scalar },
  ["in"] = { "%s IN (SELECT value FROM json_each(?))", is_list },
  not_in = { "coalesce(%s NOT IN (SELECT value FROM json_each(?)), 1)", is_list },
  less = { "%s < ?", is_ordered },
  less_or_equal = { "%s <= ?", is_ordered },
  greater = { "%s > ?", is_ordered },
  greater_or_equal = { "%s >= ?", is_ordered },
  begins_with = { "instr(%s, ?) = 1", is_text },
  not_begins_with = { "coalesce(instr(%s, ?), 0) <> 1", is_text },
  contains = { "instr(lower(%s), lower(?)) > 0", is_text },
  not_contains = { "coalesce(instr(lower(%s), lower(?)), 0) = 0", is_text },
  ends_with = { "%s GLOB '*' || ?", is_text, function(text)
    return (text:gsub("[%*%?%[]", "[%0]"))
  end },
  is_null = { "%s IS NULL" },
  is_not_null = { "%s IS NOT NULL" },
  exist = { "%s IS NOT NULL" },
  not_exist = { "%s IS NULL" },
}

local compile

local function compile_rule(rule, values)
  local operator = type(rule.operator) == "string" and operators[rule.operator]
  local field = rule.field
  if not operator or type(field) ~= "string" or not field:find("^[%a_][%w_]*$") then return nil end
  if operator[2] then
    if not operator[2](rule.value) then return nil end
    local write = operator[3] or type(rule.value) == "table" and json.encode
    local value = rule.value
    if write then value = write(value) end
    values[#values + 1] = value
  end
  return operator[1]:format(operand(field))
end

local function compile_group(group, depth, values)
  local rules, joined = group.rules, group.condition
  if depth > DEEPEST or not json.is_array(rules) or #rules == 0 or #rules > MOST_RULES
    or (joined ~= "AND" and joined ~= "OR") then
    return nil
  end
  local parts = {}
  for i, rule in ipairs(rules) do
    parts[i] = compile(rule, depth + 1, values)
    if not parts[i] then return nil end
  end
  return "(" .. table.concat(parts, " " .. joined .. " ") .. ")"
end

function compile(rule, depth, values)
  if type(rule) ~= "table" then return nil end
  if rule.condition ~= nil or rule.rules ~= nil then return compile_group(rule, depth, values) end
  return compile_rule(rule, values)
end

---The condition of a filter, over the table alias `p`.
---@param tree table|nil {condition, rules}; nil holds for everything
---@return string|nil sql nil when the filter is not valid
---@return table values its parameters in order
function M.sql(tree)
  local values = {}
  if tree == nil or next(tree) == nil then return "1", values end
  return compile_group(tree, 1, values), values
end

return M
