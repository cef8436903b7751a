-- Checks of single values for core/schema.lua: texts, numbers, flags and enums.
-- Owns how a limit is tested and worded; knows nothing of maps, lists, files or the platform.

local json = require "json"
local phrase = require "remora.core.phrase"

local scalar = { types = {} }

local PLAIN = "^[!-~][ -~]*[!-~]$" -- nothing that the rules of texts could mind
local STEERING = "[\0-\8\11\12\14-\31\127]" -- control characters that are no part of text
local SHOWN_BYTES = 40 -- longer texts are cut in messages

---A value as it appears inside a message.
---@param value any
---@return string
function scalar.show(value)
  if value == json.null then return "empty (null)" end
  if type(value) == "string" then
    if #value > SHOWN_BYTES then value = value:sub(1, SHOWN_BYTES) .. "…" end
    return '"' .. value:gsub("%c", " ") .. '"'
  elseif type(value) == "table" then
    return (json.is_array(value) or #value > 0) and "a list" or "a map"
  elseif type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  return "a " .. type(value)
end

local function mismatch(kind, shape, value)
  return "must be " .. kind.words(shape) .. ", not " .. scalar.show(value)
end

local function range_words(shape)
  if shape.min and shape.max then return (" from %s to %s"):format(shape.min, shape.max) end
  if shape.min then return " of at least " .. shape.min end
  if shape.max then return " of at most " .. shape.max end
  return ""
end

local function in_range(shape, value)
  return not (shape.min and value < shape.min) and not (shape.max and value > shape.max)
end

local text = {}
scalar.types.text = text

function text.accepts(value) return type(value) == "string" end

function text.words(shape) return shape.words or "text" end

-- The platform trims what it stores, so a blank at either end could never converge.
local function blank_end(value)
  if value:find("^%s") then return "begins with a blank" end
  if value:find("\n$") then return "ends with a line break", 'in YAML write "|-" instead of "|"' end
  if value:find("%s$") then return "ends with a blank" end
  return nil
end

-- What is wrong with the characters of a text.
local function characters(shape, value)
  local blank, advice = blank_end(value)
  if blank and not shape.blanks then
    return blank, advice or "the platform refuses or trims blanks at either end"
  end
  if not utf8.len(value) then return "is not UTF-8 text" end
  if value:find(shape.lines and STEERING or "%c") then
    return shape.lines and "must not hold control characters" or "must be one line of text"
  end
  return nil
end

function text.check(shape, value)
  if type(value) ~= "string" then
    local quoted = type(value) == "number" or type(value) == "boolean"
    return nil, mismatch(text, shape, value),
      quoted and ('write it in quotes: "%s"'):format(value) or nil
  end
  if not value:find(PLAIN) then
    local message, hint = characters(shape, value)
    if message then return nil, message, hint end
  end
  if shape.filled and value == "" then return nil, "must not be empty" end
  if shape.max_bytes and #value > shape.max_bytes then
    return nil, ("is %d bytes long, the platform takes %d"):format(#value, shape.max_bytes)
  end
  if shape.pattern and not value:find(shape.pattern) then
    return nil, mismatch(text, shape, value), shape.advice
  end
  return value
end

local integer = {}
scalar.types.integer = integer

function integer.accepts(value) return math.type(value) == "integer" end

function integer.words(shape) return "a whole number" .. range_words(shape) end

function integer.check(shape, value)
  if integer.accepts(value) and in_range(shape, value) then return value end
  local bare = type(value) == "string" and math.type(tonumber(value)) == "integer"
  return nil, mismatch(integer, shape, value), bare and "write it without quotes" or shape.advice
end

local number = {}
scalar.types.number = number

function number.accepts(value) return type(value) == "number" end

function number.words(shape) return "a number" .. range_words(shape) end

function number.check(shape, value)
  if number.accepts(value) and in_range(shape, value) then return value end
  return nil, mismatch(number, shape, value), shape.advice
end

local boolean = {}
scalar.types.boolean = boolean

function boolean.accepts(value) return type(value) == "boolean" end

function boolean.words() return "true or false" end

-- What YAML took for these before its version 1.2.
local FORMER = { yes = true, on = true, y = true, no = false, off = false, n = false }

function boolean.check(shape, value)
  if type(value) == "boolean" then return value end
  local meant = type(value) == "string" and FORMER[value:lower()]
  return nil, mismatch(boolean, shape, value), meant ~= nil and ("write %s"):format(meant) or nil
end

local enum = {}
scalar.types.enum = enum

function enum.accepts(value) return type(value) ~= "table" end

function enum.words(shape)
  local names = {}
  for i, row in ipairs(shape.values) do names[i] = row[1] end
  return #names == 1 and names[1] or "one of " .. table.concat(names, ", ")
end

-- A row is {readable name, id}; the name counts in any case, the id as text or number.
function enum.check(shape, value)
  local wanted = type(value) ~= "table" and tostring(value):lower() or nil
  local names = {}
  for i, row in ipairs(shape.values) do
    if wanted == row[1]:lower() or wanted == tostring(row[2]):lower() then return row[2] end
    names[i] = row[1]
  end
  return nil, mismatch(enum, shape, value), phrase.did_you_mean(value, names) or shape.advice
end

local any = {}
scalar.types.any = any

function any.accepts() return true end

function any.words(shape) return shape.words or "anything" end

function any.check(_, value) return value end

return scalar
