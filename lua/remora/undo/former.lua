-- What a process or a process template was, from what a run noted of it before it changed it, as a
-- playbook in normal form asks for it. Pure.

local bind_rows = require "remora.model.bind_rows"
local json = require "json"
local order = require "remora.core.order"
local part = require "remora.core.part"
local process = require "remora.model.process"
local values = require "remora.model.values"

local former = {}

-- Rows get their ids anew: those of rows that the run removed are gone for good.
local function template_cell(field, cell)
  if type(cell) ~= "table" then cell = {} end
  local value = cell.value
  if field == "bind_info" then
    local rows = json.array {}
    for i, row in ipairs(bind_rows.list(value)) do rows[i] = part(row, bind_rows.CELLS) end
    value = rows
  end
  return { value = values.sent(value), as_default_value = process.is_locked(cell) }
end

---The ids of the bind rows of a process template.
---@param before table<string, any> field → cell as it was
---@return table<integer, true>
function former.row_ids(before)
  local ids = {}
  local cell = type(before.bind_info) == "table" and before.bind_info or {}
  for _, row in ipairs(bind_rows.list(cell.value)) do ids[row.row_id or 0] = true end
  return ids
end

-- A cell that says nothing; a new process template has it anyway.
local function is_blank(cell)
  if type(cell) ~= "table" then return true end
  return values.unset(cell.value) and not process.is_locked(cell)
end

---The cells of a process template.
---@param before table<string, any> field → cell as it was
---@param changed table<string, table> fields that were, by name
---@param whole boolean whether all of it is asked for, not only what was changed
---@return table<string, table> cells
function former.template(before, changed, whole)
  local cells = {}
  for field, cell in order.pairs(before) do
    local wanted = changed[field] or whole and not is_blank(cell)
    if wanted and field ~= "bk_process_name" then cells[field] = template_cell(field, cell) end
  end
  for field in pairs(changed) do cells[field] = cells[field] or template_cell(field, nil) end
  return cells
end

-- Of what is read with a process, these are its own.
local IS_FIELD = {}
for _, field in ipairs(process.FIELDS) do IS_FIELD[field] = field ~= "bk_process_name" end

-- A row had no address where it names none, whatever it has got since. Whoever makes a process may
-- leave out the other cells, too.
local function instance_rows(value)
  local rows, missing = json.array {}, nil
  for i, row in ipairs(bind_rows.list(value)) do
    rows[i] = values.copy(row, { ip = values.sent(row.ip) })
    for _, cell in ipairs(bind_rows.CELLS) do
      if rows[i][cell] == nil then missing = missing or cell end
    end
  end
  return rows, missing
end

local ID = "template_row_id"

-- What was changed in a row of a templated process, or all of one that went; nil: nothing.
local function row_changed(old, new)
  local want, is_other = { [ID] = old[ID] }, false
  for _, cell in ipairs(bind_rows.CELLS) do
    if not new or not values.equal(old[cell], new[cell]) then
      want[cell], is_other = values.sent(old[cell]), true
    end
  end
  return is_other and want or nil
end

-- The same of all rows. The rest is as the template wants it, on the way back too, and so are rows
-- that it had not then.
local function rows_changed(old, new, ids)
  local by_id, rows = {}, json.array {}
  for _, row in ipairs(bind_rows.list(new)) do by_id[row[ID] or 0] = row end
  for _, row in ipairs(bind_rows.list(old)) do
    local id = row[ID] or 0
    if not ids or ids[id] then rows[#rows + 1] = row_changed(row, by_id[id]) end
  end
  return #rows > 0 and rows or nil
end

---The values of a templated process that were changed.
---@param before table<string, any> field → value as it was
---@param changed table<string, {new: any}> fields that were, by name
---@param ids table<integer, true>? of the rows that its template had; nil: those that it has
---@return table<string, any> wanted
function former.templated(before, changed, ids)
  local wanted = {}
  for field in pairs(changed) do wanted[field] = values.sent(before[field]) end
  if changed.bind_info then
    wanted.bind_info = rows_changed(before.bind_info, changed.bind_info.new, ids)
  end
  return wanted
end

---The values of a process without a template.
---@param before table<string, any> field → value as it was
---@param changed table<string, table> fields that were, by name
---@param whole boolean whether all of it is asked for, not only what was changed
---@return table<string, any> wanted
---@return string? missing a cell that its bind rows lacked, and that only new ones may lack
function former.process(before, changed, whole)
  local wanted, missing = {}, nil
  for field, value in pairs(before) do
    local set = IS_FIELD[field] and not values.equal(value, process.absent_value(field))
    if changed[field] or whole and set then wanted[field] = value end
  end
  for field in pairs(changed) do wanted[field] = values.sent(wanted[field]) end
  if not values.unset(wanted.bind_info) then
    wanted.bind_info, missing = instance_rows(wanted.bind_info)
  end
  return wanted, missing
end

return former
