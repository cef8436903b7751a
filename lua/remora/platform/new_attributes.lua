-- What the platform refuses in the attributes of a business, set or module to be made: values
-- of the wrong type, names that are missing or not usable. Whether a name is taken is not its part.

local json = require "json"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local LONGEST = 256 -- characters

local TYPES = {
  string = { code = 1199007, test = function(value) return type(value) == "string" end },
  integer = { code = 1199009, test = function(value) return math.type(value) == "integer" end },
}

-- The calls that make these read their body as a free map, so a wrong type is an attribute's error.
local function type_refusal(row, args)
  for _, field in ipairs(row.takes) do
    local name, kind = field[1], TYPES[field[2]]
    if args[name] == json.null then args[name] = nil end
    if kind and args[name] ~= nil and not kind.test(args[name]) then
      return refuse(1199011, refuse(kind.code, name))
    end
  end
  return nil
end

---Checks the attributes of something to be made.
---@param ctx remora.platform.Context its row says which types they have
---@param args table attributes sent; null becomes absent
---@param name_field string the required name, such as "bk_set_name"
---@return remora.platform.Refusal|nil 1199010 when the name is absent, else 1199011 with the reason
return function(ctx, args, name_field)
  local refusal = type_refusal(ctx.row, args)
  if refusal then return refusal end
  local name = args[name_field]
  if name == nil then return refuse(1199010, name_field) end
  if not name:find("%S") or utf8.len(name) > LONGEST then
    return refuse(1199011, refuse(1199006, name_field))
  end
  return nil
end
