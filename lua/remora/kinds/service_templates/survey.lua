-- Looks at the service instances that a sync is about to change, before anything is sent. Owns
-- state.surveyed and state.held, and what is read for them.
--
-- Looks once for each sync. Before a sync the run itself changes templates only, and the changes of
-- these say what they bring about.

local demand = require "remora.kinds.instances.demand"
local held_by = require "remora.kinds.service_templates.held"
local order = require "remora.core.order"
local process = require "remora.model.process"
local processes = require "remora.observe.processes"
local regexes = require "remora.kinds.service_templates.regexes"
local tally = require "remora.kinds.service_templates.tally"

local survey = {}

-- What a sync may set in some modules; start regexes where they matter.
local function fields_of(state, modules, rivals)
  local fields = { bk_process_id = true, bk_process_name = true }
  for _, module in ipairs(modules) do
    if rivals[module.template_id] then fields.bk_start_param_regex = true end
    for _, each in ipairs(state.templates[module.template_id].processes) do
      fields.bind_info = true
      for _, field in ipairs(process.FIELDS) do
        if process.locked(each.property, field) then fields[field] = true end
      end
    end
  end
  return fields
end

-- Whether bind rows of instances may be others although the platform calls them in line: it does
-- not compare those of a column that is free as a whole, and still a sync sets them.
local function hides_rows(template)
  for _, each in ipairs(template.processes) do
    local rows = process.template_value(each.property, "bind_info")
    local is_free = not process.locked(each.property, "bind_info")
    if is_free and type(rows) == "table" then return true end
  end
  return false
end

-- Whether a sync that is due may find processes that are not as their template.
local function may_differ(state, module)
  return state.need_sync[module.id]
    or state.to_sync[module.id] and hides_rows(state.templates[module.template_id])
end

-- The modules by how they are looked at: those that may differ, apart by whether other kinds look
-- at their processes as well, and the others where start regexes matter. Whose template does not
-- change is not among these: nobody has asked for its hosts.
local function scope_of(pb, state, modules, rivals)
  local scope, demanded = { shared = {}, others = {}, in_line = {} }, demand.modules(pb, state)
  for _, module in ipairs(modules) do
    if may_differ(state, module) then
      table.insert(demanded[module.id] and scope.shared or scope.others, module)
    elseif rivals[module.template_id] and #(state.hosts_of[module.id] or {}) > 0 then
      table.insert(scope.in_line, module)
    end
  end
  local fields = fields_of(state, scope.shared, rivals)
  for _, field in ipairs(demand.fields(pb, state)) do fields[field] = true end
  scope.shared_fields = order.keys(fields)
  scope.fields = order.keys(fields_of(state, scope.others, rivals))
  return scope
end

-- A template that was changed back may have brought modules in line without a sync.
local function still_due(state, modules)
  local list = {}
  for _, module in ipairs(modules) do
    if may_differ(state, module) then list[#list + 1] = module end
  end
  return list
end

-- What a service instance in line has is in its template, but for what the template leaves free.
local function read_in_line(reader, state, rivals, modules, held)
  local asked, names, wanted, back = {}, {}, {}, reader.looks_back
  for _, module in ipairs(modules) do
    held:presume(module, regexes.in_line(state.templates[module.template_id]))
    local its_names, its_wanted = regexes.unknown(rivals[module.template_id], back)
    if next(its_names) then asked[#asked + 1] = module end
    for name in pairs(its_names) do names[name] = true end
    for regex in pairs(its_wanted or {}) do wanted[regex] = true end
  end
  return processes.each_listed(reader, state, asked, { "bk_process_id", "bk_start_param_regex" },
    { names = order.keys(names), regexes = not back and order.keys(wanted) or nil },
    function(each, instance)
      held:note(state.module_by_id[instance.module_id], each, instance)
    end)
end

-- All that was found, as long as no sync is done.
local function look(reader, state, rivals, scope)
  local counted, held = tally.new(state, scope.shared, scope.others), held_by.new()
  local function take(each, instance)
    local module = state.module_by_id[instance.module_id]
    local is_living = counted:add(each, instance)
    if is_living and rivals[module.template_id] then held:note(module, each, instance) end
  end
  for _, module in ipairs(scope.shared) do
    for _, instance in ipairs(state.instances_of[module.id]) do
      for _, each in ipairs(instance.processes) do take(each, instance) end
    end
  end
  local done, refused = reader:together {
    function()
      return processes.each_listed(reader, state, scope.others, scope.fields, {}, take)
    end,
    function() return read_in_line(reader, state, rivals, scope.in_line, held) end,
  }
  if not done then return nil, refused end
  return { surveyed = counted.surveyed, held = held:lists() }
end

---@param reader table
---@param pb table
---@param state table with the process templates of the modules, need_sync, and to_sync with the
---  hosts of those
---@param modules remora.observe.Module[] that follow declared templates
---@param rivals table<integer, remora.kinds.service_templates.Move[][]> service template → groups
---  of process templates with one executable (regexes.rivals); nil: it has none
---@return boolean? done
---@return table? fault
function survey.read(reader, pb, state, modules, rivals)
  local scope = reader:memo("survey", "scope", function()
    return scope_of(pb, state, modules, rivals)
  end)
  local shared = still_due(state, scope.shared)
  local done, refused = processes.read(reader, state, shared, scope.shared_fields)
  if not done then return nil, refused end
  local found
  found, refused = reader:memo("survey", "found", function()
    return look(reader, state, rivals, scope)
  end)
  if not found then return nil, refused end
  state.surveyed, state.held = found.surveyed, found.held
  return true
end

---The modules that were out of line, or might be, when they were looked at, before the run changed
---anything.
---@param state table with what was looked at, if it was
---@param modules remora.observe.Module[]
---@return integer[]? ids nil: none
function survey.out_of_line(state, modules)
  local ids = {}
  for _, module in ipairs(state.surveyed and modules or {}) do
    if state.surveyed[module.id] then ids[#ids + 1] = module.id end
  end
  return #ids > 0 and ids or nil
end

---Whether a sync would make or change processes of a process template whatever else it is for.
---@param state table with what was looked at
---@param modules remora.observe.Module[]
---@param id integer process template
---@return boolean
function survey.touches(state, modules, id)
  for _, module in ipairs(modules) do
    local its = state.surveyed[module.id]
    if its and (its.present[id] or 0) < #(state.hosts_of[module.id]) then return true end
    for _, alike in ipairs(its and its.differing or {}) do
      if alike.template_id == id then return true end
    end
  end
  return false
end

return survey
