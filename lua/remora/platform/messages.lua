-- The platform's refusals: code and arguments as handlers give them, and their texts in Chinese
-- (the platform's default) and English. Recorded answers decide the wording; codes that were never
-- recorded carry the text of the platform's own tables in substance. It decides nothing.

---@class remora.platform.Refusal
---@field code integer the platform's code
---@field args table what fills the text; an argument may itself be a refusal
---@field text string|nil a fixed text in place of the code's own
---@field worded_as remora.platform.Refusal|nil has the text in place of the code's own
---@field status integer|nil HTTP status other than 200 (old process API)
local Refusal = {}
Refusal.__index = Refusal

-- code = { Chinese, English }
local texts = {
  [1101034] = { "查询模块失败,%s", "query module failed,%s" },
  [1103007] = { "监听资源的游标不存在", "the cursor does not exist or has expired" },
  [1106006] = { "查询主机模块关系失败", "Failed to get host module relationship" },
  [1107014] = { "服务实例进程绑定信息端口未正确设置", "service instance process bind info port is not set" },
  [1107015] = { "服务实例进程绑定信息协议未正确设置", "service instance process bind info protocol is not set" },
  [1108001] = { "查询进程详情失败", "Query process details failed" },
  [1108002] = { "绑定进程模型失败", "Bind process model failed" },
  [1108003] = { "解除进程模型绑定失败", "Unlocking process model binding failed" },
  [1108004] = { "解除进程模型绑定失败", "Unlocking process model binding failed" },
  [1108005] = { "更新进程失败", "The update process failed" },
  [1108006] = { "查询进程失败", "The query process failed" },
  [1108007] = { "删除进程失败", "Delete process failed" },
  [1108008] = { "创建进程失败", "The creation process failed" },
  [1108009] = { "", "" },
  [1108013] = { "进程下有绑定模块", "the process bind with module" },
  [1108014] = { "删除配置模板失败", "delete config template failed" },
  [1108024] = { "查询进程服务实例列表失败", "get service instances failed" },
  [1108025] = { "创建进程服务实例失败", "create service instance failed" },
  [1108026] = { "删除进程服务实例失败", "delete service instance failed" },
  [1108027] = { "查询进程模板失败", "get process template failed" },
  [1108028] = { "查询进程实例失败", "get process instance failed" },
  [1108029] = { "查询进程实例关系失败", "get process relation failed" },
  [1108030] = { "删除服务模板失败", "delete service template failed" },
  [1108033] = { "查询进程模板失败", "get process template failed" },
  [1108035] = { "通过模板创建的服务实例禁止直接添加/修改进程实例",
    "create or update process instance under service instance create by template forbidden" },
  [1108036] = { "服务分类与服务模板不一致", "service category and template not conincide" },
  [1108040] = { "解除模块模板绑定失败", "unbound template on module failed" },
  [1108043] = { "查询服务分类失败", "search service category failed" },
  [1108045] = { "通过服务模版同步服务实例失败", "sync service instance by template failed" },
  [1110056] = { "操作失败，以下主机不属于目标模块：%s",
    "Operation failed, the following host does not belong to the target module: %s" },
  [1113002] = { "主机ID[%s]不属于业务ID[%s]", "hostID [%s] does not belong to businessID [%s]" },
  [1113003] = { "主机ID[%s]不存在", "hostID [%s] does not exist" },
  [1113004] = { "模块ID[%s]不属于业务ID[%s]", "ModuleID [%s] has not belong to businessID [%s]" },
  [1113005] = { "内置模块[%s]不能与其他模块一起作为转移目标",
    "moduleID [%s] is an inner module and cannot be used with others" },
  [1113006] = { "业务[%s]不存在", "Business [%s] does not exist" },
  [1113008] = { "moduleID [%s]的businessID [%s]不是内置模块",
    "moduleID [%s] of businessID [%s] is not an inner module" },
  [1113016] = { "服务实例[%s]已经存在", "service instance bound to host [%s] already exist" },
  [1113017] = { "服务分类名称【%s】重复", "service caetgory name [%s] duplicated" },
  [1113018] = { "模块与服务实例模板不一致", "module and service instance template not coincide" },
  [1113019] = { "进程别名[%s]唯一校验失败", "process name [%s] unique validation failed" },
  [1113020] = { "进程名称[%s]+启动参数[%s]唯一校验失败",
    "process name [%s] and start parameter [%s] unique validation failed" },
  [1113021] = { "模块没有绑定到模板", "module not bound with template" },
  [1113022] = { "通过模板创建的进程[%s]禁止删除", "delete processe [%s] created by template forbidden" },
  [1113032] = { "仅允许使用叶子结点服务分类", "only leaf node available" },
  [1117008] = { "有相同的任务 [%s] 正在执行中，请在当前任务执行完后进行重试",
    "The same task [%s] is being executed, please try again after it has ended" },
  [1199000] = { "反序列化JSON数据失败", "Deserializing JSON data failed" },
  [1199002] = { "HTTP请求失败", "HTTP request failed" },
  [1199003] = { "输入参数无效", "invalid input parameter" },
  [1199005] = { "输入内容为空", "The input is empty" },
  [1199006] = { "'%s' 数据参数校验不通过", "'%s' data parameter verification does not pass" },
  [1199007] = { "'%s' 必须为字符串类型", "'%s' must be a string type" },
  [1199008] = { "'%s' 不可以被省略", "'%s' cannot be omitted" },
  [1199009] = { "'%s' 参数必须是整型", "'%s' parameters must be integral" },
  [1199010] = { "'%s' 未赋值", "'%s' unassigned" },
  [1199011] = { "'%s' 参数无效或不存在", "'%s' the parameter is invalid or does not exist" },
  [1199014] = { "数据唯一性校验失败， %s 重复",
    "duplicated instances exist, fields [%s] duplicated" },
  [1199015] = { "'%s' 数据越界", "Data out of bounds" },
  [1199016] = { "'%s' 字段正则校验失败", "'%s' Field regular check failed" },
  [1199017] = { "查询数据失败", "Failed to query data" },
  [1199018] = { "新加数据失败", "New data failed" },
  [1199019] = { "未找到相关数据", "No relevant data found" },
  [1199020] = { "更新数据失败", "Failed to update data" },
  [1199021] = { "删除数据失败", "Failed to delete data" },
  [1199025] = { "'%s' 必须为布尔类型", "'%s' must be boolean" },
  [1199035] = { " %s 超过限制 %s", " %s exceed the limit %s" },
  [1199038] = { "数据 %s 不能为空", "need data %s is null" },
  [1199054] = { "内置结点，禁止删除", "operate built-in object forbidden" },
  [1199055] = { "禁止父结点记录", "forbidden remove item with child node" },
  [1199056] = { "禁止删除被引用记录", "remove referenced record forbidden" },
  [1199059] = { "分页查询数量超过限制的最大值, 建议值200", "page limit is exceeded. suggestion 200" },
  [1199073] = { "字段%s超过最大值%s", "field %s exceeds the maximum %s" },
  [1199081] = { "一次操作记录数超过最大限制：%s", "operate two many records at once, max: %s" },
  [1199085] = { "未知类型：%s", "unexpected type: %s" },
  [1199089] = { "%s数组长度错误，数组长度必须在1~%s之间",
    "the length of array %s is wrong, the length must be in range 1~%s" },
  [1199998] = { "未知或未能识别的异常", "Unknown or unrecognized error" },
  [1199999] = { "'%s' 服务器内部错误", "'%s' Internal Server Error" },
}

local messages = {}

---A refusal with one of the platform's codes.
---@param code integer
---@param ... any fill the text's places in order
---@return remora.platform.Refusal
function messages.refuse(code, ...)
  return setmetatable({ code = code, args = { ... } }, Refusal)
end

---A refusal with a text of its own, for failures the platform has no wording for.
---@param code integer
---@param text string
---@return remora.platform.Refusal
function messages.refuse_text(code, text)
  return setmetatable({ code = code, args = {}, text = text }, Refusal)
end

---A refusal with the text of another one under a code of its own.
---@param code integer
---@param inner remora.platform.Refusal
---@return remora.platform.Refusal
function messages.refuse_as(code, inner)
  return setmetatable({ code = code, args = {}, worded_as = inner }, Refusal)
end

---Is this value a refusal?
function messages.is(value) return getmetatable(value) == Refusal end

---The text of a refusal.
---@param refusal remora.platform.Refusal
---@param language "zh"|"en"
---@return string
function messages.text(refusal, language)
  if refusal.text then return refusal.text end
  if refusal.worded_as then return messages.text(refusal.worded_as, language) end
  local pair = texts[refusal.code]
  local template = pair and pair[language == "en" and 2 or 1] or tostring(refusal.code)
  local place = 0
  return (template:gsub("%%s", function()
    place = place + 1
    local arg = refusal.args[place]
    if arg == nil then return "" end
    return messages.is(arg) and messages.text(arg, language) or tostring(arg)
  end))
end

return messages
