-- One file that people write, as text, and where its values stand in it: a playbook, variables,
-- profiles, a topology, fault rules. Reads and parses YAML with positions; for Lua playbooks a path
-- such as `service_templates.web.processes.nginx.user` stands in for line and column. Checks
-- nothing.

local excerpt = require "remora.core.excerpt"
local fault = require "remora.core.fault"
local system = require "system"
local yaml = require "yaml"

local source = {}
source.__index = source

-- A playbook is written by people; what is larger than this is something else.
local MAX_BYTES = 16 * 1024 * 1024
local TOKEN_LINES = 200 -- how far below its start a long text is searched for a token

local READ_ADVICE = {
  ["system.enoent"] = "check the path; it is taken from the directory %s",
  ["system.eacces"] = "make the file readable for this user",
  ["system.eisdir"] = "name the playbooks in it, such as DIRECTORY/*.yml",
  ["system.efbig"] = ("a playbook has at most %d MB"):format(MAX_BYTES // 1024 // 1024),
}

---Opens a file.
---@param path string as the user gave it; messages show it unchanged
---@param read (fun(path: string, most: integer): string?, {code: string, reason: string}?)|nil
---  where files come from; nil: from the disk
---@param named_in string? path of the file that names it; nil: the command line does
---@return table|nil source {file, text, language = "yaml"|"lua"}
---@return table|nil fault
function source.open(path, read, named_in)
  local text, err = (read or system.read_file)(path, MAX_BYTES)
  if not text then
    local hint = READ_ADVICE[err.code]
    return nil, fault.new { code = "playbook.unreadable", at = { file = path },
      message = "cannot be read: " .. err.reason,
      hint = hint and hint:format(named_in and "of " .. named_in or "remora was started in") }
  end
  return source.new(path, text)
end

---A source from text that is already here.
---@param path string
---@param text string
---@return table source
function source.new(path, text)
  local language = path:find("%.lua$") and "lua" or "yaml"
  local self = setmetatable({ file = path, text = text, language = language }, source)
  -- Of very many places few are ever shown.
  self.place_type = { __index = function(at, member)
    return member == "excerpt" and at.line and self:line(at.line) or nil
  end }
  return self
end

---A line of the file without its line end.
---@param number integer 1-based
---@return string|nil
function source:line(number)
  if not self.lines then self.lines = excerpt.lines(self.text) end
  return self.lines[number]
end

---A place in this file as a fault wants it.
---@param line integer|nil
---@param column integer|nil counted in characters
---@return table at {file, line, column, excerpt}
function source:place(line, column)
  return setmetatable({ file = self.file, line = line, column = column }, self.place_type)
end

---Whether a value of this file may hold a piece of text: as it is written, or by a YAML escape or
---by Lua. To look once is cheaper than to look into each of ten thousand values.
---@param piece string
---@return boolean
function source:may_hold(piece)
  return self.language == "lua" or self.text:find(piece, 1, true) ~= nil
    or self.text:find("\\", 1, true) ~= nil
end

-- The variable that opens an unquoted value: to YAML it is a map that has a map for a key, and the
-- parser stops at the second brace.
local function bare_variable(self, marks)
  local line = self:line(marks.line) or ""
  local from = (utf8.offset(line, marks.column) or 1) - 1
  if from < 1 then return nil end
  return line:match("^{{%s*[%w_.]+%s*}}", from) or line:match("^{{%s*'[^']*'%s*}}", from)
end

local function parse_fault(self, marks)
  local bare = bare_variable(self, marks)
  return fault.new { code = "playbook.yaml",
    at = self:place(marks.line, bare and marks.column - 1 or marks.column),
    message = bare and ("without quotes, YAML takes %s for a map"):format(bare) or marks.message,
    hint = bare and ('put quotes around the whole value: "%s"'):format(bare) or nil }
end

---Parses the YAML of this file and keeps its marks for `find`.
---@return any|nil value
---@return table|nil fault
function source:parse()
  local value, marks = yaml.load(self.text)
  if value == nil then
    return nil, parse_fault(self, marks)
  end
  self.marks = marks
  return value
end

-- Column, in characters, of a token at or after a byte offset of a line.
local function token_column(line, token, from)
  local at = line:find(token, from, true)
  return at and (utf8.len(line, 1, at - 1) or at - 1) + 1
end

-- The place of a token inside the text that starts at line:column.
function source:token(token, line, column)
  local first = self:line(line) or ""
  local found = token_column(first, token, utf8.offset(first, column) or 1)
  if found then return line, found end
  for number = line + 1, line + TOKEN_LINES do
    local text = self:line(number)
    if not text then break end
    found = token_column(text, token, 1)
    if found then return number, found end
  end
  return line, column
end

---The place of what stands under a key of a container of this file.
---@param container table as parsed
---@param key any nil: the container itself
---@param side "key"|"value"|nil
---@param token string|nil a piece of the text to point at
---@return table|nil at {file, line, column, excerpt}; nil when this file does not hold it
function source:find(container, key, side, token)
  if not self.marks then return nil end
  local line, column, key_line, key_column = self.marks:find(container, key)
  if not line then return nil end
  if side == "key" then line, column = key_line, key_column end
  if token then line, column = self:token(token, line, column) end
  return self:place(line, column)
end

local function path_of(node, key)
  local parts = {}
  while node do
    if key ~= nil then table.insert(parts, 1, key) end
    node, key = node.parent, node.key
  end
  if key ~= nil then table.insert(parts, 1, key) end
  local path = ""
  for i, part in ipairs(parts) do
    if math.type(part) == "integer" then
      path = path .. "[" .. part .. "]"
    else
      path = path .. (i > 1 and "." or "") .. tostring(part)
    end
  end
  return path ~= "" and path or nil
end

---The place of a key under a node as core/schema.lua makes them, searched in this file and in the
---variable files that lent values to it.
---@param node table|nil {container, parent, key}; nil is the root
---@param key any
---@param side "key"|"value"|nil
---@param token string|nil
---@return table at {file, line, column, excerpt} or {file, path}
function source:locate(node, key, side, token)
  local above, name = node, key
  while above do
    if above.container then
      for _, each in ipairs { self, table.unpack(self.lenders or {}) } do
        local at = each:find(above.container, name, side, token)
        if at then return at end
      end
    end
    above, name = above.parent, above.key
  end
  if self.marks then return self:place(1, 1) end
  return { file = self.file, path = path_of(node, key) }
end

return source
