-- Listening addresses (`bind_info`): which wanted row is which current row, and how a row differs.
-- Pure. Template rows hold cells {value, as_default_value} under `row_id`; instance rows hold plain
-- values under `template_row_id`.

local json = require "json"
local values = require "remora.model.values"

local bind_rows = {}

bind_rows.CELLS = { "ip", "port", "protocol", "enable" }

---A list of rows from what the platform sends, which may be null.
---@param rows any
---@return table[]
function bind_rows.list(rows)
  if type(rows) ~= "table" then return {} end
  return rows
end

local function cell_value(cell)
  if type(cell) == "table" then cell = cell.value end
  return cell
end

-- A cell that is not declared does not speak against a row.
local function fits(wanted, row)
  for _, cell in ipairs(bind_rows.CELLS) do
    if wanted[cell] ~= nil and not values.equal(cell_value(wanted[cell]), cell_value(row[cell]))
    then
      return false
    end
  end
  return true
end

local function id_of(row, id_key)
  local id = row[id_key]
  if values.unset(id) or id == 0 then return nil end
  return id
end

---Whether every wanted row is already there, in its place; then `match` pairs them so.
---@param wanted table[]
---@param current table[]
---@param id_key "row_id"|"template_row_id"
---@return boolean
function bind_rows.in_place(wanted, current, id_key)
  for i, row in ipairs(wanted) do
    local id, there = id_of(row, id_key), current[i]
    if not there or id and id ~= id_of(there, id_key) or not fits(row, there) then return false end
  end
  return true
end

---Pairs wanted rows with current ones: by the id a wanted row states, else by equal content, else
---in the order of what is left on both sides.
---@param wanted table[]
---@param current table[]
---@param id_key "row_id"|"template_row_id"
---@return table<integer, integer> pairs index in wanted → index in current
function bind_rows.match(wanted, current, id_key)
  local matched, taken = {}, {}
  local function pair(accepts)
    for i, row in ipairs(wanted) do
      if not matched[i] then
        for j, candidate in ipairs(current) do
          if not taken[j] and accepts(row, candidate) then
            matched[i], taken[j] = j, true
            break
          end
        end
      end
    end
  end
  pair(function(row, candidate)
    local id = id_of(row, id_key)
    return id ~= nil and id == id_of(candidate, id_key)
  end)
  -- A row that names an id nobody has is a new row; it takes no other row's place.
  local function unnamed(row) return id_of(row, id_key) == nil end
  pair(function(row, candidate) return unnamed(row) and fits(row, candidate) end)
  pair(unnamed)
  return matched
end

---Whether every wanted row is there, wherever.
---@param wanted table[]
---@param current table[]
---@param id_key "row_id"|"template_row_id"
---@return boolean
function bind_rows.met(wanted, current, id_key)
  if bind_rows.in_place(wanted, current, id_key) then return true end
  local matched = bind_rows.match(wanted, current, id_key)
  for i, row in ipairs(wanted) do
    if not (matched[i] and fits(row, current[matched[i]])) then return false end
  end
  return true
end

local function cell_equal(a, b)
  if type(a) ~= "table" then a = {} end
  if type(b) ~= "table" then b = {} end
  return values.equal(a.value, b.value)
    and (a.as_default_value == true) == (b.as_default_value == true)
end

---Whether two lists of template rows are the same, ids and locks included.
---@param a table[]
---@param b table[]
---@return boolean
function bind_rows.same_template(a, b)
  if #a ~= #b then return false end
  for i, row in ipairs(a) do
    if not values.equal(row.row_id, b[i].row_id) then return false end
    for _, cell in ipairs(bind_rows.CELLS) do
      if not cell_equal(row[cell], b[i][cell]) then return false end
    end
  end
  return true
end

---Whether two lists of instance rows are the same, leaving aside where they came from.
---@param a table[]
---@param b table[]
---@return boolean
function bind_rows.same_instance(a, b)
  if #a ~= #b then return false end
  for i, row in ipairs(a) do
    for _, cell in ipairs(bind_rows.CELLS) do
      if not values.equal(row[cell], b[i][cell]) then return false end
    end
  end
  return true
end

---The rows to send for a template: wanted cells over the current ones, kept rows with their id.
---A new row without `enable` gets true: a null there makes every later update of an instance fail.
---@param wanted table[]
---@param current table[]
---@return table[] rows
function bind_rows.merge_template(wanted, current)
  local matched, rows = bind_rows.match(wanted, current, "row_id"), json.array {}
  for i, want in ipairs(wanted) do
    local have = matched[i] and current[matched[i]] or {}
    local row = { row_id = id_of(want, "row_id") or id_of(have, "row_id") }
    for _, cell in ipairs(bind_rows.CELLS) do
      row[cell] = want[cell] or have[cell]
    end
    row.enable = row.enable or { value = true, as_default_value = true }
    rows[i] = row
  end
  return rows
end

---An instance's rows as an update may carry them, without the keys that the platform refuses.
---@param rows table[]
---@return table[]
function bind_rows.carried(rows)
  local carried = json.array {}
  for i, row in ipairs(rows) do
    carried[i] = {
      ip = values.sent(row.ip), port = values.sent(row.port),
      protocol = values.sent(row.protocol), enable = values.sent(row.enable),
      template_row_id = id_of(row, "template_row_id"),
    }
  end
  return carried
end

return bind_rows
