-- Reads a business of the old platform (cc_v3): its processes and the module names they are bound
-- to, as entries of the section `processes`. Writes nothing.

local business = require "remora.observe.business"
local express = require "remora.pull.express"
local fault = require "remora.core.fault"
local fields = require "remora.playbook.fields"
local json = require "json"
local notes = require "remora.pull.notes"
local observe = require "remora.observe.v3"
local schema = require "remora.kinds.processes.schema"
local values = require "remora.model.values"

local v3 = {}

local SHAPE = schema.shape.of.fields

-- The attributes in the order people read them, and what a creation stores where nothing is said.
local KEYS, ABSENT = {}, { auto_start = false }
for i, row in ipairs(fields.v3_scalars) do
  KEYS[i] = row[1]
  if row[2].type == "text" then ABSENT[row[1]] = "" end
end
for _, name in ipairs { "bind_ip", "port", "protocol", "modules" } do KEYS[#KEYS + 1] = name end
ABSENT.port = ""

local SPELLED = { bind_ip = express.template_ip, protocol = express.protocol,
  port = express.port }

local function is_absent(name, value)
  local absent = ABSENT[name]
  if absent == nil then absent = json.null end
  return value == absent
end

local function entry_of(row, modules)
  local entry, left_out = {}, {}
  for _, name in ipairs(KEYS) do
    local value = values.sent(row[name])
    if name ~= "modules" and not is_absent(name, value) then
      local words = express.bad(SHAPE[name], name, value)
      if words then
        left_out[#left_out + 1] = words
      else
        entry[name] = express.escaped(SPELLED[name] and SPELLED[name](value) or value)
      end
    end
  end
  entry.modules = #modules > 0 and modules or nil
  return entry, left_out
end

local function bound_modules(reader, state, id)
  local bound, refused = observe.bindings(reader, state.business.id, id)
  if not bound then return nil, refused end
  local names = json.array {}
  for name, is_bound in pairs(bound) do
    if is_bound then names[#names + 1] = express.escaped(name) end
  end
  table.sort(names)
  return names
end

local function read(reader, options, state)
  local done, refused = business.read(reader,
    { business = options.business, at = fault.nowhere }, state)
  if not done then return nil, refused end
  local rows
  rows, refused = observe.processes(reader, state.business.id)
  if not rows then return nil, refused end
  local modules
  modules, refused = reader:gather(rows, function(row)
    return bound_modules(reader, state, row.bk_process_id)
  end)
  if not modules then return nil, refused end
  return rows, modules
end

---Reads what a playbook can say of a business of the old platform.
---@param reader table remora.reconcile.reader
---@param options {business: string|integer}
---@return remora.pull.Pulled? its one part has processes
---@return table? fault
function v3.read(reader, options)
  local state, its_notes, processes = {}, notes.new(), {}
  local rows, modules = read(reader, options, state)
  if not rows then return nil, modules end
  for i, row in ipairs(rows) do
    local name = row.bk_process_name
    local words = express.bad_name(name, fields.process_name)
    if words then
      its_notes:head("A process is left out: " .. words)
    else
      local left_out
      processes[name], left_out = entry_of(row, modules[i])
      its_notes:keys(processes[name], KEYS)
      if #left_out > 0 then
        its_notes:above(processes, name, "Left out: " .. table.concat(left_out, "; "))
      end
    end
  end
  return { business = state.business, api = "v3", notes = its_notes,
    parts = { { name = state.business.name, rules = {}, processes = processes } } }
end

return v3
