-- The form of a topology file, as data, and the reader that holds a file against it and knows where
-- everything stands. What the names mean to each other is remora.platform.topology's business.

local fault = require "remora.core.fault"
local schema = require "remora.core.schema"
local source = require "remora.playbook.source"

local LONGEST_NAME = 256 -- bytes, as the platform's models have it

local TEXT = { type = "text", filled = true, max_bytes = LONGEST_NAME }
local HOST = { type = "record", fields = {
  ip = { type = "text", filled = true, required = true },
  ip_v6 = TEXT, outer_ip = TEXT, cloud_area = TEXT, agent_id = TEXT, name = TEXT,
} }
local HOSTS = {
  type = "list", lone = true, nullable = true,
  of = { type = "either", TEXT, HOST, convert = function(value, alternative)
    return alternative == 1 and { ip = value } or value
  end },
}

-- A mapping from names the writer chooses; an empty one may be left blank.
local function names_of(fields)
  return {
    type = "map", nullable = true, key = { max_bytes = LONGEST_NAME, filled = true },
    of = { type = "record", nullable = true, fields = fields },
  }
end

local FILE = { type = "record", fields = {
  cloud_areas = names_of {},
  businesses = names_of {
    maintainer = TEXT,
    service_templates = names_of { category = TEXT },
    idle = HOSTS,
    sets = names_of {
      environment = {
        type = "enum", values = { { "test", "1" }, { "trial", "2" }, { "formal", "3" } },
      },
      description = TEXT,
      modules = names_of { service_template = TEXT, service_category = TEXT, hosts = HOSTS },
    },
  },
} }

local Reader = {}
Reader.__index = Reader

---Where a member of a checked table stands in the file.
---@param container table a table of the checked file
---@param key any one of its keys; nil: the table itself
---@param side "key"|nil the key instead of the value
---@return table at {file, line, column, excerpt}
function Reader:at(container, key, side)
  return self.file:locate(self.origin[container], key, side)
end

---Notes a problem.
---@param code string without the leading "topology."
---@param at table
---@param message string
---@param hint string|nil
function Reader:problem(code, at, message, hint)
  self.faults[#self.faults + 1] =
    fault.new { code = "topology." .. code, message = message, at = at, hint = hint }
end

---The names of a checked mapping in the order of the file.
---@param map table|nil
---@return string[]
function Reader:names(map)
  local names, place = {}, {}
  for name in pairs(type(map) == "table" and map or {}) do
    names[#names + 1] = name
    place[name] = self:at(map, name, "key")
  end
  table.sort(names, function(a, b)
    local x, y = place[a], place[b]
    if x.line ~= y.line then return x.line < y.line end
    if x.column ~= y.column then return x.column < y.column end
    return a < b
  end)
  return names
end

---Reads a topology file's text and holds it against the form.
---@param text string YAML
---@param file string its name, for messages
---@return table|nil checked the file's value, null where a mapping or list was left blank
---@return table reader_or_fault the reader, with what is wrong in `faults`; or the YAML error
return function(text, file)
  local reader = setmetatable({ file = source.new(file, text), faults = {} }, Reader)
  local document, refused = reader.file:parse()
  if document == nil then return nil, refused end
  local checked, problems, origin = schema.check(FILE, document)
  reader.origin = origin
  for _, found in ipairs(problems) do
    reader:problem(found.code, reader.file:locate(found.node, found.key, found.side),
      found.message, found.hint)
  end
  return checked or {}, reader
end
