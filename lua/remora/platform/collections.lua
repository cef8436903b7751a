-- The collections of the embedded platform, as data: for each the document field that is its key,
-- the fields that are also columns (searchable, sortable without reading the document) and the
-- combinations that are indexed or unique. It never touches a database: store.lua does.
--
-- A collection without a key is addressed by its columns alone (relations). A unique combination
-- does not hold for rows where one of its columns is null, as in the platform's partial indexes.

---@class remora.platform.Collection
---@field key string|nil integer document field, drawn from the collection's counter
---@field columns table<string, "INTEGER"|"TEXT"> document fields copied into columns
---@field indexes string[][]
---@field unique string[][]|nil
---@field brief table<string, any>|nil fields, with what stands for null, that a column of JSON text
---  repeats: what process_related.lua shows of the document

return {
  biz = {
    key = "bk_biz_id",
    columns = { bk_biz_name = "TEXT", default = "INTEGER" },
    indexes = {},
    unique = { { "bk_biz_name" } },
  },
  set = {
    key = "bk_set_id",
    columns = {
      bk_biz_id = "INTEGER", bk_parent_id = "INTEGER", bk_set_name = "TEXT",
      default = "INTEGER", set_template_id = "INTEGER",
    },
    brief = { bk_set_id = 0, bk_set_name = "", bk_set_env = "" },
    indexes = { { "bk_biz_id" } },
    unique = { { "bk_parent_id", "bk_set_name" } },
  },
  module = {
    key = "bk_module_id",
    columns = {
      bk_biz_id = "INTEGER", bk_set_id = "INTEGER", bk_module_name = "TEXT", default = "INTEGER",
      service_template_id = "INTEGER", service_category_id = "INTEGER",
    },
    brief = { bk_module_id = 0, bk_module_name = "" },
    indexes = { { "bk_biz_id" }, { "service_template_id" }, { "service_category_id" } },
    unique = { { "bk_set_id", "bk_module_name" } },
  },
  host = {
    key = "bk_host_id",
    columns = { bk_cloud_id = "INTEGER", bk_host_innerip = "TEXT" },
    brief = {
      bk_host_id = 0, bk_cloud_id = 0, bk_host_innerip = "", bk_host_innerip_v6 = "",
      bk_addressing = "", bk_agent_id = "",
    },
    indexes = { { "bk_host_innerip", "bk_cloud_id" } },
  },
  host_module = {
    columns = {
      bk_biz_id = "INTEGER", bk_set_id = "INTEGER", bk_module_id = "INTEGER",
      bk_host_id = "INTEGER",
    },
    indexes = { { "bk_biz_id" }, { "bk_set_id" }, { "bk_host_id" } },
    unique = { { "bk_module_id", "bk_host_id" } },
  },
  cloud = { key = "bk_cloud_id", columns = { bk_cloud_name = "TEXT" }, indexes = {} },
  category = {
    key = "id",
    columns = {
      bk_biz_id = "INTEGER", bk_parent_id = "INTEGER", bk_root_id = "INTEGER", name = "TEXT",
    },
    indexes = { { "bk_biz_id" }, { "bk_parent_id" } },
  },
  service_template = {
    key = "id",
    columns = { bk_biz_id = "INTEGER", name = "TEXT", service_category_id = "INTEGER" },
    indexes = { { "service_category_id" } },
    unique = { { "bk_biz_id", "name" } },
  },
  service_template_attribute = {
    key = "id",
    columns = {
      bk_biz_id = "INTEGER", service_template_id = "INTEGER", bk_attribute_id = "INTEGER",
    },
    indexes = {},
    unique = { { "service_template_id", "bk_attribute_id" } },
  },
  proc_template = {
    key = "id",
    columns = {
      bk_biz_id = "INTEGER", service_template_id = "INTEGER", bk_process_name = "TEXT",
    },
    indexes = { { "bk_biz_id" } },
    unique = { { "service_template_id", "bk_process_name" } },
  },
  service_instance = {
    key = "id",
    columns = {
      bk_biz_id = "INTEGER", bk_module_id = "INTEGER", bk_host_id = "INTEGER",
      service_template_id = "INTEGER", name = "TEXT", create_time = "TEXT",
    },
    brief = { id = 0, name = "" },
    indexes = {
      { "bk_biz_id" }, { "bk_module_id", "bk_host_id" }, { "bk_host_id" },
      { "service_template_id" },
    },
  },
  process = {
    key = "bk_process_id",
    columns = {
      bk_biz_id = "INTEGER", service_instance_id = "INTEGER", bk_process_name = "TEXT",
      bk_func_name = "TEXT", bk_start_param_regex = "TEXT",
    },
    indexes = { { "bk_biz_id" } },
    unique = {
      { "service_instance_id", "bk_process_name" },
      { "service_instance_id", "bk_func_name", "bk_start_param_regex" },
    },
  },
  -- Which process stems from which process template, in which service instance, on which host.
  relation = {
    key = "bk_process_id",
    columns = {
      bk_biz_id = "INTEGER", service_instance_id = "INTEGER", process_template_id = "INTEGER",
      bk_host_id = "INTEGER",
    },
    indexes = {
      { "bk_biz_id" }, { "service_instance_id" }, { "process_template_id" }, { "bk_host_id" },
    },
  },
  sync_task = {
    key = "id",
    columns = {
      bk_module_id = "INTEGER", service_template_id = "INTEGER", status = "TEXT", asked = "INTEGER",
    },
    indexes = { { "bk_module_id" }, { "status", "asked" } },
  },
  v3_process = {
    key = "bk_process_id",
    columns = { bk_biz_id = "INTEGER", bk_process_name = "TEXT" },
    indexes = { { "bk_biz_id", "bk_process_name" } },
  },
  v3_binding = {
    columns = { bk_biz_id = "INTEGER", bk_process_id = "INTEGER", bk_module_name = "TEXT" },
    indexes = { { "bk_process_id" }, { "bk_biz_id", "bk_module_name" } },
  },
  event = { -- events.lua
    key = "id",
    columns = { resource = "TEXT", kind = "TEXT", time = "INTEGER" },
    indexes = { { "resource" } },
  },
  agent = { key = "id", columns = {}, indexes = {} }, -- its counter is the agents' virtual clock
  gse_task = {
    key = "id",
    columns = { task_id = "TEXT", due = "INTEGER" },
    indexes = { { "task_id" } },
  },
  gse_group = {
    key = "id", columns = { identity = "TEXT" }, indexes = {}, unique = { { "identity" } },
  },
  exec_process = { -- what agents/exec.lua looks after
    key = "id",
    columns = {
      identity = "TEXT", namespace = "TEXT", name = "TEXT", bk_host_id = "INTEGER",
      pid_path = "TEXT",
    },
    indexes = { { "bk_host_id" }, { "pid_path" } },
    unique = { { "identity" } },
  },
  exec_result = { -- of one target of a task of agents/exec.lua
    key = "id",
    columns = { task_id = "TEXT", error_code = "INTEGER" },
    indexes = { { "task_id" }, { "error_code" } },
  },
  gse_process = {
    key = "id",
    columns = { identity = "TEXT", namespace = "TEXT", name = "TEXT", bk_host_id = "INTEGER" },
    indexes = { { "bk_host_id" } },
    unique = { { "identity" } },
  },
}
