-- Writes a shape of core/schema.lua as help: every key with what it takes and what that means, so
-- that nothing that a file may say stays untold. Owns the layout; the words are the shapes'.

local order = require "remora.core.order"
local schema = require "remora.core.schema"

local STEP = "  "

-- A default as people write it; nil where it is no single value.
local function default_words(shape)
  local default = shape.default
  if shape.type == "enum" then
    for _, row in ipairs(shape.values) do
      if row[2] == default then return row[1] end
    end
  end
  if default == nil or type(default) == "function" then return nil end
  return tostring(default)
end

-- The shape whose keys stand below a value, and how the value is written above them; nil: there
-- is nothing more to tell than the kind of value.
local function below(shape)
  if shape.type == "record" and next(shape.fields) then return shape, "" end
  if shape.type == "map" and below(shape.of) then return shape, "" end
  if shape.type == "list" and below(shape.of) then return shape.of, "a list" end
  return nil
end

local function note(shape, shown, kind)
  local parts = {}
  if kind ~= "" then parts[1] = kind end
  parts[#parts + 1] = shape.about or shown.about
  if shape.required then
    parts[#parts + 1] = "must be said"
  else
    local default = default_words(shape)
    parts[#parts + 1] = default and "else " .. default
  end
  return table.concat(parts, "; ")
end

-- Adds a line, broken where it would be wider than help is.
local function add(lines, indent, name, text, width)
  local line = indent .. name
  for word in text:gmatch "%S+" do
    if utf8.len(line) + 1 + utf8.len(word) > width then
      lines[#lines + 1] = line
      line = indent .. STEP .. STEP .. word
    else
      line = line .. " " .. word
    end
  end
  lines[#lines + 1] = line
end

local describe

local function entry(lines, indent, name, shape, width)
  local shown = shape.shown or shape
  local inner, kind = below(shown)
  add(lines, indent, name .. ":", note(shape, shown, kind or schema.words(shown)), width)
  for _, row in ipairs(shown.type == "enum" and shown.values or {}) do
    if row.about then add(lines, indent .. STEP, row[1], "- " .. row.about, width) end
  end
  if inner then describe(lines, indent .. STEP, inner, width) end
end

describe = function(lines, indent, shape, width)
  if shape.type == "map" then return entry(lines, indent, "NAME", shape.of, width) end
  for name, field in order.pairs(shape.fields) do entry(lines, indent, name, field, width) end
end

---Every key of a shape, each on a line of its own below the one that it belongs to.
---@param shape table a record
---@param indent string before every line
---@param width integer characters that a line may have
---@return string
return function(shape, indent, width)
  local lines = {}
  describe(lines, indent, shape, width)
  return table.concat(lines, "\n")
end
