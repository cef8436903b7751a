-- Any bytes are loaded or refused with a place inside of them, and what was loaded is a tree in
-- which every entry has a mark inside of the text.

local yaml = require("yaml")
local text = ...

local _, breaks = text:gsub("[\r\n]", "")
local value, marks = yaml.load(text, { max_nodes = 10000 })
if value == nil then
  assert(type(marks.message) == "string")
  assert(marks.line >= 1 and marks.line <= breaks + 1, "line of a fault")
  assert(marks.column >= 1 and marks.column <= #text + 1, "column of a fault")
  return
end

local seen = {}

---@param container table
local function walk(container)
  assert(not seen[container], "not a tree")
  seen[container] = true
  assert(marks:find(container), "a container without a place")
  local key_type = getmetatable(container) and "number" or "string"
  for key, item in pairs(container) do
    assert(type(key) == key_type, "type of a key")
    local line, column, key_line, key_column = marks:find(container, key)
    assert(line, "a value without a place")
    assert(key_line >= 1 and key_line <= line and line <= breaks + 2, "line of a value")
    assert(column >= 1 and column <= #text + 1 and key_column >= 1, "column of a value")
    if type(item) == "table" then
      walk(item)
    end
  end
end

if type(value) == "table" then
  walk(value)
end
