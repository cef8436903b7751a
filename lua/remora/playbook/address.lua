-- The shape of an IP address in a playbook.

local address = require "remora.core.address"

local shapes = {}

---A literal address.
---@param may_be_empty boolean|nil
---@return table shape for remora.core.schema
function shapes.literal(may_be_empty)
  return {
    type = "text", words = "an IP address",
    convert = function(value)
      if value == "" and may_be_empty then return value end
      if address.is_literal(value) then return value end
      return nil, ('must be an IP address, not "%s"'):format(value),
        "write the address itself, such as 10.0.0.7"
    end,
  }
end

return shapes
