-- From the bytes of a request to the arguments of a call: JSON, path and query parameters, names
-- in any letter case, types as the catalogue row says. A wrong type is refused as the platform does
-- (it decodes into typed structures); values, ranges and required members are the handlers' part.

local json = require "json"
local messages = require "remora.platform.messages"
local percent = require "remora.core.percent"

local arguments = {}

local zero = { integer = 0, number = 0, string = "", boolean = false }

local type_tests = {
  integer = function(value) return math.type(value) == "integer" end,
  number = function(value) return type(value) == "number" end,
  string = function(value) return type(value) == "string" end,
  boolean = function(value) return type(value) == "boolean" end,
  array = json.is_array,
  object = json.is_object,
  any = function() return true end,
}

local function has_type(value, names)
  for name in names:gmatch("[^|]+") do
    if type_tests[name](value) then return true end
  end
  return false
end

-- Lower-case name → field, per list of fields; worked out once per list.
local by_name = setmetatable({}, { __mode = "k" })
local function index_of(fields)
  local index = by_name[fields]
  if not index then
    index = {}
    for _, field in ipairs(fields) do index[field[1]:lower()] = field end
    by_name[fields] = index
  end
  return index
end

local typed_members

-- A value of a plain type in a list or map; null counts as the zero of that.
local function typed_item(item, kind)
  if item == json.null then item = zero[kind] end
  if not has_type(item, kind) then return nil, true end
  return item
end

local function typed_map(map, kind)
  local typed = {}
  for key, item in pairs(map) do
    local wrong
    typed[key], wrong = typed_item(item, kind)
    if wrong then return nil, true end
  end
  return typed
end

local function typed_list(list, items)
  local typed = json.array {}
  for i, item in ipairs(list) do
    local wrong
    if type(items) == "string" then
      typed[i], wrong = typed_item(item, items)
    else
      if item == json.null then item = {} end
      if not type_tests.object(item) then return nil, true end
      typed[i], wrong = typed_members(item, items)
    end
    if wrong then return nil, true end
  end
  return typed
end

local function typed_object(object, field)
  local members, wrong = typed_members(object, field.fields)
  for key, item in pairs(field.open and members and object or {}) do
    if members[key] == nil and item ~= json.null then members[key] = item end
  end
  return members, wrong
end

local function typed_value(value, field)
  local kind = field[2]
  if not has_type(value, kind) then return nil, true end
  if field.raw or type(value) ~= "table" then return value end
  if kind == "object" and field.fields then return typed_object(value, field) end
  if kind == "object" and field.values then return typed_map(value, field.values) end
  if kind == "array" and field.items then return typed_list(value, field.items) end
  return value
end

-- Known members of an object under their declared names; unknown ones are dropped, null counts as
-- absent. The exact spelling wins over another one of the same name.
function typed_members(object, fields)
  local index, members, exact = index_of(fields), {}, {}
  for key, value in pairs(object) do
    local field = index[key:lower()]
    if field and not exact[field[1]] then
      exact[field[1]] = key == field[1]
      if value == json.null then
        members[field[1]] = nil
      else
        local checked, wrong = typed_value(value, field)
        if wrong then return nil, true end
        members[field[1]] = checked
      end
    end
  end
  return members
end

-- Queries write a blank as a plus, as forms do.
local function unescape(text)
  return percent.decoded((text:gsub("+", " ")))
end

---The parameters of a query string.
---@param query string|nil
---@return table<string, string>
function arguments.query(query)
  local members = {}
  for name, text in (query or ""):gmatch("([^&=]+)=([^&]*)") do
    members[unescape(name)] = unescape(text)
  end
  return members
end

-- Query parameters are text; those of integer fields are turned into numbers where they are one.
local function query_members(query, row)
  local members, index = arguments.query(query), index_of(row.takes)
  for key, value in pairs(members) do
    local field = index[key:lower()]
    if field and field[2] == "integer" then
      members[key] = math.tointeger(tonumber(value)) or value
    end
  end
  return members
end

---The members a request carries, before any check.
---@param request table {body=, query=}
---@param row table catalogue row
---@param route string "esb", "gateway" or "backend"
---@return table|nil members
---@return remora.platform.Refusal|nil refusal 1199000 when the body is not a JSON object
function arguments.members(request, row, route)
  local members = query_members(request.query, row)
  if request.body and request.body:find("%S") then
    local body = json.decode(request.body)
    if body == json.null then body = {} end
    if not type_tests.object(body) then return nil, messages.refuse(1199000) end
    for key, value in pairs(body) do members[key] = value end
  end
  local wrap = route == "esb" and row.esb_wrap
  if wrap and type_tests.object(members[wrap]) then
    local inner = members[wrap]
    members[wrap] = nil
    for key, value in pairs(inner) do members[key] = value end
  end
  return members
end

local function not_integral(name) return messages.refuse(1199009, name) end

-- By call, where an id in the path that is no number is not refused as everywhere else.
local integer_path_refusals = {
  get_service_template = function(name, text)
    local why = text:match("^[+-]?%d+$") and "value out of range" or "invalid syntax"
    return messages.refuse(1199006,
      ('[%s strconv.ParseInt: parsing "%s": %s]'):format(name, text, why))
  end,
  get_proc_template = function() return messages.refuse(1199003) end,
  search_biz_inst_topo = function(name) return messages.refuse(1199006, name) end,
  search_set = not_integral, search_module = not_integral, create_module = not_integral,
}

-- The old API counts an id that is no number as 0 where it only binds.
local bindings = {
  get_process_bind_module = true, bind_process_module = true, delete_process_module_binding = true,
}

-- What stands for a path value that should be an integer, or why nothing does.
local function integer_from(row, name, value)
  local text = tostring(value)
  local number = math.tointeger(value)
    or text:match("^[+-]?%d+$") and math.tointeger(tonumber(text)) or nil
  if number then return number end
  if row.system == "cc_v3" then
    return bindings[row.name] and 0 or nil, messages.refuse(1199003)
  end
  local special = integer_path_refusals[row.name]
  if special then return nil, special(name, text) end
  return nil, messages.refuse(name == "bk_biz_id" and 1199011 or 1199006, name)
end

-- Values of the `{name}` places of the path; an ESB client sends them in the body.
local function path_members(row, members, path)
  local values = {}
  for name in row.path:gmatch("{([%w_]+)}") do
    local value = path[name]
    if value == nil then value = members[name] end
    local field = index_of(row.takes)[name:lower()]
    if value == nil and field then value = field.default end
    if name == "bk_supplier_account" then
      values[name] = tostring(value or "0")
    else
      values[name] = value == nil and "" or value
    end
  end
  return values
end

---The arguments of a call: typed members under their declared names, path parameters included.
---@param row table catalogue row
---@param members table what the request carries
---@param path table<string, string> parameters found in the path
---@return table|nil args
---@return remora.platform.Refusal|nil refusal
function arguments.typed(row, members, path)
  local values = path_members(row, members, path)
  local rest = {}
  for key, value in pairs(members) do
    if values[key] == nil then rest[key] = value end
  end
  local args, wrong = rest, false
  if not row.raw then args, wrong = typed_members(rest, row.takes) end
  if wrong then return nil, messages.refuse(1199000) end
  for key, value in pairs(row.open and rest or {}) do
    if args[key] == nil then args[key] = value end
  end
  local index = index_of(row.takes)
  for name, value in pairs(values) do
    local field = index[name:lower()]
    if field and field[2] == "integer" then
      local refusal
      value, refusal = integer_from(row, name, value)
      if not value then return nil, refusal end
    end
    args[name] = value
  end
  return args
end

return arguments
