-- The whole of one playbook file as a shape: the head keys and the sections of all kinds.
-- Owns the head keys; what a section may say is its kind's affair.

local json = require "json"
local kinds = require "remora.kinds"

local document = {}

---The schemas of all sections, see remora.kinds.
document.sections = kinds.schemas()

local APIS = { { "cc", "cc" }, { "v3", "v3" } }

local PATHS = { type = "list", lone = true, of = { type = "text", filled = true },
  words = "the path of a file, from this file's directory, or a list of them" }

local function build()
  local shape = {
    type = "record", words = "a map with business, service_templates, instances, hosting",
    fields = {
      playbook = { type = "text", filled = true, max_bytes = 100 },
      business = { type = "either", { type = "text", filled = true },
        { type = "integer", min = 1 } },
      api = { type = "enum", values = APIS, default = "cc" },
      vars = { type = "any" },
      vars_files = PATHS,
      include = PATHS,
    },
  }
  for _, each in ipairs(document.sections) do shape.fields[each.section] = each.shape end
  return shape
end

---What core/schema.lua checks a file with.
document.shape = build()

---Sections that do not belong to the platform a file is for.
---@param tree table the file as parsed
---@param report fun(key: string, message: string, hint: string)
function document.foreign_sections(tree, report)
  local api = tree.api == "v3" and "v3" or "cc"
  for _, each in ipairs(document.sections) do
    if tree[each.section] ~= nil and each.api ~= api then
      report(each.section, ('"%s" does not belong to the %s platform'):format(each.section,
        api == "v3" and "old (api: v3)" or "present"),
        each.api == "v3" and "add api: v3, or use service_templates and instances"
          or "the old platform knows business-level processes only")
    end
  end
end

---Whether `vars:` of a file can be used.
---@param value any
---@return boolean
function document.are_variables(value)
  return json.is_object(value) and #value == 0
end

return document
