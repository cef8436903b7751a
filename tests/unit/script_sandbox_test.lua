-- The globals of a script: what is there, what is not, and what a mistake in a name says.

local sandbox = require "remora.script.sandbox"
local lu = require "luaunit"

local function run(code, extra)
  local env = sandbox.environment(extra or {})
  return pcall(assert(load(code, "=script", "t", env)))
end

-- Code and what it returns.
local FINE = {
  { "return ('x'):rep(3), #table.pack(1, 2), math.max(1, 2)", "xxx" },
  { "x = 5 return x", 5 },
  { "x = 1 return _G.x", 1 },
  { "return select('#', string.find('a', 'a'))", 2 },
  { "return coroutine.wrap(function() coroutine.yield(7) end)()", 7 },
  { "return type(os.time())", "number" },
  { "return getmetatable('')", nil },
  { "return getmetatable(setmetatable({}, { __metatable = 4 }))", 4 },
  { "string = { upper = function() return 'mine' end } return ('x'):upper()", "X" },
  { "return given", "extra" },
}

-- Code and the error it ends with.
local REFUSED = {
  { "return load('return 1')", "the name 'load' is not known" },
  { "return require 'system'", "the name 'require' is not known" },
  { "return dofile 'x'", "the name 'dofile' is not known" },
  { "return debug.getregistry()", "the name 'debug' is not known" },
  { "return package.loaded", "the name 'package' is not known" },
  { "return collectgarbage()", "the name 'collectgarbage' is not known" },
  { "return os.execute 'true'", "a script has no os.execute" },
  { "return os.exit(1)", "a script has no os.exit" },
  { "return os.remove 'x'", "a script has no os.remove" },
  { "return io.popen 'true'", "a script has no io.popen" },
  { "return io.stdout", "a script has no io.stdout" },
  { "return string.dump(print)", "a script has no string.dump" },
  { "return prnit(1)", "the name 'prnit' is not known; did you mean \"print\"?" },
  { "return cc.search_business {}", "the name 'cc' is not known; did you mean \"remora.cc\"?" },
  { "return _G.q", "the name 'q' is not known" },
  { "setmetatable(_G, {})", "cannot change a protected metatable" },
}

return {
  test_fine = function()
    for _, row in ipairs(FINE) do
      local ran, value = run(row[1], { given = "extra" })
      lu.assertEquals({ ran, value }, { true, row[2] }, row[1])
    end
  end,

  test_refused = function()
    for _, row in ipairs(REFUSED) do
      local ran, message = run(row[1], { print = print, remora = { cc = {} } })
      lu.assertFalse(ran, row[1])
      lu.assertStrContains(message, row[2])
    end
  end,

  test_scripts_do_not_share = function()
    run("string.upper = nil; table.insert = nil; x = 1")
    lu.assertEquals({ run("return string.upper('a')") }, { true, "A" })
    lu.assertFalse((run("return x")))
    lu.assertEquals(("a"):upper(), "A")
  end,
}
