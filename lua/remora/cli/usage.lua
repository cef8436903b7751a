-- What is wrong with a command line, as the fault that ends remora with exit code 64. The module is
-- the function.

local fault = require "remora.core.fault"

---@param message string
---@param hint string?
---@return table fault
return function(message, hint)
  return fault.new { code = "usage", message = message, hint = hint }
end
