-- The Lua of a script: the language and its libraries without what runs programs, loads code or
-- looks inside remora. It keeps accidents away; a script still reads and writes the files that its
-- user can, so it is no wall against an author who means harm.

local order = require "remora.core.order"
local part = require "remora.core.part"
local phrase = require "remora.core.phrase"

local sandbox = {}

-- Not here on purpose: load and require (one file is the whole script), debug and rawset on
-- libraries of ours, os.execute, os.exit (return a code), os.remove and os.rename, io.popen,
-- io.write and io.stdout (print goes through the output that hides secrets).
local ALLOWED = {
  [""] = { "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen",
    "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall" },
  coroutine = { "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield" },
  io = { "lines", "open", "read", "type" },
  math = { "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge",
    "log", "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random", "randomseed",
    "sin", "sqrt", "tan", "tointeger", "type", "ult" },
  os = { "clock", "date", "difftime", "getenv", "time" },
  string = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
    "packsize", "rep", "reverse", "sub", "unpack", "upper" },
  table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

-- Says what is missing by name instead of "attempt to call a nil value".
local function closed(library, members)
  return setmetatable(members, { __metatable = false, __index = function(_, name)
    error(("a script has no %s.%s"):format(library, tostring(name)), 2)
  end })
end

-- The metatable of all texts and files is remora's own too.
local function metatable_of(value)
  if type(value) ~= "table" then return nil end
  return getmetatable(value)
end

-- The table that a name stands in, as a question with the whole name.
local function within(name, tables)
  for path, members in order.pairs(tables) do
    if type(members) == "table" and rawget(members, name) ~= nil then
      return phrase.did_you_mean(name, members, path .. ".")
    end
  end
end

---Makes the globals of one script.
---@param extra table<string, any> what it gets beside the libraries
---@return table environment assigning to it makes globals of the script
function sandbox.environment(extra)
  local env = part(_G, ALLOWED[""])
  env._VERSION, env.getmetatable = _VERSION, metatable_of
  for library, names in pairs(ALLOWED) do
    if library ~= "" then env[library] = closed(library, part(_G[library], names)) end
  end
  for name, value in pairs(extra) do env[name] = value end
  env._G = env
  return setmetatable(env, { __metatable = false, __index = function(_, name)
    -- What resembles a name of one or two letters is an accident.
    local guess = within(name, extra) or #tostring(name) > 2 and phrase.did_you_mean(name, env)
    error(("the name '%s' is not known%s"):format(tostring(name), guess and "; " .. guess or ""), 2)
  end })
end

return sandbox
