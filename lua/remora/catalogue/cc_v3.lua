-- Rows of the process calls of platform versions before 3.5, where a process belongs to a
-- business and is bound to module names. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local process_id = { "bk_process_id", "integer", required = true, min = 1 }
local module_name = { "bk_module_name", "string", required = true }
local process_name = { "bk_process_name", "string", max_bytes = 256 }
local func_name = { "bk_func_name", "string", max_bytes = 256 }
local func_id = { "bk_func_id", "string", max_bytes = 256 }

-- Everything that one call may set on many processes.
local common = {
  { "bk_start_param_regex", "string", max_bytes = 2000 },
  { "description", "string", max_bytes = 256 },
  { "bind_ip", "string", enum = { "1", "2", "3", "4" },
    doc = "127.0.0.1, 0.0.0.0, first inner, first outer address" },
  { "port", "string|integer", max_bytes = 256, doc = "ports and ranges joined by commas",
    differs = "documents send a number; the platform's own check refuses it by attribute" },
  { "protocol", "string", enum = { "1", "2" }, doc = "TCP, UDP" },
  { "work_path", "string", max_bytes = 2000 },
  { "user", "string", max_bytes = 256 },
  { "proc_num", "integer", min = 1, max = 1000000 },
  { "priority", "integer", min = 1, max = 10000 },
  { "timeout", "integer", min = 1, max = 1000000 },
  { "start_cmd", "string", max_bytes = 2000 },
  { "stop_cmd", "string", max_bytes = 2000 },
  { "restart_cmd", "string", max_bytes = 2000 },
  { "face_stop_cmd", "string", max_bytes = 2000 },
  { "reload_cmd", "string", max_bytes = 2000 },
  { "pid_file", "string", max_bytes = 2000 },
  { "auto_start", "boolean" },
  { "auto_time_gap", "integer", min = 1, max = 1000000 },
}
local place = { fields.account, fields.biz }
local one = fields.join(place, { process_id })
local binding = fields.join(one, { module_name })
local binding_path =
  "/api/v3/proc/module/{bk_supplier_account}/{bk_biz_id}/{bk_process_id}/{bk_module_name}"

local rows = {
  {
    name = "create_process",
    doc = "Creates a process of a business.",
    verb = "POST", path = "/api/v3/proc/{bk_supplier_account}/{bk_biz_id}",
    writes = true, raw = true,
    takes = fields.join(place, {
      fields.but(process_name, { required = true }),
      fields.but(func_name, { required = true }),
      func_id,
    }, common),
    gives = "{bk_process_id}",
  },
  {
    name = "search_process",
    doc = "Pages through the processes of a business.",
    verb = "POST", path = "/api/v3/proc/search/{bk_supplier_account}/{bk_biz_id}",
    page = { limit = 200, rule = "none" },
    takes = fields.join(place, {
      fields.page { limit = 200, required = true },
      fields.names_required,
      { "condition", "object", required = true, open = true, fields = {
        { "bk_biz_id", "any", legacy = true },
        { "bk_process_name", "string", doc = "part of the name" },
        { "bk_module_name", "string", doc = "bound to modules of this name" },
        { "bk_process_id", "integer" },
      } },
    }),
    gives = "{count, info: list of processes}",
  },
  {
    name = "get_process_detail",
    doc = "Reads a process as a list of attributes with their display names.",
    verb = "GET", path = "/api/v3/proc/{bk_supplier_account}/{bk_biz_id}/{bk_process_id}",
    takes = one,
    gives = "list of {bk_property_id, bk_property_name, bk_property_value}",
  },
  {
    name = "delete_process",
    doc = "Deletes a process that is bound to no module.",
    verb = "DELETE", path = "/api/v3/proc/{bk_supplier_account}/{bk_biz_id}/{bk_process_id}",
    writes = true,
    takes = one,
    gives = "null",
  },
  {
    name = "update_process",
    doc = "Changes the given attributes of a process.",
    verb = "PUT", path = "/api/v3/proc/{bk_supplier_account}/{bk_biz_id}/{bk_process_id}",
    writes = true, repeatable = true, raw = true,
    takes = fields.join(one, { process_name, func_name, func_id }, common),
    gives = "null",
  },
  {
    name = "batch_update_process",
    doc = "Gives several processes the same attribute values.",
    verb = "PUT", path = "/api/v3/proc/{bk_supplier_account}/{bk_biz_id}",
    writes = true, repeatable = true, raw = true,
    takes = fields.join(place, {
      { "bk_process_id", "string", required = true, doc = "process ids joined by commas" },
      func_name,
      fields.but(process_name, { legacy = true }),
      fields.but(func_id, { legacy = true }),
    }, common),
    gives = "null",
  },
  {
    name = "get_process_bind_module",
    doc = "Lists the module names of a business and tells to which a process is bound.",
    verb = "GET", path = "/api/v3/proc/module/{bk_supplier_account}/{bk_biz_id}/{bk_process_id}",
    takes = one,
    gives = "list of {bk_module_name, set_num, is_bind}",
  },
  {
    name = "bind_process_module",
    doc = "Binds a process to every module of a name.",
    verb = "PUT", path = binding_path,
    writes = true,
    takes = binding,
    gives = "null",
  },
  {
    name = "delete_process_module_binding",
    doc = "Unbinds a process from the modules of a name.",
    verb = "DELETE", path = binding_path,
    writes = true, repeatable = true,
    takes = binding,
    gives = "null",
  },
}

for _, row in ipairs(rows) do
  row.gateway, row.deprecated = false, true
  row.differs = { version = "the path says v3 outright" }
end

return rows
