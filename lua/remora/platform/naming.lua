-- What the platform refuses in the names of businesses, sets and modules, and in which words.
-- Pure; whether a name is taken is for the caller to look up.

local messages = require "remora.platform.messages"

local LONGEST = 256 -- bytes

---Checks a required name.
---@param field string such as "bk_set_name"
---@param name string|nil
---@return remora.platform.Refusal|nil 1199010 when absent, 1199011 around 1199006 when not usable
return function(field, name)
  if name == nil then return messages.refuse(1199010, field) end
  if not name:find("%S") or #name > LONGEST then
    return messages.refuse(1199011, messages.refuse(1199006, field))
  end
  return nil
end
