-- What the old platform will look like after steps of this kind. Pure: every level that changes is
-- copied, the old state stays as it was. Ids that the platform will draw are texts.

local values = require "remora.model.values"

local effects = {}

effects["cc_v3.create_process"] = function(v3, args)
  local process = { id = "process " .. args.bk_process_name, values = args, bound = {} }
  v3.by_name[args.bk_process_name] = process
end

local function merge(v3, ids, args)
  for name, process in pairs(v3.by_name) do
    if ids[tostring(process.id)] then
      local merged = values.copy(process.values, args)
      merged.bk_process_id = process.values.bk_process_id -- in args, of all of them
      v3.by_name[name] = values.copy(process, { values = merged })
    end
  end
end

effects["cc_v3.update_process"] = function(v3, args)
  merge(v3, { [tostring(args.bk_process_id)] = true }, args)
end

effects["cc_v3.batch_update_process"] = function(v3, args)
  local ids = {}
  for id in args.bk_process_id:gmatch("[^,]+") do ids[id] = true end
  merge(v3, ids, args)
end

local function rebind(v3, args, is_bound)
  for name, process in pairs(v3.by_name) do
    if process.id == args.bk_process_id then
      local bound = values.copy(process.bound, { [args.bk_module_name] = is_bound })
      v3.by_name[name] = values.copy(process, { bound = bound })
    end
  end
end

effects["cc_v3.bind_process_module"] = function(v3, args) rebind(v3, args, true) end
effects["cc_v3.delete_process_module_binding"] = function(v3, args) rebind(v3, args, false) end

---@param state table
---@param steps remora.reconcile.Step[]
---@return table state
return function(state, steps)
  local v3 = values.copy(state.v3, { by_name = values.copy(state.v3.by_name) })
  for _, step in ipairs(steps) do effects[step.call](v3, step.args) end
  return values.copy(state, { v3 = v3 })
end
