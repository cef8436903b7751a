-- The whole of one playbook file as a shape: the head keys and the sections of all kinds.
-- Owns the head keys; what a section may say is its kind's affair.

local fields = require "remora.playbook.fields"
local json = require "json"
local kinds = require "remora.kinds"

local document = {}

---The schemas of all sections, see remora.kinds.
document.sections = kinds.schemas()

local APIS = {
  { "cc", "cc", about = "service_templates, instances and hosting" },
  { "v3", "v3", about = "the platform before 3.5: processes" },
}

local PATHS = { type = "list", lone = true, of = { type = "text", filled = true },
  words = "the path of a file, from this file's directory, or a list of them" }

local function build()
  local shape = {
    type = "record", words = "a map with business, service_templates, instances, hosting",
    fields = {
      playbook = { type = "text", filled = true, max_bytes = 100, about = "what it is called" },
      business = { type = "either", { type = "text", filled = true },
        { type = "integer", min = 1 }, words = "a name or an id",
        about = "must be said in one of the files" },
      api = { type = "enum", values = APIS, default = "cc" },
      vars = { type = "any", words = "a map of names to values", about = "variables, used as "
        .. '"{{ name }}" in this file; a file that it includes has its own' },
      vars_files = fields.with(PATHS, { about = "files of variables; vars: of this file win" }),
      include = fields.with(PATHS, { about = "playbooks that belong to this one" }),
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
