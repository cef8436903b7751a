-- Values of a plan as people read them: unset ones, lists, addresses with ports.
-- Pure; knows how things look, never what they mean for the plan.

local actions = require "remora.reconcile.actions"
local bind_rows = require "remora.model.bind_rows"
local json = require "json"
local phrase = require "remora.core.phrase"
local process_fields = require "remora.playbook.fields"
local values = require "remora.model.values"

local words = {}

local MOST_ITEMS = 6 -- of a list on one line
local MOST_LABELS = 3 -- named of objects that are alike
local MOST_FILES = 10

local SIGNS = { create = "+", update = "~", delete = "-" }

---What an action comes to; also the name of its colour.
---@param action string of a change
---@return "create"|"update"|"delete"
function words.comes_to(action) return actions[action].comes_to end

---The sign before a change.
---@param action string
---@return string
function words.sign(action) return SIGNS[words.comes_to(action)] end

---What a change is about, behind its sign.
---@param change remora.reconcile.Change
---@return string "process prod-1/web/10.0.0.1/nginx", "sync of web"
function words.subject(change)
  local form = actions[change.action].doing and change.action .. " of %s" or change.type .. " %s"
  return form:format(table.concat(change.label, "/"))
end

---The files of a playbook, on one line: some include hundreds.
---@param paths string[]
---@return string
function words.files(paths) return phrase.named(paths, MOST_FILES) end

---The line below the first of several objects that are alike.
---@param alike {label: string[]}[] all of them, at least two
---@return string
function words.more_alike(alike)
  local named = {}
  for i = 2, math.min(#alike, MOST_LABELS + 1) do
    named[i - 1] = table.concat(alike[i].label, "/")
  end
  if #alike > MOST_LABELS + 1 then named[#named + 1] = "…" end
  return ("    and %d more alike: %s"):format(#alike - 1, table.concat(named, ", "))
end

local function plain(cell)
  if type(cell) == "table" then return cell.value end
  return cell
end

local function is_row(value)
  return type(value) == "table" and (value.port ~= nil or value.protocol ~= nil)
end

-- 10.0.0.1:80 TCP, with what is unusual behind it.
local function row_text(row)
  local ip, port = plain(row.ip), plain(row.port)
  if type(row.ip) == "table" then
    ip = process_fields.readable(process_fields.template_ips, ip)
  end
  if values.unset(ip) or ip == "" then ip = "*" end
  if ip:find(":", 1, true) then ip = "[" .. ip .. "]" end
  local protocol = plain(row.protocol)
  local text = ("%s:%s %s"):format(ip, values.unset(port) and "?" or port,
    values.unset(protocol) and "?" or process_fields.readable(process_fields.protocols, protocol))
  if plain(row.enable) == false then text = text .. " off" end
  local free = {}
  for _, cell in ipairs(bind_rows.CELLS) do
    if type(row[cell]) == "table" and row[cell].as_default_value ~= true then
      free[#free + 1] = cell
    end
  end
  if #free > 0 then text = text .. " (free: " .. table.concat(free, ", ") .. ")" end
  return text
end

local function text_of(value)
  if value == "" or value:find("^%s") or value:find("%s$") or value:find("[%c\"]") then
    return json.encode(value)
  end
  return value
end

local function list_text(list)
  if #list == 0 then return "(none)" end
  local items = {}
  for i = 1, math.min(#list, MOST_ITEMS) do items[i] = words.value(list[i]) end
  return phrase.named(items, MOST_ITEMS, #list)
end

---A value on one line.
---@param value any
---@return string
function words.value(value)
  if values.unset(value) then return "(unset)" end
  if type(value) == "string" then return text_of(value) end
  if type(value) ~= "table" then return tostring(value) end
  if is_row(value) then return row_text(value) end
  if json.is_array(value) or #value > 0 then return list_text(value) end
  return json.encode(value)
end

local function texts(rows)
  local list = {}
  for i, row in ipairs(bind_rows.list(rows)) do list[i] = row_text(row) end
  return list
end

local function has_rows(value)
  return type(value) == "table" and is_row(value[1])
end

---Whether a field is compared row by row.
---@param field {old: any, new: any}
---@return boolean
function words.in_rows(field)
  return has_rows(field.old) or has_rows(field.new)
end

---Whether a field of a change has no values: it only says something of the object.
---@param field {old: any, new: any, note: string?, locked: boolean?}
---@return boolean
function words.is_remark(field)
  return field.note ~= nil and field.old == nil and field.new == nil and field.locked == nil
end

---A field as it was and as it will be. Of what is made, and of what is only done, there is only the
---new value; where both look the same, as when only a lock changes, one is enough. A remark stands
---for itself.
---@param change {action: string}
---@param field {old: any, new: any}
---@return string? old
---@return string new
function words.old_and_new(change, field)
  if words.is_remark(field) then return nil, field.note end
  local old, new = words.value(field.old), words.value(field.new)
  local action = actions[change.action]
  if action.comes_to == "create" or action.doing or old == new then return nil, new end
  return old, new
end

---The same on one line.
---@param change {action: string}
---@param field {old: any, new: any}
---@return string
function words.change(change, field)
  local old, new = words.old_and_new(change, field)
  return old and old .. " → " .. new or new
end

---The rows that go and the rows that come; rows on both sides are left out.
---@param field {old: any, new: any}
---@return string[] gone
---@return string[] come
function words.row_changes(field)
  local old, new = texts(field.old), texts(field.new)
  local kept = {}
  for _, text in ipairs(old) do kept[text] = (kept[text] or 0) + 1 end
  local come, gone = {}, {}
  for _, text in ipairs(new) do
    if (kept[text] or 0) > 0 then
      kept[text] = kept[text] - 1
    else
      come[#come + 1] = text
    end
  end
  for _, text in ipairs(old) do
    if kept[text] > 0 then
      kept[text] = kept[text] - 1
      gone[#gone + 1] = text
    end
  end
  return gone, come
end

return words
