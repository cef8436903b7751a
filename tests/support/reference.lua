-- What a playbook makes of a fleet, worked out from the documents the slow and plain way, without
-- any call, batch or stage: the twin that the planner and the applier are held against. Owns the
-- order of the two sections; knows playbooks that can be carried out, and judges none.

local picture = require "tests.support.picture"
local rules = require "tests.support.reference_rules"
local templates = require "tests.support.reference_templates"

local reference = {}

---What a playbook makes of a fleet.
---@param pb table in normal form, of the configuration platform's sections alone
---@param before tests.Picture not changed
---@param category_of fun(name: string): integer what a category's name means
---@return tests.Picture after
function reference.after(pb, before, category_of)
  local after = picture.copy(before)
  templates.apply(after, pb.sections.service_templates or {}, category_of)
  rules.apply(after, pb.sections.instances or {})
  return after
end

---Decides where the documents leave something open: a process that a sync made before its template
---was all that it will be may have been born with what the template had then.
---@param part any of a picture's parts, changed
---@param is any the same part as it is
function reference.settle(part, is)
  local born = type(part) == "table" and part.born
  if not born then return end
  for field in pairs(born.free) do
    if is.fields[field] == born.fields[field] then part.fields[field] = born.fields[field] end
  end
  if picture.same(born.rows, is.rows) then part.rows = born.rows end
  part.born = nil
end

return reference
