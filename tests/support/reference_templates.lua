-- What the service templates of a playbook make of a picture, and what a sync then does to their
-- instances, worked out one object at a time. Part of tests.support.reference; follows what is
-- known of update_proc_template, list_service_template_difference and the sync.

local order = require "remora.core.order"
local picture = require "tests.support.picture"
local rows = require "tests.support.reference_rows"

local templates = {}

local DEFAULT_CATEGORY = 2

local function cell_of(want)
  return { value = rows.plain(want.value), locked = want.as_default_value }
end

-- Rows that are kept have their id; the others get the numbers after the largest.
local function declare_rows(made, column)
  local meant, largest, list = rows.meant(column.value, made.rows, "row_id"), 0, {}
  for i, want in ipairs(column.value) do
    list[i] = { row_id = want.row_id or meant[want] and meant[want].row_id }
    largest = math.max(largest, list[i].row_id or 0)
    for _, cell in ipairs(picture.CELLS) do list[i][cell] = cell_of(want[cell]) end
  end
  for _, row in ipairs(list) do
    if not row.row_id then
      largest = largest + 1
      row.row_id = largest
    end
  end
  made.rows, made.rows_locked = list, column.as_default_value
end

local function declare_process(made, want, ignored)
  for _, field in ipairs(picture.SCALARS) do
    if want[field] and not ignored[field] then made.fields[field] = cell_of(want[field]) end
  end
  made.fields.bk_func_name.locked = true
  if want.bind_info and not ignored.bind_info then declare_rows(made, want.bind_info) end
end

local function new_process()
  local made = { fields = {}, rows = {}, rows_locked = false }
  for _, field in ipairs(picture.SCALARS) do made.fields[field] = { locked = false } end
  return made
end

local function declare(drawn, name, want, category_of)
  local template = drawn.templates[name]
  if not template then
    template = { category = DEFAULT_CATEGORY, processes = {} }
    drawn.templates[name] = template
  end
  if want.category then template.category = category_of(want.category) end
  for process_name, its in pairs(want.processes) do
    local made = template.processes[process_name]
    local ignored = made and its.ignore or {}
    if not made then
      made = new_process()
      template.processes[process_name] = made
    end
    declare_process(made, its, ignored)
  end
  for process_name in pairs(template.processes) do
    if want.prune and not want.processes[process_name] then
      template.processes[process_name] = nil
    end
  end
end

---Whether a process has what its template locks.
---@param template tests.TemplateProcess
---@param process tests.PicturedProcess
---@param host table<string, string?>
---@return boolean
function templates.agrees(template, process, host)
  for field, cell in pairs(template.fields) do
    if cell.locked and cell.value ~= process.fields[field] then return false end
  end
  if not template.rows_locked then return true end
  if #template.rows ~= #process.rows then return false end
  for _, row in ipairs(template.rows) do
    local own
    for _, each in ipairs(process.rows) do
      if each.template_row_id == row.row_id then own = each end
    end
    if not own then return false end
    for _, cell in ipairs(picture.CELLS) do
      if row[cell].locked and rows.from_template(row, cell, host) ~= own[cell] then return false end
    end
  end
  return true
end

local function id_of(name, template_process) return template_process.id or name end

-- Processes of a service instance by the process template they follow.
local function by_template(instance)
  local found = {}
  for _, process in pairs(instance.processes) do found[process.of or 0] = process end
  return found
end

local function instance_agrees(drawn, template, instance)
  local found, count = by_template(instance), 0
  for name, its in pairs(template.processes) do
    local process = found[id_of(name, its)]
    if not process or process.name ~= name
      or not templates.agrees(its, process, drawn.hosts[instance.host]) then
      return false
    end
    count = count + 1
  end
  for _ in pairs(instance.processes) do count = count - 1 end
  return count == 0
end

---Whether a module is in line with its service template: what list_service_template_difference says
---of modules whose names and attributes are their template's.
---@param drawn tests.Picture
---@param template table of the picture
---@param module table of the picture
---@return boolean
function templates.follows(drawn, template, module)
  local instances = picture.of_module(drawn, module.id)
  if next(template.processes) == nil then return #instances == 0 end
  if #instances ~= #module.hosts then return false end
  for _, instance in ipairs(instances) do
    if not instance_agrees(drawn, template, instance) then return false end
  end
  return true
end

-- Whether a sync sets something in a process that a playbook has not changed in its template.
local function is_brought_back(was, is, process, host)
  for field, cell in pairs(was.fields) do
    if cell.locked and picture.same(cell, is.fields[field])
      and process.fields[field] ~= cell.value then
      return true
    end
  end
  return was.rows_locked == is.rows_locked and picture.same(was.rows, is.rows)
    and not picture.same(rows.rebuilt(was, process.rows, host), process.rows)
end

---How many processes the sync of a service template makes and changes beyond what a playbook has
---changed: in modules that were out of line before, and where nobody compares bind rows.
---@param before tests.Picture
---@param after tests.Picture
---@param name string of a service template that there was before
---@return integer
function templates.beyond(before, after, name)
  local count, old, new = 0, before.templates[name], after.templates[name]
  for _, module in ipairs(picture.following(before, name)) do
    local instances, stale = picture.of_module(before, module.id), old.processes
    if templates.follows(before, old, module) and templates.follows(before, new, module) then
      stale = {}
    end
    for process_name, was in pairs(stale) do
      local is, lacking = new.processes[process_name], #module.hosts
      for _, instance in ipairs(is and instances or {}) do
        local process = by_template(instance)[was.id]
        lacking = lacking - (process and 1 or 0)
        if process and (process.name ~= process_name
          or is_brought_back(was, is, process, before.hosts[instance.host])) then
          count = count + 1
        end
      end
      count = count + (is and lacking or 0)
    end
  end
  return count
end

-- A new process has all values of its template, locked or not.
local function made_from(name, its, host)
  local process = { name = name, of = id_of(name, its), fields = {},
    rows = rows.rebuilt(its, {}, host) }
  for field, cell in pairs(its.fields) do process.fields[field] = cell.value end
  return process
end

---Brings a service instance in line with its template.
---@param drawn tests.Picture
---@param template table of its templates
---@param instance table
function templates.follow(drawn, template, instance)
  local found, host, processes = by_template(instance), drawn.hosts[instance.host], {}
  for name, its in pairs(template.processes) do
    local process = found[id_of(name, its)]
    if process then
      process.name = name
      for field, cell in pairs(its.fields) do
        if cell.locked then process.fields[field] = cell.value end
      end
      process.rows = rows.rebuilt(its, process.rows, host)
    end
    processes[name] = process or made_from(name, its, host)
  end
  instance.processes = processes
end

-- What a sync does, a chunk of hosts or all at once.
local function synchronise(drawn, template, module)
  local served = {}
  for _, instance in ipairs(picture.of_module(drawn, module.id)) do
    served[instance.host] = true
    templates.follow(drawn, template, instance)
    if next(template.processes) == nil then drawn.instances[instance.id] = nil end
  end
  for _, host in ipairs(module.hosts) do
    if not served[host] and next(template.processes) then
      templates.add_instance(drawn, template, module, host)
    end
  end
end

---Makes a service instance with all processes of its template.
---@param drawn tests.Picture
---@param template table
---@param module table
---@param host integer
---@return table instance
function templates.add_instance(drawn, template, module, host)
  local instance = { name = drawn.hosts[host]["3"] .. "_", labels = {}, module = module.id,
    host = host, processes = {} }
  drawn.instances[("new %d %d"):format(module.id, host)] = instance
  templates.follow(drawn, template, instance)
  return instance
end

---Puts the service templates of a playbook into a picture, and their modules in line.
---@param drawn tests.Picture changed
---@param section table normal form
---@param category_of fun(name: string): integer
function templates.apply(drawn, section, category_of)
  for name, want in order.pairs(section) do
    declare(drawn, name, want, category_of)
    local new = drawn.templates[name]
    for _, module in ipairs(picture.following(drawn, name)) do
      if not templates.follows(drawn, new, module) then synchronise(drawn, new, module) end
    end
  end
end

return templates
