-- Arguments of a call that are JSON already, for what is written more than once. Pure.
-- The module is the function itself: local written = require "remora.core.written".

local json = require "json"

---@param args table<string, any>
---@return table<string, any> args equal ones for json.encode: the tables among them are its text
return function(args)
  local texts = {}
  for name, value in pairs(args) do
    texts[name] = type(value) == "table" and json.raw(json.encode(value)) or value
  end
  return texts
end
