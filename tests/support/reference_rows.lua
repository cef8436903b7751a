-- Listening addresses, worked out the slow and plain way: which row is which, and what an instance
-- gets from its template. Part of tests.support.reference; owns no expectation.

local json = require "json"
local picture = require "tests.support.picture"

local rows = {}

---A value of a playbook or of the platform, null being unset.
---@param value any
---@return any
function rows.plain(value)
  if value == json.null then return nil end
  return value
end

local function value_of(cell)
  if type(cell) == "table" then cell = cell.value end
  return rows.plain(cell)
end

local function agrees(wanted, row)
  for _, cell in ipairs(picture.CELLS) do
    if wanted[cell] ~= nil and value_of(wanted[cell]) ~= value_of(row[cell]) then return false end
  end
  return true
end

---Finds for each wanted row the one it means: the one with its id, else one that says the same,
---else the next that is left.
---@param wanted table[] of the playbook
---@param current table[] of a picture
---@param id "row_id"|"template_row_id"
---@return table<table, table> current row by wanted row
function rows.meant(wanted, current, id)
  local meant, taken = {}, {}
  local function find(fits)
    for _, want in ipairs(wanted) do
      for _, row in ipairs(current) do
        if not meant[want] and not taken[row] and fits(want, row) then
          meant[want], taken[row] = row, true
        end
      end
    end
  end
  find(function(want, row) return want[id] ~= nil and want[id] == row[id] end)
  find(function(want, row) return want[id] == nil and agrees(want, row) end)
  find(function(want) return want[id] == nil end)
  return meant
end

---Whether every wanted row is there and says what is wanted.
---@param wanted table[] of the playbook
---@param current table[] of a picture
---@return boolean
function rows.are_there(wanted, current)
  local meant = rows.meant(wanted, current, "template_row_id")
  for _, want in ipairs(wanted) do
    if not meant[want] or not agrees(want, meant[want]) then return false end
  end
  return true
end

local FIXED = { ["1"] = "127.0.0.1", ["2"] = "0.0.0.0", ["5"] = "::1", ["6"] = "::" }

---Whether a kind of address is one of a host.
---@param kind string?
---@return boolean
function rows.is_of_host(kind) return kind ~= nil and kind ~= "" and not FIXED[kind] end

---What a template's row puts into a cell of an instance on a host.
---@param row table of a picture's template process
---@param cell string
---@param host table<string, string?>
---@return any
function rows.from_template(row, cell, host)
  local value = row[cell].value
  if cell == "ip" then return FIXED[value] or host[value] or "" end
  if cell == "enable" then return value == true end
  return value
end

---The rows of an instance after the platform has rebuilt them from its template.
---@param template tests.TemplateProcess
---@param current table[] its rows so far
---@param host table<string, string?>
---@return table[]
function rows.rebuilt(template, current, host)
  local made = {}
  for i, row in ipairs(template.rows) do
    local old
    for _, each in ipairs(current) do
      if each.template_row_id == row.row_id then old = each end
    end
    made[i] = { template_row_id = row.row_id }
    for _, cell in ipairs(picture.CELLS) do
      if old and not row[cell].locked then
        made[i][cell] = old[cell]
      else
        made[i][cell] = rows.from_template(row, cell, host)
      end
    end
  end
  return made
end

---The current rows with what a playbook says of them laid over.
---@param wanted table[] of the playbook
---@param current table[]
---@return table[] made in the order of the playbook
---@return table<table, table> made row by current row
function rows.laid_over(wanted, current)
  local made, of = {}, {}
  local meant = rows.meant(wanted, current, "template_row_id")
  for i, want in ipairs(wanted) do
    local old = meant[want] or {}
    made[i] = {}
    for _, cell in ipairs(picture.CELLS) do
      if want[cell] == nil then made[i][cell] = old[cell] else
        made[i][cell] = rows.plain(want[cell])
      end
    end
    of[old] = made[i]
  end
  return made, of
end

return rows
