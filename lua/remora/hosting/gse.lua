-- Hosting through GSE itself: the requests of operate_proc_multi, and the keys that their results
-- come under. Makes no call by itself. See drivers.lua for the functions.

local catalogue = require "remora.catalogue"
local definition = require "remora.hosting.definition"
local json = require "json"
local portions = require "remora.core.portions"

local CALL = "gse.operate_proc_multi"

-- The path inside `spec` of each member of a definition. What is not here GSE has no place for,
-- except the name, which stands beside it: what `spec` calls so is the executable.
local PATHS = {
  func_name = { "identity", "proc_name" },
  setup_path = { "identity", "setup_path" },
  pid_path = { "identity", "pid_path" },
  cfg_path = { "identity", "config_path" },
  log_path = { "identity", "log_path" },
  account = { "identity", "user" },
  start_cmd = { "control", "start_cmd" },
  stop_cmd = { "control", "stop_cmd" },
  restart_cmd = { "control", "restart_cmd" },
  reload_cmd = { "control", "reload_cmd" },
  kill_cmd = { "control", "kill_cmd" },
  cpu_lmt = { "resource", "cpu" },
  mem_lmt = { "resource", "mem" },
  type = { "alive_monitor_policy", "auto_type" },
  op_timeout = { "alive_monitor_policy", "op_timeout" },
  start_check_begin_time = { "alive_monitor_policy", "start_check_secs" },
}

local gse = { expressible = { proc_name = true }, calls = { [CALL] = true } }
for member in pairs(PATHS) do gse.expressible[member] = true end

---Members of a definition that the platform needs.
gse.needed = { "setup_path", "pid_path", "account" }

local OPERATIONS = { start = 0, stop = 1, query = 2, register = 3, unregister = 4, restart = 7,
  reload = 8, kill = 9 }

local function spec_of(entry)
  local spec = { identity = { index_key = "" }, control = {}, alive_monitor_policy = {} }
  for member, path in pairs(PATHS) do
    local room, name = table.unpack(path)
    if entry[member] ~= nil then
      spec[room] = spec[room] or {}
      spec[room][name] = entry[member]
    end
  end
  return spec
end

local function entry_of(request)
  local entry = { proc_name = request.meta.name }
  for member, path in pairs(PATHS) do
    local room = request.spec[path[1]]
    entry[member] = room and room[path[2]]
  end
  return entry
end

---@param verb string
---@param biz_id integer
---@param list {entry: table, host: table}[]
---@return remora.hosting.Request[]
function gse.requests(verb, biz_id, list)
  local requests = {}
  for n, groups in ipairs(portions(definition.group(list), catalogue.limit(CALL))) do
    local entries = json.array {}
    for i, group in ipairs(groups) do
      entries[i] = {
        meta = { namespace = ("GSEKIT_BIZ_%d"):format(biz_id), name = group.entry.proc_name },
        op_type = OPERATIONS[verb], hosts = group.hosts, spec = spec_of(group.entry),
      }
    end
    requests[n] = { call = CALL, entries = #entries, args = { proc_operate_req = entries } }
  end
  return requests
end

---@param _ string
---@param args table
---@return fun(): remora.hosting.Addressed?
function gse.addressed(_, args)
  return coroutine.wrap(function()
    for _, each in ipairs(args.proc_operate_req) do
      local entry = entry_of(each)
      for _, host in ipairs(each.hosts) do
        coroutine.yield { entry = entry, host = host, key = ("%d:%s:%s:%s"):format(
          host.bk_cloud_id, host.ip, each.meta.namespace, each.meta.name) }
      end
    end
  end)
end

---@param _ table
---@param data table what the platform answered to the request that made the task
---@return remora.hosting.Request
function gse.question(_, data)
  return { call = "gse.get_proc_operate_result_v2", args = { task_id = data.task_id } }
end

return gse
