-- Expected failures as values: what the world refused, where, and what to do about it.
-- Owns their shape and their text; never used for bugs, which stay Lua errors.

local copy = require "remora.core.copy"
local style = require "remora.core.style"
local width = require "remora.core.width"

local fault = {}

local meta = { __name = "remora.fault" }

local WIDEST = 160    -- characters of a line that are shown
local MOST_ALIKE = 3  -- of one kind at one place
local MOST_SHOWN = 50 -- faults shown as text; who has more mends these first

local FIELDS = {
  code = true,       -- integer: the platform's own code; string: ours, such as "net.timeout"
  message = true,    -- one sentence without a full stop
  call = true,       -- the platform call that was refused, such as "cc.search_set"
  at = true,         -- {file=, line=, column=, excerpt=} or {file=, path=} in the user's own input
  hint = true,       -- what to do about it
  request_id = true, -- the platform's, for its operators
  status = true,     -- HTTP status
  sent = true,       -- false: the request surely did not get as far as to have an effect
  cause = true,      -- the fault underneath
  permission = true, -- what the platform says is missing, with code 9900403
  faults = true,     -- the members of a list
}

---Makes a fault.
---@param fields {code: integer|string, message: string, call: string?, at: table?, hint: string?,
---  request_id: string?, status: integer?, cause: table?, permission: any, faults: table[]?}
---@return table fault
function fault.new(fields)
  assert(fields.code ~= nil, "a fault needs a code")
  assert(fields.message ~= nil, "a fault needs a message")
  local made = {}
  for name, value in pairs(fields) do
    if not FIELDS[name] then error("a fault has no field " .. tostring(name), 2) end
    made[name] = value
  end
  return setmetatable(made, meta)
end

---What the system would not do with a file.
---@param path string
---@param what string such as "cannot be read"
---@param failure {code: string, reason: string} of the module system
---@param hint string|nil
---@return table fault
function fault.of_file(path, what, failure, hint)
  return fault.new { code = failure.code, message = what .. ": " .. failure.reason,
    at = { file = path }, hint = hint }
end

---Whether a value is a fault.
---@param value any
---@return boolean
function fault.is(value)
  return getmetatable(value) == meta
end

---Joins many faults into one; lists inside the list are opened, a single member stays itself.
---@param faults table[] at least one fault
---@return table fault with code "many" and its members in `faults`
function fault.list(faults)
  local flat = {}
  for _, f in ipairs(faults) do
    if f.faults then
      table.move(f.faults, 1, #f.faults, #flat + 1, flat)
    else
      flat[#flat + 1] = f
    end
  end
  assert(#flat > 0, "a list of faults cannot be empty")
  if #flat == 1 then return flat[1] end
  return fault.new { code = "many", message = #flat .. " errors", faults = flat }
end

-- What a place says, from the coarse to the fine, and what stands for it where it says nothing.
local COORDINATES = { { "file", "" }, { "line", 0 }, { "column", 0 }, { "path", "" } }

local function comes_first(a, b)
  local here, there = a.at or {}, b.at or {}
  for _, each in ipairs(COORDINATES) do
    local name, absent = each[1], each[2]
    local one, other = here[name] or absent, there[name] or absent
    if one ~= other then return one < other end
  end
  return a.message < b.message
end

---Puts faults in the order of their places, so that the same mistakes are always told alike.
---@param faults table[]
---@return table[] faults the same list
function fault.sort(faults)
  table.sort(faults, comes_first)
  return faults
end

-- Blanks as wide as the characters before a column (1-based, counted in characters).
local function indent_to(line, column)
  if not utf8.len(line) then return (" "):rep(column - 1) end
  local before = line:sub(1, (utf8.offset(line, column) or #line + 1) - 1)
  return (before:gsub("[^\t]+", function(part) return (" "):rep(width.of(part)) end))
end

-- The part of a long line round a column, and where the column is in it.
local function window(line, column)
  local length = utf8.len(line)
  if not length or length <= WIDEST then return line:sub(1, 4 * WIDEST), column end
  local first = math.max(1, math.min((column or 1) - WIDEST // 2, length - WIDEST + 1))
  local part = line:sub(utf8.offset(line, first), utf8.offset(line, first + WIDEST) - 1)
  if first + WIDEST <= length then part = part .. "…" end
  if first == 1 then return part, column end
  return "…" .. part, column - first + 2
end

local function excerpt_lines(at, paint, lines)
  local number = tostring(at.line)
  local gutter = paint("dim", "  " .. number .. " | ")
  local margin = paint("dim", "  " .. (" "):rep(#number) .. " | ")
  local line, column = window(at.excerpt, at.column)
  lines[#lines + 1] = gutter .. line
  if column then
    lines[#lines + 1] = margin .. indent_to(line, column) .. paint("error", "^")
  end
end

---The `at` of what no file holds, such as a playbook made from words of the command line.
---@return nil
function fault.nowhere() return nil end

---Where a fault lies, as "file:line:column" with what is known of it.
---@param at table|nil
---@return string empty when nothing is known
function fault.place(at)
  if not at then return "" end
  local parts = {}
  for _, part in ipairs { at.file or false, at.line or false, at.column or false,
    at.path or false } do
    if part then parts[#parts + 1] = tostring(part) end
  end
  return table.concat(parts, ":")
end

---The same without the column, as "file:line": for what is asked for there rather than wrong.
---@param at table|nil
---@return string empty when nothing is known
function fault.line(at)
  return fault.place(at and { file = at.file, line = at.line })
end

---A place without the text that stands there.
---@param at table|nil
---@return {file: string, line: integer, column: integer}|nil
function fault.position(at)
  return at and { file = at.file, line = at.line, column = at.column }
end

---Whether the call that failed surely had no effect. Only a refusal in the platform's own words
---and a request that never left are proof of that.
---@param f table
---@return boolean
function fault.is_certain(f)
  for _, member in ipairs(f.faults or {}) do
    if not fault.is_certain(member) then return false end
  end
  return f.faults ~= nil or math.type(f.code) == "integer" or f.sent == false
end

local function render_one(f, paint, lines)
  local place = fault.place(f.at)
  local head = paint("error", "error:") .. " "
  if place ~= "" then head = head .. paint("place", place .. ":") .. " " end
  if f.call then head = head .. f.call .. ": " end
  head = head .. f.message
  local known = {}
  if math.type(f.code) == "integer" then known[#known + 1] = "code " .. f.code end
  if f.status and f.status ~= 200 then known[#known + 1] = "HTTP " .. f.status end
  if f.request_id then known[#known + 1] = "request " .. f.request_id end
  if #known > 0 then head = head .. paint("dim", " (" .. table.concat(known, ", ") .. ")") end
  lines[#lines + 1] = head
  if f.at and f.at.excerpt and f.at.line then excerpt_lines(f.at, paint, lines) end
  if f.cause then lines[#lines + 1] = "  because: " .. tostring(f.cause.message or f.cause) end
  if f.hint then lines[#lines + 1] = "  " .. paint("hint", "hint: " .. f.hint) end
end

-- Faults of one kind at one place belong together, such as those of each host of a rule.
local function kinds_of(faults)
  local kinds, by_key = {}, {}
  for _, f in ipairs(faults) do
    local place = fault.place(f.at)
    local key = place ~= "" and f.hint and table.concat({ place, tostring(f.code), f.hint }, "\0")
    local kind = key and by_key[key]
    if not kind then
      kind = {}
      kinds[#kinds + 1] = kind
      if key then by_key[key] = kind end
    end
    kind[#kind + 1] = f
  end
  return kinds
end

---The fault as text for people, without a line end.
---@param f table
---@param options {color: boolean?}|nil
---@return string
function fault.render(f, options)
  local color = options and options.color or false
  local function paint(name, text) return style.paint(name, text, color) end
  local lines, kinds = {}, kinds_of(f.faults or { f })
  for i = 1, math.min(#kinds, MOST_SHOWN) do
    local kind = kinds[i]
    for k = 1, math.min(#kind, MOST_ALIKE) do render_one(kind[k], paint, lines) end
    if #kind > MOST_ALIKE then
      lines[#lines + 1] = ("  and %d more of this kind here"):format(#kind - MOST_ALIKE)
    end
  end
  if #kinds > MOST_SHOWN then
    lines[#lines + 1] = ("and %d errors more"):format(#kinds - MOST_SHOWN)
  end
  return table.concat(lines, "\n")
end

-- A place with the line it is in, which some fetch only when they are asked for it.
local function plain_place(at)
  return copy(at, { excerpt = at.excerpt })
end

---The fault as a plain table for JSON.
---@param f table
---@return table
function fault.plain(f)
  local plain = {}
  for name, value in pairs(f) do
    if name == "faults" then
      plain.faults = {}
      for i, member in ipairs(value) do plain.faults[i] = fault.plain(member) end
    elseif name == "cause" then
      plain.cause = fault.is(value) and fault.plain(value) or tostring(value)
    elseif name == "at" then
      plain.at = plain_place(value)
    else
      plain[name] = value
    end
  end
  return plain
end

function meta.__tostring(f)
  return fault.render(f)
end

return fault
