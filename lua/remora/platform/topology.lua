-- Reads a topology file: businesses with their service templates, sets, modules and hosts, and
-- the cloud areas. Owns what the names mean to each other and checks all of it before anything is
-- stored. It never touches the store: remora.platform.population does.

local system = require "system"
local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"
local address = require "remora.core.address"
local host_range = require "remora.platform.host_range"
local read_form = require "remora.platform.topology_form"

local topology = {}

-- The parts of a host entry that a range may stand in, and what each address must look like.
local PARTS = {
  { "ip", address.is_v4 }, { "ip_v6", address.is_v6 }, { "outer_ip", address.is_v4 },
  { "agent_id" }, { "name" },
}

local function listed(value)
  return type(value) == "table" and value or {}
end

local function unknown(reader, at, what, name, known, advice)
  reader:problem("unknown_name", at, ("no %s named '%s'"):format(what, name),
    phrase.did_you_mean(name, known) or advice)
end

-- The texts one part of a host entry stands for, as many as `count` unless that is nil.
local function expand_part(text, count, fits, field)
  local values, problem = host_range.expand(text)
  if not values then return nil, problem end
  if count and #values ~= count then
    return nil, ("%s stands for %d hosts, ip for %d"):format(field, #values, count)
  end
  for _, value in ipairs(values) do
    if fits and not fits(value) then
      return nil, ("'%s' is not an address"):format(value), "a range is written 10.0.0.[1-20]"
    end
  end
  return values
end

-- One host entry as the hosts it stands for; none when something is wrong with it.
local function expand_host(reader, entry, clouds)
  if not entry.ip then return {} end -- the form has told that it is missing
  local columns, count = {}, nil
  for _, part in ipairs(PARTS) do
    local field, fits = part[1], part[2]
    if entry[field] then
      local values, problem, hint = expand_part(entry[field], count, fits, field)
      if not values then
        reader:problem("address", reader:at(entry, field), problem, hint)
        return {}
      end
      count, columns[field] = #values, values
    end
  end
  if entry.cloud_area and not clouds[entry.cloud_area] then
    unknown(reader, reader:at(entry, "cloud_area"), "cloud area", entry.cloud_area, clouds,
      "declare it under cloud_areas")
  end
  local hosts = {}
  for i = 1, count or 0 do
    hosts[i] = { cloud_area = entry.cloud_area }
    for field, values in pairs(columns) do hosts[i][field] = values[i] end
  end
  return hosts
end

-- The hosts of one list. A host may be in several modules, of one business only.
local function expand_hosts(reader, entries, business, context)
  local hosts, here = {}, {}
  for _, entry in ipairs(listed(entries)) do
    for _, host in ipairs(expand_host(reader, entry, context.clouds)) do
      local id = (host.cloud_area or "") .. " " .. host.ip
      local owner = context.owners[id]
      if here[id] then
        reader:problem("duplicate", reader:at(entry, "ip"),
          ("host %s is listed twice here"):format(host.ip))
      elseif owner and owner ~= business then
        reader:problem("duplicate", reader:at(entry, "ip"),
          ("host %s already belongs to business '%s'"):format(host.ip, owner))
      else
        here[id], context.owners[id] = true, business
        hosts[#hosts + 1], context.origins[host] = host, { entry }
      end
    end
  end
  return hosts
end

-- A thing, with where it comes from: a key of a checked table.
local function from(context, container, key, thing)
  context.origins[thing] = { container, key }
  return thing
end

local function read_module(reader, modules, name, templates, context)
  local module = listed(modules[name])
  local template = module.service_template
  if template and not templates[template] then
    unknown(reader, reader:at(module, "service_template"), "service template", template, templates,
      "declare it under service_templates of this business")
  elseif template and template ~= name then
    reader:problem("module_name", reader:at(modules, name, "key"),
      ("module '%s' is bound to service template '%s'"):format(name, template),
      "the platform gives such a module its template's name: use it here too")
  end
  local category = module.service_category
  if template and category then
    reader:problem("category", reader:at(module, "service_category"),
      "a module with a service template has its template's category", "remove service_category")
  end
  return from(context, modules, name,
    { name = name, service_template = template, category = category })
end

local function read_business(reader, businesses, name, context)
  local given = listed(businesses[name])
  local declared = listed(given.service_templates)
  local business = from(context, businesses, name, { name = name, maintainer = given.maintainer,
    templates = {}, sets = {}, idle = expand_hosts(reader, given.idle, name, context) })
  for i, template in ipairs(reader:names(declared)) do
    business.templates[i] = from(context, declared, template,
      { name = template, category = listed(declared[template]).category })
  end
  local sets = listed(given.sets)
  for i, set_name in ipairs(reader:names(sets)) do
    local set = listed(sets[set_name])
    local modules = listed(set.modules)
    business.sets[i] = from(context, sets, set_name, { name = set_name,
      environment = set.environment, description = set.description, modules = {} })
    for j, module_name in ipairs(reader:names(modules)) do
      local module = read_module(reader, modules, module_name, declared, context)
      module.hosts = expand_hosts(reader, listed(modules[module_name]).hosts, name, context)
      business.sets[i].modules[j] = module
    end
  end
  return business
end

---Reads a topology file's text.
---@param text string YAML
---@param file string its name, for messages
---@return table|nil fleet {clouds = names, businesses = list of {name, maintainer?, templates,
---  idle, sets}}, in the order of the file; hosts are expanded to {ip, ip_v6?, outer_ip?,
---  cloud_area?, agent_id?, name?}
---@return table|function at_or_fault where a thing of the fleet, or a field that the file states of
---  it, stands: at(thing, field?), for what only the store can refuse; or all problems of the file
---  at once, each with its position
function topology.read(text, file)
  local checked, reader = read_form(text, file)
  if not checked then return nil, reader end
  local clouds = listed(checked.cloud_areas)
  local context = { clouds = clouds, owners = {}, origins = {} }
  local fleet = { clouds = reader:names(clouds), businesses = {} }
  local businesses = listed(checked.businesses)
  for i, name in ipairs(reader:names(businesses)) do
    fleet.businesses[i] = read_business(reader, businesses, name, context)
  end
  if #reader.faults > 0 then return nil, fault.list(fault.sort(reader.faults)) end
  return fleet, function(thing, field)
    local container, key = table.unpack(context.origins[thing])
    if not key then return reader:at(container, field or "ip") end
    if field then return reader:at(listed(container[key]), field) end
    return reader:at(container, key, "key")
  end
end

---Reads a topology file.
---@param path string
---@return table|nil fleet as of topology.read
---@return table|function at_or_fault as of topology.read
function topology.open(path)
  local text, failure = system.read_file(path)
  if not text then return nil, fault.of_file(path, "cannot be read", failure) end
  return topology.read(text, path)
end

return topology
