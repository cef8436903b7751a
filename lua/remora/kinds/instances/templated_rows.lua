-- The bind rows of a templated process: what an update sends so that wanted rows are there. Any
-- update rebuilds them all from the template, as the platform does for update_process_instance:
-- rows that the process lacks come, those that the template has no more go, locked cells are set.
-- Pure; what cannot be is said by templated.lua.

local addresses = require "remora.model.addresses"
local bind_rows = require "remora.model.bind_rows"
local follow = require "remora.kinds.service_templates.follow"
local process = require "remora.model.process"
local values = require "remora.model.values"

local templated_rows = {}

local ID = "template_row_id"

local function by_id(rows)
  local found = {}
  for _, row in ipairs(rows) do found[row[ID] or 0] = row end
  return found
end

-- Which rows of the template have to come before their free cells can be set, with an address of
-- the host among these: the process lacks them, and what is sent leaves nothing out of a row.
local function coming(template_rows, current)
  local present, comes = by_id(current), {}
  for j, row in ipairs(template_rows) do
    local ip = not process.is_locked(row.ip) and type(row.ip) == "table" and row.ip.value
    comes[j] = addresses.is_of_host(ip) and not present[row.row_id]
  end
  return comes
end

-- Lays a wanted row over what an update makes of it: the cell of which a lock forbids that, and
-- whether there is another value now.
local function lay_over(want, row, of)
  local is_other = false
  for _, cell in ipairs(bind_rows.CELLS) do
    if want[cell] ~= nil and not values.equal(want[cell], row[cell]) then
      if process.is_locked(of[cell]) then return cell end
      row[cell], is_other = want[cell], true
    end
  end
  return nil, is_other
end

---What an update sends.
---@param want table[] plain rows of a playbook
---@param current table[] of the process
---@param property table of its process template
---@param is_due boolean whether the process is updated whatever its rows are
---@return {rows: table[], waits: boolean, is_first: boolean}? sent waits: rows may be paired in
---  another way afterwards; is_first: another update has to follow; nil: the rows need not change
---@return {row: integer, cell: string?}? refused the wanted row that cannot be; cell: because this
---  one is locked; nil: because the template has no row for it
function templated_rows.sent(want, current, property, is_due)
  local stand = bind_rows.met(want, current, ID)
  if stand and not is_due then return nil end
  local rows = follow.rows(property, current)
  if stand and bind_rows.met(want, rows, ID) then return nil end
  local template_rows = bind_rows.list(process.template_value(property, "bind_info"))
  local matched, comes = bind_rows.match(want, rows, ID), coming(template_rows, current)
  local is_first = false
  for i, row in ipairs(want) do
    local j = matched[i]
    if not j then return nil, { row = i } end
    local cell, is_other = lay_over(row, rows[j], template_rows[j])
    if cell then return nil, { row = i, cell = ("bind_info[%d].%s"):format(j, cell) } end
    comes[j] = comes[j] and row.ip == nil
    is_first = is_first or comes[j] and is_other
  end
  local sent = {}
  for j, row in ipairs(rows) do
    if not comes[j] then sent[#sent + 1] = row end
  end
  return { rows = bind_rows.carried(sent), waits = #want > 1, is_first = is_first }
end

-- Whether an update gives a row another value, as far as that is known.
local function is_set(row, old)
  for _, cell in ipairs(bind_rows.CELLS) do
    local is_known = cell ~= "ip" or row.ip ~= ""
    if is_known and not values.equal(row[cell], old[cell]) then return true end
  end
  return false
end

---What undoing an update does not bring back, whatever the update is for: rows that come with it,
---and what it sets or leaves out because the template says so.
---@param current table[] of the process
---@param property table of its process template
---@return string[]? losses nil: none
function templated_rows.losses(current, property)
  local old, comes, kept, is_lost = by_id(current), false, 0, false
  for _, row in ipairs(follow.rows(property, current)) do
    local its = old[row[ID]]
    kept, comes = kept + (its and 1 or 0), comes or not its
    is_lost = is_lost or its ~= nil and is_set(row, its)
  end
  local losses = {}
  if comes then losses[1] = "bind rows of the template that were missing stay" end
  if is_lost or kept < #current then
    losses[#losses + 1] = "what it had in bind_info, unlike its template, is lost"
  end
  return #losses > 0 and losses or nil
end

return templated_rows
