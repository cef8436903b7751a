-- Which questions to a platform a playbook has no need of: about places it cannot touch, fields it
-- does not name, or what was asked already. Owns what may be asked for a plan, from the playbook
-- and the fleet alone; knows no reader.

local json = require "json"
local picture = require "tests.support.picture"
local rules = require "tests.support.reference_rules"
local templates = require "tests.support.reference_templates"

-- What must be known of every process, whatever a rule says of it.
local ALWAYS = { bk_process_id = true, bk_process_name = true, bind_info = true }

-- Whether a column of bind rows is free as a whole, so that nobody knows what instances have.
local function hides_rows(template)
  for _, its in pairs(template.processes) do
    if not its.rows_locked then return true end
  end
  return false
end

-- Modules and templates, by id, that a playbook speaks of; of the modules, which by a rule, and of
-- which a declared template is not followed, or may be not.
local function spoken_of(pb, drawn)
  local reach = { modules = {}, ruled = {}, stale = {}, looked_at = {}, templates = {}, hosts = {},
    fields = {}, labels = {}, wanted = {}, categories = false,
    names = pb.sections.service_templates ~= nil }
  for name, want in pairs(pb.sections.service_templates or {}) do
    local template = drawn.templates[name]
    reach.categories = reach.categories or not template or want.category ~= nil
    if template then reach.templates[template.id] = true end
    reach.wanted[name] = want
    for _, module in ipairs(picture.following(drawn, name)) do
      reach.modules[module.id] = true
      reach.stale[module.id] = not templates.follows(drawn, template, module)
      reach.looked_at[module.id] = reach.stale[module.id] or hides_rows(template)
    end
  end
  for _, module in pairs(drawn.modules) do
    if #rules.of(pb.sections.instances or {}, module) > 0 then
      reach.modules[module.id], reach.ruled[module.id] = true, true
      if module.template then
        reach.names, reach.templates[drawn.templates[module.template].id] = true, true
      end
    end
    for _, host in ipairs(reach.ruled[module.id] and module.hosts or {}) do
      reach.hosts[host] = true
    end
  end
  for _, rule in ipairs(pb.sections.instances or {}) do
    for _, host in ipairs(rule.where.hosts or {}) do reach.hosts[host] = true end
    for _, host in ipairs(rule.where.host_ids or {}) do reach.hosts[host] = true end
    for key, value in pairs(rule.where.labels or {}) do reach.labels[key .. "=" .. value] = true end
    for _, fields in pairs(rule.processes) do
      for field in pairs(fields) do reach.fields[field] = true end
    end
  end
  return reach
end

local function all(list, test)
  for _, item in ipairs(list) do
    if not test(item) then return false end
  end
  return true
end

local needed = {}

needed["cc.search_business"] = function() return true end
needed["cc.search_biz_inst_topo"] = needed["cc.search_business"]

needed["cc.list_service_template"] = function(reach) return reach.names end

needed["cc.list_service_category"] = function(reach) return reach.categories end

needed["cc.list_proc_template"] = function(reach, _, args)
  return reach.templates[args.service_template_id]
end

local function of_modules(reach, _, args)
  return all(args.bk_module_ids, function(id) return reach.modules[id] end)
end

needed["cc.list_service_template_difference"] = of_modules
needed["cc.find_host_topo_relation"] = of_modules

needed["cc.list_biz_hosts"] = function(reach, _, args)
  return all(args.host_property_filter.rules[1].value, function(host) return reach.hosts[host] end)
end

needed["cc.list_service_instance"] = function(reach, _, args)
  return all(args.selectors, function(selector)
    return reach.labels[selector.key .. "=" .. selector.values[1]]
  end)
end

-- The executable of a new process template; none: the plan refuses it.
local function new_func(want) return want.bk_func_name and want.bk_func_name.value end

-- Whether a process of a module may have a start regex by itself that the playbook gives to another
-- one of its executable.
local function may_hold(reach, drawn, id, name, regex)
  local template = drawn.templates[drawn.modules[id].template]
  local want, holder = reach.wanted[drawn.modules[id].template], template.processes[name]
  if not holder or holder.fields.bk_start_param_regex.locked then return false end
  if want.prune and not want.processes[name] then return false end
  for other, its in pairs(want.processes) do
    local cell, taker = its.bk_start_param_regex, template.processes[other]
    local func = taker and taker.fields.bk_func_name.value or new_func(its)
    if other ~= name and func == holder.fields.bk_func_name.value and cell
      and cell.value == regex and not (taker and taker.fields.bk_start_param_regex.value == regex
        and taker.fields.bk_start_param_regex.locked) then
      return true
    end
  end
  return false
end

local function any(list, test)
  return not all(list, function(item) return not test(item) end)
end

-- Where modules are in line, only who may have a start regex that another one gets.
local function holders(reach, drawn, args)
  local names = args.process_property_filter.rules[1].value
  local regexes = args.process_property_filter.rules[2].value
  local modules = args.module.bk_module_ids
  local function may(id, name, regex)
    return reach.stale[id] == false and may_hold(reach, drawn, id, name, regex)
  end
  return json.encode(args.fields) == '["bk_process_id","bk_start_param_regex"]'
    and all(modules, function(id)
      return any(names, function(name)
        return any(regexes, function(regex) return may(id, name, regex) end)
      end)
    end)
    and all(names, function(name)
      return any(modules, function(id)
        return any(regexes, function(regex) return may(id, name, regex) end)
      end)
    end)
    and all(regexes, function(regex)
      return any(modules, function(id)
        return any(names, function(name) return may(id, name, regex) end)
      end)
    end)
end

-- What a sync may set, and start regexes where some have an executable in common.
local function synchronised(reach, drawn, ids)
  local fields = {}
  for _, id in ipairs(ids) do
    local name, funcs = drawn.modules[id].template, {}
    local living = drawn.templates[name].processes
    local function meet(func)
      fields.bk_start_param_regex = fields.bk_start_param_regex or funcs[func]
      funcs[func] = true
    end
    for _, its in pairs(living) do
      meet(its.fields.bk_func_name.value)
      for field, cell in pairs(its.fields) do fields[field] = fields[field] or cell.locked end
    end
    for process_name, its in pairs(reach.wanted[name].processes) do
      if not living[process_name] then meet(new_func(its) or process_name) end
    end
  end
  return fields
end

needed["cc.list_process_related_info"] = function(reach, drawn, args)
  local modules, filter = args.module.bk_module_ids, args.process_property_filter
  if filter and #filter.rules == 2 then return holders(reach, drawn, args) end
  -- Where a sync is due, what it finds.
  if all(modules, function(id) return reach.looked_at[id] end) then
    local its = synchronised(reach, drawn, modules)
    local ruled = all(modules, function(id) return reach.ruled[id] end)
    return all(args.fields, function(field)
      return ALWAYS[field] or its[field] or ruled and reach.fields[field]
    end)
  end
  local templated = true
  for _, id in ipairs(args.module.bk_module_ids) do
    if not reach.ruled[id] then return false end
    templated = templated and drawn.modules[id].template ~= nil
  end
  -- A free process is written whole, so all of it has to be known.
  return not templated or all(args.fields, function(field)
    return ALWAYS[field] or reach.fields[field]
  end)
end

-- Modules out of line of which the processes were asked before, with other fields.
local function twice(reach, looked, args)
  local page
  page, args.page = args.page, nil
  local question, again = json.encode(args), false
  args.page = page
  for _, id in ipairs(args.module.bk_module_ids) do
    looked[id] = looked[id] or question
    again = again or reach.stale[id] and looked[id] ~= question
  end
  return again
end

---@param pb table playbook in normal form
---@param drawn tests.Picture
---@return fun(call: string, args: table): string? says of each question in turn what is wrong with
---  it
return function(pb, drawn)
  local reach, asked, looked = spoken_of(pb, drawn), {}, {}
  return function(call, args)
    local question = call .. " " .. json.encode(args)
    local is_needed = needed[call] and needed[call](reach, drawn, args)
    local again = asked[question] or call == "cc.list_process_related_info"
      and twice(reach, looked, args)
    asked[question] = true
    return not is_needed and "needless: " .. question or again and "asked again: " .. question
      or nil
  end
end
