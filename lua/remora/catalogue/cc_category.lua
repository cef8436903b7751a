-- Rows of the calls on service categories. Facts only; see remora.catalogue.

local fields = require "remora.catalogue.fields"

local biz = fields.biz
local id = { "id", "integer", required = true, min = 1 }
local name = { "name", "string", required = true, max_runes = 128 }

return {
  {
    name = "create_service_category",
    doc = "Creates a service category at the top or below another one.",
    verb = "POST", path = "/api/v3/create/proc/service_category",
    writes = true,
    takes = { biz, name, { "bk_parent_id", "integer", default = 0 } },
    gives = "the category",
  },
  {
    name = "update_service_category",
    doc = "Renames a service category that is not built in.",
    verb = "PUT", path = "/api/v3/update/proc/service_category",
    writes = true, repeatable = true,
    takes = { biz, id, name },
    gives = "the category",
  },
  {
    name = "delete_service_category",
    doc = "Deletes a service category that is empty and unused.",
    verb = "DELETE", path = "/api/v3/delete/proc/service_category",
    writes = true,
    takes = { biz, id },
    gives = "null",
  },
  {
    name = "list_service_category",
    doc = "Lists the service categories of a business and the built-in ones.",
    verb = "POST", path = "/api/v3/findmany/proc/service_category",
    takes = { biz },
    gives = "{count, info: list of categories by name}",
  },
  {
    name = "list_service_category_with_statistics",
    doc = "Lists service categories with how often each is used.",
    verb = "POST", path = "/api/v3/findmany/proc/service_category/with_statistics",
    internal = true,
    takes = { biz },
    gives = "{count, info: list of {category, usage_amount}}",
  },
}
