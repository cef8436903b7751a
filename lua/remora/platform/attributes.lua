-- The process model as data, and the two ways the platform reads process attributes: as a typed
-- structure (updates, templates) and as a free map checked attribute by attribute (creation).
-- Limits and names follow the model after all of the platform's upgrades.

local json = require "json"
local any_case = require "remora.platform.any_case"
local messages = require "remora.platform.messages"
local bind = require "remora.platform.bind"

local attributes = {}

---@class remora.platform.Attribute
---@field name string
---@field id integer attribute id in the model
---@field title string display name, which refusals use
---@field type "text"|"number"|"flag"|"rows"
---@field max integer|nil most bytes of a text, or greatest number
---@field min integer|nil least number
---@field required boolean|nil
attributes.list = {
  { name = "bk_process_name", id = 54, title = "进程别名", type = "text", max = 256,
    required = true },
  { name = "description", id = 55, title = "进程描述", type = "text", max = 256 },
  { name = "bk_func_name", id = 60, title = "进程名称", type = "text", max = 256, required = true },
  { name = "work_path", id = 61, title = "工作路径", type = "text", max = 2000 },
  { name = "user", id = 62, title = "启动用户", type = "text", max = 256 },
  { name = "proc_num", id = 63, title = "启动数量", type = "number", min = 1, max = 10000 },
  { name = "priority", id = 64, title = "启动优先级", type = "number", min = -100, max = 10000 },
  { name = "timeout", id = 65, title = "操作超时时长", type = "number", min = 0, max = 10000 },
  { name = "start_cmd", id = 66, title = "启动命令", type = "text", max = 2000 },
  { name = "stop_cmd", id = 67, title = "停止命令", type = "text", max = 2000 },
  { name = "restart_cmd", id = 68, title = "重启命令", type = "text", max = 2000 },
  { name = "face_stop_cmd", id = 69, title = "强制停止命令", type = "text", max = 2000 },
  { name = "reload_cmd", id = 70, title = "进程重载命令", type = "text", max = 2000 },
  { name = "pid_file", id = 71, title = "PID文件路径", type = "text", max = 2000 },
  { name = "auto_start", id = 72, title = "是否自动拉起", type = "flag" },
  { name = "bk_start_param_regex", id = 118, title = "进程启动参数", type = "text", max = 2000 },
  { name = "bk_start_check_secs", id = 134, title = "启动等待时长", type = "number",
    min = 0, max = 600 },
  { name = "bind_info", id = 135, title = "绑定信息", type = "rows" },
}

attributes.by_name = {}
for _, attribute in ipairs(attributes.list) do attributes.by_name[attribute.name] = attribute end

---Attributes with one plain value, which is all but bind_info.
attributes.scalars = {}
for _, attribute in ipairs(attributes.list) do
  if attribute.type ~= "rows" then attributes.scalars[#attributes.scalars + 1] = attribute end
end

local lua_type = { text = "string", flag = "boolean" }

---Whether a JSON value fits the attribute's typed member (numbers without a fraction).
---@param attribute remora.platform.Attribute a scalar one
---@param value any not null
---@return boolean
function attributes.fits(attribute, value)
  if attribute.type == "number" then return math.type(value) == "integer" end
  return type(value) == lua_type[attribute.type]
end

---Decodes a request's process into its typed form: known members only, json.null where the
---request says null, nil where it says nothing.
---@param raw table
---@return table|nil process nil when a member has the wrong type (1199000)
function attributes.decode(raw)
  raw = any_case(raw)
  local process = {}
  for _, attribute in ipairs(attributes.scalars) do
    local value = raw[attribute.name]
    if value ~= nil and value ~= json.null and not attributes.fits(attribute, value) then
      return nil
    end
    process[attribute.name] = value
  end
  for _, name in ipairs { "bk_process_id", "bk_biz_id", "service_instance_id" } do
    local value = raw[name]
    if value ~= nil and value ~= json.null and math.type(value) ~= "integer" then return nil end
  end
  local rows = raw.bind_info
  if rows ~= nil and rows ~= json.null then
    rows = bind.decode_rows(rows)
    if not rows then return nil end
  end
  process.bind_info = rows
  return process
end

---Stored bind rows in their typed form.
---@param rows table|nil
---@return table rows json.null where there are none
function attributes.typed_rows(rows)
  if rows == nil or rows == json.null then return json.null end
  return bind.decode_rows(rows)
end

local function trimmed(value)
  return type(value) == "string" and value:match("^%s*(.-)%s*$") or value
end

local checks = {
  text = function(attribute, value)
    if type(value) ~= "string" then return 1199007 end
    if #value > attribute.max then return 1199015 end
    if attribute.required and value == "" then return 1199010 end
  end,
  number = function(attribute, value)
    if type(value) ~= "number" then return 1199009 end
    local whole = value < 0 and math.ceil(value) or math.floor(value)
    if whole < attribute.min or whole > attribute.max then return 1199006 end
  end,
  flag = function(_, value)
    if type(value) ~= "boolean" then return 1199025 end
  end,
}

---Checks one attribute's value as the model says.
---@param name string
---@param value any trimmed; json.null is fine unless the attribute is required
---@return remora.platform.Refusal|nil refusal the inner one, before it is wrapped
function attributes.check(name, value)
  local attribute = attributes.by_name[name]
  if value == json.null then
    return attribute.required and messages.refuse(1199010, attribute.title) or nil
  end
  if attribute.type == "rows" then
    return not bind.rows_are_valid(value) and messages.refuse(1199006, name) or nil
  end
  local code = checks[attribute.type](attribute, value)
  return code and messages.refuse(code, attribute.title) or nil
end

---Checks values that are about to be written over stored ones, and trims them.
---@param changes table attribute → value or json.null; texts are trimmed in place
---@return remora.platform.Refusal|nil refusal 1199011
function attributes.check_changes(changes)
  for _, attribute in ipairs(attributes.list) do
    local value = changes[attribute.name]
    if value ~= nil then
      value = trimmed(value)
      changes[attribute.name] = value
      local inner = attributes.check(attribute.name, value)
      if inner then return messages.refuse(1199011, inner) end
    end
  end
end

local default_of = { text = "", flag = false, number = json.null, rows = json.null }

-- Creation words a refusal twice: as it arose, and again inside the text of the same code.
local function reworded(refusal) return messages.refuse(refusal.code, refusal) end

---Makes the attributes of a new process from a free map: known members checked and trimmed, absent
---ones filled, others dropped.
---@param info table
---@return table|nil attributes
---@return remora.platform.Refusal|nil refusal 1199010 for an absent name, else 1199011
function attributes.from_map(info)
  local made = {}
  for _, attribute in ipairs(attributes.list) do
    if attribute.required and info[attribute.name] == nil then
      return nil, reworded(messages.refuse(1199010, attribute.name))
    end
  end
  for _, attribute in ipairs(attributes.list) do
    local value = trimmed(info[attribute.name])
    if value == nil then
      value = default_of[attribute.type]
    else
      local inner = attributes.check(attribute.name, value)
      if inner then return nil, reworded(messages.refuse(1199011, inner)) end
    end
    made[attribute.name] = value
  end
  return made
end

return attributes
