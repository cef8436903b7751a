-- Globals: a name nobody defined is an error, read or written.

local lu = require("luaunit")

return {
  test_reading_an_undefined_global = function()
    lu.assertErrorMsgContains("use of undefined global 'no_such_name'",
      load("return no_such_name"))
  end,
  test_writing_an_undefined_global = function()
    lu.assertErrorMsgContains("assignment of undefined global 'no_such_name'",
      load("no_such_name = 1"))
  end,
}
