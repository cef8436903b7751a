-- Runs a Lua playbook: text only, an allow-list of names, an instruction and a memory limit.
-- A script can compute and nothing else; the same script gives the same table each time.

local fault = require "remora.core.fault"
local host = require "host"
local json = require "json"
local order = require "remora.core.order"
local part = require "remora.core.part"
local phrase = require "remora.core.phrase"

local sandbox = {}

local LIMITS = { instructions = 10000000, memory = 32 * 1024 * 1024 }

-- Pattern matching runs in C where instructions are not counted, and backtracks. Its work is
-- bounded beforehand by (length of the text) ^ (repetitions in the pattern).
local PATTERN_WORK = 1e8

-- Not here on purpose: pcall, xpcall and coroutine (they could outlive the limits), load, require
-- and debug, metatables, next and math.random (no two runs alike), table.move and string.rep with
-- any count (long loops in C), print (standard output belongs to results).
local ALLOWED = {
  [""] = { "assert", "error", "ipairs", "select", "tonumber", "tostring", "type" },
  math = { "abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger",
    "modf", "pi", "sqrt", "tointeger", "type", "ult" },
  string = { "byte", "char", "format", "len", "lower", "reverse", "sub", "upper" },
  table = { "concat", "insert", "pack", "remove", "sort", "unpack" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

-- Called while methods of texts are the sandbox's: string.gsub, never text:gsub.
local function repetitions(pattern)
  local plain = string.gsub(string.gsub(pattern, "%%.", "x"), "%[.-%]", "x")
  local _, count = string.gsub(plain, "[*+?-]", "")
  return count + (string.sub(plain, 1, 1) == "^" and 0 or 1)
end

local function guarded(match, name)
  return function(text, pattern, ...)
    local init, plain = ...
    if type(text) == "string" and type(pattern) == "string"
      and not (name == "find" and init and plain)
      and (#text + 1.0) ^ repetitions(pattern) > PATTERN_WORK then
      error("this pattern would take too long on so long a text", 2)
    end
    return match(text, pattern, ...)
  end
end

local function repeated(text, count, separator)
  local whole = math.tointeger(count)
  if whole and whole * 1.0 * (#tostring(text) + #(separator or "")) > LIMITS.memory / 4 then
    error("string.rep would make too long a text", 2)
  end
  return string.rep(text, count, separator)
end

local function environment(variables)
  local env = part(_G, ALLOWED[""])
  for _, library in ipairs { "math", "string", "table", "utf8" } do
    env[library] = part(_G[library], ALLOWED[library])
  end
  for _, name in ipairs { "find", "match", "gmatch", "gsub" } do
    env.string[name] = guarded(string[name], name)
  end
  env.string.rep = repeated
  env.pairs = order.pairs -- the order of next differs between runs; a playbook may not
  env.null = json.null
  env.vars = variables
  return setmetatable(env, {
    __index = function(_, name)
      local guess = phrase.did_you_mean(name, env)
      error(('the name "%s" is not known in a playbook%s'):format(tostring(name),
        guess and "; " .. guess or ""), 2)
    end,
    __metatable = false,
  })
end

-- "playbook:12: words" as Lua writes it → the place and the words.
local function script_fault(source, text)
  text = tostring(text)
  local line, message = text:match("^playbook:(%d+):%s*(.*)$")
  return fault.new { code = "playbook.script", message = message or text,
    at = source:place(line and math.tointeger(tonumber(line))) }
end

-- Methods of texts (`("x"):rep(9)`) reach the real string library through its metatable; while a
-- script runs they reach the sandbox's. Nothing else runs meanwhile: a script cannot yield.
local function with_string_library(library, run)
  local shared = getmetatable("")
  local real = shared.__index
  shared.__index = library
  local results = table.pack(pcall(run))
  shared.__index = real
  return table.unpack(results, 1, results.n)
end

---Runs a Lua playbook.
---@param source table of remora.playbook.source
---@param variables table<string, any> the table the script sees as `vars`
---@return table|nil playbook what the script returned
---@return table|nil fault with the script's line
function sandbox.run(source, variables)
  local env = environment(variables)
  local text = source.text:gsub("^\u{FEFF}", "") -- a byte order mark is no Lua
  local chunk, syntax = load(text, "=playbook", "t", env)
  if not chunk then return nil, script_fault(source, syntax) end
  local finished, value, refused = with_string_library(env.string, function()
    return host.limited(chunk, LIMITS)
  end)
  if not finished then return nil, script_fault(source, value) end
  if value == nil and type(refused) == "table" and refused.code then
    return nil, fault.new { code = "playbook.script", at = source:place(),
      message = "the script was stopped: " .. refused.message,
      hint = ("a playbook may take %d million instructions and %d MB"):format(
        LIMITS.instructions // 1000000, LIMITS.memory // (1024 * 1024)) }
  end
  if type(value) ~= "table" then
    return nil, fault.new { code = "playbook.script", at = source:place(),
      message = ("the script returned %s instead of a playbook table"):format(
        value == nil and "nothing" or "a " .. type(value)),
      hint = "end it with: return { business = …, service_templates = { … } }" }
  end
  return value
end

return sandbox
