-- process_property_filter: rules over process attributes, as a caller sends them, turned into a
-- condition of the database. It runs nothing.

local json = require "json"
local query_rules = require "remora.platform.query_rules"

local process_filter = {}

-- Attributes that are columns of their own; the others are taken out of the document.
local is_column = { bk_process_id = true, bk_process_name = true, bk_func_name = true }

local function operand(field)
  if is_column[field] then return "p." .. field end
  return ("p.doc ->> '$.%s'"):format(field)
end

-- operator → condition with %s for the attribute and at most one ? for the value, and how the value
-- is written there, if not as it is
local operators = {
  equal = { "%s = ?" },
  not_equal = { "%s IS NOT ?" },
  ["in"] = { "%s IN (SELECT value FROM json_each(?))", json.encode },
  not_in = { "coalesce(%s NOT IN (SELECT value FROM json_each(?)), 1)", json.encode },
  less = { "%s < ?" },
  less_or_equal = { "%s <= ?" },
  greater = { "%s > ?" },
  greater_or_equal = { "%s >= ?" },
  begins_with = { "instr(%s, ?) = 1" },
  not_begins_with = { "coalesce(instr(%s, ?), 0) <> 1" },
  contains = { "instr(lower(%s), lower(?)) > 0" },
  not_contains = { "coalesce(instr(lower(%s), lower(?)), 0) = 0" },
  ends_with = { "%s GLOB '*' || ?", function(text)
    return (text:gsub("[%*%?%[]", "[%0]"))
  end },
  is_null = { "%s IS NULL" },
  is_not_null = { "%s IS NOT NULL" },
  exist = { "%s IS NOT NULL" },
  not_exist = { "%s IS NULL" },
}

-- A tree of rules as SQL; the parameters go to `values`.
local function condition_into(values)
  return {
    most = 20, field = "^[%a_][%w_]*$",
    rule = function(field, operator, value)
      local condition, write = table.unpack(operators[operator] or {})
      if not condition then return nil end
      if condition:find("?", 1, true) then
        values[#values + 1] = write and write(value) or value
      end
      return condition:format(operand(field))
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
