-- What service instances will look like after steps of this kind. Pure: every level that changes is
-- copied, the old state stays as it was. Ids that the platform will draw are texts.

local json = require "json"
local process = require "remora.model.process"
local follow = require "remora.kinds.service_templates.follow"
local naming = require "remora.kinds.instances.naming"
local values = require "remora.model.values"

-- The state being changed: all instances by id, which of them were opened, which modules have to be
-- listed anew, ids of new ones by module, and what new processes have, by how they are made.
local draft = {}
draft.__index = draft

local function new_draft(state)
  local after = values.copy(state)
  after.instances_of = values.copy(state.instances_of)
  local instances, owner = {}, {}
  for _, list in pairs(state.instances_of) do
    for _, instance in ipairs(list) do
      instances[instance.id] = instance
      for _, each in ipairs(instance.processes) do owner[each.id] = instance.id end
    end
  end
  return setmetatable({ state = after, instances = instances, owner = owner, open = {},
    modules = {}, added = {}, stored = {} }, draft)
end

function draft:instance(id)
  if not self.open[id] then
    local copy = values.copy(self.instances[id])
    copy.processes = values.copy(copy.processes)
    self.instances[id] = copy
    self.open[id], self.modules[copy.module_id] = copy, true
  end
  return self.open[id]
end

function draft:close()
  for module_id in pairs(self.modules) do
    local list = {}
    for _, old in ipairs(self.state.instances_of[module_id]) do
      list[#list + 1] = self.instances[old.id]
    end
    for _, id in ipairs(self.added[module_id] or {}) do list[#list + 1] = self.instances[id] end
    self.state.instances_of[module_id] = list
  end
  return self.state
end

local function position(instance, id)
  for i, each in ipairs(instance.processes) do
    if each.id == id then return i end
  end
end

local effects = {}

-- The process template of a process; nil: it has none.
local function template_of(d, instance, process_template_id)
  local module = d.state.module_by_id[instance.module_id]
  local template = d.state.templates and d.state.templates[module.template_id]
  for _, each in ipairs(template and template.processes or {}) do
    if each.id == process_template_id then return each end
  end
end

-- Lays values over a process; absent: what those become that are left out of a free one, nil: they
-- stay. The rows of a templated one are rebuilt.
local function update(d, id, update_data, absent)
  local instance = d:instance(d.owner[id])
  local i = position(instance, id)
  local new = values.copy(instance.processes[i])
  new.values = values.copy(new.values)
  for _, field in ipairs(process.FIELDS) do
    if update_data[field] ~= nil then
      new.values[field] = update_data[field]
    elseif absent and new.template_id == 0 then
      new.values[field] = absent
    end
  end
  local its = new.template_id ~= 0 and template_of(d, instance, new.template_id)
  if its then
    new.values.bind_info = follow.rows(its.property, new.values.bind_info,
      d.state.hosts[instance.host_id])
  end
  new.name = new.values.bk_process_name
  instance.processes[i] = new
end

effects["cc.update_process_instance"] = function(d, args)
  for _, item in ipairs(args.processes) do update(d, item.bk_process_id, item, json.null) end
end

effects["cc.update_process_instances_by_ids"] = function(d, args)
  for _, id in ipairs(args.process_ids) do update(d, id, args.update_data) end
end

effects["cc.delete_process_instance"] = function(d, args)
  for _, id in ipairs(args.process_instance_ids) do
    local instance = d:instance(d.owner[id])
    table.remove(instance.processes, position(instance, id))
    if #instance.processes == 0 then d.instances[instance.id] = nil end
  end
end

-- What a new process has. Those that are made alike share it, as those that were read do.
local function stored(d, info)
  if not d.stored[info] then
    local values_of = {}
    for _, field in ipairs(process.FIELDS) do
      values_of[field] = info[field]
      if info[field] == nil then values_of[field] = process.absent_value(field) end
    end
    d.stored[info] = values_of
  end
  return d.stored[info]
end

local function add(d, instance, info)
  local name = info.bk_process_name
  table.insert(instance.processes, {
    id = ("process %s of %s"):format(name, instance.id), name = name, values = stored(d, info),
    template_id = 0,
  })
end

effects["cc.create_process_instance"] = function(d, args)
  local instance = d:instance(args.service_instance_id)
  for _, item in ipairs(args.processes) do add(d, instance, item.process_info) end
end

local function add_instance(d, module, item)
  local id = naming.planned_id(module, item.bk_host_id, item.service_instance_name)
  local instance = { id = id, name = item.service_instance_name or "", module_id = module.id,
    host_id = item.bk_host_id, processes = {} }
  d.instances[id], d.added[module.id] = instance, d.added[module.id] or {}
  table.insert(d.added[module.id], id)
  return d:instance(id)
end

effects["cc.create_service_instance"] = function(d, args)
  local module = d.state.module_by_id[args.bk_module_id]
  local template = d.state.templates and d.state.templates[module.template_id]
  for _, item in ipairs(args.instances) do
    local instance, host = add_instance(d, module, item), d.state.hosts[item.bk_host_id]
    if not template then
      for _, each in ipairs(item.processes) do add(d, instance, each.process_info) end
      follow.named(instance, host)
    else
      instance.processes = follow.instance(instance, template, host).processes
      follow.named(instance, host)
      for _, each in ipairs(item.processes or {}) do
        for _, mine in ipairs(instance.processes) do
          if mine.template_id == each.process_template_id then
            for field, value in pairs(each.process_info) do mine.values[field] = value end
          end
        end
      end
    end
  end
end

---@param state table
---@param steps remora.reconcile.Step[]
---@return table state
return function(state, steps)
  local d = new_draft(state)
  for _, step in ipairs(steps) do effects[step.call](d, step.args) end
  return d:close()
end
