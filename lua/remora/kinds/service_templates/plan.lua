-- Plans service templates: creates missing ones, sets the category, hands their processes on.
-- Pure. Process templates follow in the round after their service template exists.

local category = require "remora.kinds.service_templates.category"
local fault = require "remora.core.fault"
local processes = require "remora.kinds.service_templates.processes"
local reach = require "remora.model.reach"

local plan = {}

local STAGE, TITLE = 1, "templates"

local function create(pb, state, b, name, want)
  local at = pb.at(pb.sections.service_templates, name, "key")
  local id, unknown
  if want.category then
    id, unknown = category.find(state, want.category, pb.at(want, "category"))
  else
    id, unknown = category.default(state)
  end
  if not id then return b:problem(unknown) end
  local change = b:change {
    type = "service template", action = "create", label = { name }, at = at,
    fields = { { name = "category", new = category.name(state, id) } },
  }
  b:step {
    stage = STAGE, title = TITLE, call = "cc.create_service_template", group = name,
    args = { bk_biz_id = state.business.id, name = name, service_category_id = id },
    changes = { change },
  }
end

local function recategorise(pb, state, b, template, want)
  if not want.category then return end
  local at = pb.at(want, "category")
  local id, unknown = category.find(state, want.category, at)
  if not id then return b:problem(unknown) end
  if id == template.category_id then return end
  local change = b:change {
    type = "service template", action = "update", id = template.id, label = { template.name },
    at = at,
    fields = { { name = "category", old = category.name(state, template.category_id),
      new = category.name(state, id) } },
    rests = { service_category_id = template.category_id },
    cascades = { "its modules move to the category at once, without a sync" },
  }
  b:step {
    stage = STAGE, title = TITLE, call = "cc.update_service_template",
    group = tostring(template.id), changes = { change },
    args = { bk_biz_id = state.business.id, id = template.id, service_category_id = id },
  }
end

-- What is not to be made where it is gone; that processes are to go is nothing it could miss.
local function miss(b, name, want)
  if not want.category and not next(want.processes) then return end
  b:problem(fault.new { code = "plan.gone",
    message = ("there is no service template %s any more"):format(name) })
end

---@param pb table
---@param state table
---@param b table builder
---@return table<string, true> on_hold names of those that may not be synchronised in this run
function plan.plan(pb, state, b)
  local deletions, on_hold = {}, {}
  for name, want in reach.declared("service_templates", pb, state) do
    local template = state.templates[state.template_ids[name]]
    if not template and want.never_made then
      miss(b, name, want)
    elseif not template then
      create(pb, state, b, name, want)
    else
      recategorise(pb, state, b, template, want)
      on_hold[name] = processes.plan { pb = pb, state = state, b = b, template = template,
        want = want, deletions = deletions } or nil
    end
  end
  b:batch {
    stage = STAGE, title = TITLE, call = "cc.delete_proc_template", group = "business",
    args = { bk_biz_id = state.business.id }, changes = deletions,
  }
  return on_hold
end

return plan
