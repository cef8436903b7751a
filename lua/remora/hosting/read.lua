-- Reads what planning the hosting of a playbook needs: the processes its rules speak of, what the
-- agents say of them (a query, before anything is decided), and what was registered earlier.

local agents = require "remora.hosting.agents"
local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local hosts = require "remora.observe.hosts"
local json = require "json"
local labels = require "remora.observe.labels"
local named_hosts = require "remora.observe.named_hosts"
local order = require "remora.core.order"
local packed = require "remora.observe.packed"
local processes = require "remora.observe.processes"
local reach = require "remora.model.reach"
local said = require "remora.hosting.said"
local targets = require "remora.hosting.targets"
local topology = require "remora.observe.topology"

-- Only where templates are declared too will instances appear that are not there yet.
local function growing(pb, state, modules)
  local list = {}
  for _, module in ipairs(modules) do
    local template = state.templates and state.templates[module.template_id]
    if template and pb.sections.service_templates
      and pb.sections.service_templates[template.name] then
      list[#list + 1] = module
    end
  end
  return list
end

-- Every host of some modules, as far as it is known.
local function hosts_in(state, modules)
  local ids = {}
  for _, module in ipairs(modules) do
    local instances = state.instances_of[module.id] or {}
    for i = 1, #instances do ids[packed.host(instances, i)] = true end
  end
  for _, id in ipairs(hosts.inside(state, modules)) do ids[id] = true end
  return order.keys(ids)
end

-- The numbers of processes count all modules of a host, so those have to be read too.
local function read_neighbours(reader, state, modules)
  local around, refused = hosts.modules_around(reader, state, hosts_in(state, modules))
  if not around then return nil, refused end
  local list = {}
  for _, id in ipairs(order.keys(around)) do
    list[#list + 1] = state.module_by_id[id] -- of built-in ones: nil
  end
  return processes.read(reader, state, processes.unread(state, list),
    definition.process_fields)
end

local function read_processes(reader, pb, state, modules)
  local done, refused = reader:together {
    function()
      return processes.read(reader, state, processes.unread(state, modules),
        definition.process_fields)
    end,
    function() return hosts.read_modules(reader, state, growing(pb, state, modules)) end,
  }
  if not done then return nil, refused end
  done, refused = read_neighbours(reader, state, modules)
  if not done then return nil, refused end
  return hosts.read(reader, state, hosts_in(state, modules))
end

-- What is asked about: what was registered, else what is wanted.
local function asked_about(state, target)
  return state.hosting.known[target.place] or target
end

local function is_complete(entry, via)
  for _, member in ipairs(drivers.via[via].needed) do
    if entry[member] == nil then return false end
  end
  return true
end

-- The numbers of the targets that can be asked about, by the driver that would answer.
local function askable(state, list)
  local by_via = {}
  for i, target in ipairs(list) do
    local about = asked_about(state, target)
    if is_complete(about.entry, about.via) then
      by_via[about.via] = by_via[about.via] or {}
      table.insert(by_via[about.via], i)
    end
  end
  return by_via
end

-- Asks what was not asked before.
local function ask(reader, via, request)
  return reader:memo("agents", json.encode(request), function()
    return agents.ask(reader, via, request)
  end)
end

-- What agents say of the targets of a playbook.
local function read_agents(reader, pb, state)
  local list = targets.of(pb, state)
  return agents.ask_all(reader, state.business.id, askable(state, list), {
    ask = ask,
    about = function(i)
      local target = list[i]
      return { entry = asked_about(state, target).entry, host = target:host() }
    end,
  })
end

---@param reader table
---@param pb table
---@param state table
---@param earlier fun(): boolean?, table?
---@return boolean? done
---@return table? fault
return function(reader, pb, state, earlier)
  local rules = pb.sections.hosting
  state.hosting = { labelled = {}, agents = said.new(), known = {}, former = {}, acted = {} }
  local done, refused = reader:together {
    function() return topology.read(reader, state) end,
    function() return named_hosts.read(reader, pb, state) end,
    function() return labels.read(reader, state, rules, state.hosting) end,
    earlier,
  }
  if not done then return nil, refused end
  done, refused = read_processes(reader, pb, state, reach.modules(rules, pb, state))
  if not done then return nil, refused end
  local known, former = reader.registry:all()
  if not known then return nil, former end
  state.hosting.known, state.hosting.former = known, former
  for place in pairs(reader.registry.acted) do state.hosting.acted[place] = true end
  state.hosting.agents, refused = read_agents(reader, pb, state)
  return state.hosting.agents ~= nil, refused
end
