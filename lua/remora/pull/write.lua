-- Writes a tree of values as YAML that people like to read: small maps and lists on one line, long
-- texts as blocks, comments above what they are about. Reading it gives the same tree again.
-- The module is the function. Owns the layout; knows nothing of what the values mean.

local json = require "json"
local order = require "remora.core.order"
local scalar_text = require "remora.pull.scalar_text"
local width = require "remora.core.width"

local WIDTH = 100     -- columns, where texts allow it
local ONE_LINE = 4    -- members a map on one line has at most
local NARROWEST = 3   -- columns of an item of a list on one line, with what parts it from others
local ROOT = -1       -- depth of the members of the whole: sections are never on one line
local LONGEST_KEY = 1000 -- readers look no farther for the colon (YAML 1.2, 7.4.2: 1024)

---@class remora.pull.Layout what a tree cannot say about itself; all parts may be left out
---@field keys table<table, any[]> map → its keys in the order wanted; others follow, sorted
---@field above table<table, table<any, string>> container → key → comment above it

local Writer = {}
Writer.__index = Writer

local function is_list(value)
  return json.is_array(value) or #value > 0
end

-- The keys of a map in the order they are written.
local function keys_of(self, map)
  local wanted = self.layout.keys[map]
  if not wanted then return order.keys(map) end
  local keys, seen = {}, {}
  for _, key in ipairs(wanted) do
    if map[key] ~= nil then keys[#keys + 1] = key end
    seen[key] = true
  end
  for _, key in ipairs(order.keys(map)) do
    if not seen[key] then keys[#keys + 1] = key end
  end
  return keys
end

function Writer:above(container, key)
  local comments = self.layout.above[container]
  return comments and comments[key]
end

local function is_block(value)
  return type(value) == "string" and scalar_text.is_block(value)
end

-- A list of single values on one line; nil when it holds anything else, or surely does not fit.
local function flow_list(list)
  if #list * NARROWEST > WIDTH then return nil end
  local parts = {}
  for i, item in ipairs(list) do
    if type(item) == "table" or is_block(item) then return nil end
    parts[i] = scalar_text.of(item)
  end
  return "[" .. table.concat(parts, ", ") .. "]"
end

-- A value as text on one line; nil when it is too deep, too rich or has comments.
-- depth: how many levels of maps below its own a map may hold.
function Writer:flow(value, depth)
  if type(value) ~= "table" then return not is_block(value) and scalar_text.of(value) or nil end
  if self.layout.above[value] then return nil end
  if is_list(value) then return flow_list(value) end
  if next(value) == nil then return "{}" end
  local parts = {}
  for i, key in ipairs(keys_of(self, value)) do
    local text = depth >= 0 and i <= ONE_LINE and self:flow(value[key], depth - 1)
    if not text then return nil end
    parts[i] = scalar_text.string(key) .. ": " .. text
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

function Writer:line(text) self.lines[#self.lines + 1] = text end

local function wrapped(text, room)
  local lines, current = {}, nil
  for word in text:gmatch("%S+") do
    if current and width.of(current) + width.of(word) < room then
      current = current .. " " .. word
    else
      lines[#lines + 1] = current
      current = word
    end
  end
  lines[#lines + 1] = current
  return lines
end

-- Each line of a comment stays a line and is wrapped on its own.
function Writer:comment(text, indent)
  for part in (text .. "\n"):gmatch("(.-)\n") do
    if part == "" then self:line(indent .. "#") end
    for _, line in ipairs(wrapped(scalar_text.comment(part), WIDTH - #indent - 2)) do
      self:line(indent .. "# " .. line)
    end
  end
end

local function fits(head, text)
  return width.of(head) + width.of(text) <= WIDTH
end

-- What always is on the line of its head, unless it is a text of several lines.
local function is_single(value)
  return type(value) ~= "table" or next(value) == nil
end

-- Writes a value on the line of its head, if it fits there.
function Writer:fit(head, value, depth)
  local text = self:flow(value, depth)
  local done = text and (is_single(value) or fits(head .. " ", text))
  if done then self:line(head .. " " .. text) end
  return done
end

-- Writes a value after its head ("key:" or "-"); depth: as of flow, or ROOT.
function Writer:member(head, value, indent, depth)
  if (is_single(value) or depth ~= ROOT) and self:fit(head, value, depth) then return end
  if type(value) == "string" then
    self:line(head .. " |-")
    for line in (value .. "\n"):gmatch("(.-)\n") do
      self:line(line == "" and "" or indent .. "  " .. line)
    end
  else
    self:line(head)
    self:block(value, indent .. "  ")
  end
end

function Writer:list(list, indent)
  for i, item in ipairs(list) do
    local comment = self:above(list, i)
    if comment then self:comment(comment, indent) end
    if is_single(item) then
      self:member(indent .. "-", item, indent, 1)
    elseif not self:fit(indent .. "-", item, 1) then
      local first = #self.lines + 1
      self:block(item, indent .. "  ")
      self.lines[first] = indent .. "- " .. self.lines[first]:sub(#indent + 3)
    end
  end
end

function Writer:map(map, indent)
  for i, key in ipairs(keys_of(self, map)) do
    local comment = self:above(map, key)
    -- The sections of a file stand apart.
    if indent == "" and i > 1 and (comment or type(map[key]) == "table") then self:line("") end
    if comment then self:comment(comment, indent) end
    local name = scalar_text.string(key)
    if #name > LONGEST_KEY then
      self:line(indent .. "? " .. name)
      name = ""
    end
    self:member(indent .. name .. ":", map[key], indent, indent == "" and ROOT or 0)
  end
end

function Writer:block(container, indent)
  if is_list(container) then return self:list(container, indent) end
  return self:map(container, indent)
end

---Writes a document.
---@param value any texts, numbers, booleans, json.null, maps with text keys, lists
---@param layout remora.pull.Layout|nil
---@return string YAML, ending with a line break
return function(value, layout)
  layout = layout or {}
  local self = setmetatable({ lines = {},
    layout = { keys = layout.keys or {}, above = layout.above or {} } }, Writer)
  if type(value) == "table" and next(value) ~= nil then
    self:block(value, "")
  else
    self:member("---", value, "", 0)
  end
  self:line("") -- behind the last line break
  return table.concat(self.lines, "\n")
end
