-- Plans the processes of service instances: asks what each instance should be, lets the rules for
-- templated and for free ones say what is missing, and joins the answers into as few calls as the
-- platform allows. Pure.

local free = require "remora.kinds.instances.free"
local order = require "remora.core.order"
local templated = require "remora.kinds.instances.templated"
local wanted = require "remora.kinds.instances.wanted"

local STAGE, TITLE = 3, "instances"

---@class remora.kinds.instances.Work what is to be sent, by what the platform lets share a call
---@field updates table[] items {value, change} of update_process_instance
---@field deletions table[] items of delete_process_instance
---@field processes table<integer|string, table[]> service instance → items of
---  create_process_instance
---@field instances table<integer, table[]> module → items of create_service_instance

local function send(state, b, work)
  local business = { bk_biz_id = state.business.id }
  b:batch { stage = STAGE, title = TITLE, call = "cc.update_process_instance", group = "business",
    args = business, items = work.updates }
  b:batch { stage = STAGE, title = TITLE, call = "cc.delete_process_instance", group = "business",
    args = business, items = work.deletions }
  for id, items in order.pairs(work.processes) do
    b:batch { stage = STAGE, title = TITLE, call = "cc.create_process_instance",
      group = tostring(id), items = items,
      args = { bk_biz_id = state.business.id, service_instance_id = id } }
  end
  for id, items in order.pairs(work.instances) do
    b:batch { stage = STAGE, title = TITLE, call = "cc.create_service_instance",
      group = tostring(id), items = items,
      args = { bk_biz_id = state.business.id, bk_module_id = id } }
  end
end

-- How many service instances of a module are on each host.
local function crowd(targets)
  local on_host = {}
  for _, target in ipairs(targets) do
    local key = target.module.id .. " " .. target.host_id
    on_host[key] = on_host[key] or {}
    if target.instance then table.insert(on_host[key], target.instance) end
  end
  return on_host
end

---@param pb table
---@param state table
---@param b table builder
return function(pb, state, b)
  local targets, problems = wanted.targets(pb, state)
  for _, problem in ipairs(problems) do b:problem(problem) end
  local work = { updates = {}, deletions = {}, processes = {}, instances = {} }
  local on_host = crowd(targets)
  for _, target in ipairs(targets) do
    target.neighbours = on_host[target.module.id .. " " .. target.host_id]
    local host = state.hosts[target.host_id]
    local place = host and host.ip or ("host " .. target.host_id)
    if #target.neighbours > 1 then place = place .. " (" .. target.instance.name .. ")" end
    target.label = { target.module.set_name, target.module.name, place }
    local template = state.templates and state.templates[target.module.template_id]
    target.place = { module = target.module.id, host = target.host_id,
      template = template and template.name,
      instance = #target.neighbours > 1 and target.instance.id or nil }
    local rules = target.module.template_id == 0 and free or templated
    rules.plan { pb = pb, state = state, b = b, work = work, target = target }
  end
  send(state, b, work)
end
