-- Entry of remora-test: runs test files with luaunit. A test file returns a table of functions named test…
-- (setUp and tearDown allowed). Owns how tests are found and run; holds no test.

-- luaunit asks for globals that may be missing, and assigns one by mistake
local strict = getmetatable(_G)
setmetatable(_G, nil)
local luaunit = require("luaunit")
rawset(_G, "testNames", false)
setmetatable(_G, strict)

---Reads one test file from disk.
---@param path string
---@return table<string, function> tests
local function load_tests(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  local tests = assert(load(text, "@" .. path, "t"))()
  assert(type(tests) == "table" and next(tests), path .. " must return a table of tests")
  for name in pairs(tests) do
    assert(name:find("^test") or name == "setUp" or name == "tearDown", path .. ": what is " .. name .. "?")
  end
  return tests
end

---@param arguments string[] test files and options of luaunit (`-p PATTERN`, `-v`)
---@return integer exit_code
return function(arguments)
  local suites, options = {}, {}
  for _, argument in ipairs(arguments) do
    local suite = argument:match("([^/]+)_test%.lua$")
    if suite then
      suites[#suites + 1] = { suite, load_tests(argument) }
    else
      options[#options + 1] = argument
    end
  end
  if #options == 0 then
    options = { "-o", "text" } -- without arguments luaunit would read the program's own
  end
  local failures = luaunit.LuaUnit.new():runSuiteByInstances(suites, options)
  return failures == 0 and 0 or 1
end
