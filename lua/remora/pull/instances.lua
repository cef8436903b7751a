-- Reads what the service instances of a business have of their own. Of a process that is as its
-- template makes it, or looks like others, nothing is kept. Owns the way of reading.

local addresses = require "remora.model.addresses"
local differences = require "remora.pull.differences"
local groups = require "remora.pull.groups"
local hosts = require "remora.observe.hosts"
local listing = require "remora.observe.listing"
local looks = require "remora.pull.looks"
local process = require "remora.model.process"
local process_columns = require "remora.observe.process_columns"
local processes = require "remora.observe.processes"
local tally = require "remora.pull.tally"

local instances = {}

local HOSTS_AT_ONCE = 1000  -- of the modules that are looked at together
local MODULES_AT_ONCE = 100 -- in line, whose looks are learned together
local ALIKE = "alike"       -- key of a look, as the others are JSON
local LANES = 4             -- portions that are read at the same time

---@class remora.pull.Portion modules of one template that are read together
---@field modules remora.observe.Module[]
---@field profile remora.pull.Profile? nil: they have no template
---@field weight integer of the modules

-- Portions of modules with one template, none heavier than it may be unless it is one module.
local function portions_of(modules, profiles, most, weight_of)
  local portions, open = {}, {}
  for _, module in ipairs(modules) do
    local portion, weight = open[module.template_id], weight_of(module)
    if weight > 0 and (not portion or portion.weight + weight > most) then
      portion = { modules = {}, weight = 0, profile = profiles[module.template_id] }
      open[module.template_id] = portion
      portions[#portions + 1] = portion
    end
    if weight > 0 then
      table.insert(portion.modules, module)
      portion.weight = portion.weight + weight
    end
  end
  return portions
end

local function by_hosts(state, modules, profiles)
  return portions_of(modules, profiles, HOSTS_AT_ONCE,
    function(module) return #state.hosts_of[module.id] end)
end

local function new_tallies(modules, in_line)
  local tallies = {}
  for _, module in ipairs(modules) do tallies[module.id] = tally.new(in_line) end
  return tallies
end

local function with_id(fields)
  return table.move(fields, 1, #fields, 2, { "bk_process_id" })
end

-- What a process has of its own; nothing, where its template is gone or cannot be said.
local function traits_of(profile, template_id, now, host)
  if not profile then return differences.of_free(now) end
  local its = profile.of[template_id]
  return its and differences.of_templated(its, now, host) or {}
end

-- Addresses of the hosts that are not known yet, for a portion only.
local function read_hosts(reader, state, known, ids)
  local done, refused = hosts.read(reader, { business = state.business, hosts = known }, ids)
  reader:forget { "hosts" }
  return done, refused
end

-- Which hosts are in some modules; how that was told is a lot, and not kept.
local function read_members(reader, state, modules)
  local done, refused = hosts.read_modules(reader, state, modules)
  reader:forget { "host_relations" }
  return done, refused
end

-- Those that no process was listed of, where hosts may have to be named.
local function read_the_others(reader, state, known, modules, tallies)
  local unlike = {}
  for _, module in ipairs(modules) do
    if not tallies[module.id]:is_plain() then unlike[#unlike + 1] = module end
  end
  return read_hosts(reader, state, known, hosts.inside(state, unlike))
end

-- Runs a function for each portion, a few at a time: each of them has many pages in flight.
local function in_lanes(reader, portions, fn)
  local lanes, at = {}, 0
  local function run()
    while at < #portions do
      at = at + 1
      local done, refused = fn(portions[at])
      if not done then return nil, refused end
    end
    return true
  end
  for i = 1, LANES do lanes[i] = run end
  return reader:together(lanes)
end

-- Adds the process of a row to what was met in its module.
local function add(there, profile, fields, row, host)
  local template_id = listing.template_id(row)
  local key = differences.look_on(profile and profile.of[template_id], row.look, host)
  local look = there:look(template_id, key) or there:new_look(template_id, key,
    traits_of(profile, template_id, process_columns.values(fields, row.look), host))
  there:add(look, row.instance, row.name, row.bk_host_id)
end

-- Reads every process of some modules.
local function read_whole(reader, state, portion, found)
  local profile, known, tallies = portion.profile, {}, new_tallies(portion.modules, false)
  local fields = profile and profile.fields or process.FIELDS
  if profile and profile.by_outer then
    local done, refused = read_hosts(reader, state, known, hosts.inside(state, portion.modules))
    if not done then return nil, refused end
  end
  local function take(row)
    local host = known[row.bk_host_id] or addresses.host(row)
    known[row.bk_host_id] = host
    add(tallies[row.module], profile, fields, row, host)
  end
  local done, refused = processes.each(reader, state, portion.modules, with_id(fields),
    { columns = process_columns.of(fields) }, take)
  if not done then return nil, refused end
  done, refused = read_the_others(reader, state, known, portion.modules, tallies)
  if not done then return nil, refused end
  for _, module in ipairs(portion.modules) do
    found:fold(module, tallies[module.id], state.hosts_of[module.id], known)
  end
  return true
end

-- Reads those processes of modules in line that look unlike others.
local function read_unlike(reader, state, portion, tallies)
  local profile, fields = portion.profile, portion.profile.fields
  local its_looks <close> = looks.new(profile, portion.modules)
  local done, refused = processes.each(reader, state, portion.modules, with_id(fields), {
    names = profile.names, sieve = its_looks, columns = process_columns.of(fields),
  }, function(row)
    if profile.of[row.template] then add(tallies[row.module], profile, fields, row) end
  end)
  if not done then return nil, refused end
  for _, each in ipairs(its_looks:all()) do
    local traits = differences.of_templated(profile.of[each.template_id], each.values)
    tallies[each.module_id]:new_look(each.template_id, ALIKE, traits).alike = each.count
  end
  return true
end

-- Folds modules of which only parts are alike, for which their hosts have to be told apart.
local function fold_parts(reader, state, modules, tallies, found)
  local done, refused = read_members(reader, state, modules)
  if not done then return nil, refused end
  return reader:gather(by_hosts(state, modules, {}), function(portion)
    local known = {}
    local read, failed = read_the_others(reader, state, known, portion.modules, tallies)
    if not read then return nil, failed end
    for _, module in ipairs(portion.modules) do
      found:fold(module, tallies[module.id], state.hosts_of[module.id], known)
    end
    return true
  end)
end

local function read_in_line(reader, state, modules, profiles, found)
  local tallies, parts = new_tallies(modules, true), {}
  local portions = portions_of(modules, profiles, MODULES_AT_ONCE, function() return 1 end)
  local done, refused = reader:gather(portions, function(portion)
    return read_unlike(reader, state, portion, tallies)
  end)
  if not done then return nil, refused end
  for _, module in ipairs(modules) do
    if not found:fold(module, tallies[module.id]) then parts[#parts + 1] = module end
  end
  return fold_parts(reader, state, parts, tallies, found)
end

-- Modules that can hold something of their own: those without a template, and those whose template
-- leaves something free; apart, whether they are in line with it and it gives all hosts the same.
local function divide(reader, state, modules, profiles)
  local in_line, others = {}, {}
  for _, module in ipairs(modules) do
    local profile = profiles[module.template_id]
    if module.template_id == 0 or profile and #profile.fields > 0 then
      local sifted = reader.sifts and profile and not profile.by_host
        and state.need_sync[module.id] == false
      local list = sifted and in_line or others
      list[#list + 1] = module
    end
  end
  return in_line, others
end

---Reads what service instances have of their own.
---@param reader table remora.reconcile.reader
---@param state table with business and need_sync
---@param modules remora.observe.Module[]
---@param profiles table<integer, remora.pull.Profile> by service template
---@return table? groups remora.pull.groups
---@return table? fault
function instances.read(reader, state, modules, profiles)
  local in_line, others = divide(reader, state, modules, profiles)
  local found = groups.new()
  local done, refused = read_members(reader, state, others)
  if not done then return nil, refused end
  done, refused = reader:together {
    function() return read_in_line(reader, state, in_line, profiles, found) end,
    function()
      return in_lanes(reader, by_hosts(state, others, profiles), function(portion)
        return read_whole(reader, state, portion, found)
      end)
    end,
  }
  if not done then return nil, refused end
  return found
end

return instances
