-- The platform's query builder: rules of attribute, operator and value, in groups of groups. Owns
-- the form of such a tree and its limits; what a rule comes to is its caller's affair. Pure.

local json = require "json"

local query_rules = {}

---Most levels of a tree, its rules counted: a group in a group is as deep as it goes.
query_rules.DEEPEST = 3

local LONGEST_LIST = 500 -- values of one rule

-- Rules of one group. No document limits an AND; a database takes no tree of any size.
local MOST = { AND = 200, OR = 20 }

local function is_text(value) return type(value) == "string" end
local function is_ordered(value) return is_text(value) or type(value) == "number" end
local function is_scalar(value) return is_ordered(value) or type(value) == "boolean" end
local function is_any() return true end

local function is_list(value)
  if not json.is_array(value) or #value > LONGEST_LIST then return false end
  for _, item in ipairs(value) do
    if not is_scalar(item) then return false end
  end
  return true
end

-- What the value of a rule may be, by its operator.
local takes = {
  equal = is_scalar, not_equal = is_scalar,
  ["in"] = is_list, not_in = is_list,
  less = is_ordered, less_or_equal = is_ordered,
  greater = is_ordered, greater_or_equal = is_ordered,
  datetime_less = is_text, datetime_less_or_equal = is_text,
  datetime_greater = is_text, datetime_greater_or_equal = is_text,
  begins_with = is_text, not_begins_with = is_text,
  contains = is_text, not_contains = is_text,
  ends_with = is_text, not_ends_with = is_text,
  is_empty = is_any, is_not_empty = is_any,
  is_null = is_any, is_not_null = is_any,
  exist = is_any, not_exist = is_any,
}

local compile

local function compile_rule(rule, meaning)
  local fits, field = takes[rule.operator], rule.field
  if not fits or not fits(rule.value) then return nil end
  if type(field) ~= "string" or not field:find(meaning.field) then return nil end
  return meaning.rule(field, rule.operator, rule.value)
end

local function compile_group(group, meaning, most)
  local rules, joined = group.rules, group.condition
  if not json.is_array(rules) or #rules == 0 or #rules > (most[joined] or 0) then return nil end
  local parts = {}
  for i, rule in ipairs(rules) do
    parts[i] = compile(rule, meaning, most)
    if not parts[i] then return nil end
  end
  return meaning.group(parts, joined)
end

function compile(rule, meaning, most)
  if type(rule) ~= "table" then return nil end
  if rule.condition == nil and rule.rules == nil then return compile_rule(rule, meaning) end
  return compile_group(rule, meaning, most)
end

local function levels(rule)
  local below = 0
  for _, part in ipairs(rule.rules or {}) do below = math.max(below, levels(part)) end
  return below + 1
end

---@class remora.platform.Meaning what the parts of a tree come to
---@field field string pattern that the name of an attribute fits
---@field rule fun(field: string, operator: string, value: any): any
---@field group fun(parts: any[], joined: "AND"|"OR"): any

---What a tree of rules comes to.
---@param tree table {condition, rules} or {field, operator, value}
---@param meaning remora.platform.Meaning
---@param most {AND: integer, OR: integer}|nil rules of one group; nil: as most calls have it
---@return any result nil: the tree is not valid
---@return boolean too_deep whether nothing else is wrong with it
function query_rules.compile(tree, meaning, most)
  local result = compile(tree, meaning, most or MOST)
  local too_deep = result ~= nil and levels(tree) > query_rules.DEEPEST
  if too_deep then result = nil end
  return result, too_deep
end

return query_rules
