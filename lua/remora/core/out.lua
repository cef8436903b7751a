-- The only way out to the terminal: results on stdout, everything else on stderr.
-- Owns colour, progress, JSON lines and the masking of secrets; never decides what is said.

local json = require "json"
local system = require "system"
local fault = require "remora.core.fault"
local mask = require "remora.core.mask"
local style = require "remora.core.style"

local out = {}
out.__index = out

-- Version of everything printed with --json.
local SCHEMA = 1

local PROGRESS_AFTER = 1.0 -- seconds; what is faster needs no progress
local PROGRESS_EVERY = 0.1
local EPIPE = 32 -- as Linux numbers it
local SHORTEST_SECRET = 3  -- masking a letter or two would only scramble the text

---Makes an output.
---@param options {json: boolean?, color: boolean?, quiet: boolean?, stdout: file*?,
---  stderr: file*?, terminal: boolean?, clock: fun(): number?}|nil  color nil: decided by the
---  terminal and NO_COLOR; terminal and clock (seconds) are found out unless given
---@return table out
function out.new(options)
  options = options or {}
  local self = setmetatable({}, out)
  self.json = options.json or false
  self.quiet = options.quiet or false
  self.stdout = options.stdout or io.stdout
  self.stderr = options.stderr or io.stderr
  self.clock = options.clock or system.monotonic
  self.terminal = options.terminal
  if self.terminal == nil then
    self.terminal = self.stderr == io.stderr and system.isatty(2)
  end
  local plain = (system.getenv("NO_COLOR") or "") ~= ""
  -- One answer per stream: a piped result stays plain while the terminal keeps its colours.
  self.color_out, self.color_err = options.color, options.color
  if options.color == nil then
    self.color_out = not plain and self.stdout == io.stdout and system.isatty(1)
    self.color_err = not plain and self.terminal
  end
  self.secrets, self.hidden = {}, {} -- what must not be printed, in all its forms

  ---Text for stdout in a style of remora.core.style, plain where no colour is wanted. No method, so
  ---that it can be handed to who makes texts.
  ---@param name string
  ---@param text string
  ---@return string
  function self.style(name, text) return style.paint(name, text, self.color_out) end
  return self
end

---Registers a secret: from now on it is printed as ****.
---@param value string|nil nil and very short values are ignored
function out:mask(value)
  if type(value) ~= "string" or #value < SHORTEST_SECRET then return end
  table.insert(self.secrets, value)
  self.hidden = mask.forms(self.secrets)
end

---Text with every registered secret replaced.
---@param text string
---@return string
function out:masked(text)
  return mask.hide(text, self.hidden)
end

-- Text with a replacement character for each byte that is not UTF-8: file names and broken files
-- may hold anything, and what is printed with --json must stay JSON.
local function repaired(text)
  if utf8.len(text) then return text end
  local parts, from = {}, 1
  while true do
    local _, bad = utf8.len(text, from)
    if not bad then break end
    parts[#parts + 1] = text:sub(from, bad - 1)
    parts[#parts + 1] = "\u{FFFD}"
    from = bad + 1
  end
  return table.concat(parts) .. text:sub(from)
end

local NO_CONTROLS = "^[^\0-\8\11-\31\127]*$" -- as in nearly all texts, and quickly seen

-- Text of others must not steer the terminal: of the control characters only line ends, tabs and
-- our own colours pass.
local function harmless(text)
  text = repaired(text)
  if text:find(NO_CONTROLS) then return text end
  text = text:gsub("\27(%[?[%d;]*m?)", function(rest)
    if not rest:find("^%[[%d;]*m$") then return "?" .. rest end
  end)
  return (text:gsub("[\0-\8\11-\26\28-\31\127]", "?"))
end

-- Says once that results get lost; who closed a pipe knows it. The host sees to the exit code.
local function lament(self, why, number)
  if not self.lamented and number ~= EPIPE then
    self.stderr:write("error: cannot write to standard output: ", why, "\n")
  end
  self.lamented = true
end

local function write(self, stream, text)
  text = harmless(self:masked(text))
  if text:sub(-1) ~= "\n" then text = text .. "\n" end
  if self.shown then
    self.stderr:write("\r\27[K")
    self.shown = false
  end
  local _, why, number = stream:write(text)
  if not why then _, why, number = stream:flush() end
  if why and stream == self.stdout then lament(self, why, number) end
end

---Prints a result on stdout: text as it is, any other value as JSON. With --json one line, in which
---text is an event.
---@param value any
function out:result(value)
  if type(value) == "string" and self.json then
    return self:event { event = "result", message = value }
  elseif type(value) ~= "string" then
    value = json.encode(value, not self.json and { indent = 2 } or nil)
  end
  write(self, self.stdout, value)
end

---Prints one JSON line on stdout, only with --json.
---@param fields table|fun(): table JSON-able; a function is asked only when the line is printed
function out:event(fields)
  if not self.json then return end
  if type(fields) == "function" then fields = fields() end
  local line = { version = SCHEMA }
  for name, value in pairs(fields) do line[name] = value end
  write(self, self.stdout, json.encode(line))
end

local function formatted(format, ...)
  if select("#", ...) == 0 then return format end
  return format:format(...)
end

-- A line on stderr: for people, or with --json an event of that name with the text as its message.
local function remark(self, event, text, decorated)
  if self.json then
    write(self, self.stderr, json.encode { version = SCHEMA, event = event, message = text })
  else
    write(self, self.stderr, decorated or text)
  end
end

---Prints a line for information on stderr; silent with --quiet.
---@param format string as in string.format when values follow
function out:note(format, ...)
  if not self.quiet then remark(self, "note", formatted(format, ...)) end
end

---Prints a warning on stderr.
---@param format string as in string.format when values follow
function out:warn(format, ...)
  local text = formatted(format, ...)
  remark(self, "warning", text, style.paint("warning", "warning:", self.color_err) .. " " .. text)
end

---Prints what was asked for with --trace on stderr.
---@param format string as in string.format when values follow
function out:trace(format, ...)
  local text = formatted(format, ...)
  remark(self, "trace", text, style.paint("dim", text, self.color_err))
end

---Prints a fault on stderr: text, or with --json one line.
---@param f table a fault
---@param below string[]|nil what it means here, as lines for people
function out:error(f, below)
  if self.json then
    write(self, self.stderr,
      json.encode { version = SCHEMA, event = "error", fault = fault.plain(f) })
  else
    local lines = { fault.render(f, { color = self.color_err }) }
    for _, line in ipairs(below or {}) do lines[#lines + 1] = "  " .. line end
    write(self, self.stderr, table.concat(lines, "\n"))
  end
end

---Shows how far something is, on one line that is rewritten: only on a terminal, only a second
---after it was first called, and gone when done reaches total.
---@param label string
---@param done integer
---@param total integer
---@param more string? what is going on just now
function out:progress(label, done, total, more)
  if self.quiet or self.json or not self.terminal then return end
  local now = self.clock()
  self.since = self.since or now
  if done >= total then
    if self.shown then
      self.stderr:write("\r\27[K")
      self.stderr:flush()
    end
    self.shown, self.drawn = false, nil
    return
  end
  if now - self.since < PROGRESS_AFTER then return end
  if not more and self.drawn and now - self.drawn < PROGRESS_EVERY then return end
  self.drawn, self.shown = now, true
  self.stderr:write(self:masked(("\r\27[K%s %d/%d%s"):format(label, done, total,
    more and ", " .. more or "")))
  self.stderr:flush()
end

return out
