-- What the first business of a platform holds, taken straight from what it has stored, in the terms
-- in which people think of it: names for templates, sets and modules, unset for null. Owns what is
-- in the picture and what two pictures have in common; expects nothing.

local json = require "json"
local order = require "remora.core.order"

local picture = {}

picture.CELLS = { "ip", "port", "protocol", "enable" }
picture.SCALARS = { "bk_func_name", "bk_start_param_regex", "description", "user", "work_path",
  "pid_file", "start_cmd", "stop_cmd", "restart_cmd", "reload_cmd", "face_stop_cmd", "priority",
  "proc_num", "timeout", "bk_start_check_secs", "auto_start" }

---@class tests.Cell
---@field value any nil: unset
---@field locked boolean

---@class tests.TemplateProcess
---@field id integer? nil: not made yet
---@field fields table<string, tests.Cell>
---@field rows table[] {row_id, ip, port, protocol, enable: tests.Cell}
---@field rows_locked boolean the lock on the whole column

---@class tests.PicturedProcess
---@field id integer? nil: not made yet
---@field name string
---@field of integer|string? process template it follows, by id or, not made yet, by name
---@field fields table<string, any>
---@field rows table[] {template_row_id, ip, port, protocol, enable}

---@class tests.Picture
---@field templates table<string, {id: integer?, category: integer,
---  processes: table<string, tests.TemplateProcess>}>
---@field modules table<integer, {id: integer, set_id: integer, set: string, name: string,
---  template: string?, hosts: integer[]}> but for the built-in ones
---@field hosts table<integer, table<string, string?>> first address by the id of its kind
---@field instances table<integer|string, {id: integer?, name: string, labels: table,
---  module: integer, host: integer, processes: table<string, tests.PicturedProcess>}> by id; those
---  that are not made yet by a text

local function set(value)
  if value == json.null then return nil end
  return value
end

local function listed(value)
  return type(value) == "table" and value or {}
end

local function cell_of(stored)
  local cell = listed(stored)
  return { value = set(cell.value), locked = cell.as_default_value == true }
end

local function template_process(doc)
  local made = { id = doc.id, fields = {}, rows = {} }
  for _, field in ipairs(picture.SCALARS) do made.fields[field] = cell_of(doc.property[field]) end
  made.fields.bk_func_name.locked = true
  local column = listed(doc.property.bind_info)
  made.rows_locked = column.as_default_value == true
  for i, row in ipairs(listed(column.value)) do
    made.rows[i] = { row_id = row.row_id }
    for _, cell in ipairs(picture.CELLS) do made.rows[i][cell] = cell_of(row[cell]) end
  end
  return made
end

local function process(doc, template_id)
  local made = { id = doc.bk_process_id, name = doc.bk_process_name,
    of = template_id ~= 0 and template_id or nil, fields = {}, rows = {} }
  for _, field in ipairs(picture.SCALARS) do made.fields[field] = set(doc[field]) end
  for i, row in ipairs(listed(doc.bind_info)) do
    local id = set(row.template_row_id)
    made.rows[i] = { template_row_id = id ~= 0 and id or nil }
    for _, cell in ipairs(picture.CELLS) do made.rows[i][cell] = set(row[cell]) end
  end
  return made
end

local ADDRESSES = { ["3"] = "bk_host_innerip", ["4"] = "bk_host_outerip",
  ["7"] = "bk_host_innerip_v6", ["8"] = "bk_host_outerip_v6" }

local function host(doc)
  local first = {}
  for kind, field in pairs(ADDRESSES) do first[kind] = (set(doc[field]) or ""):match("[^,]+") end
  return first
end

local function draw_templates(store, drawn)
  local by_id = {}
  for _, doc in ipairs(store:find("service_template", { bk_biz_id = 1 })) do
    by_id[doc.id] = { id = doc.id, category = doc.service_category_id, processes = {} }
    drawn.templates[doc.name] = by_id[doc.id]
  end
  for _, doc in ipairs(store:find("proc_template", { bk_biz_id = 1 })) do
    by_id[doc.service_template_id].processes[doc.bk_process_name] = template_process(doc)
  end
end

local function draw_modules(store, drawn)
  local sets, names = {}, {}
  for _, doc in ipairs(store:find("set", { bk_biz_id = 1 })) do
    sets[doc.bk_set_id] = doc.bk_set_name
  end
  for name, template in pairs(drawn.templates) do names[template.id] = name end
  for _, doc in ipairs(store:find("module", { bk_biz_id = 1, default = 0 })) do
    drawn.modules[doc.bk_module_id] = { id = doc.bk_module_id, set_id = doc.bk_set_id,
      set = sets[doc.bk_set_id], name = doc.bk_module_name,
      template = names[doc.service_template_id], hosts = {} }
  end
  for _, doc in ipairs(store:find("host_module", { bk_biz_id = 1 })) do
    local module = drawn.modules[doc.bk_module_id]
    if module then table.insert(module.hosts, doc.bk_host_id) end
  end
  for _, doc in ipairs(store:find("host")) do drawn.hosts[doc.bk_host_id] = host(doc) end
end

local function draw_instances(store, drawn)
  for _, doc in ipairs(store:find("service_instance", { bk_biz_id = 1 })) do
    drawn.instances[doc.id] = { id = doc.id, name = doc.name, labels = listed(set(doc.labels)),
      module = doc.bk_module_id, host = doc.bk_host_id, processes = {} }
  end
  local templates = {}
  for _, doc in ipairs(store:find("relation", { bk_biz_id = 1 })) do
    templates[doc.bk_process_id] = doc.process_template_id
  end
  for _, doc in ipairs(store:find("process", { bk_biz_id = 1 })) do
    drawn.instances[doc.service_instance_id].processes[doc.bk_process_name] =
      process(doc, templates[doc.bk_process_id])
  end
end

---Draws the first business.
---@param platform {store: table} of tests.support.fleet or tests.support.platform
---@return tests.Picture
function picture.draw(platform)
  local drawn = { templates = {}, modules = {}, hosts = {}, instances = {} }
  draw_templates(platform.store, drawn)
  draw_modules(platform.store, drawn)
  draw_instances(platform.store, drawn)
  return drawn
end

---A copy that may be changed.
---@param value any
---@return any
function picture.copy(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = picture.copy(item) end
  return copy
end

---Whether two values of pictures are the same.
---@param a any
---@param b any
---@return boolean
function picture.same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, item in pairs(a) do
    if not picture.same(item, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- The objects that have a value in a member, by id.
local function having(objects, member, value)
  local list = {}
  for _, object in order.pairs(objects) do
    if object[member] == value then list[#list + 1] = object end
  end
  return list
end

---The modules that follow a service template, by id.
---@param drawn tests.Picture
---@param name string
---@return table[]
function picture.following(drawn, name)
  return having(drawn.modules, "template", name)
end

---The service instances of a module, those that exist first, by id.
---@param drawn tests.Picture
---@param module integer
---@return table[]
function picture.of_module(drawn, module)
  return having(drawn.instances, "module", module)
end

---What a picture says of each stored document: one whose part is the same was not to be touched.
---@param drawn tests.Picture
---@return table<string, any> parts by document, as of tests.support.stored
function picture.documents(drawn)
  local parts = {}
  for name, template in pairs(drawn.templates) do
    parts["service_template " .. template.id] = template.category
    for _, module in ipairs(picture.following(drawn, name)) do
      parts["module " .. module.id] = template.category
    end
    for _, each in pairs(template.processes) do parts["proc_template " .. each.id] = each end
  end
  for id, instance in pairs(drawn.instances) do
    parts["service_instance " .. id] = true
    for _, each in pairs(instance.processes) do
      parts["process " .. each.id], parts["relation " .. each.id] = each, each.of or 0
    end
  end
  return parts
end

-- Ids of what was not there before are the platform's affair.
local function plain(process_of, known)
  local copy = picture.copy(process_of)
  if not known[copy.id] then copy.id, copy.of = nil, copy.of and true end
  return copy
end

-- What somebody called a service instance; "": it has the name that the platform gives.
local function given_name(drawn, instance)
  local usual = (drawn.hosts[instance.host]["3"] or "") .. "_"
  return instance.name:sub(1, #usual) == usual and "" or instance.name
end

---What two pictures of the same fleet can be compared by: what is not in the first one has no ids.
---@param drawn tests.Picture
---@param first tests.Picture
---@return table<string, any> parts by what they are
function picture.parts(drawn, first)
  local parts, known = {}, {}
  for _, template in pairs(first.templates) do
    for _, each in pairs(template.processes) do known[each.id] = true end
  end
  for name, template in pairs(drawn.templates) do
    parts["category of " .. name] = template.category
    for process_name, each in pairs(template.processes) do
      parts["template " .. name .. "/" .. process_name] = plain(each, known)
    end
  end
  known = {}
  for _, instance in pairs(first.instances) do
    for _, each in pairs(instance.processes) do known[each.id] = true end
  end
  for id, instance in pairs(drawn.instances) do
    local is_old = first.instances[id] ~= nil
    local place = is_old and ("instance %d"):format(id)
      or ("new instance %s of module %d on host %d"):format(given_name(drawn, instance),
        instance.module, instance.host)
    parts[place] = is_old and instance.labels or {}
    for process_name, each in pairs(instance.processes) do
      parts[place .. "/" .. process_name] = plain(each, known)
    end
  end
  return parts
end

return picture
