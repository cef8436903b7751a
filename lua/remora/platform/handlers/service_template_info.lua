-- Whole service templates in one call, and the module attributes a template presets. Changes no
-- process; a sync does.

local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local module_attributes = require "remora.platform.module_attributes"
local proc_templates = require "remora.platform.proc_templates"
local service_templates = require "remora.platform.service_templates"

local refuse = messages.refuse

local handlers = {}

function handlers.create_service_template_all_info(ctx, args)
  local specs, refusal = proc_templates.decode(args.processes, "property")
  if not specs then return nil, refusal end
  local template, written, ids
  template, refusal = service_templates.create(ctx, args)
  if not template then return nil, refusal end
  written, refusal = module_attributes.set(ctx, template, args.attributes or {})
  if not written then return nil, refusal end
  ids, refusal = proc_templates.create(ctx, args.bk_biz_id, template.id, specs)
  if not ids then return nil, refusal end
  return { id = template.id }
end

-- The template of a call that names it by `id` and business.
local function template_of(ctx, args)
  for _, name in ipairs { "bk_biz_id", "id" } do
    if (args[name] or 0) == 0 then return nil, refuse(1199010, name) end
  end
  local template = ctx.store:get("service_template", args.id)
  if not template then return nil, refuse(1199019) end
  if template.bk_biz_id ~= args.bk_biz_id then return nil, refuse(1199006, "bk_biz_id") end
  return template
end

function handlers.get_service_template_all_info(ctx, args)
  local template, refusal = template_of(ctx, args)
  if not template then return nil, refusal end
  local where = { service_template_id = template.id }
  return {
    id = template.id, bk_biz_id = template.bk_biz_id, name = template.name,
    service_category_id = template.service_category_id,
    attributes = ctx.store:list("service_template_attribute", where),
    processes = ctx.store:list("proc_template", where, { sort = "-id" }),
  }
end

-- Stored process templates that are listed by id, and the rest of the list as new ones.
local function sorted_out(ctx, template, args, specs)
  local stored, kept, changed, new = {}, {}, {}, {}
  for _, one in ipairs(ctx.store:find("proc_template", { service_template_id = template.id })) do
    stored[one.id] = one
  end
  for i, item in ipairs(args.processes or {}) do
    if stored[item.id or 0] then
      kept[item.id] = true
      changed[#changed + 1] = { template = stored[item.id], slots = specs[i] }
    else
      new[#new + 1] = specs[i]
    end
  end
  local gone = {}
  for id in pairs(stored) do
    if not kept[id] then gone[#gone + 1] = id end
  end
  return gone, new, changed
end

local function replace_processes(ctx, template, args, specs)
  local gone, new, changed = sorted_out(ctx, template, args, specs)
  proc_templates.delete(ctx, gone)
  local ids, refusal = proc_templates.create(ctx, template.bk_biz_id, template.id, new)
  if not ids then return refusal end
  for _, change in ipairs(changed) do
    if not change.slots then return refuse(1199006, "property") end
    local written
    written, refusal = proc_templates.update(ctx, change.template, change.slots)
    if not written then return refusal end
  end
end

function handlers.update_service_template_all_info(ctx, args)
  local specs, refusal = proc_templates.decode(args.processes, "property")
  if not specs then return nil, refusal end
  local template, written
  template, refusal = template_of(ctx, args)
  if not template then return nil, refusal end
  template, refusal = service_templates.update(ctx, template, args)
  if not template then return nil, refusal end
  ctx.store:delete("service_template_attribute", { service_template_id = template.id })
  written, refusal = module_attributes.set(ctx, template, args.attributes or {})
  if not written then return nil, refusal end
  return nil, replace_processes(ctx, template, args, specs)
end

-- The template of an attribute call; there a foreign one is not told from an unknown one.
local function preset_owner(ctx, args, list_name)
  for _, name in ipairs { "bk_biz_id", "id" } do
    if (args[name] or 0) == 0 then return nil, refuse(1199010, name) end
  end
  if list_name and #(args[list_name] or {}) == 0 then return nil, refuse(1199010, list_name) end
  local template = ctx.store:get("service_template", args.id)
  if not template or template.bk_biz_id ~= args.bk_biz_id then
    return nil, refuse(1199006, "service_template_id")
  end
  return template
end

local function preset(ctx, template, attribute_ids)
  return ctx.store:find("service_template_attribute",
    { service_template_id = template.id, bk_attribute_id = attribute_ids })
end

function handlers.update_service_template_attribute(ctx, args)
  local template, refusal = preset_owner(ctx, args, "attributes")
  if not template then return nil, refusal end
  for _, item in ipairs(args.attributes) do
    if #preset(ctx, template, { item.bk_attribute_id or 0 }) == 0 then
      return nil, refuse(1199011, "attributes")
    end
  end
  local written
  written, refusal = module_attributes.set(ctx, template, args.attributes)
  return nil, not written and refusal or nil
end

function handlers.delete_service_template_attribute(ctx, args)
  local template, refusal = preset_owner(ctx, args, "bk_attribute_ids")
  if not template then return nil, refusal end
  local found = preset(ctx, template, args.bk_attribute_ids)
  if #found ~= #args.bk_attribute_ids then return nil, refuse(1199011, "attributes") end
  ctx.store:delete("service_template_attribute",
    { service_template_id = template.id, bk_attribute_id = args.bk_attribute_ids })
end

function handlers.list_service_template_attribute(ctx, args)
  local template, refusal = preset_owner(ctx, args)
  if not template then return nil, refusal end
  return { attributes = listing.projected(preset(ctx, template), args.fields) }
end

return handlers
