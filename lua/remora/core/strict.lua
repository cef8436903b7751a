-- Makes undefined globals an error: the host loads this before anything else.
-- Owns the metatable of _G. Knows nothing of the product.

local function refuse(what)
  return function(_, name)
    error(("%s of undefined global '%s'"):format(what, tostring(name)), 2)
  end
end

setmetatable(_G, {
  __index = refuse("use"),
  __newindex = refuse("assignment"),
})

return true
