-- What a playbook may say under `service_templates`, and the normal form it takes.
-- Normal form: name → {category?, prune, protect?, processes = name → {field → {value,
-- as_default_value}, protect?, ignore? = set of fields}}.

local bind_info = require "remora.playbook.bind_info"
local fields = require "remora.playbook.fields"
local guards = require "remora.playbook.guards"
local order = require "remora.core.order"
local twins = require "remora.playbook.twins"

local process_fields = fields.shapes(fields.scalars, fields.lockable)
process_fields.bind_info = bind_info.template()
local ignore = guards.ignore(order.keys(process_fields))
process_fields.protect, process_fields.ignore = guards.protect, ignore

local function value_of(process, name)
  local cell = process[name] -- not a table when it was refused
  return type(cell) == "table" and cell.value or nil
end

local template = {
  type = "record",
  fields = {
    category = { type = "text", filled = true, about = "such as Nginx; a new one must say it" },
    prune = { type = "boolean", default = false, about = "its processes not listed are deleted" },
    protect = guards.protect,
    processes = {
      type = "map", key = fields.process_name, default = function() return {} end,
      of = { type = "record", fields = process_fields, refused = fields.refused,
        about = "a bare value is locked, all instances have it; { value: 30, as_default_value: "
          .. "false } is what new ones start with, as_default_value: true locks" },
      -- An unset pattern is stored as nothing there, and nothing never clashes with nothing.
      checks = { twins.check(value_of, false) },
    },
  },
}

return {
  section = "service_templates",
  noun = "service template",
  api = "cc",
  shape = {
    type = "map", of = template, about = "what all instances of a module share",
    key = { type = "text", filled = true, max_bytes = 256 },
  },

  ---Names everything this section decides, so that nothing is decided twice.
  ---@param section table normal form
  ---@param claim remora.kinds.Claim
  claims = function(section, claim)
    for name in pairs(section) do
      claim(name, section, name, 'the service template "%s"', name)
    end
  end,
}
