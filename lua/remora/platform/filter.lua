-- Conditions over documents as callers write them: the query builder's rules, and the older form of
-- attribute = value with storage operators. Gives predicates; knows no collection and no call.

local json = require "json"
local query_rules = require "remora.platform.query_rules"
local regex = require "remora.platform.regex"

local filter = {}

local function present(value)
  return value ~= nil and value ~= json.null
end

local function same(a, b)
  return a == b
end

-- Comparable pairs are numbers with numbers and texts with texts; anything else is never in order.
local function ordered(compare)
  return function(value, wanted)
    return type(value) == type(wanted) and (type(value) == "number" or type(value) == "string")
      and compare(value, wanted)
  end
end

local function text_test(test)
  return function(value, wanted) return type(value) == "string" and test(value, wanted) end
end

local function one_of(value, list)
  for _, wanted in ipairs(list) do
    if same(value, wanted) then return true end
  end
  return false
end

local begins = text_test(function(v, w) return v:sub(1, #w) == w end)
local ends = text_test(function(v, w) return w == "" or v:sub(-#w) == w end)
local has = text_test(function(v, w) return v:find(w, 1, true) ~= nil end)
-- The platform's rules match a part without regard to case.
local contains = text_test(function(v, w) return has(v:lower(), w:lower()) end)

local function negated(test)
  return function(value, wanted) return not test(value, wanted) end
end

local less = ordered(function(a, b) return a < b end)
local less_or_equal = ordered(function(a, b) return a <= b end)
local greater = ordered(function(a, b) return a > b end)
local greater_or_equal = ordered(function(a, b) return a >= b end)

local function everything() return true end

-- operator → test(value, wanted)
local tests_of_rules = {
  equal = same, not_equal = negated(same),
  ["in"] = one_of, not_in = negated(one_of),
  less = less, less_or_equal = less_or_equal,
  greater = greater, greater_or_equal = greater_or_equal,
  datetime_less = less, datetime_less_or_equal = less_or_equal,
  datetime_greater = greater, datetime_greater_or_equal = greater_or_equal,
  begins_with = begins, not_begins_with = negated(begins),
  contains = contains, not_contains = negated(contains),
  ends_with = ends, not_ends_with = negated(ends),
  is_empty = function(value) return type(value) == "table" and next(value) == nil end,
  is_not_empty = function(value) return type(value) == "table" and next(value) ~= nil end,
  is_null = negated(present), is_not_null = present,
  exist = function(value) return value ~= nil end,
  not_exist = function(value) return value == nil end,
}

-- A tree of rules as a predicate.
local PREDICATE = {
  field = "^[%w_.]+$",
  rule = function(field, operator, wanted)
    local test = tests_of_rules[operator]
    return function(doc) return test(doc[field], wanted) end
  end,
  group = function(tests, joined)
    local all = joined == "AND"
    return function(doc)
      for _, test in ipairs(tests) do
        if test(doc) ~= all then return not all end
      end
      return all
    end
  end,
}

---The predicate that holds for everything.
filter.everything = everything

---A predicate from a query builder filter.
---@param tree table|nil {condition, rules}; nil and null match everything
---@param most {AND: integer, OR: integer}|nil as of query_rules.compile
---@return (fun(doc: table): boolean)|nil test nil: the filter is not valid
---@return boolean too_deep whether nothing else is wrong with it
function filter.rules(tree, most)
  if not present(tree) then return everything, false end
  return query_rules.compile(tree, PREDICATE, most)
end

-- Storage operators of the older conditions.
local storage = {
  ["$eq"] = same, ["$ne"] = negated(same), ["$in"] = one_of, ["$nin"] = negated(one_of),
  ["$lt"] = less, ["$lte"] = less_or_equal, ["$gt"] = greater, ["$gte"] = greater_or_equal,
}

-- A pattern's only option here is "i": in any case.
local function pattern_test(field, pattern, options)
  local search = type(pattern) == "string" and regex.compile(pattern, options == "i")
  return search and function(doc) return type(doc[field]) == "string" and search(doc[field]) end
end

local function storage_test(field, operator, wanted, options)
  if operator == "$regex" then return pattern_test(field, wanted, options) end
  if operator == "$options" then return everything end
  local test = storage[operator]
  local takes_list = operator == "$in" or operator == "$nin"
  if not test or takes_list ~= (type(wanted) == "table") then return nil end
  return function(doc) return test(doc[field], wanted) end
end

---A predicate from the older form of a condition.
---@param condition table|nil attribute = value, or attribute = {["$in"] = list} and the like
---@return (fun(doc: table): boolean)|nil test nil: an operator is not known
function filter.condition(condition)
  if not present(condition) or next(condition) == nil then return everything end
  local tests = {}
  for field, wanted in pairs(condition) do
    if json.is_object(wanted) then
      for operator, value in pairs(wanted) do
        local test = storage_test(field, operator, value, wanted["$options"])
        if not test then return nil end
        tests[#tests + 1] = test
      end
    else
      tests[#tests + 1] = function(doc) return same(doc[field], wanted) end
    end
  end
  return filter.all(tests)
end

-- "2021-05-13 01:00:00" as documents write it, without the fraction.
local function instant(text)
  return type(text) == "string" and text:match("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$")
    and text:gsub(" ", "T") or nil
end

---A predicate from a time condition; instants are UTC.
---@param condition table|nil {oper = "and", rules = list of {field, start, end}}
---@return (fun(doc: table): boolean)|nil test nil: the condition is not valid
function filter.times(condition)
  if not present(condition) then return everything end
  local tests = {}
  for i, rule in ipairs(condition.rules or {}) do
    local first, last, field = instant(rule.start), instant(rule["end"]), rule.field
    if not first or not last or type(field) ~= "string" then return nil end
    tests[i] = function(doc)
      local at = type(doc[field]) == "string" and doc[field]:sub(1, 19)
      return at and first <= at and at <= last
    end
  end
  return filter.all(tests)
end

---A predicate that finds a part of a text.
---@param field string
---@param part string
---@param ignore_case boolean|nil
---@return fun(doc: table): boolean
function filter.part(field, part, ignore_case)
  local test = ignore_case and contains or has
  return function(doc) return test(doc[field], part) end
end

---A predicate that holds where all of some do.
---@param tests (fun(doc: table): boolean)[]
---@return fun(doc: table): boolean
function filter.all(tests)
  local needed = {}
  for _, test in ipairs(tests) do
    if test ~= everything then needed[#needed + 1] = test end
  end
  if #needed == 0 then return everything end
  return function(doc)
    for _, test in ipairs(needed) do
      if not test(doc) then return false end
    end
    return true
  end
end

---A predicate from the arguments of a search: a condition or a query builder filter, and times.
---@param args table with condition and time_condition
---@param filter_name string the argument with the filter
---@param most {AND: integer, OR: integer}|nil as of query_rules.compile
---@return (fun(doc: table): boolean)|nil test
---@return string|nil wrong the argument that is not valid
function filter.search(args, filter_name, most)
  if args.condition and args[filter_name] then return nil, filter_name end
  local condition = filter.condition(args.condition)
  if not condition then return nil, "condition" end
  local rules = filter.rules(args[filter_name], most)
  if not rules then return nil, filter_name end
  local times = filter.times(args.time_condition)
  if not times then return nil, "time_condition" end
  return filter.all { condition, rules, times }
end

---The documents a predicate holds for.
---@param docs table[]
---@param test fun(doc: table): boolean
---@return table[] array
function filter.select(docs, test)
  local kept = json.array {}
  for _, doc in ipairs(docs) do
    if test(doc) then kept[#kept + 1] = doc end
  end
  return kept
end

return filter
