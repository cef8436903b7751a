-- What is an instance's own: of a process with a template, what the template leaves free and would
-- set differently; of a free process, all of it. Pure.
--
-- A trait is one such thing: {process, fields, rank}. Instances with equal traits share a rule.

local bind_rows = require "remora.model.bind_rows"
local express = require "remora.pull.express"
local follow = require "remora.kinds.service_templates.follow"
local json = require "json"
local process = require "remora.model.process"
local values = require "remora.model.values"

local differences = {}

local SPELLED = { port = express.port, protocol = express.protocol }

---@class remora.pull.Profile what a service template leaves to its instances
---@field fields string[] what has to be read of a process; empty: nothing is free
---@field of table<integer, {name: string, free: table<string, any>, rows: table[]?}> by process
---  template; rows: bind rows with a free cell

local function is_free(cell)
  return not (type(cell) == "table" and cell.as_default_value == true)
end

local function free_rows(property)
  local rows = {}
  for _, row in ipairs(bind_rows.list(process.template_value(property, "bind_info"))) do
    for _, cell in ipairs(bind_rows.CELLS) do
      if is_free(row[cell]) then
        rows[#rows + 1] = row
        break
      end
    end
  end
  return #rows > 0 and rows or nil
end

---@param template remora.observe.Template with processes
---@param said table<string, table> the processes of its entry in the playbook
---@return remora.pull.Profile
function differences.profile(template, said)
  local profile, needed = { fields = {}, of = {} }, {}
  for _, its in ipairs(template.processes) do
    local free, entry = {}, said[its.name]
    for _, name in ipairs(entry and process.FIELDS or {}) do
      if name ~= "bind_info" and not process.locked(its.property, name) then
        free[name] = json.null
        if entry[name] ~= nil then
          free[name] = values.sent(process.template_value(its.property, name))
        end
        needed[name] = true
      end
    end
    -- Rows that the playbook's template does not have cannot be varied by its instances.
    local rows = entry and entry.bind_info and free_rows(its.property)
    if rows then needed.bind_info = true end
    if entry then profile.of[its.id] = { name = its.name, free = free, rows = rows } end
  end
  for _, name in ipairs(process.FIELDS) do
    if needed[name] then profile.fields[#profile.fields + 1] = name end
  end
  return profile
end

local function spelled(name, value)
  if SPELLED[name] then return SPELLED[name](value) end
  return value
end

-- The cells in which a process's rows are not what its template gives a new one on that host.
local function own_rows(template_rows, rows, host)
  local by_id, own = {}, json.array {}
  for _, row in ipairs(bind_rows.list(rows)) do by_id[row.template_row_id or 0] = row end
  for _, row in ipairs(template_rows) do
    local mine, changed = by_id[row.row_id], nil
    for _, cell in ipairs(bind_rows.CELLS) do
      if mine and is_free(row[cell])
        and not values.equal(mine[cell], follow.cell(row, cell, host)) then
        changed = changed or { template_row_id = row.row_id }
        changed[cell] = spelled(cell, values.sent(mine[cell]))
      end
    end
    own[#own + 1] = changed
  end
  return own
end

-- Rows of a free process; an address that is not set need not be said.
local function whole_rows(rows)
  local made = json.array {}
  for i, row in ipairs(rows) do
    local copy = {}
    for _, cell in ipairs(bind_rows.CELLS) do copy[cell] = spelled(cell, row[cell]) end
    if values.unset(copy.ip) then copy.ip = nil end
    if copy.enable == true then copy.enable = nil end
    made[i] = copy
  end
  return made
end

-- A free process as a new one has to be described; what a create fills in by itself is left out.
local function whole(each)
  local fields = {}
  for _, name in ipairs(process.FIELDS) do
    local value = values.sent(each.values[name])
    if name == "bind_info" then
      local rows = bind_rows.list(value)
      if #rows > 0 then fields.bind_info = whole_rows(rows) end
    elseif name ~= "bk_process_name" and value ~= process.absent_value(name) then
      fields[name] = value
    end
  end
  return fields
end

local RANK = {}
for i, name in ipairs(process.FIELDS) do RANK[name] = i end

local function add_own(traits, profile, each, host)
  local its = profile.of[each.template_id]
  if not its then return end
  for name, value in pairs(its.free) do
    local now = each.values[name]
    if not values.equal(now, value) then
      traits[#traits + 1] =
        { process = its.name, fields = { [name] = values.sent(now) }, rank = RANK[name] }
    end
  end
  local rows = its.rows and own_rows(its.rows, each.values.bind_info, host) or {}
  if #rows > 0 then
    traits[#traits + 1] =
      { process = its.name, fields = { bind_info = rows }, rank = RANK.bind_info }
  end
end

---What a service instance has of its own.
---@param instance remora.observe.Instance
---@param profile remora.pull.Profile? of its module's template; nil: the module has none
---@param host table? for addresses
---@return {process: string, fields: table, rank: integer}[] traits
function differences.of(instance, profile, host)
  local traits = {}
  for _, each in ipairs(instance.processes) do
    if profile then
      add_own(traits, profile, each, host)
    else
      traits[#traits + 1] = { process = each.name, fields = whole(each), rank = 0 }
    end
  end
  return traits
end

return differences
