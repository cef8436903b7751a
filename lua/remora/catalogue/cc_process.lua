-- Rows of the calls on processes of service instances. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz = fields.biz

return {
  {
    name = "create_process_instance",
    doc = "Adds processes to a service instance that follows no template.",
    verb = "POST", path = "/api/v3/create/proc/process_instance",
    writes = true, batch = { field = "processes" },
    takes = {
      biz,
      { "service_instance_id", "integer", required = true, min = 1,
        spelled = "service_instance_Id" },
      { "processes", "array", required = true, min_items = 1, max_items = 100, items = {
        { "process_template_id", "integer", legacy = true },
        fields.process_info(true),
      } },
    },
    gives = "list of the new process ids, in the order asked",
  },
  {
    name = "update_process_instance",
    doc = "Writes processes: a free one loses what is left out, a templated one keeps its locked.",
    verb = "PUT", path = "/api/v3/update/proc/process_instance",
    writes = true, repeatable = true, batch = { field = "processes", id = "bk_process_id" },
    takes = {
      biz,
      { "processes", "array", required = true, raw = true, max_items = 100,
        echoed = fields.process_stamps, items = fields.join(
        {
          { "bk_process_id", "integer", required = true, min = 1 },
          { "process_template_id", "integer", nullable = true, legacy = true },
          { "process_info", "object", nullable = true, legacy = true },
        },
        fields.process_attributes) },
    },
    gives = "list of the process ids, in the order asked",
  },
  {
    name = "update_process_instances_by_ids",
    aliases = { "update_process_instance_by_ids" },
    doc = "Changes the same attributes of many processes and leaves the others as they are.",
    verb = "PUT", path = "/api/v3/update/proc/process_instance/by_ids",
    internal = true, writes = true, repeatable = true,
    batch = { field = "process_ids" },
    takes = {
      biz,
      fields.ids("process_ids", 1000),
      { "update_data", "object", required = true, raw = true,
        fields = fields.process_attributes },
    },
    gives = "list of the ids of the processes found",
  },
  {
    name = "delete_process_instance",
    doc = "Deletes free processes, and service instances that lose their last one.",
    verb = "DELETE", path = "/api/v3/delete/proc/process_instance",
    writes = true, batch = { field = "process_instance_ids" },
    takes = { biz, fields.ids("process_instance_ids", 500) },
    gives = "null",
  },
  {
    name = "list_process_instance",
    doc = "Lists the processes of one service instance with their template relations.",
    verb = "POST", path = "/api/v3/findmany/proc/process_instance",
    takes = { biz, { "service_instance_id", "integer", required = true, min = 1 } },
    gives = "list of {property, relation}",
  },
  {
    name = "list_process_related_info",
    doc = "Pages through processes together with their set, module, host and service instance.",
    verb = "POST", path = "/api/v3/findmany/proc/process_related_info/biz/{bk_biz_id}",
    page = { limit = 500, rule = "strict" },
    takes = {
      biz,
      { "set", "object", fields = { { "bk_set_ids", "array", items = "integer" } } },
      { "module", "object", fields = { { "bk_module_ids", "array", items = "integer" } } },
      { "service_instance", "object", fields = { { "ids", "array", items = "integer" } } },
      { "process", "object", legacy = true, fields = {
        { "bk_process_names", "array", items = "string" },
        { "bk_process_ids", "array", items = "integer" },
      } },
      fields.filter("process_property_filter"),
      fields.names,
      fields.page { limit = 500, required = true },
    },
    gives = "{count, info: list of {set, module, host, service_instance, process_template, "
      .. "process}}",
    differs = { ["process_property_filter.rules[]"] = "groups of rules nest here too" },
  },
  {
    name = "list_process_detail_by_ids",
    doc = "Reads processes of a business by their ids; unknown ids are left out.",
    verb = "POST", path = "/api/v3/findmany/proc/process_instance/detail/biz/{bk_biz_id}",
    batch = { field = "bk_process_ids" },
    takes = { biz, fields.ids("bk_process_ids", 500), fields.names },
    gives = "list of processes",
  },
  {
    name = "list_process_instances_details_by_ids",
    aliases = { "list_process_instance_detail_with_relation" },
    doc = "Pages through processes given by id, each with its relation and service instance name.",
    verb = "POST", path = "/api/v3/findmany/proc/process_instance/detail/by_ids",
    internal = true, page = { limit = 1000, rule = "strict" },
    takes = {
      biz,
      fields.ids("process_ids"),
      fields.page { limit = 1000, required = true },
    },
    gives = "{count, info: list of {process_id, service_instance_name, property, relation}}",
  },
  {
    name = "list_process_instances_name_ids",
    aliases = { "list_process_instance_name_ids" },
    doc = "Groups the processes of a module by name and pages through the names.",
    verb = "POST", path = "/api/v3/findmany/proc/process_instance/name_ids",
    internal = true, page = { limit = 1000, rule = "strict" },
    takes = {
      biz,
      { "bk_module_id", "integer", required = true, min = 1 },
      { "process_name", "string", doc = "regular expression, case ignored" },
      fields.page { limit = 1000, required = true },
    },
    gives = "{count, info: list of {bk_process_name, process_ids}}",
  },
}
