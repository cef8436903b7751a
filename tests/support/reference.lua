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

return reference
