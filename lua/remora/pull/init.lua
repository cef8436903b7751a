-- Reads a business into what a playbook would say of it. Module by module: of an instance that is
-- as its template makes it, nothing is kept. Owns the way of reading; writes nothing.

local differences = require "remora.pull.differences"
local groups = require "remora.pull.groups"
local hosts = require "remora.observe.hosts"
local notes = require "remora.pull.notes"
local order = require "remora.core.order"
local places = require "remora.pull.places"
local process = require "remora.model.process"
local processes = require "remora.observe.processes"
local rules = require "remora.pull.rules"
local sample = require "remora.pull.sample"
local scope = require "remora.model.scope"
local fault = require "remora.core.fault"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"
local words = require "remora.pull.templates"

local pull = {}

local HOSTS_AT_ONCE = 1000 -- of the modules that are read together

---@class remora.pull.Part what is pulled of modules of one name, and of the template of that name
---@field name string
---@field template table? entry of `service_templates`
---@field comment string? above the template
---@field rules {rule: table, words: string?}[]
---@field processes table? section of a business of the old platform

---@class remora.pull.Pulled
---@field business {id: integer, name: string}
---@field api "v3"? nil: the present platform
---@field parts remora.pull.Part[] by name
---@field notes remora.pull.Notes

local function nowhere() return nil end

local function head(reader, options, state)
  local done, refused = topology.read(reader, { business = options.business, at = nowhere }, state)
  if not done then return nil, refused end
  local modules, problems =
    scope.modules({ set = options.sets, module = options.modules }, state, nowhere)
  if #problems > 0 then return nil, fault.list(problems) end
  return modules
end

-- All templates; with a selection of modules, only theirs.
local function wanted_templates(state, options, modules)
  if not options.sets and not options.modules then return order.keys(state.templates) end
  local ids = {}
  for _, module in ipairs(modules) do
    if state.templates[module.template_id] then ids[module.template_id] = true end
  end
  return order.keys(ids)
end

local function read_templates(reader, state, options, modules)
  local done, refused = templates.read(reader, state)
  if not done then return nil, refused end
  local ids, following = wanted_templates(state, options, modules), {}
  for _, id in ipairs(ids) do
    local list = topology.following(state, id)
    table.move(list, 1, #list, #following + 1, following)
  end
  done, refused = reader:together {
    function() return templates.read_processes(reader, state, ids) end,
    function() return templates.read_need_sync(reader, state, following) end,
    function()
      if #ids == 0 then return true end
      return templates.read_categories(reader, state)
    end,
  }
  if not done then return nil, refused end
  return ids
end

local function part_of(parts, name)
  parts[name] = parts[name] or { name = name, rules = {} }
  return parts[name]
end

-- What the templates say, and what they leave to their instances.
local function say_templates(state, ids, parts, its_notes)
  local profiles = {}
  for _, id in ipairs(ids) do
    local template = state.templates[id]
    local entry, comment = words.entry(its_notes, state, template)
    if entry then
      local part = part_of(parts, template.name)
      part.template, part.comment = entry, comment
      profiles[id] = differences.profile(template, entry.processes or {})
    end
  end
  return profiles
end

-- Modules that can hold something of their own: those without a template, and those whose template
-- leaves something free.
local function with_traits(modules, profiles)
  local list = {}
  for _, module in ipairs(modules) do
    local profile = profiles[module.template_id]
    if module.template_id == 0 or profile and #profile.fields > 0 then list[#list + 1] = module end
  end
  return list
end

-- Portions of modules that are read with the same fields.
local function portions_of(state, modules, profiles)
  local portions, open = {}, {}
  for _, module in ipairs(modules) do
    local profile, count = profiles[module.template_id], #state.hosts_of[module.id]
    local portion = open[module.template_id]
    if count > 0 and (not portion or portion.hosts + count > HOSTS_AT_ONCE) then
      portion = { modules = {}, hosts = 0, profile = profile,
        fields = profile and profile.fields or process.FIELDS }
      open[module.template_id] = portion
      portions[#portions + 1] = portion
    end
    if count > 0 then
      table.insert(portion.modules, module)
      portion.hosts = portion.hosts + count
    end
  end
  return portions
end

-- Addresses of hosts without an instance, where another host of the module has one.
local function read_the_others(reader, state, portion)
  local ids = {}
  for _, module in ipairs(portion.modules) do
    if #state.instances_of[module.id] > 0 then
      for _, id in ipairs(state.hosts_of[module.id]) do
        if not state.hosts[id] then ids[#ids + 1] = id end
      end
    end
  end
  return hosts.read(reader, state, {}, ids)
end

local function fold(reader, state, portion, found)
  local part = { business = state.business, hosts_of = state.hosts_of }
  local done, refused = processes.read(reader, part, portion.modules,
    table.move(portion.fields, 1, #portion.fields, 2, { "bk_process_id" }))
  if not done then return nil, refused end
  done, refused = read_the_others(reader, part, portion)
  if not done then return nil, refused end
  reader:forget { "processes", "hosts" }
  for _, module in ipairs(portion.modules) do
    found:fold(module, part.instances_of[module.id], state.hosts_of[module.id], part.hosts,
      function(instance)
        return differences.of(instance, portion.profile, part.hosts[instance.host_id])
      end)
  end
  return true
end

local function read_instances(reader, state, modules, profiles)
  modules = with_traits(modules, profiles)
  local done, refused = hosts.read_modules(reader, state, modules)
  if not done then return nil, refused end
  reader:forget { "host_relations" }
  local found = groups.new()
  done, refused = reader:gather(portions_of(state, modules, profiles), function(portion)
    return fold(reader, state, portion, found)
  end)
  if not done then return nil, refused end
  return found
end

---Reads what a playbook can say of a business.
---@param reader table remora.reconcile.reader
---@param options {business: string|integer, sets: string[]?, modules: string[]?} names or globs
---@return remora.pull.Pulled?
---@return table? fault
function pull.read(reader, options)
  local state, its_notes, parts = {}, notes.new(), {}
  local modules, refused = head(reader, options, state)
  if not modules then return nil, refused end
  local ids
  ids, refused = read_templates(reader, state, options, modules)
  if not ids then return nil, refused end
  local done
  done, refused = sample.read(reader, state, its_notes)
  if not done then return nil, refused end
  local profiles = say_templates(state, ids, parts, its_notes)
  local found
  found, refused = read_instances(reader, state, modules, profiles)
  if not found then return nil, refused end
  local known = places.new(state)
  for name, each in order.pairs(found.named) do
    local list = rules.of(its_notes, known, name, each)
    if #list > 0 then part_of(parts, name).rules = list end
  end
  local sorted = {}
  for _, name in ipairs(order.keys(parts)) do sorted[#sorted + 1] = parts[name] end
  return { business = state.business, parts = sorted, notes = its_notes }
end

return pull
