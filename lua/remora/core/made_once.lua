-- What a function makes of a key, made when somebody asks and kept: for what many ask for alike.
-- The module is the function itself: local made_once = require "remora.core.made_once".

---@param make fun(key: any): any what belongs to a key; not nil
---@return table made by key
return function(make)
  return setmetatable({}, { __index = function(made, key)
    made[key] = make(key)
    return made[key]
  end })
end
