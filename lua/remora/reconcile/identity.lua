-- Texts that tell changes of a plan apart: by the object that they are about, and by what they do
-- to it. Equal in every plan and every run. Pure.

local identity = {}

---Names the object of a change, whatever is done to it.
---@param change remora.reconcile.Change
---@return string
function identity.object(change)
  return table.concat({ change.kind, change.type, table.unpack(change.label) }, "\0")
end

---Names what a change does to its object.
---@param change {kind: string, type: string, action: string, label: string[]}
---@return string
function identity.deed(change)
  return change.action .. "\0" .. identity.object(change)
end

return identity
