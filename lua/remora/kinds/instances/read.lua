-- Reads what planning the instances of a playbook needs: processes of the modules that its rules
-- match, with the fields they set; who is in a module only where instances may be missing.

local hosts = require "remora.observe.hosts"
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

-- Those modules that other kinds look at as well, apart from the others, and the fields for both.
local function demanded(state, pb, modules, fields)
  local wanted, names, theirs, ours = {}, {}, {}, {}
  for _, field in ipairs(fields) do names[field] = true end
  for _, demand in ipairs(state.demands) do
    for _, rule in ipairs(demand.rules) do
      for _, module in ipairs((scope.modules(rule.where, state, pb.at))) do
        wanted[module.id] = true
      end
    end
    for _, field in ipairs(demand.fields) do names[field] = true end
  end
  for _, module in ipairs(modules) do
    local list = wanted[module.id] and theirs or ours
    list[#list + 1] = module
  end
  return theirs, ours, order.keys(names)
end

local function whole()
  local fields = { "bk_process_id" }
  return table.move(process.FIELDS, 1, #process.FIELDS, 2, fields)
end

local function read_labelled(reader, state, rules)
  local refused
  state.labelled, refused = processes.read_labelled(reader, state, rules)
  return state.labelled ~= nil, refused
end

local function template_ids(modules, state)
  local ids = {}
  for _, module in ipairs(modules) do
    if state.templates[module.template_id] then ids[module.template_id] = true end
  end
  return order.keys(ids)
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
    for _, id in ipairs(list) do
      if not state.hosts[id] then ids[id] = true end
    end
  end
  return hosts.read(reader, state, {}, order.keys(ids))
end

---@param reader table
---@param pb table
---@param state table
---@return boolean? done
---@return table? fault
return function(reader, pb, state)
  local rules = pb.sections.instances
  local done, refused = topology.read(reader, pb, state)
  if not done then return nil, refused end
  local free, templated = matched(rules, state, pb)
  local ips, ids = hosts.named(rules)
  done, refused = reader:together {
    function() return hosts.read(reader, state, ips, ids) end,
    function() return read_labelled(reader, state, rules) end,
    function() return templates.read_need_sync(reader, state, templated) end,
    function()
      if #templated == 0 then return true end
      local read, failed = templates.read(reader, state)
      if not read then return nil, failed end
      return templates.read_processes(reader, state, template_ids(templated, state))
    end,
  }
  if not done then return nil, refused end
  local fields, names = declared(rules)
  local named = #names > 0 and names or nil
  local in_line, out_of_line = split(templated, state)
  local alone = table.move(free, 1, #free, 1, {})
  table.move(out_of_line, 1, #out_of_line, #alone + 1, alone)
  local shared, own, more = demanded(state, pb, in_line, fields)
  local sifted, patterns = {}, nil
  if reader.sifts then sifted, own, patterns = sift.split(pb, state, own) end
  done, refused = reader:together {
    function() return processes.read(reader, state, free, whole()) end,
    function()
      return processes.read(reader, state, own, fields, { names = named })
    end,
    function()
      return processes.read(reader, state, sifted, fields, { names = named, patterns = patterns })
    end,
    function() return processes.read(reader, state, shared, more) end,
    function() return processes.read(reader, state, out_of_line, more) end,
    function() return hosts.read_modules(reader, state, alone) end,
  }
  if not done then return nil, refused end
  return read_unknown_hosts(reader, state)
end
