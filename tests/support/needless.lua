-- Which questions to a platform a playbook has no need of: about places it cannot touch, fields it
-- does not name, or what was asked already. Owns what may be asked for a plan, from the playbook
-- and the fleet alone; knows no reader.

local json = require "json"
local picture = require "tests.support.picture"
local rules = require "tests.support.reference_rules"
local templates = require "tests.support.reference_templates"

-- What must be known of every process, whatever a rule says of it.
local ALWAYS = { bk_process_id = true, bk_process_name = true, bind_info = true }

-- Modules and templates, by id, that a playbook speaks of; of the modules, which by a rule, and of
-- which a declared template is not followed.
local function spoken_of(pb, drawn)
  local reach = { modules = {}, ruled = {}, stale = {}, templates = {}, hosts = {}, fields = {},
    labels = {}, categories = false, names = pb.sections.service_templates ~= nil }
  for name, want in pairs(pb.sections.service_templates or {}) do
    local template = drawn.templates[name]
    reach.categories = reach.categories or not template or want.category ~= nil
    if template then reach.templates[template.id] = true end
    for _, module in ipairs(picture.following(drawn, name)) do
      reach.modules[module.id] = true
      reach.stale[module.id] = not templates.follows(drawn, template, module)
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

needed["cc.list_process_related_info"] = function(reach, drawn, args)
  -- Where a sync is due, how many processes it deletes.
  if json.encode(args.fields) == '["bk_process_id"]' then
    return all(args.module.bk_module_ids, function(id) return reach.stale[id] end)
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

---@param pb table playbook in normal form
---@param drawn tests.Picture
---@return fun(call: string, args: table): string? says of each question in turn what is wrong with
---  it
return function(pb, drawn)
  local reach, asked = spoken_of(pb, drawn), {}
  return function(call, args)
    local question = call .. " " .. json.encode(args)
    local is_needed = needed[call] and needed[call](reach, drawn, args)
    local again = asked[question]
    asked[question] = true
    return not is_needed and "needless: " .. question or again and "asked again: " .. question
      or nil
  end
end
