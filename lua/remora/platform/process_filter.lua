-- process_property_filter: rules over process attributes, as a caller sends them, turned into a
-- condition of the database. It runs nothing.

local json = require "json"
local query_rules = require "remora.platform.query_rules"

local process_filter = {}

-- Attributes that are columns of their own; the others are taken out of the document.
local is_column = { bk_process_id = true, bk_process_name = true, bk_func_name = true }

local function names_in_sql(field)
  return {
    VALUE = is_column[field] and "p." .. field or ("p.doc ->> '$.%s'"):format(field),
    TYPE = ("json_type(p.doc, '$.%s')"):format(field),
  }
end

-- operator → condition on VALUE and TYPE of the attribute, with at most one ? for the rule's value
local CONDITIONS = {
  equal = "VALUE = ?", ["in"] = "VALUE IN (SELECT value FROM json_each(?))",
  is_null = "VALUE IS NULL", exist = "TYPE IS NOT NULL",
  is_empty = "TYPE = 'array' AND VALUE = '[]'", is_not_empty = "TYPE = 'array' AND VALUE <> '[]'",
}

-- Those that hold only for texts, or only for numbers, as the rule's value is one.
local COMPARISONS = {
  less = "VALUE < ?", less_or_equal = "VALUE <= ?",
  greater = "VALUE > ?", greater_or_equal = "VALUE >= ?",
  datetime_less = "VALUE < ?", datetime_less_or_equal = "VALUE <= ?",
  datetime_greater = "VALUE > ?", datetime_greater_or_equal = "VALUE >= ?",
  begins_with = "instr(VALUE, ?) = 1", contains = "instr(lower(VALUE), lower(?)) > 0",
  ends_with = "VALUE GLOB '*' || ?",
}

local OPPOSITE = {
  not_equal = "equal", not_in = "in", is_not_null = "is_null", not_exist = "exist",
  not_begins_with = "begins_with", not_contains = "contains", not_ends_with = "ends_with",
}

-- How values are written, if not as they are.
local WRITTEN = {
  ["in"] = json.encode,
  ends_with = function(text) return (text:gsub("[%*%?%[]", "[%0]")) end,
}

local function condition_of(operator, value)
  local comparison = COMPARISONS[operator]
  if not comparison then return CONDITIONS[operator] end
  local type_is = type(value) == "string" and "= 'text'" or "IN ('integer', 'real')"
  return ("%s AND TYPE %s"):format(comparison, type_is)
end

-- A tree of rules as SQL; the parameters go to `values`.
local function condition_into(values)
  return {
    field = "^[%a_][%w_]*$",
    rule = function(field, operator, value)
      local positive = OPPOSITE[operator] or operator
      local condition = condition_of(positive, value)
      if condition:find("?", 1, true) then
        local write = WRITTEN[positive]
        values[#values + 1] = write and write(value) or value
      end
      local sql = condition:gsub("%u+", names_in_sql(field))
      return (OPPOSITE[operator] and "(%s) IS NOT TRUE" or "(%s)"):format(sql)
    end,
    group = function(parts, joined)
      return "(" .. table.concat(parts, " " .. joined .. " ") .. ")"
    end,
  }
end

---The condition of a filter, over the table alias `p`.
---@param tree table|nil {condition, rules}; nil holds for everything
---@return string|nil sql nil when the filter is not valid
---@return table values its parameters in order
function process_filter.sql(tree)
  local values = {}
  if tree == nil or next(tree) == nil then return "1", values end
  if tree.rules == nil then return nil, values end -- a rule alone is not taken here
  return query_rules.compile(tree, condition_into(values)), values
end

return process_filter
