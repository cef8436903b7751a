-- What an agent is told about one hosted process: the definition, made from a process instance and a
-- hosting rule, its identity on a host, and its fingerprint. Pure; it never asks or tells a platform.

local json = require "json"
local placeholders = require "remora.hosting.placeholders"

local definition = {}

-- member of a process_infos entry of manage_proc ← field of the process instance
local FROM_PROCESS = {
  setup_path = "work_path",
  pid_path = "pid_file",
  start_cmd = "start_cmd",
  stop_cmd = "stop_cmd",
  restart_cmd = "restart_cmd",
  reload_cmd = "reload_cmd",
  kill_cmd = "face_stop_cmd",
  account = "user",
  op_timeout = "timeout",
}

-- members of a process_infos entry that a hosting rule states under the platform's own name
local FROM_RULE = {
  "cfg_path", "log_path", "cpu_lmt", "mem_lmt", "cycle_time", "op_timeout",
  "start_check_begin_time", "start_check_end_time",
}

-- what the platform refuses when blank, with the process field that fills it
local NEEDED = { { "setup_path", "work_path" }, { "pid_path", "pid_file" } }

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

---Makes the definition of one hosted process: an entry of `process_infos` without its hosts.
---The process is named `{bk_process_name}_{local_inst_id}` (design §8), so that several on one host
---never share the agent's index key, which is setup_path and proc_name.
---@param process table fields of the process instance, `json.null` where unset
---@param rule table a hosting rule in normal form: owner, type (id) and the members of FROM_RULE
---@param place remora.hosting.Place
---@return table? entry
---@return table? fault `hosting.incomplete` without at; `hosting.placeholder`
function definition.make(process, rule, place)
  local entry = {
    proc_name = ("%s_%d"):format(place.bk_process_name, place.local_inst_id),
    proc_owner = rule.owner,
    type = rule.type,
    instance_num = 1,
  }
  for member, field in pairs(FROM_PROCESS) do
    if filled(process[field]) then entry[member] = process[field] end
  end
  for _, member in ipairs(FROM_RULE) do
    if filled(rule[member]) then entry[member] = rule[member] end
  end
  local values = values_of(place)
  for member, value in pairs(entry) do
    if type(value) == "string" then
      local rendered, refused = placeholders.render(value, values)
      if not rendered then return nil, refused end
      entry[member] = rendered
    end
  end
  return entry
end

---The process fields that hosting cannot do without and that are blank.
---@param entry table made by `definition.make`
---@return string[] fields names of process fields, in a fixed order
function definition.missing(entry)
  local fields = {}
  for _, pair in ipairs(NEEDED) do
    if not filled(entry[pair[1]]) then fields[#fields + 1] = pair[2] end
  end
  return fields
end

---The agent's index key of an entry: what a query answers under (api/notes.md §7, operate_proc).
---@param entry table
---@return string
function definition.key(entry)
  return (entry.setup_path:gsub("/+$", "")) .. "/" .. entry.proc_name
end

---The key of an entry on one host, as results name it.
---@param entry table
---@param host {bk_cloud_id: integer, ip: string}
---@return string
function definition.target(entry, host)
  return ("%s:%d:%s"):format(definition.key(entry), host.bk_cloud_id, host.ip)
end

---A text that is equal exactly when two definitions are.
---@param entry table
---@return string
function definition.fingerprint(entry)
  return json.encode(entry)
end

---Puts targets with one definition into one entry with all their hosts.
---@param targets {entry: table, host: {bk_cloud_id: integer, ip: string}}[]
---@param members string[]? only these members of the definition; nil: all
---@return table[] process_infos sorted by definition, hosts sorted within
function definition.group(targets, members)
  local groups, order = {}, {}
  for _, target in ipairs(targets) do
    local entry = {}
    if members then
      for _, member in ipairs(members) do entry[member] = target.entry[member] end
    else
      for member, value in pairs(target.entry) do entry[member] = value end
    end
    local print = definition.fingerprint(entry)
    local group = groups[print]
    if not group then
      entry.ip_list = json.array {}
      group = entry
      groups[print] = group
      order[#order + 1] = print
    end
    table.insert(group.ip_list, { bk_cloud_id = target.host.bk_cloud_id, ip = target.host.ip })
  end
  table.sort(order)
  local infos = json.array {}
  for i, print in ipairs(order) do
    table.sort(groups[print].ip_list, function(a, b)
      if a.bk_cloud_id ~= b.bk_cloud_id then return a.bk_cloud_id < b.bk_cloud_id end
      return a.ip < b.ip
    end)
    infos[i] = groups[print]
  end
  return infos
end

return definition
