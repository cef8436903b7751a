-- Entry of remora-test: runs test files with luaunit. A test file returns a table of test functions
-- (setUp and tearDown allowed). Owns how tests are found and run; holds no test.

rawset(_G, "EXPORT_ASSERT_TO_GLOBALS", false) -- luaunit asks for it; strict globals would refuse

local luaunit = require("luaunit")

---Reads one test file from disk.
---@param path string
---@return table tests
local function load_tests(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  local tests = assert(load(text, "@" .. path, "t"))()
  assert(type(tests) == "table", path .. " must return a table of tests")
  return tests
end

---@param arguments string[] test files, then options of luaunit (`-p PATTERN`, `-v`)
---@return integer exit_code
return function(arguments)
  local instances, options = {}, {}
  for _, argument in ipairs(arguments) do
    if argument:find("_test%.lua$") then
      local suite = argument:match("([^/]+)_test%.lua$")
      for name, test in pairs(load_tests(argument)) do
        if name ~= "setUp" and name ~= "tearDown" then
          instances[#instances + 1] = { suite .. "." .. name, test }
        end
      end
    else
      options[#options + 1] = argument
    end
  end
  return luaunit.LuaUnit.new():runSuiteByInstances(instances, table.unpack(options))
end
