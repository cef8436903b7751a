-- What the hosting rules of a playbook make of the agents, worked out from the stored documents the
-- slow and plain way: which processes are hosted with which definition, what each still needs, and
-- how many calls of each kind that forces. Follows what is known of manage_proc, operate_process
-- and operate_proc_multi; knows no planner.

local order = require "remora.core.order"
local picture = require "tests.support.picture"
local rules = require "tests.support.reference_rules"

local reference = {}

---@class tests.Hosted one hosted process on one host, as a rule wants it
---@field place string as registrations are named
---@field entry table<string, any> the definition
---@field rule table
---@field priority integer
---@field host integer

-- Members of a definition and the fields of a process they come from.
local MADE_FROM = {
  func_name = "bk_func_name",
  setup_path = "work_path", pid_path = "pid_file", start_cmd = "start_cmd", stop_cmd = "stop_cmd",
  restart_cmd = "restart_cmd", reload_cmd = "reload_cmd", kill_cmd = "face_stop_cmd",
  account = "user", op_timeout = "timeout", start_check_begin_time = "bk_start_check_secs",
}

-- Members that a rule states.
local STATED = { "cpu_lmt", "mem_lmt", "cycle_time", "cfg_path", "log_path", "op_timeout",
  "start_check_begin_time", "start_check_end_time" }

-- What a platform has no place for.
local NOWHERE = {
  job = { "func_name" },
  gse = { "proc_owner", "instance_num", "cycle_time", "start_check_end_time" },
}

local function filled(value) return value ~= nil and value ~= "" end

-- `${name}` and `${name + number}`; anything else is the shell's.
local function rendered(text, names)
  if type(text) ~= "string" then return text end
  return (text:gsub("%${([%w_]+)%s*([%d%s+]*)}", function(name, more)
    local value, plus = names[name], more:match("^%+%s*(%d+)")
    if value == nil then return nil end
    return tostring(plus and value + math.tointeger(plus) or value)
  end))
end

local function definition(process, rule, names)
  local entry = { proc_name = names.bk_process_name .. "_" .. names.local_inst_id,
    proc_owner = rule.owner or "", type = rule.type, instance_num = 1 }
  for member, field in pairs(MADE_FROM) do
    if filled(process.fields[field]) then entry[member] = process.fields[field] end
  end
  for _, member in ipairs(STATED) do
    if filled(rule[member]) then entry[member] = rule[member] end
  end
  for _, member in ipairs(NOWHERE[rule.via]) do entry[member] = nil end
  for member, value in pairs(entry) do entry[member] = rendered(value, names) end
  return entry
end

-- Every process of the business, oldest first, with the numbers of its first copy.
local function numbered(drawn)
  local list, in_module, on_host = {}, {}, {}
  for _, instance in pairs(drawn.instances) do
    for name, process in pairs(instance.processes) do
      list[#list + 1] = { name = name, process = process, instance = instance,
        copies = process.fields.proc_num or 1 }
    end
  end
  table.sort(list, function(a, b) return a.process.id < b.process.id end)
  for _, each in ipairs(list) do
    local module, host = each.instance.module .. each.name, each.instance.host .. " " .. each.name
    each.inst_id, each.local_inst_id = in_module[module] or 0, on_host[host] or 0
    in_module[module], on_host[host] = each.inst_id + each.copies, each.local_inst_id + each.copies
  end
  return list
end

---Every process that rules speak of; of two rules that do, the first.
---@param pb table in normal form
---@param drawn tests.Picture after the playbook
---@return table<string, tests.Hosted> by place
function reference.wanted(pb, drawn)
  local wanted, list = {}, numbered(drawn)
  for _, rule in ipairs(pb.sections.hosting) do
    for _, each in ipairs(list) do
      local instance, module = each.instance, drawn.modules[each.instance.module]
      local speaks = rules.speaks_of(rule.where, drawn, instance)
        and rules.any(rule.where.process, each.name, each.process.id)
      for copy = 1, speaks and each.copies or 0 do
        local inst, on_host = each.inst_id + copy, each.local_inst_id + copy
        local entry = definition(each.process, rule, { inst_id = inst, inst_id_0 = inst - 1,
          local_inst_id = on_host, local_inst_id0 = on_host - 1, bk_set_name = module.set,
          bk_module_name = module.name, bk_process_name = each.name })
        local place = ("0:%s:%s"):format(drawn.hosts[instance.host]["3"], entry.proc_name)
        wanted[place] = wanted[place] or { place = place, entry = entry, rule = rule,
          priority = each.process.fields.priority or 0, host = instance.host }
      end
    end
  end
  return wanted
end

---Whether two definitions are the same, but for what a rule does not look at.
---@param a table
---@param b table
---@param rule table
---@return boolean
function reference.same(a, b, rule)
  a, b = picture.copy(a), picture.copy(b)
  local ignored = { owner = "proc_owner", type = "type" }
  for member, field in pairs(MADE_FROM) do ignored[field] = member end
  for field in pairs(rule.ignore or {}) do
    local member = ignored[field] or field
    a[member], b[member], a[field], b[field] = nil, nil, nil, nil
  end
  return picture.same(a, b)
end

-- The document of what an agent knows under a definition.
local function document(platform, host, via, entry)
  local namespace, name = "GSEKIT_BIZ_1", entry.proc_name
  if via == "job" then
    namespace, name = "job", (entry.setup_path or ""):gsub("/+$", "") .. "/" .. entry.proc_name
  end
  return platform.store:first("gse_process",
    { identity = ("%d:%s:%s"):format(host, namespace, name) })
end

local RESIDENT = 1

-- Without these nobody can be asked or told anything of a process.
local ADDRESS = { job = { "setup_path", "pid_path" },
  gse = { "setup_path", "pid_path", "account" } }

local function is_reached(via, entry)
  for _, member in ipairs(ADDRESS[via]) do
    if entry[member] == nil then return false end
  end
  return true
end

---How an agent has a process, as far as a query tells.
---@param platform table
---@param host integer
---@param via "job"|"gse"
---@param entry table
---@return {hosted: boolean, running: boolean, process: table?} agent
function reference.agent(platform, host, via, entry)
  local doc = is_reached(via, entry) and document(platform, host, via, entry)
  local process = doc and doc.process
  if not process then return { hosted = false, running = false } end
  -- An agent brings a resident process back before it answers.
  local kept = process.isauto and process.auto_type == RESIDENT
  return { hosted = process.isauto, running = process.running or kept, process = process,
    identity = doc.identity }
end

local TAKES = { unregister = true, stop = true }

---What has to be done to a process, one thing after the other.
---@param platform table as it was
---@param each tests.Hosted
---@param known {via: string, entry: table}? what was registered before
---@return {verb: string, via: string}[]
function reference.needs(platform, each, known)
  local rule = each.rule
  local about = known or { via = rule.via, entry = each.entry }
  local agent = reference.agent(platform, each.host, about.via, about.entry)
  local function take(verb) return { verb = verb, via = about.via } end
  local function give(verb) return { verb = verb, via = rule.via } end
  if rule.state == "unhosted" then return agent.hosted and { take "unregister" } or {} end
  if rule.state == "stopped" then
    return agent.running and { take "stop" } or agent.hosted and { take "unregister" } or {}
  end
  if not agent.hosted then return { give "register" } end
  local fits = known and known.via == rule.via and reference.same(known.entry, each.entry, rule)
  if not fits then return { take "unregister", give "register" } end
  return rule.state == "running" and not agent.running and { give "start" } or {}
end

-- Things of one tier at a time, at most as many as a batch of it has.
local function batches(list, size_of, tier_of)
  local by_tier, made = {}, {}
  for _, each in ipairs(list) do
    local tier = tier_of(each)
    by_tier[tier] = by_tier[tier] or {}
    table.insert(by_tier[tier], each)
  end
  for _, tier in order.pairs(by_tier) do
    for i, each in ipairs(tier) do
      if (i - 1) % size_of(each) == 0 then made[#made + 1] = {} end
      table.insert(made[#made], each)
    end
  end
  return made
end

-- The rounds of one rule, each as what it does: all in one go takes first, so that all is given
-- together; in batches, what a batch took is given back before the next one.
local function rounds_of(rule, list, total)
  local in_order = rule.state == "running" or rule.state == "stopped"
  local way = rule.rollout or { batch = { percent = 100 }, order = in_order and "priority" }
  local function priority_of(each) return way.order == "priority" and each.priority or 0 end
  local counts = {}
  for _, each in ipairs(list) do
    counts[priority_of(each)] = (counts[priority_of(each)] or 0) + 1
  end
  -- A share is one of the tier.
  local function share(count)
    return math.max(1, way.batch.count or count * way.batch.percent // 100)
  end
  local function size_of(each) return share(counts[priority_of(each)]) end
  local function tier(each, verb)
    return TAKES[verb] and -priority_of(each) or priority_of(each)
  end
  local rounds, takes, gives = {}, {}, {}
  local function go(group, number)
    local round = {}
    for _, each in ipairs(group) do
      local need = each.needs[number == "last" and #each.needs or 1]
      round[need.via .. " " .. need.verb] = true
    end
    rounds[#rounds + 1] = round
  end
  for _, each in ipairs(list) do
    local first = each.needs[1] and each.needs[1].verb
    if first then table.insert(TAKES[first] and takes or gives, each) end
  end
  local function first_tier(each) return tier(each, each.needs[1].verb) end
  local function last_tier(each) return tier(each, each.needs[#each.needs].verb) end
  local all_at_once = share(total) >= total
  if not all_at_once then
    for _, group in ipairs(batches(gives, size_of, last_tier)) do go(group, "last") end
    gives = {}
  end
  for _, group in ipairs(batches(takes, size_of, first_tier)) do
    go(group, 1)
    local back = {}
    for _, each in ipairs(group) do
      if #each.needs > 1 then table.insert(all_at_once and gives or back, each) end
    end
    if #back > 0 then go(back, "last") end
  end
  for _, group in ipairs(batches(gives, size_of, last_tier)) do go(group, "last") end
  return rounds
end

---How many calls there may be. One operation of one way is one call for whomever it is due, and a
---rule is due once in each of its rounds. Rules with rounds of their own cannot always meet.
---@param pb table
---@param wanted table<string, tests.Hosted> each with `needs`
---@return table<string, integer> least calls by "via verb"
---@return table<string, integer> most
function reference.calls(pb, wanted)
  local least, most = {}, {}
  local rolled = false
  for _, rule in ipairs(pb.sections.hosting) do
    local list, counts = {}, {}
    for _, each in order.pairs(wanted) do
      if each.rule == rule then list[#list + 1] = each end
    end
    for _, round in ipairs(rounds_of(rule, list, #list)) do
      for key in pairs(round) do counts[key] = (counts[key] or 0) + 1 end
    end
    for key, count in pairs(counts) do
      least[key], most[key] = math.max(least[key] or 0, count), (most[key] or 0) + count
      rolled = rolled or count > 1
    end
  end
  return least, rolled and most or least
end

return reference
