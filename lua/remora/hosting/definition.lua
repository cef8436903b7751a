-- What an agent is told about one hosted process: the definition, made from a process instance and
-- a hosting rule, and which hosts share one. Pure; it never asks or tells a platform.

local copy = require "remora.core.copy"
local json = require "json"
local order = require "remora.core.order"
local part = require "remora.core.part"
local placeholders = require "remora.hosting.placeholders"

local definition = {}

---How a process is looked after, by the number that the platform has for it (`type`).
definition.TYPES = { [0] = "periodic", "resident", "once" }

---The type of what is kept alive.
definition.RESIDENT = 1

-- member of a definition ← field of the process instance. Members are called as in a process_infos
-- entry of manage_proc; what that has no place for is called after the field.
local FROM_PROCESS = {
  func_name = "bk_func_name",
  setup_path = "work_path",
  pid_path = "pid_file",
  start_cmd = "start_cmd",
  stop_cmd = "stop_cmd",
  restart_cmd = "restart_cmd",
  reload_cmd = "reload_cmd",
  kill_cmd = "face_stop_cmd",
  account = "user",
  op_timeout = "timeout",
  start_check_begin_time = "bk_start_check_secs",
}

-- members that a hosting rule states under the platform's own name
local FROM_RULE = {
  "cfg_path", "log_path", "cpu_lmt", "mem_lmt", "cycle_time", "op_timeout",
  "start_check_begin_time", "start_check_end_time",
}

---Every member that a definition may have.
definition.members = { proc_name = true, proc_owner = true, type = true, instance_num = true }
for member in pairs(FROM_PROCESS) do definition.members[member] = true end
for _, member in ipairs(FROM_RULE) do definition.members[member] = true end

-- members that the process alone decides, and that every way to the agents has a place for
local OF_PROCESS = {}
for member in pairs(FROM_PROCESS) do OF_PROCESS[member] = true end
for _, member in ipairs(FROM_RULE) do OF_PROCESS[member] = nil end
OF_PROCESS.func_name = nil

---The process fields that a definition is made from, and those that its numbers and names need.
definition.process_fields = { "bk_process_id", "bk_process_name", "proc_num", "priority" }
for _, field in pairs(FROM_PROCESS) do
  definition.process_fields[#definition.process_fields + 1] = field
end
table.sort(definition.process_fields)

-- The rule's own names for what the platform calls otherwise.
local RENAMED = { owner = "proc_owner", type = "type" }

-- field of a process or a rule → members of the definition that are made from it
local MADE_FROM = {}
for name, member in pairs(RENAMED) do MADE_FROM[name] = { [member] = true } end
for _, member in ipairs(FROM_RULE) do MADE_FROM[member] = { [member] = true } end
for member, field in pairs(FROM_PROCESS) do
  MADE_FROM[field] = MADE_FROM[field] or {}
  MADE_FROM[field][member] = true
end

---What a rule may leave out of the comparison, by the names that playbooks use.
definition.ignorable = order.keys(MADE_FROM)

local function filled(value)
  return value ~= nil and value ~= json.null and value ~= ""
end

---@class remora.hosting.Place what placeholders are filled from
---@field inst_id integer number of the process within its module, from 1
---@field local_inst_id integer number of the process on its host among those of its name, from 1
---@field bk_set_name string
---@field bk_module_name string
---@field bk_process_name string

---@param place remora.hosting.Place
---@return table<string, integer|string>
local function values_of(place)
  return {
    inst_id = place.inst_id, inst_id_0 = place.inst_id - 1,
    local_inst_id = place.local_inst_id, local_inst_id0 = place.local_inst_id - 1,
    bk_set_name = place.bk_set_name, bk_module_name = place.bk_module_name,
    bk_process_name = place.bk_process_name,
  }
end

-- Everything that is stated, before placeholders; later statements win.
local function stated(process, rule, place)
  local entry = {
    proc_name = ("%s_%d"):format(place.bk_process_name, place.local_inst_id),
    proc_owner = rule.owner or "", -- the platform wants the member, whatever it holds
    type = rule.type,
    instance_num = 1,
  }
  for member, field in pairs(FROM_PROCESS) do
    if filled(process[field]) then entry[member] = process[field] end
  end
  for _, member in ipairs(FROM_RULE) do
    if filled(rule[member]) then entry[member] = rule[member] end
  end
  return entry
end

---Makes the definition of one hosted process: an entry of `process_infos` without its hosts.
---The process is named `{bk_process_name}_{local_inst_id}`, so that several on one host
---are never taken for each other.
---@param process table fields of the process instance, `json.null` where unset
---@param rule table a hosting rule in normal form: owner, type (id) and the members of FROM_RULE
---@param place remora.hosting.Place
---@param expressible table<string, any>? only these members; nil: all
---@return table? entry
---@return table? fault `hosting.placeholder`, without at
function definition.make(process, rule, place, expressible)
  local entry, names = {}, values_of(place)
  for member, value in pairs(stated(process, rule, place)) do
    if not expressible or expressible[member] then
      local refused
      if type(value) == "string" then value, refused = placeholders.render(value, names) end
      if refused then return nil, refused end
      entry[member] = value
    end
  end
  return entry
end

-- Whether a value may depend on where the process is.
local function is_placed(value)
  return type(value) == "string" and value:find("${", 1, true) ~= nil
end

-- Whether a definition made from some fields may.
local function has_placeholder(fields)
  for _, value in pairs(fields) do
    if is_placed(value) then return true end
  end
  return false
end

---Makes the definitions of one rule. Processes that look alike (observe/process_columns.lua) share
---theirs, unless placeholders make them differ.
---@param rule table as of definition.make
---@param expressible table<string, any>?
---@return fun(process: table, place: remora.hosting.Place): table?, table? make as definition.make;
---  its entries are never changed
function definition.maker(rule, expressible)
  local known, apart = {}, has_placeholder(rule)
  return function(process, place)
    local by_number = known[process]
    if by_number == nil then
      by_number = not (apart or has_placeholder(process)) and {}
      known[process] = by_number
    end
    local number = place.local_inst_id
    if by_number and by_number[number] then return by_number[number] end
    local entry, refused = definition.make(process, rule, place, expressible)
    if by_number then by_number[number] = entry end
    return entry, refused
  end
end

---The part of a definition that counts when two are compared.
---@param entry table made by `definition.make`
---@param ignored table<string, true>? fields as in `definition.ignorable`; nil: none
---@return table part of the entry
function definition.compared(entry, ignored)
  if not ignored then return entry end
  local compared = copy(entry)
  for field in pairs(ignored) do
    for member in pairs(MADE_FROM[field]) do compared[member] = nil end
  end
  return compared
end

---Whether a rule alone decides about a member of its definitions, be it by leaving it out: the
---process and its numbers have no part in it.
---@param rule table as of definition.make
---@param member string
---@return boolean
function definition.is_stated(rule, member)
  local value = member == "proc_owner" and rule.owner or rule[member]
  if not filled(value) then return FROM_PROCESS[member] == nil end
  return not is_placed(value)
end

---Whether two definitions say the same of the process, whatever a rule adds to it.
---@param a table made by `definition.make`
---@param b table
---@return boolean
function definition.same_process(a, b)
  for member in pairs(OF_PROCESS) do
    if a[member] ~= b[member] then return false end
  end
  return true
end

---A definition with what a rule had added to it when it was registered before.
---@param entry table made by `definition.make`, of what the process is now
---@param former table made by `definition.make`
---@param expressible table<string, any>? as for `definition.make`
---@return table entry
function definition.as_before(entry, former, expressible)
  local made = copy(former)
  for member in pairs(OF_PROCESS) do
    if not expressible or expressible[member] then made[member] = entry[member] end
  end
  return made
end

---The process fields that an operation cannot do without and that are blank.
---@param entry table made by `definition.make`
---@param members string[] members of the entry that must be filled
---@return string[] fields names of process fields, in the order of the members
function definition.missing(entry, members)
  local fields = {}
  for _, member in ipairs(members) do
    if not filled(entry[member]) then fields[#fields + 1] = FROM_PROCESS[member] end
  end
  return fields
end

-- Hosts by cloud area and address. Texts alone are sorted much faster than what holds them.
local function by_address(hosts)
  local areas, sorted = {}, json.array {}
  for _, host in ipairs(hosts) do
    areas[host.bk_cloud_id] = areas[host.bk_cloud_id] or {}
    table.insert(areas[host.bk_cloud_id], host.ip)
  end
  for area, ips in order.pairs(areas) do
    table.sort(ips)
    for _, ip in ipairs(ips) do sorted[#sorted + 1] = { bk_cloud_id = area, ip = ip } end
  end
  return sorted
end

---@class remora.hosting.Group
---@field entry table
---@field hosts {bk_cloud_id: integer, ip: string}[] sorted

---Puts targets with one definition together, so that they go into one entry of a call.
---@param targets {entry: table, host: {bk_cloud_id: integer, ip: string}}[]
---@param members string[]? only these members of the definition; nil: all
---@return remora.hosting.Group[] sorted by definition
function definition.group(targets, members)
  local groups, by_entry, fingerprints = {}, {}, {}
  local function group_for(entry)
    if members then entry = part(entry, members) end
    local fingerprint = json.encode(entry)
    if not groups[fingerprint] then
      groups[fingerprint] = { entry = entry, hosts = {} }
      fingerprints[#fingerprints + 1] = fingerprint
    end
    return groups[fingerprint]
  end
  for _, target in ipairs(targets) do
    local group = by_entry[target.entry] or group_for(target.entry)
    by_entry[target.entry] = group
    group.hosts[#group.hosts + 1] = target.host
  end
  table.sort(fingerprints)
  local sorted = {}
  for i, fingerprint in ipairs(fingerprints) do
    sorted[i] = groups[fingerprint]
    sorted[i].hosts = by_address(sorted[i].hosts)
  end
  return sorted
end

return definition
