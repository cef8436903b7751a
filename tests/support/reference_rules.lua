-- What the instance rules of a playbook make of a picture, worked out one service instance at a
-- time. Part of tests.support.reference; follows what is known of create_process_instance and
-- update_process_instance.

local order = require "remora.core.order"
local picture = require "tests.support.picture"
local rows = require "tests.support.reference_rows"
local templates = require "tests.support.reference_templates"

local rules = {}

-- Whether an item of a list in `where` means a name or an id; * is any text, ? one character.
local function means(item, name, id)
  if type(item) == "number" then return item == id end
  local pattern = item:gsub("%p", function(sign)
    return sign == "*" and ".*" or sign == "?" and "." or "%" .. sign
  end)
  return name:find("^" .. pattern .. "$") ~= nil
end

local function any(list, name, id)
  for _, item in ipairs(list or {}) do
    if means(item, name, id) then return true end
  end
  return list == nil
end

local function means_module(where, module)
  return any(where.set, module.set, module.set_id) and any(where.module, module.name, module.id)
end

local function means_host(where, drawn, host)
  if not where.hosts and not where.host_ids then return true end
  return where.hosts ~= nil and any(where.hosts, drawn.hosts[host]["3"])
    or where.host_ids ~= nil and any(where.host_ids, "", host)
end

local function means_instance(where, instance)
  for key, value in pairs(where.labels or {}) do
    if instance.labels[key] ~= value then return false end
  end
  return any(where.service_instance, instance.name, instance.id)
end

-- All rules that mean a place, as one wish: processes with every value for new ones, those values
-- that count for one that exists, and whether a rule says in which service instance.
local function wish_of(list, test)
  local wish = { processes = {}, count = 0 }
  for _, rule in ipairs(list) do
    if test(rule.where) then
      wish.count, wish.prune = wish.count + 1, wish.prune or rule.prune
      for name, fields in pairs(rule.processes) do
        local its = wish.processes[name] or { values = {}, counting = {} }
        wish.processes[name] = its
        its.picked = its.picked or rule.where.service_instance ~= nil or rule.where.labels ~= nil
        for field, value in pairs(fields) do
          its.values[field] = value
          if not (rule.ignore and rule.ignore[field]) then its.counting[field] = value end
        end
      end
    end
  end
  return wish
end

-- What is there already need not be sent. An update rebuilds the rows of a templated process, so
-- that rows it has lost come back, and rows of its own go; what is wanted is laid over these.
local function lay_over_templated(its, process, wish, host)
  local before, wanted = picture.copy(process), wish.bind_info or {}
  for field, value in pairs(wish) do
    if field ~= "bind_info" then process.fields[field] = rows.plain(value) end
  end
  if picture.same(before, process) and rows.are_there(wanted, process.rows) then return end
  process.rows = rows.rebuilt(its, process.rows, host)
  local _, of = rows.laid_over(wanted, process.rows)
  for _, row in ipairs(process.rows) do
    for cell, new in pairs(of[row] or {}) do row[cell] = new end
  end
  for field, cell in pairs(its.fields) do
    if cell.locked then process.fields[field] = before.fields[field] end
  end
end

local function template_process_of(template, process)
  for name, its in pairs(template.processes) do
    if process.of == (its.id or name) then return its, name end
  end
end

local function apply_templated(drawn, template, instance, wish)
  for _, process in pairs(instance.processes) do
    local its, name = template_process_of(template, process)
    local wanted = its and wish.processes[name]
    if wanted then
      lay_over_templated(its, process, wanted.counting, drawn.hosts[instance.host])
    end
  end
end

local TEXTS = { "bk_start_param_regex", "description", "user", "work_path", "pid_file", "start_cmd",
  "stop_cmd", "restart_cmd", "reload_cmd", "face_stop_cmd" }

local function lay_over_free(process, wish)
  for field, value in pairs(wish) do
    if field == "bind_info" then
      local made = rows.laid_over(value, process.rows)
      -- Where a row came from is of no importance to a free process.
      if not picture.same(made, process.rows) then process.rows = made end
    else
      process.fields[field] = rows.plain(value)
    end
  end
end

local function new_free(name, wish)
  local process = { name = name, fields = { auto_start = false }, rows = {} }
  for _, field in ipairs(TEXTS) do process.fields[field] = "" end
  lay_over_free(process, wish)
  return process
end

-- Whether one of several service instances on a host has a process already.
local function runs(neighbours, name)
  for _, instance in ipairs(neighbours) do
    if instance.processes[name] then return true end
  end
  return false
end

local function apply_free(drawn, key, instance, wish, neighbours)
  for name in pairs(instance.processes) do
    if wish.prune and not wish.processes[name] then instance.processes[name] = nil end
  end
  for name, wanted in pairs(wish.processes) do
    if instance.processes[name] then
      lay_over_free(instance.processes[name], wanted.counting)
    elseif wanted.picked or #neighbours < 2 or not runs(neighbours, name) then
      instance.processes[name] = new_free(name, wanted.values)
    end
  end
  if next(instance.processes) == nil then drawn.instances[key] = nil end
end

local function apply_wish(drawn, module, key, wish, neighbours)
  local instance = drawn.instances[key]
  if module.template then
    apply_templated(drawn, drawn.templates[module.template], instance, wish)
  else
    apply_free(drawn, key, instance, wish, neighbours)
  end
end

-- What all rules want that mean a service instance.
local function wish_for(drawn, list, instance)
  return wish_of(list, function(where)
    return means_host(where, drawn, instance.host) and means_instance(where, instance)
  end)
end

-- Gives the key of the service instance; of a template there is only one if a rule speaks of its
-- processes.
local function add(drawn, module, host, wish, name)
  local template = module.template and drawn.templates[module.template]
  local key = ("new %d %d"):format(module.id, host) .. (name and " " .. name or "")
  if not template then
    drawn.instances[key] = { name = name or drawn.hosts[host]["3"] .. "_", labels = {},
      module = module.id, host = host, processes = {} }
    return key
  end
  for process_name in pairs(wish.processes) do
    if template.processes[process_name] then
      templates.add_instance(drawn, template, module, host)
      return key
    end
  end
end

-- What rules make begins with every value they name, and gets its name; then others may mean it.
local function make(drawn, module, host, wish, list, name, neighbours)
  local key = add(drawn, module, host, wish, name)
  if not key then return end
  for _, its in pairs(wish.processes) do its.counting = its.values end
  apply_wish(drawn, module, key, wish, neighbours)
  local made = picture.copy(drawn.instances[key])
  if not made then return end
  apply_wish(drawn, module, key, wish_for(drawn, list, made), neighbours)
  drawn.is_named_late = drawn.is_named_late or not picture.same(made, drawn.instances[key])
end

-- Full names of the service instances that rules want on a host they name: without a template.
local function names_on(drawn, module, host, list)
  local names = {}
  for _, rule in ipairs(module.template and {} or list) do
    local where = rule.where
    local names_host = (where.hosts or where.host_ids) and not where.labels
      and means_host(where, drawn, host)
    for _, name in ipairs(names_host and where.service_instance or {}) do
      if type(name) == "string" and not name:find("[*?]") then names[name] = true end
    end
  end
  return names
end

local function make_named(drawn, module, host, list, neighbours)
  local names = names_on(drawn, module, host, list)
  for _, instance in pairs(drawn.instances) do
    if instance.module == module.id and instance.host == host then names[instance.name] = nil end
  end
  for name in order.pairs(names) do
    local new = { name = name, labels = {} }
    make(drawn, module, host, wish_of(list, function(where)
      return not where.labels and means_host(where, drawn, host) and means_instance(where, new)
    end), list, name, neighbours)
  end
  return next(names) ~= nil
end

local function apply_module(drawn, module, list)
  local wishes, on_host = {}, {}
  for key, instance in order.pairs(drawn.instances) do
    if instance.module == module.id then
      on_host[instance.host] = on_host[instance.host] or {}
      local wish = wish_for(drawn, list, instance)
      if wish.count > 0 then
        wishes[key] = wish
        table.insert(on_host[instance.host], instance)
      end
    end
  end
  for key, wish in order.pairs(wishes) do
    apply_wish(drawn, module, key, wish, on_host[drawn.instances[key].host])
  end
  for _, host in ipairs(module.hosts) do
    local is_served = make_named(drawn, module, host, list, on_host[host] or {})
    local wish = wish_of(list, function(where)
      return not where.labels and not where.service_instance and means_host(where, drawn, host)
    end)
    if not (on_host[host] or is_served) and wish.count > 0 then
      make(drawn, module, host, wish, list, nil, {})
    end
  end
end

---The rules that speak of a module, all of it or part.
---@param section table normal form
---@param module table of a picture
---@return table[]
function rules.of(section, module)
  local list = {}
  for _, rule in ipairs(section) do
    if means_module(rule.where, module) then list[#list + 1] = rule end
  end
  return list
end

---Whether a rule speaks of a service instance that exists.
---@param where table normal form
---@param drawn table of tests.support.picture
---@param instance table of it
---@return boolean
function rules.speaks_of(where, drawn, instance)
  return means_module(where, drawn.modules[instance.module])
    and means_host(where, drawn, instance.host) and means_instance(where, instance)
end

---Whether a text is what an item of a list in `where` means.
rules.any = any

---Puts the instance rules of a playbook into a picture.
---@param drawn tests.Picture changed; is_named_late: set where rules mean by name what others make
---@param section table normal form
function rules.apply(drawn, section)
  for _, module in order.pairs(drawn.modules) do
    local list = rules.of(section, module)
    if #list > 0 then apply_module(drawn, module, list) end
  end
end

return rules
