-- Plans the processes of service instances: asks what each instance should be, lets the rules for
-- templated and for free ones say what is missing, and joins the answers into as few calls as the
-- platform allows. Pure.

local alike = require "remora.kinds.instances.alike"
local free = require "remora.kinds.instances.free"
local sketch = require "remora.kinds.instances.sketch"
local order = require "remora.core.order"
local targets_of = require "remora.kinds.instances.targets"
local templated = require "remora.kinds.instances.templated"

local STAGE, TITLE = 3, "instances"

-- As the same change of many where the platform has that, unless some wait for others.
local function send_updates(state, b, work)
  local single, many = work.updates, {}
  if state.patches_many and not work.waits then
    single, many = alike.parted(work.updates)
  end
  b:batch { stage = STAGE, title = TITLE, call = "cc.update_process_instance", group = "business",
    args = { bk_biz_id = state.business.id }, changes = single,
    later = work.later.updates }
  for _, part in ipairs(many) do
    b:batch { stage = STAGE, title = TITLE, call = "cc.update_process_instances_by_ids",
      group = part.key, changes = part.changes,
      args = { bk_biz_id = state.business.id, update_data = part.patch } }
  end
end

local function send(state, b, work)
  local business = { bk_biz_id = state.business.id }
  send_updates(state, b, work)
  b:batch { stage = STAGE, title = TITLE, call = "cc.delete_process_instance", group = "business",
    args = business, changes = work.deletions, later = work.later.deletions }
  for id, changes in order.pairs(work.processes) do
    b:batch { stage = STAGE, title = TITLE, call = "cc.create_process_instance",
      group = tostring(id), changes = changes, later = work.later[id],
      args = { bk_biz_id = state.business.id, service_instance_id = id } }
  end
  for id, changes in order.pairs(work.instances) do
    b:batch { stage = STAGE, title = TITLE, call = "cc.create_service_instance",
      group = tostring(id), changes = changes,
      args = { bk_biz_id = state.business.id, bk_module_id = id } }
  end
end

-- Whether rules speak of service instances by name, which new ones get as they are made.
local function by_name(pb)
  for _, rule in ipairs(pb.sections.instances) do
    if rule.where.service_instance then return true end
  end
  return false
end

---@param pb table
---@param state table
---@param b table builder
return function(pb, state, b)
  local areas, problems = targets_of(pb, state)
  for _, problem in ipairs(problems) do b:problem(problem) end
  local work = { updates = {}, deletions = {}, processes = {}, instances = {}, later = {} }
  for _, area in ipairs(areas) do
    local rules = area.module.template_id == 0 and free or templated
    rules.plan(sketch.new { pb = pb, state = state, b = b, work = work, area = area })
  end
  send(state, b, work)
  if not work.waits and not (next(work.instances) and by_name(pb)) then b:complete() end
end
