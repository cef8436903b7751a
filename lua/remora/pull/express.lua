-- What a playbook can say of a value, and how it is spelled there: the schemas of the playbook
-- decide, so that whatever is pulled can be loaded. Pure; knows no section.

local bind_info = require "remora.playbook.bind_info"
local fields = require "remora.playbook.fields"
local glob = require "remora.core.glob"
local schema = require "remora.core.schema"
local twins = require "remora.playbook.twins"
local vars = require "remora.playbook.vars"

local express = {}

---Why a value cannot stand in a playbook. Of several reasons it is always the same one; what is
---wrong inside {value, as_default_value} is told as wrong with the attribute, what is wrong with a
---cell of a row behind the name of the attribute.
---@param shape table
---@param name string
---@param value any
---@return string? words nil: nothing
function express.bad(shape, name, value)
  local _, problems = schema.check({ type = "record", fields = { [name] = shape } },
    { [name] = value })
  local first = problems[1]
  if not first then return nil end
  for _, each in ipairs(problems) do
    if each.message < first.message then first = each end
  end
  local message, about = first.message, first.key
  if about == "value" then
    about = first.node.key
    message = message:gsub('^"value"', '"' .. about .. '"')
  end
  return about == name and message or ("%s: %s"):format(name, message)
end

local plain, lockable = fields.shapes(fields.scalars), {}
plain.bind_info, lockable.bind_info = bind_info.instance(), bind_info.template()
for name, shape in pairs(fields.shapes(fields.scalars, fields.lockable)) do
  lockable[name] = shape
end

---A text as it is written where `{{ }}` is replaced by variables.
---@param value any others than texts stay as they are
---@return any
function express.escaped(value)
  if type(value) ~= "string" then return value end
  return (value:gsub(vars.MARK, "{{ '{{' }}"))
end

---What speaks against a name as the key of a map.
---@param name any
---@param shape table
---@return string? words nil: nothing
function express.bad_name(name, shape)
  if type(name) ~= "string" then return "it has no name" end
  if name:find(vars.MARK, 1, true) then
    return ('the name "%s" looks like a variable'):format(name)
  end
  return express.bad(shape, "its name", name)
end

---Whether a name can stand in `where` and mean itself alone.
---@param name string
---@return boolean
function express.can_select(name)
  return name ~= "" and not name:find("^%s") and not name:find("%s$")
    and not name:find(vars.MARK, 1, true) and not glob.is(name)
end

---What speaks against an attribute of an instance's process.
---@param name string
---@param value any
---@return string? words
function express.bad_value(name, value)
  return express.bad(plain[name], name, value)
end

---What speaks against an attribute of a process template.
---@param name string
---@param cell any a bare value, or {value, as_default_value}
---@return string? words
function express.bad_cell(name, cell)
  return express.bad(lockable[name], name, cell)
end

local function value_of(made, name)
  local cell = made[name]
  if type(cell) == "table" then return cell.value end
  return cell
end

---Processes that a playbook refuses beside others of the same executable and start regex.
---@param processes table<string, table> as they will be written
---@param unset_clashes boolean whether two without a start regex are alike
---@return {name: string, words: string}[]
function express.twins(processes, unset_clashes)
  local found = {}
  twins.check(value_of, unset_clashes)[1](processes, function(name, words)
    found[#found + 1] = { name = name, words = words }
  end)
  return found
end

---A port as people write it: a number where it is one.
---@param port any
---@return any
function express.port(port)
  local number = type(port) == "string" and math.tointeger(tonumber(port))
  if number and tostring(number) == port then return number end
  return port
end

---@param id any
---@return any
function express.protocol(id)
  return fields.readable(fields.protocols, id)
end

---@param id any of an address in a template
---@return any
function express.template_ip(id)
  return fields.readable(fields.template_ips, id)
end

return express
