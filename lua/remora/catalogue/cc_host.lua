-- Rows of the calls on hosts, cloud areas and change events. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz, account = fields.biz, fields.account
local hosts = { "bk_host_id", "array", required = true, items = "integer", min_items = 1 }

local function conditions(name)
  return { name, "array", items = {
    { "field", "string" },
    { "operator", "string", enum = { "$eq", "$ne" } },
    { "value", "string" },
  } }
end

return {
  {
    name = "list_biz_hosts",
    doc = "Pages through the hosts of a business by set, module or attributes.",
    verb = "POST", path = "/api/v3/hosts/app/{bk_biz_id}/list_hosts",
    page = { limit = 500, rule = "strict" }, batch = { field = "bk_module_ids" },
    takes = {
      biz,
      fields.page { limit = 500, required = true },
      { "bk_set_ids", "array", items = "integer", max_items = 200 },
      conditions("set_cond"),
      { "bk_module_ids", "array", items = "integer", max_items = 500 },
      conditions("module_cond"),
      fields.filter("host_property_filter"),
      fields.names_required,
    },
    gives = "{count, info: list of hosts}",
  },
  {
    name = "list_biz_hosts_topo",
    doc = "Pages through the hosts of a business with the sets and modules they are in.",
    verb = "POST", path = "/api/v3/hosts/app/{bk_biz_id}/list_hosts_topo",
    page = { limit = 500, rule = "strict" },
    takes = {
      account,
      biz,
      fields.page { limit = 500, required = true, sort = false },
      fields.filter("set_property_filter"),
      fields.filter("module_property_filter"),
      fields.filter("host_property_filter"),
      fields.names_required,
    },
    gives = "{count, info: list of {host, topo}}",
  },
  {
    name = "list_hosts_without_biz",
    doc = "Pages through hosts, whatever business they belong to.",
    verb = "POST", path = "/api/v3/hosts/list_hosts_without_app",
    page = { limit = 500, rule = "strict" },
    takes = {
      account,
      fields.page { limit = 500, required = true },
      fields.filter("host_property_filter"),
      fields.names,
    },
    gives = "{count, info: list of hosts}",
  },
  {
    name = "find_host_topo_relation",
    doc = "Pages through the relations of hosts to sets and modules.",
    verb = "POST", path = "/api/v3/host/topo/relation/read",
    page = { limit = 1000, rule = "strict", rows = "data" },
    batch = { field = "bk_set_ids" },
    takes = {
      biz,
      { "bk_set_ids", "array", items = "integer", max_items = 200 },
      { "bk_module_ids", "array", items = "integer", max_items = 500 },
      { "bk_host_ids", "array", items = "integer", max_items = 500 },
      fields.page { limit = 1000, required = true },
    },
    gives = "{count, data: list of {bk_biz_id, bk_set_id, bk_module_id, bk_host_id}, page}",
  },
  {
    name = "find_host_by_service_template",
    doc = "Pages through the hosts in modules of given service templates.",
    verb = "POST", path = "/api/v3/findmany/hosts/by_service_templates/biz/{bk_biz_id}",
    page = { limit = 500, rule = "strict" },
    batch = { field = "bk_service_template_ids" },
    takes = {
      biz,
      fields.ids("bk_service_template_ids", 500),
      { "bk_module_ids", "array", items = "integer", max_items = 500 },
      fields.names_required,
      fields.page { limit = 500, required = true, sort = false },
    },
    gives = "{count, info: list of hosts}",
  },
  {
    name = "list_host_service_template_id", esb = "cc/find_host_service_template",
    doc = "Tells which service templates the modules of hosts follow.",
    verb = "POST", path = "/api/v3/findmany/hosts/service_template",
    batch = { field = "bk_host_id" },
    takes = { fields.but(hosts, { max_items = 200 }) },
    gives = "list of {bk_host_id, service_template_id: list}",
  },
  {
    name = "add_host_to_resource",
    doc = "Registers hosts in the resource pool.",
    verb = "POST", path = "/api/v3/hosts/add",
    writes = true,
    takes = {
      account,
      { "bk_biz_id", "integer" },
      { "host_info", "object", required = true, raw = true,
        doc = "hosts by any key of their own", values = "object" },
    },
    gives = "{success: list of keys}",
  },
  {
    name = "transfer_resourcehost_to_idlemodule",
    doc = "Moves hosts from the resource pool into the idle module of a business.",
    verb = "POST", path = "/api/v3/hosts/modules/resource/idle",
    writes = true,
    takes = { account, biz, hosts, { "bk_module_id", "integer" } },
    gives = "null",
  },
  {
    name = "transfer_host_module",
    doc = "Moves hosts of a business into modules, or adds modules to them.",
    verb = "POST", path = "/api/v3/hosts/modules",
    writes = true, repeatable = true,
    takes = {
      account,
      biz,
      hosts,
      { "bk_module_id", "array", required = true, items = "integer", min_items = 1 },
      { "is_increment", "boolean", required = true, doc = "false: leaves the old modules" },
      { "disable_auto_create", "boolean", default = false,
        doc = "true: makes no service instances in modules that follow a template" },
    },
    gives = "null",
  },
  {
    name = "search_cloud_area",
    doc = "Pages through the cloud areas.",
    verb = "POST", path = "/api/v3/findmany/cloudarea",
    page = { limit = 1000, rule = "loose" },
    takes = {
      { "condition", "object", open = true, fields = {
        { "bk_cloud_id", "integer" },
        { "bk_cloud_name", "string" },
      } },
      fields.names,
      { "is_fuzzy", "boolean", default = false },
      { "sync_task_ids", "boolean", default = false },
      fields.page { limit = 1000 },
    },
    gives = "{count, info: list of cloud areas}",
  },
  {
    name = "resource_watch",
    doc = "Waits for changes of one kind of object, up to twenty seconds a call.",
    verb = "POST", path = "/api/v3/event/watch/resource/{bk_resource}",
    takes = {
      account,
      { "bk_resource", "string", required = true, doc = "host, biz, set, module, process, …" },
      { "bk_event_types", "array", items = "string", enum = { "create", "update", "delete" } },
      { "bk_fields", "array", items = "string" },
      { "bk_start_from", "integer", doc = "Unix time, six hours back at most" },
      { "bk_cursor", "string" },
      { "bk_filter", "object", fields = { { "bk_sub_resource", "string" } } },
    },
    gives = "{bk_watched, bk_events: list of {bk_cursor, bk_resource, bk_event_type, bk_detail}}",
    differs = { batch = "documented for the events of an answer, no argument is limited" },
  },
}
