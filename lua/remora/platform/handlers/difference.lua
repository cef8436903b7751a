-- Differences between modules and their service templates: per module, per process template, per
-- service instance, and as a yes or no for many at once.

local json = require "json"
local attributes = require "remora.platform.attributes"
local comparison = require "remora.platform.comparison"
local messages = require "remora.platform.messages"
local processes = require "remora.platform.processes"
local property = require "remora.platform.property"

local refuse = messages.refuse

local MOST_ASKED = 100
local MOST_INSTANCES = 500

local handlers = {}

local function or_null(list) return #list > 0 and json.array(list) or json.null end

local function name_of(template) return { id = template.id, name = template.bk_process_name } end

-- Templates in the platform's default order, newest first, that the test holds for.
local function chosen(templates, test)
  local list = {}
  for i = #templates, 1, -1 do
    if test(templates[i]) then list[#list + 1] = name_of(templates[i]) end
  end
  return list
end

local function attribute_differences(ctx, module)
  local list = json.array {}
  for i, found in ipairs(comparison.attributes(ctx.store, module)) do
    list[i] = { id = found.attribute.bk_attribute_id,
      template_value = found.attribute.bk_property_value, inst_value = found.inst_value }
  end
  return list
end

function handlers.get_service_template_difference(ctx, args)
  for _, name in ipairs { "bk_biz_id", "bk_module_id" } do
    if (args[name] or 0) == 0 then return nil, refuse(1199010, name) end
  end
  if not ctx.store:get("service_template", args.service_template_id or 0) then
    return nil, refuse(1108027)
  end
  local module = ctx.store:get("module", args.bk_module_id)
  if not module or module.bk_biz_id ~= args.bk_biz_id then return nil, refuse(1106006) end
  local view = comparison.read(ctx.store, module, nil, args.service_template_id)
  local changed, added, removed, seen = {}, {}, {}, {}
  for _, instance in ipairs(view.instances) do
    for _, entry in ipairs(view.entries[instance.id]) do
      local id, name = entry.relation.process_template_id, entry.process.bk_process_name
      if view.template_of[id] then
        changed[id] = changed[id] or comparison.has_changed(view, entry)
      elseif not seen[name] then
        seen[name], removed[#removed + 1] = true, { id = 0, name = name }
      end
    end
    for _, template in ipairs(comparison.missing(view, instance)) do added[template.id] = true end
  end
  local incomplete = #view.instances ~= #view.host_ids
  return {
    changed = or_null(chosen(view.templates, function(t) return changed[t.id] end)),
    added = or_null(chosen(view.templates, function(t) return incomplete or added[t.id] end)),
    removed = or_null(removed),
    attributes = attribute_differences(ctx, module),
  }
end

-- What is different in one service instance about a process template, or about processes of a name
-- whose template is gone: "changed", "added" or "removed" with the entry or template; nil: nothing.
local function difference_of(view, instance, args)
  local id = args.process_template_id or 0
  for _, entry in ipairs(view.entries[instance.id]) do
    local theirs = entry.relation.process_template_id
    if id == 0 then
      if not view.template_of[theirs]
        and entry.process.bk_process_name == args.process_template_name then
        return "removed", entry
      end
    elseif theirs == id then
      if comparison.has_changed(view, entry) then return "changed", entry end
      return nil
    end
  end
  if view.template_of[id] then return "added", view.template_of[id] end
end

local function checked_view(ctx, args)
  for _, name in ipairs { "bk_biz_id", "service_template_id", "bk_module_id" } do
    if (args[name] or 0) == 0 then return nil, refuse(1199006, name) end
  end
  local module = ctx.store:get("module", args.bk_module_id)
  if not module or module.bk_biz_id ~= args.bk_biz_id then return nil, refuse(1106006) end
  return comparison.read(ctx.store, module, nil, args.service_template_id)
end

function handlers.list_difference_service_instances(ctx, args)
  local view, refusal = checked_view(ctx, args)
  if not view then return nil, refusal end
  local found = json.array {}
  for _, instance in ipairs(view.instances) do
    if difference_of(view, instance, args) then
      if #found == MOST_INSTANCES then
        return { total_count = MOST_INSTANCES .. "+", service_instances = found, type = "" }
      end
      found[#found + 1] = { id = instance.id, name = instance.name }
    end
  end
  return { total_count = tostring(#found), service_instances = found, type = "" }
end

local function changed_attributes(view, entry)
  local template = view.template_of[entry.relation.process_template_id]
  local list = json.array {}
  for i, change in ipairs(comparison.changes(template, entry.process,
    view.host(entry.relation.bk_host_id))) do
    local attribute = attributes.by_name[change.name]
    list[i] = { id = attribute.id, property_id = change.name, property_name = attribute.title,
      property_value = change.value, template_property_value = change.template_value }
  end
  return list
end

function handlers.get_service_instance_difference_detail(ctx, args)
  local view, refusal = checked_view(ctx, args)
  if not view then return nil, refusal end
  if (args.service_instance_id or 0) == 0 then
    return nil, refuse(1199006, "service_instance_id")
  end
  local detail = { id = 0, name = "", changed_attributes = json.null, process = json.null,
    type = "" }
  for _, instance in ipairs(view.instances) do
    if instance.id == args.service_instance_id then
      local kind, what = difference_of(view, instance, args)
      detail.type = kind or ""
      if kind == "changed" then
        detail.changed_attributes = changed_attributes(view, what)
      elseif kind == "removed" then
        detail.process = processes.typed(what.process)
      elseif kind == "added" then
        detail.process = property.instantiate(what.property, view.host(instance.bk_host_id))
          or json.null
      end
    end
  end
  return detail
end

local function needs_sync(ctx, modules)
  for _, module in ipairs(modules) do
    if comparison.needs_sync(ctx.store, module) then return true end
  end
  return false
end

local function template_states(ctx, args)
  local states = json.array {}
  for _, id in ipairs(args.service_template_ids) do
    local modules = ctx.store:find("module",
      { service_template_id = id, bk_biz_id = args.bk_biz_id })
    if id ~= 0 and #modules > 0 then
      states[#states + 1] = { service_template_id = id, need_sync = needs_sync(ctx, modules) }
    end
  end
  return { service_templates = states, modules = json.null }
end

local function module_states(ctx, args)
  local states = json.array {}
  for _, id in ipairs(args.bk_module_ids) do
    local module = ctx.store:get("module", id)
    if module and module.bk_biz_id == args.bk_biz_id and module.service_template_id ~= 0 then
      states[#states + 1] = { bk_module_id = id, need_sync = needs_sync(ctx, { module }) }
    end
  end
  return { service_templates = json.null, modules = states }
end

function handlers.list_service_template_difference(ctx, args)
  if args.bk_biz_id <= 0 then return nil, refuse(1199011, "bk_biz_id") end
  local name = args.is_partial and "service_template_ids" or "bk_module_ids"
  local ids = args[name] or {}
  if #ids == 0 then return nil, refuse(1199010, name) end
  if #ids > MOST_ASKED then return nil, refuse(1199035, name, MOST_ASKED) end
  return (args.is_partial and template_states or module_states)(ctx, args)
end

return handlers
