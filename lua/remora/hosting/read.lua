-- Reads what planning the hosting of a playbook needs: the processes its rules speak of, what the agents
-- say of them (a query, before anything is decided), and what was registered earlier.

local hosts = require "remora.observe.hosts"
local job = require "remora.hosting.job"
local processes = require "remora.observe.processes"
local targets = require "remora.hosting.targets"
local task = require "remora.hosting.task"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"

local TIMEOUT = 60 -- seconds for the agents' answers to a query

-- Addresses and ids that rules name, for the hosts they are.
local function listed(rules)
  local ips, ids = {}, {}
  for _, rule in ipairs(rules) do
    for _, ip in ipairs(rule.where.hosts or {}) do ips[#ips + 1] = ip end
    for _, id in ipairs(rule.where.host_ids or {}) do ids[#ids + 1] = id end
  end
  return ips, ids
end

local function labelled(reader, state, rules)
  for index, rule in ipairs(rules) do
    if rule.where.labels then
      local ids, refused = processes.read_labelled(reader, state, rule.where.labels)
      if not ids then return nil, refused end
      state.hosting.labelled[index] = ids
    end
  end
  return true
end

-- Modules that no earlier kind has read; only where templates are declared too will instances appear.
local function read_modules(reader, pb, state, modules)
  local unread, growing = {}, {}
  for _, module in ipairs(modules) do
    if not (state.instances_of and state.instances_of[module.id]) then
      unread[#unread + 1] = module
    end
    local template = state.templates and state.templates[module.template_id]
    if template and pb.sections.service_templates
      and pb.sections.service_templates[template.name] then
      growing[#growing + 1] = module
    end
  end
  return reader:together {
    function() return processes.read(reader, state, unread, {}) end,
    function() return hosts.read_modules(reader, state, growing) end,
  }
end

local function unknown_hosts(state, modules)
  local ids = {}
  for _, module in ipairs(modules) do
    for _, id in ipairs(state.hosts_of and state.hosts_of[module.id] or {}) do
      if not state.hosts[id] then ids[#ids + 1] = id end
    end
  end
  return ids
end

-- What the agents say; the platform counts it as an operation, but it changes nothing.
local function query(reader, state, list)
  local request = job.query(state.business.id, list)
  local data, refused = reader:call(request.call, request.args)
  if not data then return nil, refused end
  local keys = {}
  for i, each in ipairs(job.addressed(request.args)) do keys[i] = each.key end
  local ask = job.asker(function(name, args) return reader:call(name, args) end, request.args, data)
  return task.await(ask, keys, reader, TIMEOUT)
end

local function agents(reader, pb, state)
  local asked = {}
  for _, target in ipairs((targets.of(pb, state))) do
    if target.entry.setup_path and target.entry.pid_path then asked[#asked + 1] = target end
  end
  if #asked == 0 then return true end
  local results, refused = query(reader, state, asked)
  if not results then return nil, refused end
  for _, each in ipairs(job.addressed(job.query(state.business.id, asked).args)) do
    local hosted, running = task.state(results[each.key])
    state.hosting.agents[each.key] = {
      hosted = hosted, running = running, code = results[each.key].code,
    }
  end
  return true
end

---@param reader table
---@param pb table
---@param state table
---@return boolean? done
---@return table? fault
return function(reader, pb, state)
  local done, refused = topology.read(reader, pb, state)
  if not done then return nil, refused end
  state.hosting = { labelled = {}, agents = {}, known = {} }
  local rules, modules = pb.sections.hosting, targets.modules(pb, state)
  local ips, ids = listed(rules)
  done, refused = reader:together {
    function() return hosts.read(reader, state, ips, ids) end,
    function() return labelled(reader, state, rules) end,
    function() return not pb.sections.service_templates or templates.read(reader, state) end,
  }
  if not done then return nil, refused end
  done, refused = read_modules(reader, pb, state, modules)
  if not done then return nil, refused end
  done, refused = hosts.read(reader, state, {}, unknown_hosts(state, modules))
  if not done then return nil, refused end
  state.hosting.known, refused = reader.registry:all()
  if not state.hosting.known then return nil, refused end
  return agents(reader, pb, state)
end
