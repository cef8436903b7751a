-- Bindings of old processes to module names (cc_v3): bind, unbind, list.
-- A binding is by name: it covers every module of that name, now and later.

local json = require "json"

local handlers = {}

-- The platform checks nothing here: neither process nor module need exist, and binding twice
-- stores two rows.
function handlers.bind_process_module(ctx, args)
  ctx.store:insert("v3_binding", {
    bk_biz_id = args.bk_biz_id, bk_process_id = args.bk_process_id,
    bk_module_name = args.bk_module_name, bk_supplier_account = ctx.account,
  })
  return json.null
end

function handlers.delete_process_module_binding(ctx, args)
  ctx.store:delete("v3_binding", {
    bk_biz_id = args.bk_biz_id, bk_process_id = args.bk_process_id,
    bk_module_name = args.bk_module_name,
  })
  return json.null
end

-- Every module name of the business in the order first met, without the idle set's own; a name's
-- count includes modules of that name wherever they are.
function handlers.get_process_bind_module(ctx, args)
  local bound = {}
  for _, name in ipairs(ctx.store:column("v3_binding", "bk_module_name",
    { bk_biz_id = args.bk_biz_id, bk_process_id = args.bk_process_id })) do
    bound[name] = true
  end
  local modules = ctx.store:find("module", { bk_biz_id = args.bk_biz_id })
  local counts, rows, listed = {}, json.array {}, {}
  for _, module in ipairs(modules) do
    counts[module.bk_module_name] = (counts[module.bk_module_name] or 0) + 1
  end
  for _, module in ipairs(modules) do
    local name = module.bk_module_name
    if module.default == 0 and not listed[name] then
      listed[name] = true
      rows[#rows + 1] =
        { bk_module_name = name, set_num = counts[name], is_bind = bound[name] and 1 or 0 }
    end
  end
  return rows
end

return handlers
