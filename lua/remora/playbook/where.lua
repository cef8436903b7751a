-- The `where` of a rule: which part of the business it speaks of.
-- Owns its shape and a text that is equal for equal selections; resolving names is the planner's.

local fields = require "remora.playbook.fields"
local json = require "json"

local where = {}

-- A name, a glob or an id; one of them or a list.
local NAMES = {
  type = "list", lone = true, min_items = 1, words = "a name, a glob, an id or a list of them",
  of = { type = "either", { type = "text", filled = true }, { type = "integer", min = 1 } },
}

local BASE = {
  set = NAMES,
  module = NAMES,
  service_instance = NAMES,
  hosts = { type = "list", lone = true, min_items = 1, of = fields.address(),
    words = "an IP address or a list of them" },
  host_ids = { type = "list", lone = true, min_items = 1, of = { type = "integer", min = 1 },
    words = "an id or a list of them" },
  labels = { type = "map", of = { type = "text" }, words = "a map of names to texts",
    about = "of service instances; all of them must fit" },
}

local function says_something(out, report)
  if next(out) == nil then
    report(nil, '"where" selects nothing', "name at least a module, a set or hosts")
  end
end

---The shape of `where`. Lists stay lists, a single value becomes a list of one.
---@param extra table<string, table>|nil more fields
---@return table shape, required
function where.shape(extra)
  return { type = "record", required = true, checks = { { says_something } },
    about = "the part of the business that the rule is about; what is named must all fit",
    fields = fields.with(BASE, extra) }
end

---Process names or globs, for rules about processes.
---@return table shape
function where.process_names()
  return { type = "list", lone = true, min_items = 1, of = { type = "text", filled = true },
    words = "a name, a glob or a list of them" }
end

---One text for all selections written alike, whatever the order in their lists.
---@param selection table a checked `where`
---@return string
function where.identity(selection)
  local plain = {}
  for key, value in pairs(selection) do
    if json.is_array(value) then
      local items = {}
      for i, item in ipairs(value) do items[i] = json.encode(item) end
      table.sort(items)
      plain[key] = json.array(items)
    else
      plain[key] = value
    end
  end
  return json.encode(plain)
end

return where
