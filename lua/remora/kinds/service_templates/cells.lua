-- The cells of a process template's property, {value, as_default_value}: what to write, and how to
-- say so to people. Pure. Value and lock always travel together, because a missing half would be
-- cleared; bind rows travel whole, kept ones with their id (semantics of update_proc_template).

local bind_rows = require "remora.model.bind_rows"
local process = require "remora.model.process"
local values = require "remora.model.values"

local cells = {}

local is_locked = process.is_locked

local function value_of(cell)
  if type(cell) ~= "table" then return nil end
  return cell.value
end

local function rows_to_write(want, cell)
  local current = bind_rows.list(value_of(cell))
  local rows = bind_rows.merge_template(bind_rows.list(want.value), current)
  if bind_rows.same_template(rows, current) and is_locked(want) == is_locked(cell) then
    return nil
  end
  return { value = rows, as_default_value = is_locked(want) }
end

-- What to write into a field, nil when it already says so.
local function to_write(field, want, cell)
  if field == "bind_info" then return rows_to_write(want, cell) end
  if values.equal(want.value, value_of(cell)) and is_locked(want) == is_locked(cell) then
    return nil
  end
  return { value = values.sent(want.value), as_default_value = is_locked(want) }
end

---A field of a change, for people.
---@param field string
---@param new table the cell that will be written
---@param cell any the cell as it is
---@return table
function cells.described(field, new, cell)
  local note
  if is_locked(cell) and not is_locked(new) then
    note = "was locked"
  elseif is_locked(new) and not is_locked(cell) and not values.unset(value_of(cell)) then
    note = "was free"
  end
  return { name = field, old = value_of(cell), new = new.value, locked = is_locked(new),
    note = note }
end

---What an update of a process template has to write.
---@param want table<string, table> field → wanted cell; `ignore`: set of fields to leave alone
---@param property table<string, table> field → current cell
---@return table<string, table> written empty when everything is as wanted
---@return table[] fields for people, in the order of the process model
function cells.update(want, property)
  local written, fields, ignored = {}, {}, want.ignore or {}
  for _, field in ipairs(process.FIELDS) do
    -- The executable can never change; whoever plans says so.
    if want[field] and not ignored[field] and field ~= "bk_func_name" then
      local new = to_write(field, want[field], property[field])
      if new then
        written[field] = new
        fields[#fields + 1] = cells.described(field, new, property[field])
      end
    end
  end
  return written, fields
end

---The property of a new process template.
---@param name string
---@param want table<string, table>
---@return table<string, table> spec
---@return table[] fields for people
function cells.create(name, want)
  local spec, fields = { bk_process_name = { value = name, as_default_value = true } }, {}
  for _, field in ipairs(process.FIELDS) do
    local cell = want[field]
    if cell then
      spec[field] = to_write(field, cell, nil)
        or { value = values.sent(cell.value), as_default_value = is_locked(cell) }
      fields[#fields + 1] =
        { name = field, new = spec[field].value, locked = spec[field].as_default_value }
    end
  end
  return spec, fields
end

return cells
