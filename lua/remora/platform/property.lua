-- The property of a process template: its typed form, what it may hold, how an update merges into
-- it, what it makes of a new process and what it leaves to an existing one. Pure.

local json = require "json"
local attributes = require "remora.platform.attributes"
local bind = require "remora.platform.bind"
local messages = require "remora.platform.messages"
local slot = require "remora.platform.slot"

local properties = {}

local function decode_slot(attribute, raw)
  return slot.decode(raw, function(value)
    if attribute.type == "rows" then return bind.decode_template_rows(value) end
    if attributes.fits(attribute, value) then return value end
  end)
end

---Decodes the slots a request sends, leaving out those it does not; unknown keys are dropped.
---@param raw table
---@return table<string, remora.platform.Slot>|nil slots by attribute; nil when something has the
---  wrong JSON type (1199000)
function properties.decode(raw)
  local slots = {}
  for _, attribute in ipairs(attributes.list) do
    local name = attribute.name
    if raw[name] ~= nil then
      slots[name] = decode_slot(attribute, raw[name])
      if not slots[name] then return nil end
    end
  end
  return slots
end

---A whole property: every key is present, unset ones null. Names are always locked.
---@param slots table decoded
---@return table property
function properties.complete(slots)
  local property = {}
  for _, attribute in ipairs(attributes.list) do
    property[attribute.name] = slots[attribute.name] or slot.empty()
  end
  property.bk_process_name.as_default_value = true
  property.bk_func_name.as_default_value = true
  return property
end

---The property after an update: keys that are sent are replaced with both halves, the others stay.
---The executable never changes.
---@param stored table
---@param slots table decoded
---@return table property
function properties.merge(stored, slots)
  local merged = {}
  for _, attribute in ipairs(attributes.list) do
    merged[attribute.name] = slots[attribute.name] or stored[attribute.name]
  end
  merged.bk_func_name = stored.bk_func_name
  merged.bk_process_name = { value = merged.bk_process_name.value, as_default_value = true }
  return merged
end

-- Ranges of a template; the start check is wider than what an instance then accepts.
local ranges = {
  { "bk_start_check_secs", 1, 10000 }, { "timeout", 1, 10000 },
  { "proc_num", 1, 10000 }, { "priority", -100, 10000 },
}

---Checks a property and numbers its new bind rows.
---@param property table complete
---@return remora.platform.Refusal|nil refusal 1199006 with the field
function properties.check(property)
  local refusal = bind.check_column(property.bind_info)
  if refusal then return refusal end
  for _, name in ipairs { "bk_process_name", "bk_func_name" } do
    local value = property[name].value
    if value == json.null or value == "" then return messages.refuse(1199006, name) end
  end
  for _, range in ipairs(ranges) do
    local value = property[range[1]].value
    if value ~= json.null and (value < range[2] or value > range[3]) then
      return messages.refuse(1199006, range[1])
    end
  end
end

---Refuses texts with blanks at either end, as creation in batches does.
---@param slots table decoded
---@return remora.platform.Refusal|nil refusal 1199998
function properties.check_blanks(slots)
  for _, attribute in ipairs(attributes.scalars) do
    local value = slots[attribute.name] and slots[attribute.name].value
    if type(value) == "string" and (value:find("^%s") or value:find("%s$")) then
      return messages.refuse_text(1199998,
        ("field %s contains space: %s"):format(attribute.name, value))
    end
  end
end

---The attributes of a new process on a host: all values of the template, locked or not.
---@param property table
---@param host table
---@return table|nil attributes
---@return remora.platform.Refusal|nil refusal 1199006 with the text of 1107014 or 1107015
function properties.instantiate(property, host)
  local rows, inner = bind.instantiate(property, host)
  if not rows then return nil, messages.refuse_as(1199006, inner) end
  local made = { bind_info = rows }
  for _, attribute in ipairs(attributes.scalars) do
    made[attribute.name] = property[attribute.name].value
  end
  return made
end

---What an update of a templated process writes: unlocked attributes that are sent, and the bind
---rows, always.
---@param property table
---@param sent table decoded process of the request
---@param host table
---@return table|nil changes
---@return remora.platform.Refusal|nil refusal
function properties.patch(property, sent, host)
  local own_rows = sent.bind_info
  if own_rows == nil or own_rows == json.null then own_rows = {} end
  local rows, inner = bind.rebuild(property, own_rows, host)
  if not rows then return nil, messages.refuse_as(1199006, inner) end
  local changes = { bind_info = rows }
  for _, attribute in ipairs(attributes.scalars) do
    if not slot.is_locked(property[attribute.name]) then
      changes[attribute.name] = sent[attribute.name]
    end
  end
  return changes
end

---What a sync writes over a process, nil when nothing.
---@param property table
---@param process table stored process
---@param host table
---@return table|nil changes
---@return remora.platform.Refusal|nil refusal
function properties.synchronise(property, process, host)
  local changes = {}
  for _, attribute in ipairs(attributes.scalars) do
    local wanted = property[attribute.name].value
    if slot.is_locked(property[attribute.name]) and wanted ~= process[attribute.name] then
      changes[attribute.name] = wanted
    end
  end
  local rows, changed = bind.synchronise(property, process.bind_info, host)
  if not rows then return nil, messages.refuse_as(1199006, changed) end
  if changed then changes.bind_info = rows end
  return next(changes) and changes or nil
end

---Whether a process differs from its template where the template has a say.
---@param property table
---@param process table stored process
---@param host table
---@return boolean
function properties.differs(property, process, host)
  for _, attribute in ipairs(attributes.scalars) do
    local name = attribute.name
    if slot.is_locked(property[name]) and property[name].value ~= process[name] then
      return true
    end
  end
  return slot.is_locked(property.bind_info)
    and bind.differs(property, process.bind_info, host)
end

return properties
