-- Rows of the job platform's process calls. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

-- Newer documents name a scope, older ones a business; one of the two.
local scope = {
  { "bk_scope_type", "string", enum = { "biz", "biz_set" } },
  { "bk_scope_id", "string", doc = "id of the business or business set, as text" },
  { "bk_biz_id", "integer", min = 1 },
}
local hosts = { "ip_list", "array", required = true, min_items = 1, items = {
  { "bk_cloud_id", "integer", required = true, min = 0 },
  { "ip", "string", required = true },
} }
local identity = {
  { "proc_name", "string", required = true },
  { "setup_path", "string", required = true, doc = "directory of the process" },
  { "pid_path", "string", required = true },
}
local limits = {
  { "account", "string", default = "root" },
  { "cpu_lmt", "integer", min = 0, max = 100, default = 0, doc = "percent" },
  { "mem_lmt", "integer", min = 0, max = 100, default = 0, doc = "percent" },
}
local definition = {
  { "cfg_path", "string" },
  { "log_path", "string" },
  { "start_cmd", "string" },
  { "stop_cmd", "string" },
  { "restart_cmd", "string" },
  { "reload_cmd", "string" },
  { "kill_cmd", "string" },
  { "func_id", "string" },
  { "instance_id", "string" },
  { "value_key", "string", doc = "tells apart processes of one directory and name" },
  { "type", "integer", enum = { 0, 1, 2 }, default = 0, doc = "periodic, resident, once" },
  { "cycle_time", "integer", default = 0, doc = "seconds between periodic runs" },
  { "instance_num", "integer", default = 0 },
  { "op_timeout", "integer", default = 0 },
  { "start_check_begin_time", "integer", default = 0 },
  { "start_check_end_time", "integer", default = 0 },
}
local operation = { "op_type", "integer", required = true, enum = { 0, 1, 2, 3, 4, 7, 8, 9 },
  doc = "start, stop, query, register, unregister, restart, reload, kill" }

local function infos(...)
  return { "process_infos", "array", required = true, min_items = 1,
    items = fields.join(..., { hosts }) }
end

local rows = {
  {
    name = "manage_proc",
    doc = "Puts processes into the agents' care, or takes them out of it.",
    verb = "POST", path = "/api/job/v3/job-execute/manage_proc",
    writes = true, batch = { field = "process_infos" },
    takes = fields.join(scope, {
      { "op_type", "integer", required = true, enum = { 1, 2 }, doc = "register, unregister" },
      infos(fields.join({
        { "proc_name", "string", required = true },
        { "proc_owner", "string", required = true },
        { "setup_path", "string", doc = "directory of the process; the platform insists on it" },
        { "pid_path", "string", doc = "the platform insists on it" },
      }, definition, limits)),
    }),
    gives = "{bk_gse_taskid}",
  },
  {
    name = "operate_proc",
    doc = "Starts, stops or queries processes through the scripts in their directory.",
    verb = "POST", path = "/api/job/v3/job-execute/operate_proc",
    writes = true, batch = { field = "process_infos" },
    takes = fields.join(scope, {
      operation,
      infos(fields.join(identity, limits, {
        { "cmd_shell_ext", "string", enum = { "sh", "bat", "ps1" }, default = "sh" },
      })),
    }),
    gives = "{bk_gse_taskid}",
  },
  {
    name = "operate_process",
    doc = "Starts, stops or queries processes with the commands given in the call.",
    verb = "POST", path = "/api/job/v3/job-execute/operate_process",
    writes = true, batch = { field = "process_infos" },
    takes = fields.join(scope, {
      operation,
      infos(fields.join(identity, definition, limits, { { "contact", "string" } })),
    }),
    gives = "{bk_gse_taskid}",
  },
  {
    name = "get_proc_result",
    doc = "Reads what became of a process task, host by host.",
    verb = "POST", path = "/api/job/v3/job-execute/get_proc_result",
    polled = true,
    takes = fields.join(scope, { { "bk_gse_taskid", "string", required = true } }),
    gives = "{status, result: {key: {error_code, error_msg, content}}}", named = { "result" },
  },
}

for _, row in ipairs(rows) do
  row.gateway, row.deprecated = false, true
end

return rows
