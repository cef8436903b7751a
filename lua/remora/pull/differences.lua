-- What is an instance's own: of a process with a template, what the template leaves free and would
-- set differently; of a free process, all of it. Pure.
--
-- A trait is one such thing. Instances with equal traits share a rule.

local addresses = require "remora.model.addresses"
local bind_rows = require "remora.model.bind_rows"
local express = require "remora.pull.express"
local follow = require "remora.kinds.service_templates.follow"
local json = require "json"
local order = require "remora.core.order"
local process = require "remora.model.process"
local values = require "remora.model.values"

local differences = {}

---@class remora.pull.Trait
---@field process string
---@field fields table<string, any>

local SPELLED = { port = express.port, protocol = express.protocol }

---@class remora.pull.Profile what a service template leaves to its instances
---@field fields string[] what has to be read of a process; empty: nothing is free
---@field names string[] of the processes that have something free
---@field of table<integer, remora.pull.Free> by process template
---@field by_host boolean what some of them give depends on the host
---@field by_outer boolean on an outer address of it

---@class remora.pull.Free what a process template leaves to its processes
---@field name string
---@field names string[] of its free fields but for the bind rows
---@field free table<string, any> the value that a new process gets, by field
---@field rows table[]? bind rows with a free cell
---@field by_host string|boolean such a cell gets an address of the host: this kind, or several

local function is_free(cell)
  return not process.is_locked(cell)
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

-- Which address of its host a new process gets in free cells: a kind such as "3", true for several
-- kinds, false for none.
local function own_address(rows)
  local kind = false
  for _, row in ipairs(rows) do
    local id = is_free(row.ip) and row.ip and row.ip.value
    if addresses.is_of_host(id) then
      kind = (not kind or kind == id) and id or true
    end
  end
  return kind
end

local function needs_outer(rows)
  for _, row in ipairs(rows) do
    if is_free(row.ip) and row.ip and addresses.OUTER[row.ip.value] then return true end
  end
  return false
end

---@param template remora.observe.Template with processes
---@param said table<string, table> the processes of its entry in the playbook
---@return remora.pull.Profile
function differences.profile(template, said)
  local needed = {}
  local profile = { fields = {}, names = {}, of = {}, by_host = false, by_outer = false }
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
    if entry then
      local by_host = own_address(rows or {})
      profile.of[its.id] = { name = its.name, names = order.keys(free), free = free, rows = rows,
        by_host = by_host }
      profile.by_host = profile.by_host or by_host ~= false
      profile.by_outer = profile.by_outer or needs_outer(rows or {})
    end
    if next(free) or rows then profile.names[#profile.names + 1] = its.name end
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
local function whole(now)
  local fields = {}
  for _, name in ipairs(process.FIELDS) do
    local value = values.sent(now[name])
    if name == "bind_info" then
      local rows = bind_rows.list(value)
      if #rows > 0 then fields.bind_info = whole_rows(rows) end
    elseif name ~= "bk_process_name" and value ~= process.absent_value(name) then
      fields[name] = value
    end
  end
  return fields
end

---What a process with a template has of its own.
---@param its remora.pull.Free
---@param now table<string, any> its values
---@param host table? for addresses; not needed unless they depend on it
---@return remora.pull.Trait[]
function differences.of_templated(its, now, host)
  local traits = {}
  for name, value in pairs(its.free) do
    if not values.equal(now[name], value) then
      traits[#traits + 1] = { process = its.name, fields = { [name] = values.sent(now[name]) } }
    end
  end
  local rows = its.rows and own_rows(its.rows, now.bind_info, host) or {}
  if #rows > 0 then
    traits[#traits + 1] = { process = its.name, fields = { bind_info = rows } }
  end
  return traits
end

---What a free process has of its own: all of it.
---@param now table<string, any> its values
---@return remora.pull.Trait[]
function differences.of_free(now)
  return { { process = now.bk_process_name, fields = whole(now) } }
end

---The values of a process as a text that is equal only for processes that have the same of their
---own: without the address of the host where the template gives that.
---@param its remora.pull.Free? nil: a free process
---@param text string JSON
---@param host table
---@return string
function differences.look_on(its, text, host)
  local kind = its and its.by_host
  if not kind then return text end
  local address = addresses.of_kind(host, kind)
  local quoted = address and json.encode(address)
  if not address or text:find("\\u", 1, true) then return text .. " " .. host.id end
  local plain = text:gsub('"ip":' .. quoted:gsub("%W", "%%%0"), '"ip":its')
  return plain:find(quoted, 1, true) and text .. " " .. host.id or plain
end

-- All cells of rows, as the sieve compares them.
local function cells_of(rows)
  if values.unset(rows) then return json.null end
  local made = json.array {}
  for i, row in ipairs(rows) do
    made[i] = { template_row_id = values.sent(row.template_row_id) }
    for _, cell in ipairs(bind_rows.CELLS) do made[i][cell] = values.sent(row[cell]) end
  end
  return made
end

---What a row of list_process_related_info holds whose process has of its own what this one has.
---@param its remora.pull.Free not by host
---@param now table<string, any>
---@return table pattern of the module sieve
function differences.pattern(its, now)
  local members = {}
  for name in pairs(its.free) do members[name] = values.sent(now[name]) end
  if its.rows then members.bind_info = cells_of(now.bind_info) end
  return { process = members }
end

return differences
