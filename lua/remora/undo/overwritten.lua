-- What changing a process template writes over in its instances and nobody wrote down: values of
-- their own, from before the template locked them. Pure.

local bind_rows = require "remora.model.bind_rows"
local order = require "remora.core.order"
local process = require "remora.model.process"

local is_locked = process.is_locked

-- Whether a cell of a row was free and is not any more, or is gone.
local function loses_cell(old, new)
  for _, name in ipairs(bind_rows.CELLS) do
    if not is_locked(old[name]) and (not new or is_locked(new[name])) then return true end
  end
  return false
end

-- Of bind rows the cells are locked one by one.
local function loses_rows(old, new)
  local by_id = {}
  for _, row in ipairs(bind_rows.list(new)) do by_id[row.row_id or 0] = row end
  for _, row in ipairs(bind_rows.list(old)) do
    if loses_cell(row, by_id[row.row_id]) then return true end
  end
  return false
end

---@param fields table<string, {new: any, locked: boolean?}> of a process template that were changed
---@param before table<string, table> field → cell as it was
---@return string? field one of which instances may have had their own values; nil: none
return function(fields, before)
  for name, field in order.pairs(fields) do
    local cell = before[name]
    if field.locked and not is_locked(cell)
      or name == "bind_info" and type(cell) == "table" and loses_rows(cell.value, field.new)
    then
      return name
    end
  end
  return nil
end
