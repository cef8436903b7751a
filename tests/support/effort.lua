-- How much work a function is: counted, not timed, so that it is the same on every machine.
-- The module is the function itself: local effort = require "tests.support.effort".

---@param fn fun()
---@return integer instructions of Lua, in thousands
return function(fn)
  local taken = 0
  debug.sethook(function() taken = taken + 1 end, "", 1000)
  fn()
  debug.sethook()
  return taken
end
