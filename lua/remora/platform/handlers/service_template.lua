-- Service templates: create, read, list, rename and recategorise, delete, count. Their process
-- templates are proc_template.lua's.

local json = require "json"
local messages = require "remora.platform.messages"
local categories = require "remora.platform.categories"
local listing = require "remora.platform.listing"
local paging = require "remora.platform.paging"
local service_templates = require "remora.platform.service_templates"

local refuse = messages.refuse

local MOST_COUNTED = 500

local handlers = {}

function handlers.create_service_template(ctx, args)
  return service_templates.create(ctx, args)
end

function handlers.update_service_template(ctx, args)
  local template = ctx.store:get("service_template", args.id or 0)
  if not template then return nil, refuse(1199019) end
  return service_templates.update(ctx, template, args)
end

function handlers.delete_service_template(ctx, args)
  local id = args.service_template_id or 0
  local where = { service_template_id = id }
  if not ctx.store:get("service_template", id)
    or ctx.store:count("service_instance", where) > 0 or ctx.store:count("module", where) > 0 then
    return nil, refuse(1108030)
  end
  ctx.store:delete("service_template_attribute", where)
  ctx.store:delete("service_template", { id = id })
end

function handlers.get_service_template(ctx, args)
  local template = ctx.store:get("service_template", args.service_template_id)
  if not template then return nil, refuse(1199019) end
  return template
end

function handlers.get_service_template_detail(ctx, args)
  local template, refusal = handlers.get_service_template(ctx, args)
  if not template then return nil, refusal end
  return {
    template = template,
    service_instance_count = ctx.store:count("service_instance",
      { service_template_id = template.id }),
    process_instance_count = 0, -- the platform counts by a field that relations do not have
  }
end

-- Whether a name has the text, or is it; letter case counts only in the second case.
local function by_name(text, exact)
  local wanted = text:lower()
  return function(template)
    if exact then return template.name == text end
    return template.name:lower():find(wanted, 1, true)
  end
end

function handlers.list_service_template(ctx, args)
  if not paging.is_strict(args.page) then return nil, refuse(1199059) end
  local where, search = {}, args.search or ""
  if (args.bk_biz_id or 0) ~= 0 then where.bk_biz_id = args.bk_biz_id end
  if (args.service_category_id or 0) ~= 0 then
    where.service_category_id = categories.with_descendants(ctx.store, args.service_category_id)
  end
  if #(args.service_template_ids or {}) > 0 then where.id = args.service_template_ids end
  return listing.whole(ctx.store, "service_template", where, paging.window(args.page, "-id"),
    search ~= "" and by_name(search, args.is_exact) or nil)
end

function handlers.find_service_template_count_info(ctx, args)
  local ids = args.service_template_ids or {}
  if #ids < 1 or #ids > MOST_COUNTED then
    return nil, refuse(1199089, "service_template_ids", MOST_COUNTED)
  end
  local counts = json.array {}
  for i, id in ipairs(ids) do
    local where = { service_template_id = id, bk_biz_id = args.bk_biz_id }
    counts[i] = {
      service_template_id = id,
      process_template_count = ctx.store:count("proc_template", where),
      service_instance_count = ctx.store:count("service_instance", where),
      module_count = ctx.store:count("module", where),
    }
  end
  return counts
end

return handlers
