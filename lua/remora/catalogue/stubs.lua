-- Writes the calls of one system as definitions for editors (LuaLS): a function for each row, a
-- class for each object among its arguments. Reads rows only.

local reference = require "remora.catalogue.reference"

local stubs = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%S+" do
  KEYWORDS[word] = true
end

local function key(name)
  if KEYWORDS[name] or not name:find("^[%a_][%w_]*$") then return ("[%q]"):format(name) end
  return name
end

local class

-- The type of a field in the notation of LuaLS. Objects become classes of their own, written
-- before the one that has them.
local function type_of(field, path, lines)
  local kind = field[2]
  if kind == "array" then
    local items = field.items
    kind = type(items) == "table" and class(path, items, field.open, lines) or items or "any"
    kind = (kind:find("|", 1, true) and "(" .. kind .. ")" or kind) .. "[]"
  elseif kind == "object" then
    if field.fields then
      kind = class(path, field.fields, field.open, lines)
    else
      kind = ("table<string, %s>"):format(field.values or "any")
    end
  end
  return field.nullable and kind ~= "any" and kind .. "|remora.Null" or kind
end

function class(name, fields, open, lines)
  local members = {}
  local about = {}
  for _, argument in ipairs(reference.arguments { takes = fields }) do
    about[argument.name] = argument.about
  end
  for i, field in ipairs(fields) do
    local text = ("---@field %s%s %s %s"):format(key(field[1]), field.required and "" or "?",
      type_of(field, name .. "." .. field[1], lines), about[field[1]])
    members[i] = text:gsub("%s+$", "")
  end
  lines[#lines + 1] = ("---@class %s%s"):format(open and "" or "(exact) ", name)
  table.move(members, 1, #members, #lines + 1, lines)
  lines[#lines + 1] = ""
  return name
end

local function any_required(fields)
  for _, field in ipairs(fields) do
    if field.required then return true end
  end
  return false
end

local function call(row, name, lines)
  local path = ("remora.%s.%s"):format(row.system, row.name)
  if name == row.name then class(path, row.takes, row.open, lines) end
  lines[#lines + 1] = "---" .. row.doc
  if row.deprecated then lines[#lines + 1] = "---@deprecated" end
  lines[#lines + 1] = ("---@param args%s %s"):format(any_required(row.takes) and "" or "?", path)
  lines[#lines + 1] = "---@return any data " .. row.gives
  lines[#lines + 1] = "---@return remora.Fault? fault"
  lines[#lines + 1] = ("function %s.%s(args) end"):format(row.system, name)
  lines[#lines + 1] = ""
end

---The definitions of a system's calls, aliases too.
---@param system string
---@param rows remora.Row[] of that system
---@return string Lua text
function stubs.system(system, rows)
  local lines = {
    "---@meta remora." .. system, "",
    "---@class remora." .. system, ("local %s = {}"):format(system), "",
  }
  for _, row in ipairs(rows) do
    call(row, row.name, lines)
    for _, alias in ipairs(row.aliases) do call(row, alias, lines) end
  end
  lines[#lines + 1] = "return " .. system
  return table.concat(lines, "\n") .. "\n"
end

return stubs
