-- Reads what of a business is hosted, as far as it can be said truthfully: agents tell whether they
-- keep a process, but not with which definition, so only what this remora has registered itself
-- becomes rules of the section `hosting`. Changes nothing.

local agents = require "remora.hosting.agents"
local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local express = require "remora.pull.express"
local fault = require "remora.core.fault"
local groups = require "remora.pull.groups"
local hosts = require "remora.observe.hosts"
local json = require "json"
local named_hosts = require "remora.observe.named_hosts"
local numbers = require "remora.hosting.numbers"
local order = require "remora.core.order"
local processes = require "remora.observe.processes"
local tally = require "remora.pull.tally"
local targets = require "remora.hosting.targets"
local values = require "remora.model.values"
local wheres = require "remora.pull.wheres"

local hosting = {}

local RULE_KEYS = { "where", "state", "via", "owner", "type", "cycle_time", "cpu_lmt", "mem_lmt",
  "cfg_path", "log_path", "op_timeout", "start_check_begin_time", "start_check_end_time" }

-- What a rule may state of a definition, by member; of the rest the process decides.
local STATED = { proc_owner = "owner", type = "type" }
for i = 6, #RULE_KEYS do STATED[RULE_KEYS[i]] = RULE_KEYS[i] end

-- A host as its agent is addressed.
local function agent_of(host) return { bk_cloud_id = host.cloud_id, ip = host.ip } end

-- What is registered on hosts of the business: place → {via, entry, host}. Reads these hosts, and
-- which modules they are in, into `part`.
local function registered_here(reader, part)
  local all, refused = reader.registry:all()
  if not all then return nil, refused end
  local ips, wanted, here = {}, {}, {}
  for place in pairs(all) do ips[place:match("^%d+:(.*):[^:]*$") or ""] = true end
  ips[""] = nil
  local done
  done, refused = named_hosts.read(reader, { at = fault.nowhere,
    sections = { hosting = { { where = { hosts = order.keys(ips) } } } } }, part)
  if not done then return nil, refused end
  for _, host in pairs(part.hosts) do
    here[targets.place(agent_of(host), "")] = agent_of(host)
  end
  for place, each in pairs(all) do
    local host = here[place:match("^(.*:)[^:]*$")]
    if host then wanted[place] = { via = each.via, entry = each.entry, host = host } end
  end
  return wanted
end

-- Keeps those registrations whose process the agent still keeps.
local function ask(reader, state, wanted, notes)
  local by_via, kept = {}, {}
  for _, each in order.pairs(wanted) do
    by_via[each.via] = by_via[each.via] or {}
    table.insert(by_via[each.via], { entry = each.entry, host = each.host })
  end
  local found, refused = agents.ask_all(reader, state.business.id, by_via)
  if not found then return nil, refused end
  for place, agent in order.pairs(found) do
    if agent.hosted then kept[place] = wanted[place] end
    if agent.lost then
      notes:head(("Whether %s is hosted: its agent does not say"):format(place))
    end
  end
  return kept
end

-- What a rule has to state for a process to have the definition that is registered; nil, when none
-- would do, because the process is not what it was.
local function settings_of(known, found, copy)
  local fields = { via = known.via ~= "job" and known.via or nil }
  local made = definition.make(found.values, { type = known.entry.type }, {
    inst_id = found.inst_id + copy, local_inst_id = found.local_inst_id + copy,
    bk_set_name = found.module.set_name, bk_module_name = found.module.name,
    bk_process_name = found.name,
  }, drivers.via[known.via].expressible)
  if not made then return nil end
  for member, name in pairs(STATED) do
    local value = known.entry[member]
    if value ~= nil and value ~= "" and not values.equal(value, made[member]) then
      fields[name] = express.escaped(value)
      made[member] = value
    end
  end
  if known.entry.type ~= definition.RESIDENT then
    fields.type = definition.TYPES[known.entry.type]
  end
  return values.equal(made, known.entry) and fields or nil
end

-- What all copies of a process have in common; nil when one is not hosted like the others. Whether
-- some copy is hosted at all.
local function common_settings(kept, found, host)
  local common, whole, some = nil, true, false
  for copy = 0, numbers.copies(found.values) - 1 do
    local name = ("%s_%d"):format(found.name, found.local_inst_id + copy)
    local known = kept[targets.place(agent_of(host), name)]
    local fields = known and settings_of(known, found, copy)
    whole = whole and fields ~= nil and (not common or values.equal(common, fields))
    common, some = common or fields, some or known ~= nil
  end
  return whole and common or nil, some
end

-- Counts what is hosted in a way that no rule can state, by module and process name.
local function leave_out(odd, found, host)
  local module = found.module
  local key = module.name .. "\0" .. found.name
  odd[key] = odd[key] or { count = 0, first = ("%s/%s/%s/%s"):format(module.set_name, module.name,
    host.ip, found.name) }
  odd[key].count = odd[key].count + 1
end

local function tell_left_out(odd, notes)
  for _, each in order.pairs(odd) do
    local is_one = each.count == 1
    notes:head(("The hosting of %s%s is left out: %s not registered as %s defined now"):format(
      each.first, is_one and "" or (" and %d alike"):format(each.count - 1),
      is_one and "it is" or "they are", is_one and "it is" or "they are"))
  end
end

-- The traits of a process; what no rule can state goes to `odd`.
local function traits_of(kept, found, host, odd)
  local name = found.name
  local fields, some = common_settings(kept, found, host)
  if fields and express.can_select(name) then
    return { { process = name, fields = fields } }
  elseif some then
    leave_out(odd, found, host)
  end
  return {}
end

-- Which processes are hosted how, by module.
local function fold(state, part, kept, modules, notes)
  local tallies, found, odd = {}, groups.new(), {}
  for _, module in ipairs(modules) do tallies[module.id] = tally.new(false) end
  for each in numbers.each(part) do
    local there = tallies[each.module.id]
    if there then
      local instance = part.instances_of[each.module.id][each.number]
      local traits = traits_of(kept, each, part.hosts[instance.host_id], odd)
      local key = each.name .. "\0" .. json.encode(json.array(traits))
      local look = there:look(0, key) or there:new_look(0, key, traits)
      there:add(look, instance.id, instance.name, instance.host_id)
    end
  end
  tell_left_out(odd, notes)
  for _, module in ipairs(modules) do
    found:fold(module, tallies[module.id], state.hosts_of[module.id], part.hosts)
  end
  return found
end

-- The hosts of some modules, and the addresses of those that no process told of.
local function read_hosts(reader, state, part, modules)
  local done, refused = hosts.read_modules(reader, state, modules)
  if not done then return nil, refused end
  return hosts.read(reader, part, hosts.inside(state, modules))
end

-- All modules of the hosts that were read, as the numbers of processes count them all; and those of
-- them that are pulled.
local function modules_around(state, part, modules)
  local inside, ids, around, chosen = {}, {}, {}, {}
  for _, module in ipairs(modules) do inside[module.id] = true end
  for _, held in pairs(part.modules_on) do
    for id in pairs(held) do ids[id] = true end
  end
  for _, id in ipairs(order.keys(ids)) do
    around[#around + 1] = state.module_by_id[id] -- of built-in ones: nil
    if inside[id] then chosen[#chosen + 1] = state.module_by_id[id] end
  end
  return around, chosen
end

local function read(reader, state, modules, notes)
  local part = { business = state.business, module_by_id = state.module_by_id, hosts = {} }
  local wanted, refused = registered_here(reader, part)
  if not wanted then return nil, refused end
  if not next(wanted) then return groups.new() end
  local kept
  kept, refused = ask(reader, state, wanted, notes)
  if not kept then return nil, refused end
  local around, chosen = modules_around(state, part, modules)
  local done
  done, refused = processes.read(reader, part, around, definition.process_fields)
  if not done then return nil, refused end
  done, refused = read_hosts(reader, state, part, chosen)
  if not done then return nil, refused end
  return fold(state, part, kept, chosen, notes)
end

---Reads which processes are hosted how.
---@param reader table remora.reconcile.reader
---@param state table with business and modules
---@param modules remora.observe.Module[] those that are pulled
---@param notes remora.pull.Notes
---@return table? groups remora.pull.groups; the fields of their traits are those of rules
---@return table? fault
function hosting.read(reader, state, modules, notes)
  if not reader.registry then return groups.new() end
  return read(reader, state, modules, notes)
end

---The rules for modules of one name.
---@param notes remora.pull.Notes
---@param places table remora.pull.places
---@param name string of the modules
---@param found table what hosting.read found there
---@return {rule: table, words: string?}[] words belong above the rule
function hosting.rules(notes, places, name, found)
  local entries = {}
  for _, group in pairs(found.groups) do
    local process = group.trait.process
    wheres.each(places, name, found, group, function(where, words)
      where = values.copy(where, { process = { process } })
      local rule = values.copy(group.trait.fields,
        { where = wheres.spelled(notes, where), state = "hosted" })
      notes:keys(rule, RULE_KEYS)
      entries[wheres.order(where) .. json.encode(group.trait.fields)] =
        { rule = rule, words = words }
    end)
  end
  local list = {}
  for _, entry in order.pairs(entries) do list[#list + 1] = entry end
  return list
end

return hosting
