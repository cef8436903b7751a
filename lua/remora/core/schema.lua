-- Checks a tree of values against a declared shape and returns a clean copy of it.
-- Collects every problem instead of stopping at the first; knows no file and no platform.
--
-- A shape is a plain table with a `type`:
--   text     max_bytes, filled, blanks (allowed at the ends), lines (more than one),
--            pattern + words + advice
--   integer, number   min, max, advice        boolean
--   enum     values = { {readable name, id}, … }; gives the id
--   record   fields = {name = shape}, refused = {name = advice},
--            checks = { {needs = {names}?, function(out, report)}, … }: what fields mean to each
--            other; runs when the fields it needs (nil: all) are free of problems
--   map      of = shape, key = text shape (names the user makes up), checks as above
--   list     of = shape, min_items, lone (a single value stands for a list of one)
--   either   [1], [2], …: shapes told apart by the kind of value; words
--   any      taken as it is; words
-- Every shape also knows: required, default (value, or function that makes one), nullable, and
-- convert = function(value, alternative) → new value | nil, message, hint, called after the check.
-- For help (schema_help.lua): about = what the value means (in a row of an enum's values, too), and
-- shown = the shape that is told of in its place.

local json = require "json"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local scalar = require "remora.core.scalar"

local schema = {}

local null = json.null

local MOST_GUESSES = 100 -- more problems than that are no typing mistakes, and are hardly read

local types = {}
for name, kind in pairs(scalar.types) do types[name] = kind end
local check

local function is_list(value)
  return json.is_array(value) or #value > 0
end

-- How messages call the value under a key of a container.
local function label(node, key)
  if key == nil then return "the file" end
  if math.type(key) == "integer" then
    return ("item %d%s"):format(key, node.key and ' of "' .. tostring(node.key) .. '"' or "")
  end
  return '"' .. tostring(key) .. '"'
end

local function problem(cx, fields)
  cx.problems[#cx.problems + 1] = fields
end

local function unknown_key(cx, shape, node, key)
  local advice = shape.refused and shape.refused[key]
  local guess = not advice and #cx.problems < MOST_GUESSES
    and phrase.did_you_mean(key, shape.fields)
  problem(cx, {
    code = "unknown_key", node = node, key = key, side = "key",
    message = ('unknown key "%s"'):format(key)
      .. (guess and "; " .. guess or ""),
    hint = advice or "known here: " .. table.concat(order.keys(shape.fields), ", "),
  })
end

local function fill(cx, shape, out, value, node, failed)
  for name, field in pairs(shape.fields) do
    if value[name] == nil then
      if field.required then
        failed[name] = true
        local choices = field.type == "enum" and "say " .. types.enum.words(field) or nil
        problem(cx, { code = "missing", node = node,
          message = ('"%s" is missing'):format(name), hint = field.advice or choices })
      elseif field.default ~= nil then
        out[name] = type(field.default) == "function" and field.default() or field.default
      end
    end
  end
end

local function cross_check(cx, shape, out, node, failed, side)
  local function report(key, message, hint)
    problem(cx, { code = "value", node = node, key = key, side = side, message = message,
      hint = hint })
  end
  for _, each in ipairs(shape.checks or {}) do
    local ready = each.needs ~= nil or next(failed) == nil
    for _, name in ipairs(each.needs or {}) do ready = ready and not failed[name] end
    if ready then each[1](out, report) end
  end
end

types.record = {
  accepts = function(value) return type(value) == "table" and not is_list(value) end,
  words = function(shape) return shape.words or "a map" end,
  walk = function(cx, shape, value, node)
    local out, failed = {}, {}
    cx.origin[out] = node
    for key, item in pairs(value) do
      local field, before = shape.fields[key], #cx.problems
      if field then
        out[key] = check(cx, field, item, node, key)
      else
        unknown_key(cx, shape, node, key)
      end
      if #cx.problems > before then failed[key] = true end
    end
    fill(cx, shape, out, value, node, failed)
    cross_check(cx, shape, out, node, failed)
    return out
  end,
}

types.map = {
  accepts = types.record.accepts,
  words = types.record.words,
  walk = function(cx, shape, value, node)
    local out, failed = {}, {}
    cx.origin[out] = node
    for key, item in pairs(value) do
      local before = #cx.problems
      local _, message, hint = types.text.check(shape.key or {}, key)
      if message then
        problem(cx, { code = "value", node = node, key = key, side = "key",
          message = ("the name %s %s"):format(scalar.show(tostring(key)), message), hint = hint })
      else
        out[key] = check(cx, shape.of, item, node, key)
      end
      if #cx.problems > before then failed[key] = true end
    end
    cross_check(cx, shape, out, node, failed, "key")
    return out
  end,
}

types.list = {
  accepts = function(value)
    return type(value) == "table" and (is_list(value) or next(value) == nil)
  end,
  words = function(shape) return shape.words or "a list" end,
  walk = function(cx, shape, value, node, key)
    local out, count = json.array {}, 0
    cx.origin[out] = node
    for i in pairs(value) do
      count = count + 1
      if math.type(i) ~= "integer" or i < 1 or i > #value then
        problem(cx, { code = "value", node = node, key = i, side = "key",
          message = ("%s has a key %s among its items"):format(label(node, key), scalar.show(i)) })
      end
    end
    for i = 1, #value do
      out[#out + 1] = check(cx, shape.of, value[i], node, i)
    end
    if shape.min_items and count < shape.min_items then
      problem(cx, { code = "value", node = node, hint = shape.advice,
        message = ("%s needs at least %s"):format(label(node.parent, node.key),
          phrase.count(shape.min_items, "item")) })
    end
    return out
  end,
}

-- Picks the alternative whose kind of value this is, nil when there is none. A single value of the
-- wrong kind goes to an alternative for single values, which has the better words for it.
local function choose(shape, value)
  for i, alternative in ipairs(shape) do
    if types[alternative.type].accepts(value, alternative) then return alternative, i end
  end
  for i, alternative in ipairs(shape) do
    if type(value) ~= "table" and scalar.types[alternative.type] then return alternative, i end
  end
  return nil
end

types.either = {
  accepts = function(value, shape) return choose(shape, value) ~= nil end,
  words = function(shape)
    if shape.words then return shape.words end
    local words = {}
    for i, alternative in ipairs(shape) do words[i] = types[alternative.type].words(alternative) end
    return table.concat(words, " or ")
  end,
}

local function mismatch(cx, shape, value, node, key)
  problem(cx, { code = "type", node = node, key = key, hint = shape.advice,
    message = ("%s must be %s, not %s"):format(label(node, key), types[shape.type].words(shape),
      scalar.show(value)) })
end

-- The clean copy of a value with others below it or a choice of shapes, nil after reporting; and
-- which of the shapes it was.
local function copy(cx, shape, value, node, key)
  local kind = types[shape.type]
  if shape.type == "either" then
    local picked, alternative = choose(shape, value)
    if not picked then return mismatch(cx, shape, value, node, key) end
    return check(cx, picked, value, node, key), alternative
  elseif kind.accepts(value) then
    return kind.walk(cx, shape, value, { container = value, parent = node, key = key }, key)
  elseif shape.lone then
    local item = check(cx, shape.of, value, node, key)
    return item ~= nil and json.array { item } or nil
  end
  return mismatch(cx, shape, value, node, key)
end

check = function(cx, shape, value, node, key)
  local kind = types[shape.type]
  local out, message, hint, alternative
  if value == null and shape.nullable then
    out = value
  elseif kind.check then
    out, message, hint = kind.check(shape, value)
  else
    local before = #cx.problems
    out, alternative = copy(cx, shape, value, node, key)
    if #cx.problems > before then return type(out) == "table" and out or nil end
  end
  if shape.convert and not message then out, message, hint = shape.convert(out, alternative) end
  if message then
    problem(cx, { code = "value", node = node, key = key, hint = hint,
      message = label(node, key) .. " " .. message })
    return nil
  end
  -- A table made here has no counterpart in the input: it lies where its value lies.
  if type(out) == "table" and not cx.origin[out] then
    cx.origin[out] = { parent = node, key = key }
  end
  return out
end

---What a value may be, in words.
---@param shape table see the head of this file
---@return string
function schema.words(shape)
  return types[shape.type].words(shape)
end

---Checks a value and copies it.
---@param shape table see the head of this file
---@param value any the tree; it is not changed
---@return any checked the normalised copy; incomplete when there are problems
---@return table[] problems {code, message, hint?, node, key?, side?}: `code` is "unknown_key",
---  "missing", "type" or "value"; `node` is {container, parent, key} of the input, nil for the root
---  itself; `side` "key" means the key and not its value
---@return table<table, table> origin from each table of the copy to its node
function schema.check(shape, value)
  local cx = { problems = {}, origin = setmetatable({}, { __mode = "k" }) }
  local checked = check(cx, shape, value, nil, nil)
  return checked, cx.problems, cx.origin
end

return schema
