-- The flag that names a business, and what is said to who leaves it out: the names there are.

local observed = require "remora.observe.business"
local usage = require "remora.cli.usage"

local business = {}

---Adds the flag to a command.
---@param parser table argparse command
function business.define(parser)
  parser:option("--business", "Name or id of the business, which must be named; what is said "
    .. "without it lists those you may see."):argname("NAME")
end

local function names(context)
  local reader, refused = context:reader()
  if not reader then return nil, refused end
  return observed.names(reader)
end

---The fault of a command line that names no business.
---@param context remora.Context
---@return table fault that of the platform where it does not say which there are
function business.unnamed(context)
  return context:run(function()
    local list, refused = names(context)
    return refused or usage("which business? none is named", "--business NAME: "
      .. observed.listed(list))
  end)
end

return business
