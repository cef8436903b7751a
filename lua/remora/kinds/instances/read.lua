-- Reads what planning the instances of a playbook needs: processes of the modules that its rules
-- match, with the fields they set; who is in a module only where instances may be missing.

local hosts = require "remora.observe.hosts"
local labels = require "remora.observe.labels"
local named_hosts = require "remora.observe.named_hosts"
local order = require "remora.core.order"
local process = require "remora.model.process"
local processes = require "remora.observe.processes"
local scope = require "remora.model.scope"
local sift = require "remora.kinds.instances.sift"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"

-- What every update of a templated process needs, whatever it changes.
local ALWAYS = { "bk_process_id", "bk_process_name", "bind_info" }

-- The modules that rules match, apart by whether a template rules them.
local function matched(rules, state, pb)
  local free, templated, seen = {}, {}, {}
  for _, rule in ipairs(rules) do
    for _, module in ipairs((scope.modules(rule.where, state, pb.at))) do
      if not seen[module.id] then
        seen[module.id] = true
        local list = module.template_id == 0 and free or templated
        list[#list + 1] = module
      end
    end
  end
  return free, templated
end

local function declared(rules)
  local fields, names = {}, {}
  for _, field in ipairs(ALWAYS) do fields[field] = true end
  for _, rule in ipairs(rules) do
    for name, fields_of in pairs(rule.processes) do
      names[name] = true
      for field in pairs(fields_of) do fields[field] = true end
    end
  end
  return order.keys(fields), order.keys(names)
end

-- The modules that other kinds look at as well, and the fields that do for all.
local function demanded(state, pb, fields)
  local modules, names = {}, {}
  for _, field in ipairs(fields) do names[field] = true end
  for _, demand in ipairs(state.demands) do
    for _, rule in ipairs(demand.rules) do
      for _, module in ipairs((scope.modules(rule.where, state, pb.at))) do
        modules[module.id] = true
      end
    end
    for _, field in ipairs(demand.fields) do names[field] = true end
  end
  return modules, order.keys(names)
end

local function whole()
  local fields = { "bk_process_id" }
  return table.move(process.FIELDS, 1, #process.FIELDS, 2, fields)
end

local function read_labelled(reader, state, rules)
  local refused
  state.labelled, refused = labels.read(reader, state, rules)
  return state.labelled ~= nil, refused
end

local function template_ids(modules)
  local ids = {}
  for _, module in ipairs(modules) do ids[module.template_id] = true end
  return order.keys(ids)
end

-- Those modules whose difference from their template no declared template asks for.
local function undeclared(pb, state, modules)
  local section, list = pb.sections.service_templates or {}, {}
  for _, module in ipairs(modules) do
    local template = state.templates and state.templates[module.template_id]
    if not (template and section[template.name]) then list[#list + 1] = module end
  end
  return list
end

-- A module in line with a template that has processes has one instance per host. Only there may the
-- read be limited to the processes that are named, and only elsewhere can a host be without one.
local function split(modules, state)
  local in_line, out_of_line = {}, {}
  for _, module in ipairs(modules) do
    local template = state.templates[module.template_id]
    local complete = template and #template.processes > 0 and not state.need_sync[module.id]
    local list = complete and in_line or out_of_line
    list[#list + 1] = module
  end
  return in_line, out_of_line
end

-- Addresses of hosts that have no service instance yet, for labels and bind rows.
local function read_unknown_hosts(reader, state)
  local ids = {}
  for _, list in pairs(state.hosts_of or {}) do
    for _, id in ipairs(list) do ids[id] = true end
  end
  return hosts.read(reader, state, order.keys(ids))
end

local function read_free(reader, state, modules)
  return reader:together {
    function() return processes.read(reader, state, modules, whole()) end,
    function() return hosts.read_modules(reader, state, modules) end,
  }
end

-- Modules in line are read without what is as wanted; those that others look at or that are out of
-- line are read whole.
local function read_followers(reader, pb, state, modules)
  local fields, names = declared(pb.sections.instances)
  local shared, more = demanded(state, pb, fields)
  local in_line, out_of_line = split(modules, state)
  local sifted, entire = {}, table.move(out_of_line, 1, #out_of_line, 1, {})
  for _, module in ipairs(in_line) do
    local list = shared[module.id] and entire or sifted
    list[#list + 1] = module
  end
  return reader:together {
    function()
      return processes.read(reader, state, sifted, fields, { names = #names > 0 and names or nil,
        patterns = reader.sifts and sift.patterns(pb, state, sifted) or nil })
    end,
    function() return processes.read(reader, state, entire, more) end,
    function() return hosts.read_modules(reader, state, out_of_line) end,
  }
end

local function read_templated(reader, pb, state, modules, earlier)
  if #modules == 0 then return true end
  local done, refused = reader:together {
    function() return templates.read_need_sync(reader, state, undeclared(pb, state, modules)) end,
    function() return templates.read_processes(reader, state, template_ids(modules)) end,
    earlier,
  }
  if not done then return nil, refused end
  return read_followers(reader, pb, state, modules)
end

---@param reader table
---@param pb table
---@param state table
---@param earlier fun(): boolean?, table?
---@return boolean? done
---@return table? fault
return function(reader, pb, state, earlier)
  local rules = pb.sections.instances
  local done, refused = reader:together {
    function() return topology.read(reader, state) end,
    function() return named_hosts.read(reader, pb, state) end,
    function() return read_labelled(reader, state, rules) end,
    function() return not pb.sections.service_templates or templates.read(reader, state) end,
  }
  if not done then return nil, refused end
  local free, templated = matched(rules, state, pb)
  done, refused = reader:together {
    function() return read_free(reader, state, free) end,
    function() return read_templated(reader, pb, state, templated, earlier) end,
  }
  if not done then return nil, refused end
  return read_unknown_hosts(reader, state)
end
