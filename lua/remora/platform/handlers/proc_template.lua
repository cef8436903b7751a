-- Process templates: create in batches, change, delete, read. None of these changes a process; a
-- sync does (handlers/sync.lua).

local json = require "json"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local proc_templates = require "remora.platform.proc_templates"
local property = require "remora.platform.property"

local refuse = messages.refuse

local MOST_CREATED, MOST_DELETED, MOST_LISTED = 100, 500, 200

local handlers = {}

function handlers.batch_create_proc_template(ctx, args)
  local specs, refusal = proc_templates.decode(args.processes, "spec")
  if not specs then return nil, refusal end
  if #specs == 0 then return json.array {} end
  for _, slots in ipairs(specs) do
    refusal = slots and property.check_blanks(slots)
    if refusal then return nil, refusal end
  end
  if #specs > MOST_CREATED then
    return nil, refuse(1199035, "create process template", MOST_CREATED)
  end
  return proc_templates.create(ctx, args.bk_biz_id, args.service_template_id, specs)
end

function handlers.update_proc_template(ctx, args)
  if not args.process_property or (args.process_template_id or 0) <= 0 then
    return nil, refuse(1199003)
  end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  local template = ctx.store:get("proc_template", args.process_template_id)
  if not template then return nil, refuse(1199019) end
  local slots = property.decode(args.process_property)
  if not slots then return nil, refuse(1199000) end
  return proc_templates.update(ctx, template, slots)
end

function handlers.delete_proc_template(ctx, args)
  local ids = args.process_templates or {}
  if #ids == 0 then return nil, refuse(1199010, "process_templates") end
  if #ids > MOST_DELETED then
    return nil, refuse(1199035, "delete process template", MOST_DELETED)
  end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  for _, id in ipairs(ids) do
    if not ctx.store:get("proc_template", id) then return nil, refuse(1108014) end
  end
  proc_templates.delete(ctx, ids)
end

function handlers.get_proc_template(ctx, args)
  local template = ctx.store:get("proc_template", args.process_template_id)
  if not template then return nil, refuse(1199019) end
  return template
end

function handlers.list_proc_template(ctx, args)
  if (args.bk_biz_id or 0) <= 0 then return nil, refuse(1199006, "bk_biz_id") end
  local ids, template_id = args.process_template_ids, args.service_template_id or 0
  if ids and #ids > MOST_LISTED then return nil, refuse(1199089, "bk_process_ids", MOST_LISTED) end
  if template_id == 0 and #(ids or {}) == 0 then
    return nil, refuse(1199006, "service_template_id and process_template_ids")
  end
  local where = { bk_biz_id = args.bk_biz_id, id = ids }
  if template_id ~= 0 then where.service_template_id = template_id end
  return listing.whole(ctx.store, "proc_template", where, paging.window(args.page, "-id"))
end

return handlers
