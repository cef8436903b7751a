-- Runs a piece of a script inside a task of the loop, under limits, and says how it ended: it came
-- to its end, the world said no, the script is wrong, or Ctrl-C. Prints nothing.

local excerpt = require "remora.core.excerpt"
local fault = require "remora.core.fault"
local host = require "host"
local show = require "remora.script.show"
local system = require "system"

local program = {}

local MEGABYTE = 1024 * 1024
local OPTION = { ["limit.instructions"] = "--instructions", ["limit.memory"] = "--memory" }
local LONGEST_NAME = 59 -- bytes of a name that Lua puts into its messages uncut

---@class remora.script.Source
---@field name string as messages show it
---@field text string

---@class remora.script.Ending
---@field kind "done"|"fault"|"bug"|"interrupted"
---@field values table|nil done: what it returned, packed
---@field fault table|nil fault: why; bug: the message with its place in the script
---@field stack string[]|nil bug: who called whom, the innermost first

-- "fix.lua:12: words" → file, line, words
local function split_place(text)
  local file, line, words = text:match("^([^\n]-):(%d+): (.*)$")
  return file, math.tointeger(tonumber(line)), words
end

---Names a script's text.
---@param path string where it comes from
---@param text string
---@return remora.script.Source
function program.source(path, text)
  local name = path
  if #path > LONGEST_NAME then name = "..." .. path:sub(3 - LONGEST_NAME) end
  return { name = name, text = text }
end

---Where a message of Lua lies in a script.
---@param text string the first line of a message, "fix.lua:12: words"
---@param source remora.script.Source
---@return string words
---@return table|nil at as a fault has it; nil when it does not lie there
function program.place(text, source)
  local file, line, words = split_place(text)
  if file ~= source.name then return text, nil end
  return words, { file = file, line = line, excerpt = excerpt.lines(source.text)[line] }
end

---Compiles a script.
---@param source remora.script.Source
---@param env table its globals
---@return function|nil chunk
---@return table|nil fault script.syntax
function program.compile(source, env)
  -- A byte order mark and a first line for the shell are no Lua.
  local text = source.text:gsub("^\u{FEFF}", ""):gsub("^#![^\n]*", "")
  local chunk, refused = load(text, "=" .. source.name, "t", env)
  if chunk then return chunk end
  local words, at = program.place(refused, source)
  return nil, fault.new { code = "script.syntax", message = words, at = at }
end

-- The lines of a traceback that are in the script; ours only confuse.
local function stack_of(traceback, source)
  local lines = {}
  for line in traceback:gmatch("\n\t([^\n]*)") do
    if line:sub(1, #source.name + 1) == source.name .. ":" then lines[#lines + 1] = line end
  end
  return lines
end

local function stopped(code, message)
  return { kind = "fault", fault = fault.new { code = code, message = message,
    hint = OPTION[code] .. " sets the limit" } }
end

local function failure(text, source)
  -- A task of its own, as remora.gather makes them, ends with the words alone.
  if text:find("^not enough memory") then return stopped("limit.memory", "too much memory") end
  local message = text:match("^(.-)\nstack traceback:") or text
  local stack = stack_of(text, source)
  local words, at = program.place(message, source)
  -- What went wrong below the script did so where the script called it.
  at = at or select(2, program.place(stack[1] or "", source))
  return { kind = "bug", stack = stack,
    fault = fault.new { code = "script.bug", message = words, at = at } }
end

-- Whether a call was written wrongly: a mistake of the script, and nothing that its user can mend.
local function is_miscall(raised)
  return type(raised.code) == "string" and raised.code:find("^call%.") ~= nil
end

-- What was raised, for `failure`; of a call that was written wrongly, with its place.
local function tracer(source)
  return function(raised)
    if not fault.is(raised) then
      return debug.traceback(type(raised) == "string" and raised
        or ("error with a %s as its message"):format(type(raised)), 2)
    end
    if is_miscall(raised) then
      local stack = stack_of(debug.traceback("", 2), source)
      raised.at = select(2, program.place(stack[1] or "", source))
    end
    return raised
  end
end

-- Nil and something more is how Lua says that it did not go well: a fault of ours, or the script's
-- own words for it.
local function refusal(values)
  if values[1] ~= nil or not values[2] then return nil end
  if fault.is(values[2]) then return values[2] end
  return fault.new { code = "script.refused",
    message = type(values[2]) == "string" and values[2] or show(values[2]) }
end

---Runs a compiled script. Inside a task of the loop.
---@param chunk function
---@param source remora.script.Source
---@param limits {instructions: integer?, memory: integer?} memory in MB
---@param ... any what the script gets as `...`
---@return remora.script.Ending
function program.run(chunk, source, limits, ...)
  local arguments, before = table.pack(...), system.interrupted()
  local results = table.pack(host.limited(function()
    return xpcall(chunk, tracer(source), table.unpack(arguments, 1, arguments.n))
  end, {
    instructions = limits.instructions, interruptible = true,
    memory = limits.memory and limits.memory * MEGABYTE,
  }))
  if results[1] == true then
    local values = table.pack(table.unpack(results, 2, results.n))
    local refused = refusal(values)
    return refused and { kind = "fault", fault = refused } or { kind = "done", values = values }
  end
  if system.interrupted() > before then return { kind = "interrupted" } end
  if results[1] == nil then return stopped(results[2].code, results[2].message) end
  if fault.is(results[2]) then return { kind = "fault", fault = results[2] } end
  return failure(results[2], source)
end

return program
