-- The job platform's process calls: manage_proc, operate_proc, operate_process, get_proc_result.
-- Checks what the job platform checks; what happens on the hosts is the agents' part.

local copy = require "remora.core.copy"
local json = require "json"
local hosts = require "remora.platform.agents.hosts"
local messages = require "remora.platform.messages"
local protocol = require "remora.platform.agents.protocol"

local INVALID = 1241002 -- scope, op_type, empty lists or blank paths
local codes, operations, types = protocol.codes, protocol.operations, protocol.types

-- manage_proc counts its operations for itself.
local MANAGED = { [1] = operations.REGISTER, [2] = operations.UNREGISTER }

local NEEDED = { "setup_path", "proc_name", "pid_path" }
local COMMANDS = { "start_cmd", "stop_cmd", "restart_cmd", "reload_cmd", "kill_cmd" }

local handlers = {}

local function invalid(what)
  return messages.refuse_text(INVALID, "Invalid parameter: " .. what)
end

local function scope_refusal(args)
  local kind, id = args.bk_scope_type, args.bk_scope_id
  if kind ~= nil or id ~= nil then
    if kind ~= "biz" and kind ~= "biz_set" then return invalid("bk_scope_type") end
    if not tostring(id):match("^%d+$") then return invalid("bk_scope_id") end
  elseif (args.bk_biz_id or 0) <= 0 then
    return invalid("bk_scope_type")
  end
  return nil
end

local function infos_refusal(infos)
  if #(infos or {}) == 0 then return invalid("process_infos") end
  for _, info in ipairs(infos) do
    for _, field in ipairs(NEEDED) do
      if not (info[field] or ""):find("%S") then return invalid(field) end
    end
    if #(info.ip_list or {}) == 0 then return invalid("ip_list") end
    for _, place in ipairs(info.ip_list) do
      if not place.ip or (place.bk_cloud_id or -1) < 0 then return invalid("ip_list") end
    end
  end
  return nil
end

-- The agent's index of a process: value_key, or its directory and name.
local function index_of(info)
  if info.value_key and info.value_key ~= "" then return info.value_key end
  return info.setup_path:gsub("/+$", "") .. "/" .. info.proc_name
end

local function given_commands(info)
  local control = {}
  for _, name in ipairs(COMMANDS) do control[name] = info[name] or "" end
  return control
end

-- operate_proc takes no commands: it runs scripts of fixed names in the directory.
local function script_commands(info)
  local extension = info.cmd_shell_ext or "sh"
  local control = { kill_cmd = "" }
  for _, verb in ipairs { "start", "stop", "restart", "reload" } do
    local form = extension == "sh" and "cd %s && ./%s.%s %s &" or "cd %s && %s.%s %s"
    control[verb .. "_cmd"] = form:format(info.setup_path, verb, extension, info.proc_name)
  end
  return control
end

-- What limits become that are no share of the machine, where operate_proc is asked and elsewhere.
local SCRIPT_LIMITS, NO_LIMITS = { cpu = 50, mem = 30 }, { cpu = 0, mem = 0 }

local function limit(percent, otherwise)
  if percent == nil then return 0 end
  return percent >= 0 and percent <= 100 and percent or otherwise
end

-- A blank check time is as good as none: the agent's own holds then.
local function check_seconds(info)
  local seconds = math.max(info.start_check_begin_time or 0, info.start_check_end_time or 0)
  return seconds > 0 and seconds or nil
end

local function definition_of(info, control, limits)
  return {
    name = info.proc_name, setup_path = info.setup_path, pid_path = info.pid_path,
    user = info.account, control = control, auto_type = info.type or types.PERIODIC,
    limits = { cpu = limit(info.cpu_lmt, limits.cpu), mem = limit(info.mem_lmt, limits.mem) },
    cycle_time = info.cycle_time, op_timeout = info.op_timeout,
    start_check_secs = check_seconds(info),
  }
end

-- Checks a request and makes a task of it; `op_type` is nil for an unknown number of manage_proc.
local function submit(ctx, args, op_type, define)
  local refusal = scope_refusal(args) or not protocol.knows(op_type) and invalid("op_type")
    or infos_refusal(args.process_infos)
  if refusal then return nil, refusal end
  local list = {}
  for _, info in ipairs(args.process_infos) do
    local index = index_of(info)
    local definition = define(info)
    for _, place in ipairs(info.ip_list) do
      list[#list + 1] = { op_type = op_type, target = {
        key = ("%s:%d:%s"):format(index, place.bk_cloud_id, place.ip),
        host = hosts.reachable(ctx, place), namespace = "job", name = index,
        definition = definition,
      } }
    end
  end
  return { bk_gse_taskid = ctx.agents:submit(list, math.floor(ctx.time)) }
end

local function defined(info) return definition_of(info, given_commands(info), NO_LIMITS) end

function handlers.manage_proc(ctx, args)
  return submit(ctx, args, MANAGED[args.op_type], defined)
end

-- What the job platform says of a process itself that is operated by scripts.
local SCRIPTED = { type = types.RESIDENT, op_timeout = 10,
  start_check_begin_time = 5, start_check_end_time = 1 }

function handlers.operate_proc(ctx, args)
  return submit(ctx, args, args.op_type, function(info)
    return definition_of(copy(info, SCRIPTED), script_commands(info), SCRIPT_LIMITS)
  end)
end

-- The end of the check window is taken from its begin here.
function handlers.operate_process(ctx, args)
  return submit(ctx, args, args.op_type, function(info)
    local window = { start_check_end_time = info.start_check_begin_time or 0 }
    return defined(copy(info, window))
  end)
end

-- The job platform hands content out decoded, and hides that a task is not stored yet: it answers
-- what is known so far.
function handlers.get_proc_result(ctx, args)
  local refusal = scope_refusal(args)
    or (args.bk_gse_taskid or "") == "" and invalid("bk_gse_taskid")
  if refusal then return nil, refusal end
  local results, finished = ctx.agents:result(args.bk_gse_taskid)
  for _, result in pairs(results or {}) do
    if result.content ~= "" then result.content = json.decode(result.content) end
  end
  return { status = finished and codes.DONE or codes.RUNNING, result = results or {} }
end

return handlers
