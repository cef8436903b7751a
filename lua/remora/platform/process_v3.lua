-- The process model of platform versions before 3.5: its attributes, what each of them takes, and
-- which error a wrong value is. Data and pure checks; the calls are in handlers/process_v3.lua.

local json = require "json"
local copy = require "remora.core.copy"
local messages = require "remora.platform.messages"
local order = require "remora.core.order"
local ports = require "remora.platform.ports"

local refuse = messages.refuse

local process_v3 = {}

local SHORT, LONG = 256, 2000 -- bytes
local MOST = 10000

local function text(name, title, longest, options)
  return copy({ name = name, title = title, kind = "text", longest = longest, empty = "" }, options)
end

local function number(name, title)
  return { name = name, title = title, kind = "number", empty = json.null }
end

local function enum(name, title, ids)
  local known = {}
  for _, id in ipairs(ids) do known[id] = true end
  return { name = name, title = title, kind = "enum", ids = known, empty = json.null }
end

-- In the order in which the detail call lists them.
process_v3.attributes = {
  text("bk_process_name", "进程名称", SHORT, { required = true }),
  text("description", "备注", SHORT),
  enum("bind_ip", "绑定IP", { "1", "2", "3", "4" }),
  text("port", "端口", SHORT, { fits = ports.is_loose_list }),
  enum("protocol", "协议", { "1", "2" }),
  text("bk_func_id", "功能ID", SHORT),
  text("bk_func_name", "功能名称", SHORT, { required = true }),
  text("bk_start_param_regex", "启动参数匹配规则", LONG),
  text("work_path", "工作路径", LONG),
  text("user", "启动用户", SHORT),
  number("proc_num", "启动数量"),
  number("priority", "启动优先级"),
  number("timeout", "操作超时时长"),
  text("start_cmd", "启动命令", LONG),
  text("stop_cmd", "停止命令", LONG),
  text("restart_cmd", "重启命令", LONG),
  text("face_stop_cmd", "强制停止命令", LONG),
  text("reload_cmd", "进程重载命令", LONG),
  text("pid_file", "PID文件路径", LONG),
  { name = "auto_start", title = "是否自动拉起", kind = "flag", empty = false },
  number("auto_time_gap", "拉起间隔"),
}

local by_name = {}
for _, attribute in ipairs(process_v3.attributes) do by_name[attribute.name] = attribute end

local checks = {}

function checks.text(attribute, value)
  if type(value) ~= "string" then return refuse(1199007, attribute.name) end
  if #value > attribute.longest then return refuse(1199015, attribute.name) end
  if value == "" then return attribute.required and refuse(1199010, attribute.name) or nil end
  if attribute.fits and not attribute.fits(value) then return refuse(1199016, attribute.name) end
  return nil
end

function checks.number(attribute, value)
  local whole = math.tointeger(value)
  if type(value) ~= "number" or not whole then return refuse(1199009, attribute.name) end
  if whole < 1 or whole > MOST then return refuse(1199006, attribute.name) end
  return nil
end

function checks.enum(attribute, value)
  if type(value) ~= "string" then return refuse(1199007, attribute.name) end
  return not attribute.ids[value] and refuse(1199006, attribute.name) or nil
end

function checks.flag(attribute, value)
  return type(value) ~= "boolean" and refuse(1199025, attribute.name) or nil
end

---Checks the attributes of a request. Unknown ones are refused, unlike on later versions; a
---required one that is missing is not noticed.
---@param values table attribute → value
---@return remora.platform.Refusal|nil
function process_v3.check(values)
  for name, value in order.pairs(values) do
    local attribute = by_name[name]
    if not attribute then return refuse(1199011, name) end
    local refusal
    if value ~= json.null then
      refusal = checks[attribute.kind](attribute, value)
    elseif attribute.required then
      refusal = refuse(1199010, name)
    end
    if refusal then return refusal end
  end
  return nil
end

---Fills in what a creation left out.
---@param values table changed in place
---@return table values
function process_v3.fill(values)
  for _, attribute in ipairs(process_v3.attributes) do
    if values[attribute.name] == nil then values[attribute.name] = attribute.empty end
  end
  return values
end

return process_v3
