-- Bind rows: those of a process, those of a process template, and how the second become and govern
-- the first. Pure; the host comes in as its document.

local json = require "json"
local address = require "remora.core.address"
local any_case = require "remora.platform.any_case"
local host_address = require "remora.platform.host_address"
local messages = require "remora.platform.messages"
local ports = require "remora.platform.ports"
local slot = require "remora.platform.slot"

local bind = {}

local CELLS = { "ip", "port", "protocol", "enable" }
local cell_type = { ip = "string", port = "string", protocol = "string", enable = "boolean" }
local protocols = { ["1"] = 4, ["2"] = 4, ["3"] = 6, ["4"] = 6 }

---Rows of an instance in their typed form: the four cells (null when absent) and the row of the
---template they belong to (0: none). Other members are dropped.
---@param rows any
---@return table|nil typed nil when something has the wrong JSON type
function bind.decode_rows(rows)
  if not json.is_array(rows) then return nil end
  local typed = json.array {}
  for i, row in ipairs(rows) do
    if row == json.null then row = {} end
    if not json.is_object(row) then return nil end
    row = any_case(row)
    local made = {}
    for _, cell in ipairs(CELLS) do
      local value = row[cell]
      if value == nil then value = json.null end
      if value ~= json.null and type(value) ~= cell_type[cell] then return nil end
      made[cell] = value
    end
    local id = row.template_row_id
    if id == nil or id == json.null then id = 0 end
    if math.type(id) ~= "integer" then return nil end
    made.template_row_id = id
    typed[i] = made
  end
  return typed
end

local cell_checks = {
  ip = function(value) return value == json.null or value == "" or address.is_literal(value) end,
  port = ports.is_single,
  protocol = function(value) return protocols[value] ~= nil end,
  enable = function(value) return type(value) == "boolean" end,
  template_row_id = function(value) return value == json.null or type(value) == "number" end,
}

---Whether rows satisfy the process model: every member present is known and valid. Members that
---are absent are not looked at.
---@param rows any
---@return boolean
function bind.rows_are_valid(rows)
  if not json.is_array(rows) then return false end
  for _, row in ipairs(rows) do
    if not json.is_object(row) then return false end
    for cell, value in pairs(row) do
      local check = cell_checks[cell]
      if not check or not check(value) then return false end
    end
  end
  return true
end

local function decode_cell(cell, raw)
  return slot.decode(raw, function(value)
    if type(value) == cell_type[cell] then return value end
  end)
end

---Rows of a template in their typed form: a slot for each cell, and the row's id (0: a new one).
---@param rows any
---@return table|nil typed nil when something has the wrong JSON type
function bind.decode_template_rows(rows)
  if not json.is_array(rows) then return nil end
  local typed = json.array {}
  for i, row in ipairs(rows) do
    if row == json.null then row = {} end
    if not json.is_object(row) then return nil end
    row = any_case(row)
    local made = { row_id = row.row_id }
    if made.row_id == nil or made.row_id == json.null then made.row_id = 0 end
    if math.type(made.row_id) ~= "integer" then return nil end
    for _, cell in ipairs(CELLS) do
      made[cell] = decode_cell(cell, row[cell])
      if not made[cell] then return nil end
    end
    typed[i] = made
  end
  return typed
end

local function fault_of_row(row)
  local ip, protocol = row.ip.value, row.protocol.value
  local ip_set = ip ~= json.null and ip ~= ""
  if ip_set and not host_address.family(ip) then return "ip" end
  if not ports.is_list(row.port.value) then return "port" end
  if not protocols[protocol] then return "protocol" end
  if ip_set and host_address.family(ip) ~= protocols[protocol] then return "(ip and protocol)" end
end

---Checks a template's rows and numbers the new ones after the largest id there is, in order.
---@param column remora.platform.Slot of `bind_info`; its rows receive their ids
---@return remora.platform.Refusal|nil refusal 1199006(bind_info[i].cell)
function bind.check_column(column)
  if column.value == json.null then return end
  local largest = 0
  for i, row in ipairs(column.value) do
    local cell = fault_of_row(row)
    if cell then return messages.refuse(1199006, ("bind_info[%d].%s"):format(i - 1, cell)) end
    largest = math.max(largest, row.row_id)
  end
  for _, row in ipairs(column.value) do
    if row.row_id == 0 then
      largest = largest + 1
      row.row_id = largest
    end
  end
end

local function cell_of(template_row, cell, host)
  if cell == "ip" then return host_address.resolve(template_row.ip.value, host) end
  return template_row[cell].value
end

-- A row made from the template alone.
local function row_from(template_row, host)
  local row = { template_row_id = template_row.row_id }
  for _, cell in ipairs(CELLS) do row[cell] = cell_of(template_row, cell, host) end
  return row
end

-- A template whose port or protocol is unset cannot make a row.
local function unset_cell(template_row)
  if template_row.port.value == json.null then return messages.refuse(1107014) end
  if template_row.protocol.value == json.null then return messages.refuse(1107015) end
end

local function by_template_row(rows)
  local found = {}
  for _, row in ipairs(rows) do found[row.template_row_id] = row end
  return found
end

-- The template's rows, an empty list when there are none.
local function template_rows_of(property)
  local rows = property.bind_info.value
  return rows == json.null and {} or rows
end

---The rows of a new process.
---@param property table process template property
---@param host table
---@return table|nil rows json.null for a template without rows
---@return remora.platform.Refusal|nil refusal
function bind.instantiate(property, host)
  local rows = json.array {}
  for i, template_row in ipairs(template_rows_of(property)) do
    local inner = unset_cell(template_row)
    if inner then return nil, inner end
    rows[i] = row_from(template_row, host)
    if rows[i].enable == json.null then rows[i].enable = false end
  end
  return #rows > 0 and rows or json.null
end

---The rows an update of a templated process leads to: rows that are not sent come from the
---template, in rows that are sent the locked cells do.
---@param property table process template property
---@param sent table typed rows of the request
---@param host table
---@return table|nil rows
---@return remora.platform.Refusal|nil refusal
function bind.rebuild(property, sent, host)
  local rows, own = json.array {}, by_template_row(sent)
  for i, template_row in ipairs(template_rows_of(property)) do
    local inner = unset_cell(template_row)
    if inner then return nil, inner end
    local row = row_from(template_row, host)
    local mine = own[template_row.row_id]
    for _, cell in ipairs(CELLS) do
      if mine and not slot.is_locked(template_row[cell]) then row[cell] = mine[cell] end
    end
    rows[i] = row
  end
  return rows
end

---The rows a sync leads to: matched rows keep their unlocked cells, all others follow the template.
---@param property table process template property
---@param current table|nil rows of the process
---@param host table
---@return table|nil rows
---@return boolean|remora.platform.Refusal changed whether they differ from the current ones
function bind.synchronise(property, current, host)
  if current == nil or current == json.null then current = {} end
  local rows, own, changed = json.array {}, by_template_row(current), false
  for i, template_row in ipairs(template_rows_of(property)) do
    local inner = unset_cell(template_row)
    if inner then return nil, inner end
    local mine = own[template_row.row_id]
    local row = row_from(template_row, host)
    if row.enable == json.null then row.enable = false end
    for _, cell in ipairs(CELLS) do
      local locked = slot.is_locked(template_row[cell])
      if mine and not locked then row[cell] = mine[cell] end
      if mine and locked and cell == "ip" and template_row.ip.value == json.null then
        row.ip, changed = json.null, true
      end
      changed = changed or not mine or row[cell] ~= mine[cell]
    end
    rows[i] = row
    changed = changed or not current[i] or current[i].template_row_id ~= template_row.row_id
  end
  return rows, changed or #rows ~= #current
end

---Whether rows differ from their template where it has a say: number, unmatched rows, locked cells.
---@param property table process template property
---@param current table|nil rows of the process
---@param host table
---@return boolean
function bind.differs(property, current, host)
  if current == nil or current == json.null then current = {} end
  local template_rows = template_rows_of(property)
  if #template_rows ~= #current then return true end
  local own = by_template_row(current)
  for _, template_row in ipairs(template_rows) do
    local mine = own[template_row.row_id]
    if not mine then return true end
    for _, cell in ipairs(CELLS) do
      local wanted = cell_of(template_row, cell, host)
      if cell == "enable" and wanted == json.null then wanted = false end
      if slot.is_locked(template_row[cell]) and wanted ~= mine[cell] then return true end
    end
  end
  return false
end

return bind
