-- Entry of remora-test: runs test files with luaunit. A test file returns a table of functions
-- named test… (setUp and tearDown allowed). Owns how tests are found and run; holds no test.

-- The globals luaunit looks for without asking whether they exist; it reads its options from arg.
local options = {}
rawset(_G, "arg", options)
local ASKED_FOR = { "EXPORT_ASSERT_TO_GLOBALS", "jit", "setupSuite", "teardownSuite", "testNames" }
for _, name in ipairs(ASKED_FOR) do
  rawset(_G, name, false)
end
local lu = require("luaunit")

local SKIPPED = 77 -- exit code, as CMakeLists.txt tells CTest: nothing could be tried

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
    local known = name:find("^test") or name == "setUp" or name == "tearDown"
    assert(known, path .. ": what is " .. name .. "?")
  end
  return tests
end

---@param arguments string[] test files and options of luaunit (`-p PATTERN`, `-v`)
---@return integer exit_code
return function(arguments)
  local suites = {}
  for _, argument in ipairs(arguments) do
    local suite = argument:match("([^/]+)_test%.lua$")
    if suite then
      suites[#suites + 1] = { suite, load_tests(argument) }
    else
      options[#options + 1] = argument
    end
  end
  local runner = lu.LuaUnit.new()
  if runner:runSuiteByInstances(suites) ~= 0 then return 1 end
  local result = runner.result
  return result.successCount == 0 and result.skippedCount > 0 and SKIPPED or 0
end
