-- Any bytes are decoded or refused with a place inside of them, and what was decoded has one
-- canonical form that reads back as itself.

local json = require("json")
local text = ...

---The canonical form of a text that must be JSON.
---@param source string
---@param options table?
---@return string
local function canonical(source, options)
  local value, fault = json.decode(source, options)
  assert(not fault, fault and fault.message)
  return json.encode(value)
end

local value, fault = json.decode(text)
if fault then
  assert(value == nil and type(fault.message) == "string")
  assert(fault.line >= 1 and fault.column >= 1)
  assert(fault.offset >= 1 and fault.offset <= #text + 1)
  return
end
local form = json.encode(value)
assert(canonical(form) == form)
assert(canonical(json.encode(value, { indent = 1 })) == form)
assert(canonical(json.encode({ json.raw(text) }), { max_depth = 129 }) == "[" .. form .. "]")
