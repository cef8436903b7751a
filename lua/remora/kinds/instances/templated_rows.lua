-- The bind rows of a templated process: what an update sends so that wanted rows are there. Any
-- update rebuilds them all from the template, as the platform does for update_process_instance:
-- rows that the process lacks come, those that the template has no more go, locked cells are set.
-- Pure; what cannot be is said by templated.lua.

local addresses = require "remora.model.addresses"
local bind_rows = require "remora.model.bind_rows"
local follow = require "remora.kinds.service_templates.follow"
local process = require "remora.model.process"
local values = require "remora.model.values"
local words = require "remora.reconcile.words"

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

-- Lays a wanted row over what an update makes of it, but for cells of which a lock forbids that:
-- these, and whether there is another value now.
local function lay_over(want, row, of)
  local locked, is_other = {}, false
  for _, cell in ipairs(bind_rows.CELLS) do
    if want[cell] ~= nil and not values.equal(want[cell], row[cell]) then
      if process.is_locked(of[cell]) then
        locked[#locked + 1] = cell
      else
        row[cell], is_other = want[cell], true
      end
    end
  end
  return locked, is_other
end

-- Whether one of the wanted rows that cannot be is there for now; an update would take it away.
local function stands_yet(refusals, want, current)
  for _, refused in ipairs(refusals) do
    if bind_rows.met({ want[refused.row] }, current, ID) then return true end
  end
  return false
end

---What an update sends.
---@param want table[] plain rows of a playbook
---@param current table[] of the process
---@param property table of its process template
---@param is_due boolean whether the process is updated whatever its rows are
---@return {rows: table[], waits: boolean, is_first: boolean}? sent waits: rows may be paired in
---  another way afterwards; is_first: another update has to follow; nil: the rows need not change
---@return {row: integer, cell: string?, of: integer?}[]? refusals wanted rows that cannot be; cell:
---  because this one is locked in that row of the template; nil: because it has no row for it
function templated_rows.sent(want, current, property, is_due)
  local stand = bind_rows.met(want, current, ID)
  if stand and not is_due then return nil end
  local rows = follow.rows(property, current)
  if stand and bind_rows.met(want, rows, ID) then return nil end
  local template_rows = bind_rows.list(process.template_value(property, "bind_info"))
  local matched, comes = bind_rows.match(want, rows, ID), coming(template_rows, current)
  local is_first, refusals = false, {}
  for i, row in ipairs(want) do
    local j = matched[i]
    if j then
      local locked, is_other = lay_over(row, rows[j], template_rows[j])
      for _, cell in ipairs(locked) do
        refusals[#refusals + 1] = { row = i, cell = cell, of = j }
      end
      comes[j] = comes[j] and row.ip == nil
      is_first = is_first or comes[j] and is_other
    else
      refusals[#refusals + 1] = { row = i }
    end
  end
  local is_moot = bind_rows.same_instance(rows, current)
    or not is_due and stands_yet(refusals, want, current)
  if #refusals > 0 and is_moot then return nil, refusals end
  local sent = {}
  for j, row in ipairs(rows) do
    if not comes[j] then sent[#sent + 1] = row end
  end
  return { rows = bind_rows.carried(sent), waits = #want > 1, is_first = is_first }, refusals
end

-- Whether an update gives a row another value, as far as that is known.
local function is_set(row, old)
  for _, cell in ipairs(bind_rows.CELLS) do
    local is_known = cell ~= "ip" or row.ip ~= ""
    if is_known and not values.equal(row[cell], old[cell]) then return true end
  end
  return false
end

-- What an update takes out of the rows, or sets in them, and which rows come with it, for people.
local function told(current, rows)
  local gone, come = words.row_changes { old = current, new = rows }
  local items = {}
  for _, text in ipairs(gone) do items[#items + 1] = "- " .. text end
  for _, text in ipairs(come) do items[#items + 1] = "+ " .. text end
  if #items == 0 then return {} end
  return { "its bind rows follow the template: " .. table.concat(items, ", ") }
end

---What an update does to the rows whatever it is for, as the template wants it.
---@param current table[] of the process
---@param property table of its process template
---@param is_for_them boolean whether the update is for the rows: then it says what becomes of them,
---  and undoing it asks for them as they were, and finds out what cannot be any more
---@return string[] cascades
---@return string[]? losses what undoing it does not bring back; nil: nothing
function templated_rows.follow(current, property, is_for_them)
  local rows, old = follow.rows(property, current), by_id(current)
  local comes, kept, is_lost = false, 0, false
  for _, row in ipairs(rows) do
    local its = old[row[ID]]
    kept, comes = kept + (its and 1 or 0), comes or not its
    is_lost = is_lost or its ~= nil and is_set(row, its)
  end
  local losses = {}
  if comes then losses[1] = "bind rows of the template that were missing stay" end
  if not is_for_them and (is_lost or kept < #current) then
    losses[#losses + 1] = "what it had in bind_info, unlike its template, is lost"
  end
  return is_for_them and {} or told(current, rows), #losses > 0 and losses or nil
end

return templated_rows
