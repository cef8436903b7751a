-- Rows of the calls that compare templates with instances and bring them together.
-- Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz = fields.biz
local template_id = { "service_template_id", "integer", required = true, min = 1 }
local module_id = { "bk_module_id", "integer", required = true, min = 1 }
-- A removed process template has no id any more; its name is given instead.
local removed_or_known = {
  { "process_template_id", "integer", default = 0 },
  { "process_template_name", "string" },
  { "service_category_id", "integer" },
}

return {
  {
    name = "list_service_template_difference",
    doc = "Tells which service templates, or which modules, need a sync.",
    verb = "POST", path = "/api/v3/findmany/proc/service_template/sync_status/biz/{bk_biz_id}",
    batch = { field = "bk_module_ids" },
    takes = {
      biz,
      { "is_partial", "boolean", default = false, doc = "true: templates; false: modules" },
      { "service_template_ids", "array", items = "integer", max_items = 20 },
      { "bk_module_ids", "array", items = "integer", max_items = 20 },
    },
    gives = "{service_templates: list of {service_template_id, need_sync}, "
      .. "modules: list of {bk_module_id, need_sync}}",
  },
  {
    name = "get_service_template_difference", aliases = { "diff_service_template_general" },
    doc = "Lists what a sync of one module would change, add and remove.",
    verb = "POST", path = "/api/v3/find/proc/service_template/general_difference",
    internal = true,
    takes = { biz, template_id, module_id },
    gives = "{changed: list of {id, name}, added: list of {id, name}, "
      .. "removed: list of {id, name}, attributes}",
  },
  {
    name = "list_difference_service_instances",
    doc = "Lists the service instances of a module that one process template differs from.",
    verb = "POST", path = "/api/v3/find/proc/difference/service_instances",
    internal = true,
    takes = fields.join({ biz, template_id, module_id }, removed_or_known),
    gives = "{total_count, service_instances: list of {id, name}, type}",
  },
  {
    name = "get_service_instance_difference_detail",
    doc = "Shows attribute by attribute how one service instance differs from its template.",
    verb = "POST", path = "/api/v3/find/proc/service_instance/difference_detail",
    internal = true,
    takes = fields.join({ biz, template_id, module_id }, removed_or_known,
      { { "service_instance_id", "integer", required = true, min = 1 } }),
    gives = "{id, name, changed_attributes, process, type}",
  },
  {
    name = "sync_service_template_to_service_instance",
    aliases = { "sync_service_instance_by_template" },
    doc = "Starts bringing modules in line with their service template; poll the status after it.",
    verb = "PUT", path = "/api/v3/update/proc/service_instance/sync",
    writes = true, repeatable = true, batch = { field = "bk_module_ids" },
    takes = { biz, template_id, fields.ids("bk_module_ids") },
    gives = "null",
  },
  {
    name = "list_service_template_sync_status",
    doc = "Reports how far the sync of modules with their service template is.",
    verb = "POST",
    path = "/api/v3/findmany/proc/service_template_sync_status/bk_biz_id/{bk_biz_id}",
    takes = { biz, template_id, fields.ids("bk_module_ids") },
    gives = "list of {bk_inst_id, status, creator, create_time, last_time}",
  },
}
