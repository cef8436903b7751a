-- Rows of the calls on service instances and their labels. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz = fields.biz
local search_key = { "search_key", "string", doc = "regular expression on the name" }
local labels = { "labels", "object", required = true, values = "string" }

-- The documents' example still says here what bind_info says today.
local process_info = fields.process_info(false)
process_info.fields = fields.join(process_info.fields, { { "port", "string", legacy = true } })

return {
  {
    name = "create_service_instance",
    doc = "Creates service instances on hosts of one module, with their processes.",
    verb = "POST", path = "/api/v3/create/proc/service_instance",
    writes = true, batch = { field = "instances" },
    takes = {
      biz,
      { "bk_module_id", "integer", required = true, min = 1 },
      { "instances", "array", required = true, min_items = 1, max_items = 100, items = {
        { "bk_host_id", "integer", required = true, min = 1 },
        { "service_instance_name", "string", max_bytes = 256 },
        { "processes", "array", nullable = true,
          doc = "whole processes; with a template, changes to what it makes", items = {
          { "process_template_id", "integer" },
          process_info,
        } },
      } },
    },
    gives = "list of the new service instance ids, in the order asked",
    differs = {
      ["instances[].processes[].process_info"] =
        "a templated process is named by its template, so neither it nor its names are required",
    },
  },
  {
    name = "delete_service_instance",
    doc = "Deletes service instances and their processes.",
    verb = "DELETE", path = "/api/v3/deletemany/proc/service_instance",
    writes = true, batch = { field = "service_instance_ids" },
    takes = { biz, fields.ids("service_instance_ids", 500) },
    gives = "null",
  },
  {
    name = "update_service_instances", aliases = { "update_service_instance" },
    doc = "Renames service instances.",
    verb = "PUT", path = "/api/v3/updatemany/proc/service_instance/biz/{bk_biz_id}",
    gateway = "/api/v3/updatemany/proc/service_instance/biz/{bk_biz_id}",
    internal = true, writes = true, repeatable = true, batch = { field = "data" },
    takes = {
      biz,
      { "data", "array", required = true, min_items = 1, max_items = 100, items = {
        { "service_instance_id", "integer", required = true, min = 1 },
        { "update", "object", required = true, raw = true, fields = {
          { "name", "string", required = true, max_bytes = 256 },
        } },
      } },
    },
    gives = "null",
  },
  {
    name = "list_service_instance",
    doc = "Pages through service instances by module, hosts, name or labels.",
    verb = "POST", path = "/api/v3/findmany/proc/service_instance",
    page = { limit = 500, rule = "loose" }, batch = { field = "bk_host_ids" },
    takes = {
      biz,
      { "bk_module_id", "integer" },
      { "bk_host_ids", "array", items = "integer", max_items = 1000 },
      search_key,
      fields.selectors,
      fields.page { limit = 500 },
    },
    gives = "{count, info: list of service instances}",
  },
  {
    name = "list_service_instance_detail",
    doc = "Pages through service instances together with their processes.",
    verb = "POST", path = "/api/v3/findmany/proc/service_instance/details",
    page = { limit = 1000, rule = "strict" },
    takes = {
      biz,
      { "bk_module_id", "integer" },
      { "bk_host_id", "integer", doc = "not together with bk_host_list" },
      { "bk_host_list", "array", items = "integer" },
      { "service_instance_ids", "array", items = "integer", doc = "an empty list finds nothing" },
      fields.selectors,
      fields.page { limit = 1000, required = true },
    },
    gives = "{count, info: list of service instances with process_instances}",
  },
  {
    name = "list_service_instance_by_host",
    doc = "Pages through the service instances of one host.",
    verb = "POST", path = "/api/v3/findmany/proc/service_instance/with_host",
    page = { limit = 500, rule = "none" },
    takes = {
      biz,
      { "bk_host_id", "integer", required = true, min = 1 },
      search_key,
      fields.selectors,
      fields.page { limit = 500 },
    },
    gives = "{count, info: list of service instances}",
  },
  {
    name = "list_service_instance_by_set_template",
    doc = "Pages through the service instances below the sets of a set template.",
    verb = "POST",
    path = "/api/v3/findmany/proc/service/set_template/list_service_instance/biz/{bk_biz_id}",
    page = { limit = 500, rule = "strict" },
    takes = {
      biz,
      { "set_template_id", "integer", required = true, min = 1 },
      fields.page { limit = 500, required = true, sort = false },
    },
    gives = "{count, info: list of service instances by id}",
  },
  {
    name = "list_host_with_no_service_instance",
    doc = "Lists the hosts of a module that have no service instance in it.",
    verb = "POST", path = "/api/v3/findmany/proc/host/with_no_service_instance",
    internal = true,
    takes = {
      biz,
      { "bk_module_id", "integer", required = true, min = 1 },
      { "bk_host_ids", "array", items = "integer" },
    },
    gives = "{bk_host_ids}",
  },
  {
    name = "add_label_for_service_instance",
    doc = "Sets labels of service instances and keeps their other labels.",
    verb = "POST", path = "/api/v3/createmany/proc/service_instance/labels",
    writes = true, repeatable = true, batch = { field = "instance_ids" },
    takes = { biz, fields.ids("instance_ids", 100), labels },
    gives = "null",
  },
  {
    name = "replace_label_of_service_instance",
    doc = "Gives service instances exactly these labels.",
    verb = "POST", path = "/api/v3/updatemany/proc/service_instance/labels",
    internal = true, writes = true, repeatable = true,
    batch = { field = "instance_ids" },
    takes = { biz, fields.ids("instance_ids", 100), labels },
    gives = "null",
  },
  {
    name = "remove_label_from_service_instance",
    doc = "Takes labels off service instances.",
    verb = "DELETE", path = "/api/v3/deletemany/proc/service_instance/labels",
    writes = true, repeatable = true, batch = { field = "instance_ids" },
    takes = {
      biz,
      fields.ids("instance_ids", 500),
      { "keys", "array", required = true, items = "string" },
    },
    gives = "null",
  },
  {
    name = "find_service_instance_label_aggregation",
    doc = "Collects the label keys of service instances with all their values.",
    verb = "POST", path = "/api/v3/findmany/proc/service_instance/labels/aggregation",
    internal = true,
    takes = { biz, { "bk_module_id", "integer" } },
    gives = "object of label keys, each with the list of its values",
  },
}
