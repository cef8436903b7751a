-- Rows of the process calls of GSE, which talks to the agents. Facts only; see remora.catalogue.
-- Calls that read take their arguments in the body too, even where the verb is GET.

local fields = require "remora.catalogue.fields"

local meta = { "meta", "object", required = true, fields = {
  { "namespace", "string", required = true, doc = "group of processes" },
  { "name", "string", required = true, doc = "name of the process in the group" },
  { "labels", "object", values = "string|integer",
    differs = "text by the documents, numbers from clients in use" },
} }
local hosts = { "hosts", "array", required = true, items = {
  { "ip", "string", required = true },
  { "bk_cloud_id", "integer", required = true },
} }
-- Version 1 also wants to know the supplier of every host.
local hosts_v1 = { "hosts", "array", required = true, items = fields.join(hosts.items, {
  { "bk_supplier_id", "integer", required = true },
}) }
local agents = { "agent_id_list", "array", items = "string",
  doc = "agents instead of hosts, in version 2 of GSE" }
local operation = { "op_type", "integer", required = true, enum = { 0, 1, 2, 3, 4, 7, 8, 9 },
  doc = "start, stop, query, register, unregister, restart, reload, kill" }

local monitor = {
  { "auto_type", "integer", required = true, enum = { 0, 1, 2 }, doc = "periodic, resident, once" },
  { "start_check_secs", "integer", default = 5 },
  { "stop_check_secs", "integer" },
  { "start_retries", "integer", default = 4 },
  { "start_interval", "integer", default = 10 },
  { "crontab_rule", "string" },
  { "crotab_rule", "string", legacy = true, doc = "misspelling of old documents" },
}
local usage = {
  { "cpu", "number", doc = "percent of the whole machine" },
  { "mem", "number", doc = "percent" },
}

-- The definition of a process; its versions differ in how limits and checks are written.
local function spec(resource, policy)
  return { "spec", "object", required = true, fields = {
    { "identity", "object", required = true, fields = {
      { "index_key", "string", default = "" },
      { "proc_name", "string", required = true },
      { "setup_path", "string", required = true },
      { "pid_path", "string", required = true },
      { "config_path", "string" },
      { "log_path", "string" },
      { "user", "string", required = true },
    } },
    { "control", "object", required = true, fields = {
      { "start_cmd", "string" },
      { "stop_cmd", "string" },
      { "restart_cmd", "string" },
      { "reload_cmd", "string" },
      { "kill_cmd", "string" },
      { "version_cmd", "string" },
      { "health_cmd", "string" },
    } },
    resource,
    policy,
    { "warn_report_policy", "object", fields = { { "report_id", "integer" } } },
    { "configmap", "array", items = { { "path", "string" }, { "md5", "string" } } },
  } }
end

local spec_v1 = spec(
  { "resource", "object", required = true, fields = {
    fields.but(usage[1], { required = true }),
    fields.but(usage[2], { required = true }),
    { "fd", "integer" },
    { "disk", "integer" },
    { "net", "integer" },
  } },
  { "monitor_policy", "object", required = true, fields = monitor })
local spec_v2 = spec(
  { "resource", "object", fields = usage },
  { "alive_monitor_policy", "object", required = true, fields = fields.join(monitor, {
    { "op_timeout", "integer", default = 60 },
  }) })

local operate = { meta, operation, hosts, agents, spec_v2 }
local task = { { "task_id", "string", required = true } }
local group = fields.but(meta, { fields = fields.join(meta.fields, {
  { "name", "string" },
}) })
local per_host = "{key: {error_code, error_msg, content}}"

return {
  {
    name = "operate_proc_v2",
    doc = "Starts one operation on a process of many hosts.",
    verb = "POST", path = "/procapi/v2/proc/operate",
    gateway = "/api/v2/proc/operate_proc_v2", gateway_verb = "POST",
    writes = true,
    takes = operate,
    gives = "{task_id}",
  },
  {
    name = "operate_proc_multi",
    doc = "Starts many operations under one task.",
    verb = "POST", path = "/procapi/v2/proc/multioperate",
    gateway = "/api/v2/proc/operate_proc_multi", gateway_verb = "POST",
    -- No limit is published; clients in use slice by this many entries.
    writes = true, batch = { field = "proc_operate_req", limit = 1000 },
    takes = { { "proc_operate_req", "array", required = true, items = operate } },
    gives = "{task_id}",
  },
  {
    name = "get_proc_operate_result_v2",
    doc = "Reads what became of an operation, host by host.",
    verb = "GET", path = "/procapi/v2/proc/operate",
    gateway = "/api/v2/proc/get_proc_operate_result_v2", gateway_verb = "POST",
    polled = true,
    takes = task,
    gives = per_host, named = {},
  },
  {
    name = "get_proc_status_v2",
    doc = "Reads the last reported state of a process on many hosts.",
    verb = "GET", path = "/procapi/v2/proc/status",
    gateway = "/api/v2/proc/get_proc_status_v2", gateway_verb = "POST",
    takes = { meta, hosts, agents },
    gives = "{proc_infos: list}",
  },
  {
    name = "sync_proc_status",
    doc = "Pages through the reported states of a namespace.",
    verb = "GET", path = "/procapi/v1/proc/syncstatus",
    gateway = "/api/v2/proc/sync_proc_status", gateway_verb = "POST",
    page = { limit = 1000, rule = "strict", rows = "proc_infos" },
    takes = {
      fields.but(meta, { fields = { meta.fields[1] } }),
      { "page", "object", required = true, fields = {
        { "start", "integer", required = true, min = 0 },
        { "limit", "integer", required = true, max = 1000 },
      } },
    },
    gives = "{count, proc_infos: list}",
  },
  {
    name = "register_proc_info",
    doc = "Registers a process with the agents of many hosts.",
    verb = "POST", path = "/procapi/v1/proc/procinfo", gateway = false,
    writes = true,
    takes = { meta, hosts_v1, spec_v1 },
    gives = per_host,
  },
  {
    name = "unregister_proc_info",
    doc = "Removes a process from the care of the agents.",
    verb = "DELETE", path = "/procapi/v1/proc/procinfo", gateway = false,
    writes = true,
    takes = { meta, hosts_v1 },
    gives = per_host,
  },
  {
    name = "update_proc_info",
    doc = "Replaces the registered definition of a process.",
    verb = "PUT", path = "/procapi/v1/proc/procinfo",
    gateway = "/api/v2/proc/update_proc_info", gateway_verb = "POST",
    writes = true, repeatable = true,
    takes = { meta, hosts_v1, agents, spec_v1 },
    gives = per_host,
  },
  {
    name = "operate_proc",
    doc = "Starts an operation on a registered process (version 1).",
    verb = "POST", path = "/procapi/v1/proc/operate", gateway = false,
    writes = true,
    takes = { meta, operation, hosts_v1 },
    gives = "{task_id}",
  },
  {
    name = "get_proc_operate_result",
    doc = "Reads what became of an operation (version 1).",
    verb = "GET", path = "/procapi/v1/proc/operate", gateway = false,
    takes = task,
    gives = per_host,
  },
  {
    name = "get_proc_status",
    doc = "Reads the last reported state of a process (version 1).",
    verb = "GET", path = "/procapi/v1/proc/status", gateway = false,
    takes = { meta, hosts_v1 },
    gives = "{proc_infos: list}",
  },
  {
    name = "get_process_group_info",
    doc = "Reads the resource pool of a group of processes.",
    verb = "GET", path = "/procapi/v1/proc/groupinfo", gateway = false,
    takes = { group, hosts_v1 },
    gives = "{process_group_infos: list}",
  },
  {
    name = "set_process_group_info",
    doc = "Sets the resource pool of a group of processes.",
    verb = "POST", path = "/procapi/v1/proc/groupinfo", gateway = false,
    writes = true, repeatable = true,
    takes = { group, hosts_v1, { "spec", "object", required = true, fields = {
      { "process_group", "array", required = true, items = {
        { "id", "string", required = true },
        { "resource", "object", required = true, fields = {
          { "cpu_pool_limit", "number", required = true, doc = "percent" },
          { "mem_pool_limit", "number", required = true, doc = "percent" },
          { "cpu_pool_weight", "integer", required = true, enum = { 0, 1 } },
          { "mem_pool_weight", "integer", required = true, enum = { 0, 1 } },
        } },
      } },
    } } },
    gives = per_host,
  },
}
