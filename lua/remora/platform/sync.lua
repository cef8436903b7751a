-- Bringing the service instances of a module in line with its service template, one chunk of hosts
-- at a time. When chunks run is tasks.lua's business.

local comparison = require "remora.platform.comparison"
local instances = require "remora.platform.instances"
local messages = require "remora.platform.messages"
local processes = require "remora.platform.processes"
local property = require "remora.platform.property"

local sync = {}

-- Processes that one chunk may touch.
local CHUNK_PROCESSES = 1000

---How many hosts one chunk takes.
---@param ctx remora.platform.Author
---@param service_template_id integer
---@return integer
function sync.chunk_size(ctx, service_template_id)
  local templates = ctx.store:count("proc_template", { service_template_id = service_template_id })
  return math.max(1, CHUNK_PROCESSES // math.max(1, templates))
end

---Gives a module its template's name and category and the attributes that are preset. Nothing here
---fails a sync: a name another module of the set has is left alone.
---@param ctx remora.platform.Author
---@param module table
function sync.module(ctx, module)
  local template = ctx.store:get("service_template", module.service_template_id or 0)
  if not template then return end
  local taken = ctx.store:first("module",
    { bk_set_id = module.bk_set_id, bk_module_name = template.name })
  if not taken then module.bk_module_name = template.name end
  module.service_category_id = template.service_category_id
  for _, found in ipairs(comparison.attributes(ctx.store, module)) do
    module[found.attribute.bk_property_id] = found.attribute.bk_property_value
  end
  ctx.store:put("module", module)
end

local function create_missing_instances(ctx, view)
  local served = {}
  for _, instance in ipairs(view.instances) do served[instance.bk_host_id] = true end
  for _, id in ipairs(view.host_ids) do
    if not served[id] then
      local made, refusal = instances.create(ctx, view.module, view.host(id),
        { templates = view.templates })
      if not made then return refusal end
    end
  end
end

-- Removes what has no living template; returns what stays.
local function delete_orphans(ctx, view, instance)
  local kept, orphans = {}, {}
  for _, entry in ipairs(view.entries[instance.id]) do
    if view.template_of[entry.relation.process_template_id] then
      kept[#kept + 1] = entry
    else
      orphans[#orphans + 1] = entry.process.bk_process_id
    end
  end
  processes.delete(ctx, orphans)
  return kept
end

local function update_process(ctx, view, entry)
  local template = view.template_of[entry.relation.process_template_id]
  local changes, refusal = property.synchronise(template.property, entry.process,
    view.host(entry.relation.bk_host_id))
  if refusal or not changes then return refusal end
  local written
  written, refusal = processes.write(ctx, entry.process, changes)
  return not written and refusal or nil
end

local function add_missing(ctx, view, instance)
  for _, template in ipairs(comparison.missing(view, instance)) do
    local process = instances.add_templated(ctx, instance, template, view.host(instance.bk_host_id))
    if not process then return messages.refuse(1108045) end
  end
end

local function delete_instances(ctx, view)
  local ids = {}
  for i, instance in ipairs(view.instances) do ids[i] = instance.id end
  instances.delete(ctx, ids)
end

---Syncs what some hosts have in a module: deletions first, then changes, then additions.
---@param ctx remora.platform.Author
---@param module table
---@param service_template_id integer
---@param host_ids integer[]
---@return boolean|nil done
---@return remora.platform.Refusal|nil refusal
function sync.hosts(ctx, module, service_template_id, host_ids)
  local view = comparison.read(ctx.store, module, host_ids, service_template_id)
  if #view.templates == 0 then
    delete_instances(ctx, view)
    return true
  end
  local refusal = create_missing_instances(ctx, view)
  if refusal then return nil, refusal end
  local kept = {}
  for i, instance in ipairs(view.instances) do kept[i] = delete_orphans(ctx, view, instance) end
  for i in ipairs(view.instances) do
    for _, entry in ipairs(kept[i]) do
      refusal = update_process(ctx, view, entry)
      if refusal then return nil, refusal end
    end
  end
  for _, instance in ipairs(view.instances) do
    refusal = add_missing(ctx, view, instance)
    if refusal then return nil, refusal end
  end
  return true
end

return sync
