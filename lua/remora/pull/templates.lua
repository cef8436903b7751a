-- Service templates as a playbook says them: what is locked stands bare, what is free says so, what
-- is neither set nor locked is left out. Pure.

local bind_rows = require "remora.model.bind_rows"
local category = require "remora.kinds.service_templates.category"
local express = require "remora.pull.express"
local json = require "json"
local phrase = require "remora.core.phrase"
local process = require "remora.model.process"
local schema = require "remora.kinds.service_templates.schema"
local topology = require "remora.observe.topology"
local values = require "remora.model.values"

local templates = {}

local MOST_NAMED = 5 -- modules in a comment

local TEMPLATE_KEYS = { "category", "processes" }
local ROW_KEYS = { "row_id", table.unpack(bind_rows.CELLS) }
local CELL_KEYS = { "value", "as_default_value" }

local is_locked = process.is_locked

local function is_set(cell)
  return type(cell) == "table" and not values.unset(cell.value)
end

local function cell_of(notes, value, locked)
  if locked then return value end
  local cell = { value = value, as_default_value = false }
  notes:keys(cell, CELL_KEYS)
  return cell
end

-- Row ids are said only where they are not the ones that a new template would get.
local function numbered_plainly(rows)
  for i, row in ipairs(rows) do
    if row.row_id ~= i then return false end
  end
  return true
end

local SPELLED = { ip = express.template_ip, port = express.port, protocol = express.protocol }

local function row_of(notes, row, with_id)
  local made = { row_id = with_id and row.row_id or nil }
  for _, name in ipairs(bind_rows.CELLS) do
    local cell = row[name]
    local usual = name == "ip" and not is_set(cell) and not is_locked(cell)
      or name == "enable" and is_locked(cell) and cell.value == true
    if not usual then
      local value
      if type(cell) == "table" then value = cell.value end
      value = values.sent(value)
      if SPELLED[name] then value = SPELLED[name](value) end
      made[name] = cell_of(notes, value, is_locked(cell))
    end
  end
  notes:keys(made, ROW_KEYS)
  return made
end

local function rows_of(notes, cell)
  local stored, rows = bind_rows.list(cell.value), json.array {}
  local with_ids = not numbered_plainly(stored)
  for i, row in ipairs(stored) do rows[i] = row_of(notes, row, with_ids) end
  return rows
end

local function field_of(notes, name, cell)
  if name == "bind_info" then return cell_of(notes, rows_of(notes, cell), is_locked(cell)) end
  return cell_of(notes, values.sent(express.escaped(cell.value)), is_locked(cell))
end

-- A cell as the schema sees it, before variables are escaped.
local function raw(name, cell, said)
  if name == "bind_info" then return said end
  return { value = values.sent(cell.value), as_default_value = is_locked(cell) }
end

-- One process template; attributes that cannot be said are named in the comment above it.
local function process_of(notes, its)
  local made, left_out = {}, {}
  for _, name in ipairs(process.FIELDS) do
    local cell = its.property[name]
    if name ~= "bk_process_name" and (is_set(cell) or is_locked(cell)) then
      local said = field_of(notes, name, cell)
      local words = express.bad_cell(name, raw(name, cell, said))
      if words then
        left_out[#left_out + 1] = words
      else
        made[name] = said
      end
    end
  end
  notes:keys(made, process.FIELDS)
  return made, left_out
end

local function processes_of(notes, template)
  local made = {}
  for _, its in ipairs(template.processes) do
    local words = express.bad_name(its.name, schema.shape.of.fields.processes.key)
    if words then
      notes:head(("A process of the service template %s is left out: %s"):format(template.name,
        words))
    else
      local left_out
      made[its.name], left_out = process_of(notes, its)
      if #left_out > 0 then
        notes:above(made, its.name, "Left out: " .. table.concat(left_out, "; "))
      end
    end
  end
  for _, twin in ipairs(express.twins(made, false)) do
    made[twin.name] = nil
    notes:head(("A process of the service template %s is left out: %s"):format(template.name,
      twin.words))
  end
  return made
end

local function category_of(notes, state, template)
  local id = template.category_id
  if id == category.default(state) then return nil end
  local path = category.name(state, id)
  for _, name in ipairs { tostring(path):match("[^/]+$") or "", path } do
    if category.find(state, name) == id then return express.escaped(name) end
  end
  notes:head(("The category %s of the service template %s cannot be named"):format(path,
    template.name))
  return nil
end

local function out_of_line(state, template)
  local labels = {}
  for _, module in ipairs(topology.following(state, template.id)) do
    if state.need_sync[module.id] then
      labels[#labels + 1] = topology.place(module)
    end
  end
  table.sort(labels)
  return #labels > 0 and phrase.named(labels, MOST_NAMED) or nil
end

---One service template as an entry of the section `service_templates`.
---@param notes remora.pull.Notes
---@param state table with categories and need_sync
---@param template remora.observe.Template with processes
---@return table? entry nil: its name cannot stand in a playbook
---@return string? words that belong above it
function templates.entry(notes, state, template)
  local words = express.bad_name(template.name, schema.shape.key)
  if words then
    notes:head("A service template is left out: " .. words)
    return nil
  end
  local entry = { category = category_of(notes, state, template) }
  local processes = processes_of(notes, template)
  if next(processes) then entry.processes = processes end
  notes:keys(entry, TEMPLATE_KEYS)
  local where = out_of_line(state, template)
  return entry, where and "Not in line with it: " .. where .. ". Applying this brings them in line."
end

return templates
