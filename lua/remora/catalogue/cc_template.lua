-- Rows of the calls on process templates and service templates. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz = fields.biz
local template_id = { "service_template_id", "integer", required = true, min = 1 }
local template_name = { "name", "string", required = true, max_runes = 256 }
local category_id = { "service_category_id", "integer", required = true, min = 1 }

-- A process template inside the all-in-one calls: by property, with an id when it exists.
local whole_processes = { "processes", "array", nullable = true, items = {
  { "id", "integer", doc = "a known one is changed, otherwise one is created" },
  { "property", "object", required = true, raw = true, fields = fields.template_spec },
} }
local whole_attributes = { "attributes", "array", nullable = true, items = {
  { "bk_attribute_id", "integer", required = true },
  { "bk_property_value", "any", nullable = true },
} }

return {
  {
    name = "batch_create_proc_template",
    doc = "Adds process templates to a service template; no instance changes before a sync.",
    verb = "POST", path = "/api/v3/createmany/proc/proc_template",
    writes = true, batch = { field = "processes" },
    takes = {
      biz,
      template_id,
      { "processes", "array", required = true, max_items = 100, items = {
        { "spec", "object", required = true, raw = true, fields = fields.template_spec },
      } },
    },
    gives = "list of the new process template ids, in the order asked",
  },
  {
    name = "update_proc_template",
    doc = "Changes values and locks of one process template; what is not sent stays.",
    verb = "PUT", path = "/api/v3/update/proc/proc_template",
    writes = true, repeatable = true,
    takes = {
      biz,
      { "process_template_id", "integer", required = true, min = 1 },
      { "process_property", "object", required = true, raw = true,
        fields = fields.template_property },
    },
    gives = "the process template as stored",
  },
  {
    name = "delete_proc_template",
    doc = "Deletes process templates; their processes run free until the next sync removes them.",
    verb = "DELETE", path = "/api/v3/deletemany/proc/proc_template",
    writes = true, batch = { field = "process_templates" },
    takes = { biz, fields.ids("process_templates", 500) },
    gives = "null",
  },
  {
    name = "get_proc_template",
    doc = "Reads a process template.",
    verb = "POST", path = "/api/v3/find/proc/proc_template/id/{process_template_id}",
    takes = {
      fields.but(biz, { required = false }),
      { "process_template_id", "integer", required = true, min = 1 },
    },
    gives = "process template",
  },
  {
    name = "list_proc_template",
    doc = "Lists process templates of a service template, or by ids.",
    verb = "POST", path = "/api/v3/findmany/proc/proc_template",
    page = { rule = "none" }, batch = { field = "process_template_ids" },
    takes = {
      biz,
      { "service_template_id", "integer" },
      { "process_template_ids", "array", items = "integer", max_items = 200 },
      fields.page {},
    },
    gives = "{count, info: list of process templates, newest first}",
  },
  {
    name = "create_service_template",
    doc = "Creates a service template under a category.",
    verb = "POST", path = "/api/v3/create/proc/service_template",
    writes = true,
    takes = {
      biz,
      template_name,
      category_id,
      { "host_apply_enabled", "boolean", default = false },
    },
    gives = "the service template",
  },
  {
    name = "update_service_template",
    doc = "Renames or recategorises a service template, and its modules with it.",
    verb = "PUT", path = "/api/v3/update/proc/service_template",
    writes = true, repeatable = true,
    takes = {
      biz,
      { "id", "integer", required = true, min = 1 },
      fields.but(template_name, { required = false }),
      fields.but(category_id, { required = false }),
    },
    gives = "the service template",
  },
  {
    name = "delete_service_template",
    doc = "Deletes a service template that no module and no service instance uses.",
    verb = "DELETE", path = "/api/v3/delete/proc/service_template",
    writes = true,
    takes = { biz, template_id },
    gives = "null",
  },
  {
    name = "get_service_template",
    doc = "Reads a service template.",
    verb = "GET", path = "/api/v3/find/proc/service_template/{service_template_id}",
    takes = { template_id },
    gives = "service template",
  },
  {
    name = "list_service_template",
    doc = "Pages through the service templates of a business, by category, name or ids.",
    verb = "POST", path = "/api/v3/findmany/proc/service_template",
    page = { limit = 500, rule = "strict" },
    takes = {
      biz,
      { "service_category_id", "integer", default = 0, doc = "with the categories below it" },
      { "search", "string", default = "", doc = "part of the name, case ignored" },
      { "is_exact", "boolean", default = false, doc = "search is the whole name" },
      { "service_template_ids", "array", items = "integer" },
      fields.page { limit = 500, required = true },
    },
    gives = "{count, info: list of service templates, newest first}",
  },
  {
    name = "get_service_template_detail",
    doc = "Reads a service template with the number of its service instances.",
    verb = "GET", path = "/api/v3/find/proc/service_template/{service_template_id}/detail",
    internal = true,
    takes = { template_id },
    gives = "{template, service_instance_count, process_instance_count}",
  },
  {
    name = "find_service_template_count_info",
    doc = "Counts process templates, service instances and modules of service templates.",
    verb = "POST", path = "/api/v3/findmany/proc/service_template/count_info/biz/{bk_biz_id}",
    internal = true, batch = { field = "service_template_ids" },
    takes = { biz, fields.ids("service_template_ids", 500) },
    gives = "list of {service_template_id, process_template_count, service_instance_count, "
      .. "module_count}",
  },
  {
    name = "create_service_template_all_info",
    doc = "Creates a service template with its module attributes and process templates at once.",
    verb = "POST", path = "/api/v3/create/proc/service_template/all_info",
    internal = true, writes = true,
    takes = { biz, template_name, category_id, whole_attributes, whole_processes },
    gives = "{id}",
  },
  {
    name = "update_service_template_all_info",
    doc = "Makes a service template exactly as given; what is not listed is removed.",
    verb = "PUT", path = "/api/v3/update/proc/service_template/all_info",
    internal = true, writes = true,
    takes = {
      biz,
      { "id", "integer", required = true, min = 1 },
      fields.but(template_name, { required = false }),
      fields.but(category_id, { required = false }),
      whole_attributes,
      whole_processes,
    },
    gives = "null",
  },
  {
    name = "get_service_template_all_info",
    doc = "Reads a service template with its module attributes and process templates.",
    verb = "POST", path = "/api/v3/find/proc/service_template/all_info",
    internal = true,
    takes = { biz, { "id", "integer", required = true, min = 1 } },
    gives = "{id, name, service_category_id, attributes, processes}",
  },
  {
    name = "update_service_template_attribute",
    doc = "Changes module attributes that a service template presets.",
    verb = "PUT", path = "/api/v3/update/proc/service_template/attribute",
    internal = true, writes = true, repeatable = true,
    takes = {
      biz,
      { "id", "integer", required = true, min = 1, doc = "service template" },
      fields.but(whole_attributes, { required = true }),
    },
    gives = "null",
  },
  {
    name = "delete_service_template_attribute",
    doc = "Stops a service template from presetting module attributes.",
    verb = "DELETE", path = "/api/v3/delete/proc/service_template/attribute",
    internal = true, writes = true,
    takes = {
      biz,
      { "id", "integer", required = true, min = 1, doc = "service template" },
      fields.ids("bk_attribute_ids"),
    },
    gives = "null",
  },
  {
    name = "list_service_template_attribute",
    doc = "Lists the module attributes that a service template presets.",
    verb = "POST", path = "/api/v3/findmany/proc/service_template/attribute",
    internal = true,
    takes = {
      biz,
      { "id", "integer", required = true, min = 1, doc = "service template" },
      fields.names,
    },
    gives = "{attributes: list}",
  },
  {
    name = "remove_template_binding_on_module",
    doc = "Frees a module, its service instances and processes from their template.",
    verb = "DELETE", path = "/api/v3/delete/proc/template_binding_on_module",
    internal = true, writes = true, deprecated = true,
    takes = { biz, { "bk_module_id", "integer", required = true, min = 1 } },
    gives = "null",
  },
}
