-- What is wrong with the targets of hosting rules, said once for all targets of a rule that have
-- the same wrong with them. Owns the joining, not what is wrong.

local fault = require "remora.core.fault"

local objections = {}
objections.__index = objections

---@class remora.hosting.Objection
---@field code string
---@field one string what is wrong with a target, after its name
---@field many string the same of several
---@field hint string

---@return table objections
function objections.new()
  return setmetatable({ list = {}, by_key = {} }, objections)
end

---@param target remora.hosting.Target
---@param objection remora.hosting.Objection
function objections:add(target, objection)
  local key = target.index .. " " .. objection.one
  local known = self.by_key[key]
  if not known then
    known = { target = target, objection = objection, count = 0 }
    self.by_key[key], self.list[#self.list + 1] = known, known
  end
  known.count = known.count + 1
end

---@return table[] faults in the order of their first targets
function objections:faults()
  local faults = {}
  for i, each in ipairs(self.list) do
    local name, its = table.concat(each.target:label(), "/"), each.objection
    local message = each.count == 1 and ("%s %s"):format(name, its.one)
      or ("%s and %d more %s"):format(name, each.count - 1, its.many)
    faults[i] = fault.new { code = its.code, at = each.target.at, message = message,
      hint = its.hint }
  end
  return faults
end

return objections
