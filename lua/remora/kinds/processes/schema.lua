-- What a playbook for the old platform (`api: v3`) may say under `processes`.
-- Normal form: name → {field → value, modules = list of module names?, prune}.

local fields = require "remora.playbook.fields"
local json = require "json"

-- The old platform knows IPv4 only.
local IPS = table.move(fields.template_ips, 1, 4, 1, {})
local PROTOCOLS = table.move(fields.protocols, 1, 2, 1, {})

local process_fields = fields.shapes(fields.v3_scalars)
process_fields.bind_ip = { type = "enum", values = IPS, nullable = true }
process_fields.protocol = { type = "enum", values = PROTOCOLS, nullable = true }
process_fields.port = fields.port_list
process_fields.modules = {
  type = "list", lone = true, of = { type = "text", filled = true, max_bytes = 256 },
  words = "a name or a list of them", about = "the modules it is bound to",
  convert = function(names)
    local seen = {}
    for _, name in ipairs(names) do
      if seen[name] then return nil, ('names the module "%s" twice'):format(name) end
      seen[name] = true
    end
    return json.array(names)
  end,
}
process_fields.prune = { type = "boolean", default = false,
  about = "bindings to modules not listed are removed" }

return {
  section = "processes",
  noun = "process",
  api = "v3",
  shape = {
    type = "map", key = fields.process_name, about = "of the old platform, with api: v3",
    of = {
      type = "record", fields = process_fields,
      refused = {
        bk_process_name = fields.refused.bk_process_name,
        bind_info = "the old platform has bind_ip, port and protocol instead",
        bk_start_check_secs = "the old platform has no such attribute",
      },
    },
  },

  ---@param section table normal form
  ---@param claim remora.kinds.Claim
  claims = function(section, claim)
    for name in pairs(section) do claim(name, section, name, 'the process "%s"', name) end
  end,
}
