-- Field lists that several calls share, each written once: ids, pages, filters, process
-- attributes, template properties and bind rows. Names no call; checks nothing.
-- The shape of a field is described in remora.catalogue.

local fields = {}

---Joins field lists into one; a later field replaces an earlier one of the same name.
---@param ... table[] lists of fields
---@return table[]
function fields.join(...)
  local joined, place = {}, {}
  for _, list in ipairs { ... } do
    for _, field in ipairs(list) do
      local at = place[field[1]] or #joined + 1
      joined[at], place[field[1]] = field, at
    end
  end
  return joined
end

-- A copy of a field with some of its members changed.
fields.but = require "remora.core.copy"

fields.biz = { "bk_biz_id", "integer", required = true, min = 1, doc = "business id" }
fields.account = { "bk_supplier_account", "string", default = "0", doc = "supplier account" }
fields.names = { "fields", "array", items = "string", doc = "attributes to return" }
fields.names_required = fields.but(fields.names, { required = true })

---A required list of ids.
---@param name string
---@param max integer most ids the platform takes
---@return table field
function fields.ids(name, max)
  return { name, "array", required = true, items = "integer", min_items = 1, max_items = max }
end

---The page member of a list call.
---@param options {limit: integer?, required: boolean?, sort: boolean?}  sort false: not sortable
---@return table field
function fields.page(options)
  local members = {
    { "start", "integer", min = 0, default = 0, doc = "first row, from 0" },
    { "limit", "integer", min = 1, max = options.limit, required = options.required },
  }
  if options.sort ~= false then
    members[3] = { "sort", "string", doc = "attribute to sort by; a leading - sorts downwards" }
  end
  return { "page", "object", required = options.required, fields = members }
end

---A tree of conditions over attributes.
---@param name string
---@return table field
function fields.filter(name)
  return { name, "object", doc = "rules joined by AND or OR, three levels deep at most", fields = {
    { "condition", "string", enum = { "AND", "OR" } },
    { "rules", "array", items = {
      { "field", "string" },
      { "operator", "string", doc = "equal, in, contains, begins_with, …" },
      { "value", "any", nullable = true },
      { "condition", "string", enum = { "AND", "OR" }, doc = "makes this rule a group" },
      { "rules", "array", items = "object", doc = "the rules of the group" },
    } },
  } }
end

fields.time_condition = { "time_condition", "object", fields = {
  { "oper", "string", enum = { "and" } },
  { "rules", "array", items = {
    { "field", "string" },
    { "start", "string" },
    { "end", "string" },
  } },
} }

fields.selectors = { "selectors", "array", doc = "label conditions, all of which hold", items = {
  { "key", "string" },
  { "operator", "string", enum = { "=", "!=", "exists", "!", "in", "notin" } },
  { "values", "array", items = "string" },
} }

-- What a process has, on an instance and in a template alike.
local SHARED_ATTRIBUTES = {
  { "bk_process_name", "string", max_bytes = 256, doc = "name shown to people" },
  { "bk_func_name", "string", max_bytes = 256, doc = "name of the executable" },
  { "bk_start_param_regex", "string", max_bytes = 2000,
    doc = "start parameters that tell processes of one executable apart" },
  { "description", "string", max_bytes = 256 },
  { "start_cmd", "string", max_bytes = 2000 },
  { "stop_cmd", "string", max_bytes = 2000 },
  { "restart_cmd", "string", max_bytes = 2000 },
  { "reload_cmd", "string", max_bytes = 2000 },
  { "face_stop_cmd", "string", max_bytes = 2000, doc = "command that stops by force" },
  { "pid_file", "string", max_bytes = 2000 },
  { "work_path", "string", max_bytes = 2000 },
  { "user", "string", max_bytes = 256, doc = "account the process runs under" },
  { "proc_num", "integer", min = 1, max = 10000, doc = "how many of it run on a host" },
  { "priority", "integer", min = -100, max = 10000, doc = "low starts first and stops last" },
  { "timeout", "integer", min = 1, max = 10000, doc = "seconds an operation may take" },
  { "bk_start_check_secs", "integer", min = 0, max = 600,
    doc = "seconds after the start before it is checked" },
  { "auto_start", "boolean" },
  { "auto_time_gap", "integer", legacy = true },
  { "bk_func_id", "string", legacy = true },
}

-- An instance may have null in every attribute, which clears it.
local function nullable(list)
  local copies = {}
  for i, field in ipairs(list) do copies[i] = fields.but(field, { nullable = true }) end
  return copies
end

fields.bind_rows = nullable {
  { "enable", "boolean" },
  { "ip", "string", doc = "one IPv4 or IPv6 address" },
  { "port", "string", doc = "one port or one range" },
  { "protocol", "string", enum = { "1", "2", "3", "4" }, doc = "TCP, UDP, TCP6, UDP6" },
  { "template_row_id", "integer", doc = "row of the template this one follows" },
}

fields.process_attributes = fields.join(nullable(SHARED_ATTRIBUTES), {
  { "bk_biz_id", "integer", nullable = true },
  { "bk_supplier_account", "string", nullable = true },
  { "bind_info", "array", nullable = true, items = fields.bind_rows },
})

-- What the platform keeps of a process by itself: every process that was read has these.
fields.process_stamps = {
  service_instance_id = true, create_time = true, last_time = true,
  bk_created_at = true, bk_created_by = true, bk_updated_at = true, bk_updated_by = true,
}

-- Creation shows two members that changing does not have; the platform refuses a row_id.
local creation_rows = fields.join(fields.bind_rows, { { "row_id", "integer", legacy = true } })

---The attributes of a process to be created. The platform reads them as a free map, so a wrong
---type is reported attribute by attribute.
---@param named boolean whether both names have to be given
---@return table field
function fields.process_info(named)
  local attributes = fields.join(
    { { "bk_process_id", "integer", nullable = true, doc = "ignored, the platform numbers it" } },
    fields.process_attributes,
    { { "bind_info", "array", nullable = true, items = creation_rows } })
  for i, field in ipairs(attributes) do
    if field[1] == "bk_process_name" or field[1] == "bk_func_name" then
      attributes[i] = fields.but(field, { required = named, nullable = not named })
    end
  end
  return { "process_info", "object", required = named, raw = true, fields = attributes }
end

local lock = { "as_default_value", "boolean", nullable = true,
  doc = "true: instances have to follow" }

-- A value of a template together with its lock.
local function locked(name, kind, of_field, of_value)
  local value = fields.but({ "value", kind, nullable = true }, of_value or {})
  return fields.but({ name, "object", fields = { value, lock } }, of_field or {})
end

local needed = { required = true }
local template_bind_rows = {
  { "row_id", "integer", nullable = true, doc = "keeps the identity of a row; absent: a new row" },
  locked("ip", "string", nil, { enum = { "1", "2", "3", "4", "5", "6", "7", "8" },
    doc = "127.0.0.1, 0.0.0.0, first inner, first outer address; the same of IPv6" }),
  locked("port", "string", needed, needed),
  locked("protocol", "string", needed,
    { required = true, enum = { "1", "2", "3", "4" }, doc = "TCP, UDP, TCP6, UDP6" }),
  locked("enable", "boolean"),
}

local function template_attributes(names_required)
  local list = {}
  for _, field in ipairs(SHARED_ATTRIBUTES) do
    local name = field[1]
    local required = names_required and (name == "bk_process_name" or name == "bk_func_name")
    list[#list + 1] = locked(name, field[2],
      { required = required or nil, legacy = field.legacy, doc = field.doc },
      { min = field.min, max = field.max, max_bytes = field.max_bytes })
  end
  list[#list + 1] = { "bind_info", "object", fields = {
    { "value", "array", nullable = true, items = template_bind_rows }, lock,
  } }
  return list
end

---The attributes of a process template that is changed.
fields.template_property = template_attributes(false)

-- Members of old requests that the platform still takes and drops.
local dropped = {}
for i, name in ipairs {
  "bk_biz_id", "bk_process_id", "bk_supplier_account", "create_time", "last_time",
  "bind_ip", "port", "protocol",
} do
  dropped[i] = locked(name, "any", { legacy = true })
end

---The attributes of a process template that is created.
fields.template_spec = fields.join(template_attributes(true), dropped)

return fields
