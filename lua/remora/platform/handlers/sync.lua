-- Sync of modules with their service template: start, status, and the deprecated unbinding. What a
-- sync does is remora.platform.sync's; when, remora.platform.tasks'.

local json = require "json"
local comparison = require "remora.platform.comparison"
local messages = require "remora.platform.messages"
local tasks = require "remora.platform.tasks"

local refuse = messages.refuse

local handlers = {}

function handlers.sync_service_template_to_service_instance(ctx, args)
  local modules = args.bk_module_ids or {}
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199010, "bk_biz_id") end
  if #modules == 0 then return nil, refuse(1199010, "bk_module_ids") end
  if (args.service_template_id or 0) == 0 then
    return nil, refuse(1199010, "service_template_id")
  end
  local busy, asked = {}, {}
  for _, id in ipairs(ctx.store:column("sync_task", "bk_module_id",
    { bk_module_id = modules, status = tasks.UNFINISHED })) do
    busy[#busy + 1] = ("%d"):format(id)
  end
  if #busy > 0 then return nil, refuse(1117008, "[" .. table.concat(busy, " ") .. "]") end
  for _, id in ipairs(modules) do
    if not asked[id] then tasks.enqueue(ctx, id, args.service_template_id) end
    asked[id] = true
  end
end

-- The stored status, corrected by what a comparison says now.
local function status_of(ctx, module, task)
  local differs = comparison.needs_sync(ctx.store, module)
  if not differs then return "finished" end
  if not task or task.status == "finished" then return "need_sync" end
  return task.status
end

function handlers.list_service_template_sync_status(ctx, args)
  local modules = args.bk_module_ids or {}
  if #modules == 0 then return nil, refuse(1199010, "bk_module_ids") end
  if (args.service_template_id or 0) == 0 then
    return nil, refuse(1199010, "service_template_id")
  end
  local states = json.array {}
  for _, id in ipairs(modules) do
    local module = ctx.store:get("module", id)
    if module and module.bk_biz_id == args.bk_biz_id
      and module.service_template_id == args.service_template_id then
      local task = ctx.store:first("sync_task", { bk_module_id = id }, "-id")
      local shown = task or { creator = "", create_time = module.create_time,
        last_time = module.last_time }
      states[#states + 1] = {
        bk_inst_id = id, status = status_of(ctx, module, task), creator = shown.creator,
        create_time = shown.create_time, last_time = shown.last_time,
      }
    end
  end
  return states
end

function handlers.remove_template_binding_on_module(ctx, args)
  local module = ctx.store:get("module", args.bk_module_id or 0)
  if not module or module.bk_biz_id ~= args.bk_biz_id then return nil, refuse(1108040) end
  if (module.service_template_id or 0) == 0 then return nil, refuse(1113021) end
  local ids = ctx.store:column("service_instance", "id", { bk_module_id = module.bk_module_id })
  module.service_template_id = 0
  ctx.store:put("module", module)
  ctx.store:patch("service_instance", { id = ids }, { service_template_id = 0 })
  ctx.store:patch("relation", { service_instance_id = ids }, { process_template_id = 0 })
end

return handlers
