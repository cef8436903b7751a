-- What a playbook may say under `instances`, and the normal form it takes.
-- Normal form: list of {where, prune, protect?, ignore? = set of fields, processes = name →
-- {field → value}}.

local bind_info = require "remora.playbook.bind_info"
local fields = require "remora.playbook.fields"
local guards = require "remora.playbook.guards"
local order = require "remora.core.order"
local twins = require "remora.playbook.twins"
local where = require "remora.playbook.where"

local process_fields = fields.shapes(fields.scalars)
process_fields.bind_info = bind_info.instance()

local function value_of(process, name) return process[name] end

local rule = {
  type = "record",
  fields = {
    where = where.shape(),
    prune = { type = "boolean", default = false,
      about = "processes not listed are deleted; those of a template stay" },
    protect = guards.protect,
    ignore = guards.ignore(order.keys(process_fields)),
    processes = {
      type = "map", key = fields.process_name, required = true,
      of = { type = "record", fields = process_fields, refused = fields.refused },
      -- What is left out of a new process is stored as "", which does clash with "".
      checks = { twins.check(value_of, true) },
    },
  },
}

return {
  section = "instances",
  noun = "instance rule",
  api = "cc",
  shape = { type = "list", of = rule, about = "what single instances have" },

  ---Two rules with the same `where` may not set the same attribute; rules that merely overlap are
  ---found by the planner, which knows the fleet.
  ---@param section table normal form
  ---@param claim remora.kinds.Claim
  claims = function(section, claim)
    for _, each in ipairs(section) do
      local selection = where.identity(each.where)
      for name, process in pairs(each.processes) do
        for field in pairs(process) do
          claim(selection .. "\0" .. name .. "\0" .. field, process, field,
            '"%s" of the process "%s"', field, name)
        end
      end
    end
  end,
}
