-- What templates, modules and instances will look like after steps of this kind. Pure: every level
-- that changes is copied, the old state stays as it was. Ids that the platform will draw are texts.

local bind_rows = require "remora.model.bind_rows"
local follow = require "remora.kinds.service_templates.follow"
local json = require "json"
local process = require "remora.model.process"
local regexes = require "remora.kinds.service_templates.regexes"
local sync = require "remora.kinds.service_templates.sync"
local topology = require "remora.observe.topology"
local values = require "remora.model.values"

local UNSET = { value = json.null, as_default_value = json.null }

-- A module without hosts has nothing that could differ.
local function mark_modules(state, template_id)
  for _, module in ipairs(topology.following(state, template_id)) do
    local hosts = state.hosts_of and state.hosts_of[module.id]
    if not hosts or #hosts > 0 then state.need_sync[module.id] = true end
  end
end

-- Whether a cell makes instances follow that did not follow the same before.
local function is_forced(new, old)
  return process.is_locked(new)
    and not (process.is_locked(old) and values.equal(new.value, old.value))
end

local function row_changes(new, old)
  local before = {}
  for _, row in ipairs(old) do before[row.row_id] = row end
  if #new ~= #old then return true end
  for _, row in ipairs(new) do
    local was = row.row_id and before[row.row_id]
    if not was then return true end
    for _, cell in ipairs(bind_rows.CELLS) do
      local now, then_ = row[cell] or UNSET, was[cell] or UNSET
      if is_forced(now, then_) then return true end
    end
  end
  return false
end

-- Only locked values, and the set of bind rows, make the platform ask for a sync.
local function asks_for_sync(field, new, old)
  old = type(old) == "table" and old or UNSET
  if field == "bind_info" then
    return process.is_locked(new) and row_changes(new.value, bind_rows.list(old.value))
  end
  return is_forced(new, old)
end

-- Rows without an id get the next ones after the largest that was sent.
local function numbered(cell)
  local largest, rows = 0, json.array {}
  for _, row in ipairs(cell.value) do largest = math.max(largest, row.row_id or 0) end
  for i, row in ipairs(cell.value) do
    rows[i] = values.copy(row)
    if not row.row_id then
      largest = largest + 1
      rows[i].row_id = largest
    end
  end
  return { value = rows, as_default_value = cell.as_default_value }
end

local function merged(property, written)
  local copy = values.copy(property)
  for field, cell in pairs(written) do
    copy[field] = field == "bind_info" and numbered(cell) or cell
  end
  for _, field in ipairs(process.FIELDS) do copy[field] = copy[field] or UNSET end
  return copy
end

-- The template, copied together with its list of processes.
local function open(state, id)
  local template = values.copy(state.templates[id])
  template.processes = values.copy(template.processes or {})
  state.templates[id] = template
  return template
end

local effects = {}

effects["cc.create_service_template"] = function(state, args)
  local id = "service template " .. args.name
  state.templates[id] =
    { id = id, name = args.name, category_id = args.service_category_id, processes = {} }
  state.template_ids[args.name] = id
end

effects["cc.update_service_template"] = function(state, args)
  local template = values.copy(state.templates[args.id])
  template.category_id = args.service_category_id
  state.templates[args.id] = template
end

effects["cc.batch_create_proc_template"] = function(state, args)
  local template = open(state, args.service_template_id)
  for _, item in ipairs(args.processes) do
    local property = merged({}, item.spec)
    local name = property.bk_process_name.value
    table.insert(template.processes,
      { id = ("process template %s/%s"):format(template.name, name), name = name,
        property = property })
  end
  mark_modules(state, template.id)
end

local function owner(state, process_template_id)
  for id, template in pairs(state.templates) do
    for i, each in ipairs(template.processes or {}) do
      if each.id == process_template_id then return id, i end
    end
  end
  error("no process template " .. tostring(process_template_id))
end

effects["cc.update_proc_template"] = function(state, args)
  local id, i = owner(state, args.process_template_id)
  local template = open(state, id)
  local old = template.processes[i]
  template.processes[i] =
    { id = old.id, name = old.name, property = merged(old.property, args.process_property) }
  for field, cell in pairs(args.process_property) do
    if asks_for_sync(field, cell, old.property[field]) then
      mark_modules(state, id)
      break
    end
  end
end

effects["cc.delete_proc_template"] = function(state, args)
  for _, gone in ipairs(args.process_templates) do
    local id, i = owner(state, gone)
    table.remove(open(state, id).processes, i)
    mark_modules(state, id)
  end
end

-- Whether hosts of a module have no service instance, as far as it was looked at.
local function lacks_instances(state, module_id)
  local its, count = state.surveyed[module_id], #(state.hosts_of[module_id] or {})
  for id in pairs(its and its.living or {}) do
    if (its.present[id] or 0) >= count then return false end
  end
  return its ~= nil and count > 0
end

effects[sync.CALL] = function(state, args)
  for _, module_id in ipairs(args.bk_module_ids) do
    local template, held = state.templates[args.service_template_id], {}
    for i, each in ipairs(state.held[module_id] or {}) do
      held[i] = regexes.synchronised(each, template)
    end
    if lacks_instances(state, module_id) then
      local made = { of = {}, place = "a new service instance" }
      held[#held + 1] = regexes.synchronised(made, template)
    end
    state.need_sync[module_id], state.surveyed[module_id] = false, nil
    state.held[module_id] = held
    if state.instances_of and state.instances_of[module_id] then
      assert(not state.unlisted[module_id], "a module that is synchronised was not read whole")
      follow.module(state, state.module_by_id[module_id], template)
    end
  end
end

---@param state table
---@param steps remora.reconcile.Step[]
---@return table state
return function(state, steps)
  local after = values.copy(state)
  for _, part in ipairs { "templates", "template_ids", "need_sync", "surveyed", "held",
    "instances_of" } do
    if after[part] then after[part] = values.copy(after[part]) end
  end
  for _, step in ipairs(steps) do effects[step.call](after, step.args) end
  return after
end
