-- The process model of the platform: its fields in the order people expect, its locks and its
-- unique keys (semantics of proc_server 3.14: process attributes, process template property).
-- Pure; reads and plans nothing.

local json = require "json"
local values = require "remora.model.values"

local process = {}

-- Every field that the full replace of a free process writes; what is not sent becomes null.
process.FIELDS = {
  "bk_process_name", "bk_func_name", "bk_start_param_regex", "description", "user", "work_path",
  "pid_file", "start_cmd", "stop_cmd", "restart_cmd", "reload_cmd", "face_stop_cmd", "priority",
  "proc_num", "timeout", "bk_start_check_secs", "auto_start", "bind_info",
}

---What else is to be known of a process that goes. Agents do not ask whether there is one, and who
---looks for it afterwards does not find it. An undo takes back what its run had given to agents.
process.STAYS_HOSTED = "agents keep what they host of it until that is taken back: remora op "
  .. "unregister finds it only before"

---The same where fewer copies of one are to run: each is hosted under a name with its number.
process.COPIES_STAY_HOSTED = "agents keep what they host of copies that are no more until that is "
  .. "taken back: remora op unregister finds them only before"

-- Nobody says how many: it is one.
local function copies(proc_num) return math.type(proc_num) == "integer" and proc_num or 1 end

---Whether another proc_num means fewer copies.
---@param old any
---@param new any
---@return boolean
function process.fewer_copies(old, new) return copies(new) < copies(old) end

---What changed fields of a process leave to its agent, for who changes them.
---@param fields table[] of a change
---@return string[]
function process.left_hosted(fields)
  for _, field in ipairs(fields) do
    if field.name == "proc_num" and process.fewer_copies(field.old, field.new) then
      return { process.COPIES_STAY_HOSTED }
    end
  end
  return {}
end

-- The platform locks these whatever a template says.
local ALWAYS_LOCKED = { bk_process_name = true, bk_func_name = true }

-- A raw create fills an absent text with "" (other types become null, a flag false).
local TEXTS = {}
for _, name in ipairs(process.FIELDS) do TEXTS[name] = true end
for _, name in ipairs { "priority", "proc_num", "timeout", "bk_start_check_secs", "auto_start",
  "bind_info" } do
  TEXTS[name] = nil
end

---Whether a cell of a template, {value, as_default_value}, belongs to the template.
---Only `true` locks: false, null and absent all leave it to the instances.
---@param cell any
---@return boolean
function process.is_locked(cell)
  return type(cell) == "table" and cell.as_default_value == true
end

---Whether a field of a template's property belongs to the template.
---@param property table the process template's property
---@param field string
---@return boolean
function process.locked(property, field)
  if ALWAYS_LOCKED[field] then return true end
  return process.is_locked(property[field])
end

---The value that a template's property gives a field; nil when unset.
---@param property table
---@param field string
---@return any
function process.template_value(property, field)
  local cell = property[field]
  if type(cell) ~= "table" or values.unset(cell.value) then return nil end
  return cell.value
end

---What a raw create stores for a field that is not sent.
---@param field string
---@return any
function process.absent_value(field)
  if TEXTS[field] then return "" end
  if field == "auto_start" then return false end
  return json.null
end

---The keys that must be unique among the processes of one service instance, or among the
---templates of one service template: the name, and the executable with its start regex.
---@param name string
---@param func any the executable; without text there is no second key
---@param regex any the start regex; null escapes the platform's check
---@return table<string, string> keys key → what it is called in messages
function process.unique_keys(name, func, regex)
  local keys = { ["name\0" .. name] = ("the name %s"):format(name) }
  if type(func) == "string" and type(regex) == "string" then
    keys["run\0" .. func .. "\0" .. regex] = regex == "" and ("the executable %s"):format(func)
      or ("the executable %s with the start regex %s"):format(func, regex)
  end
  return keys
end

return process
