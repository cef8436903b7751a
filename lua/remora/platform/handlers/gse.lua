-- GSE's operations on processes, version 1, 2 and several at once: operate_proc, operate_proc_v2,
-- operate_proc_multi and their results; register_proc_info, unregister_proc_info, update_proc_info.
-- What happens on the hosts is the agents' part.

local gse_target = require "remora.platform.gse_target"
local messages = require "remora.platform.messages"
local operations = require("remora.platform.agents.protocol").operations

local NOT_STORED = 1000115

local handlers = {}

-- Every request's operation on every one of its targets.
local function submit(ctx, requests, generation)
  local list = {}
  for _, request in ipairs(requests) do
    local targets, refusal = gse_target.list(ctx, request, generation)
    if not targets then return nil, refusal end
    for _, target in ipairs(targets) do
      list[#list + 1] = { op_type = request.op_type or 0, target = target }
    end
  end
  return { task_id = ctx.agents:submit(list, math.floor(ctx.time)) }
end

function handlers.operate_proc(ctx, args)
  return submit(ctx, { args }, 1)
end

function handlers.operate_proc_v2(ctx, args)
  return submit(ctx, { args }, 2)
end

function handlers.operate_proc_multi(ctx, args)
  local requests = args.proc_operate_req or {}
  if #requests == 0 then return nil, gse_target.invalid("proc_operate_req") end
  return submit(ctx, requests, 2)
end

local function result(ctx, args)
  if (args.task_id or "") == "" then return nil, gse_target.invalid("task_id") end
  local results = ctx.agents:result(args.task_id)
  if results then return results end
  return nil, messages.refuse_text(NOT_STORED, "the task's result is not stored yet")
end

handlers.get_proc_operate_result = result
handlers.get_proc_operate_result_v2 = result

-- The calls that answer at once, target by target.
local function at_once(ctx, args, act)
  local targets, refusal = gse_target.list(ctx, args, 1)
  if not targets then return nil, refusal end
  local results = {}
  for _, target in ipairs(targets) do
    results[target.key] = act(target, math.floor(ctx.time))
  end
  return results
end

function handlers.register_proc_info(ctx, args)
  return at_once(ctx, args, function(target, now)
    return ctx.agents:operate(operations.REGISTER, target, now)
  end)
end

function handlers.unregister_proc_info(ctx, args)
  return at_once(ctx, args, function(target, now)
    return ctx.agents:operate(operations.UNREGISTER, target, now)
  end)
end

function handlers.update_proc_info(ctx, args)
  return at_once(ctx, args, function(target, now) return ctx.agents:redefine(target, now) end)
end

return handlers
