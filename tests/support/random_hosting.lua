-- Random playbooks that make processes and have them hosted, for the fleets of
-- tests.support.random_fleet, and what others do to the agents behind our back. The processes are
-- tame, so that hosting is what the plans are about. Owns what is declared and what happens.

local drift = require "tests.support.random_drift"
local json = require "json"
local order = require "remora.core.order"

local random = {}

local FIELDS = {
  work_path = { "/data/${bk_process_name}", "/data", "/data/" },
  pid_file = { "/run/${bk_process_name}_${local_inst_id}.pid" },
  start_cmd = { "./start", "./start ${inst_id_0}", "./start --port ${local_inst_id + 8000}" },
  stop_cmd = { "./stop", "kill $(cat ${HOME}/pid) # ${bk_module_name}" },
  restart_cmd = { "./restart", "" }, face_stop_cmd = { "kill -9" }, user = { "root", "www" },
  timeout = { 10, 20 }, bk_start_check_secs = { 1, 5 }, priority = { 1, 2, json.null },
  proc_num = { 1, 1, 2, json.null },
}
local NEEDED = { work_path = true, pid_file = true, start_cmd = true, stop_cmd = true,
  user = true }

local NAMES = { templates = { "a", "b" }, free = { "a", "c", "d" } }

local function process(r, name)
  local of = { bk_func_name = name }
  for field, pool in order.pairs(FIELDS) do
    if r:chance(NEEDED[field] and 98 or 30) then of[field] = r:pick(pool) end
  end
  return of
end

local function edit(r, list, names)
  for _, name in ipairs(names) do
    local its = list[name]
    if not its then
      list[name] = r:chance(60) and process(r, name) or nil
    elseif r:chance(10) then
      list[name] = nil
    else
      for field, value in order.pairs(process(r, name)) do
        if r:chance(15) then its[field] = value end
      end
    end
  end
end

local TYPES = { "resident", "resident", "once", "periodic" }
local STATES = { "hosted", "hosted", "hosted", "running", "stopped", "unhosted" }
local IGNORABLE = { "start_cmd", "user", "cpu_lmt", "timeout" }

local function rollout(r)
  return { batch = r:pick { 1, 2, "50%", "100%" }, order = r:pick { "priority", "none" },
    max_failures = r:chance(50) and 1 or nil }
end

-- A rule without its place, of a kind that the schema allows.
local function rule(r)
  local made = { state = r:pick(STATES), via = r:pick { "job", "job", "gse" }, owner = "admin" }
  local kind = r:pick(TYPES)
  if made.state == "running" or (made.via == "gse" and kind == "periodic") then
    kind = "resident"
  end
  made.type = kind
  if kind == "periodic" then made.cycle_time = r:pick { 60, 3600 } end
  for _, limit in ipairs { "cpu_lmt", "mem_lmt" } do
    if r:chance(30) then made[limit] = r:pick { 10, 50 } end
  end
  if r:chance(20) then made.op_timeout = 30 end
  if r:chance(20) then made.start_check_begin_time = 2 end
  if r:chance(15) and made.via == "job" then made.start_check_end_time = 20 end
  if r:chance(15) then made.cfg_path = "/etc/${bk_set_name}.conf" end
  if r:chance(30) then made.rollout = rollout(r) end
  if r:chance(3) then made.protect = true end
  if r:chance(10) then made.ignore = { r:pick(IGNORABLE) } end
  return made
end

local IN = { web = NAMES.templates, app = NAMES.templates, cron = NAMES.free,
  ["日志"] = NAMES.free }

local function place(r, module)
  local where, names = { module = module }, IN[module]
  if r:chance(40) then where.process = r:pick { names[1], names[2], "?", "*" } end
  if r:chance(15) then where.set = r:pick { "one", "two", "*o*" } end
  if r:chance(4) then where.hosts = { "10.0.1.1" } end
  if r:chance(4) then where.service_instance = "10.0.*" end
  return where
end

local MODULES = { "web", "app", "cron", "日志" }

local function edit_rules(r, rules)
  for _, module in ipairs(MODULES) do
    local its = rules[module]
    if not its then
      rules[module] = r:chance(40) and rule(r) or nil
    elseif r:chance(12) then
      rules[module] = nil
    else
      local other = rule(r)
      if r:chance(25) then rules[module] = other end
      local fits = its.type == "resident" or other.state ~= "running"
      if r:chance(30) and fits then its.state = other.state end
      if r:chance(25) then its.rollout = other.rollout end
    end
  end
  local list = json.array {}
  for _, module in ipairs(MODULES) do
    local its = rules[module]
    if its then
      list[#list + 1] = { where = place(r, module) }
      for name, value in pairs(its) do list[#list][name] = value end
    end
  end
  -- Another one for the same, most of the time of one mind. The first of them rolls out, so the
  -- batches would depend on their order.
  if #list > 0 and r:chance(10) then
    local copy = json.decode(json.encode(r:pick(list)))
    copy.where.set = "one"
    if r:chance(30) then copy.cpu_lmt = 77 end
    if not copy.rollout then list[#list + 1] = copy end
  end
  return list
end

---A day of edits on one playbook.
---@param r table tests.support.draws
---@param count integer
---@return table[] playbooks the first one and its successors
function random.playbooks(r, count)
  local list, rules, templates, free = {}, {}, { web = {}, app = {} }, { cron = {}, ["日志"] = {} }
  for i = 1, count do
    local pb = { playbook = "random", business = "demo", service_templates = {},
      instances = json.array {} }
    for name, processes in order.pairs(templates) do
      edit(r, processes, NAMES.templates)
      pb.service_templates[name] = { prune = r:chance(60), processes = processes }
    end
    for module, processes in order.pairs(free) do
      edit(r, processes, NAMES.free)
      table.insert(pb.instances, { where = { module = module }, prune = r:chance(60),
        processes = processes })
    end
    -- What is hosted may be others' affair altogether.
    if i > 1 and r:chance(15) then pb.service_templates, pb.instances = nil, nil end
    pb.hosting = edit_rules(r, rules)
    list[i] = json.decode(json.encode(pb))
  end
  return list
end

local acts = {}

local function nth(list, number)
  return list[(number - 1) % math.max(#list, 1) + 1]
end

-- An operation on something that an agent knows, with the definition that it has or without one.
function acts.operate(platform, act)
  local entry = nth(platform.store:find("gse_process", {}, { sort = "id" }), act.number)
  local host = entry and platform.store:get("host", entry.bk_host_id)
  if not host then return end
  platform:call("gse.operate_proc_multi", { proc_operate_req = { { op_type = act.op_type,
    meta = { namespace = entry.namespace, name = entry.name },
    hosts = { { ip = host.bk_host_innerip, bk_cloud_id = host.bk_cloud_id } } } } })
end

-- Somebody else's process, of a name that ours may have.
function acts.stranger(platform, act)
  local host = nth(platform.store:find("host", {}, { sort = "bk_host_id" }), act.number)
  if not host then return end
  platform:call("gse.operate_proc_multi", { proc_operate_req = { { op_type = 3,
    meta = { namespace = "GSEKIT_BIZ_1", name = act.name },
    hosts = { { ip = host.bk_host_innerip, bk_cloud_id = host.bk_cloud_id } },
    spec = { identity = { proc_name = act.name, setup_path = "/theirs", pid_path = "/p",
      user = "root", index_key = "" }, control = { start_cmd = "theirs", stop_cmd = "theirs" },
      alive_monitor_policy = { auto_type = 1 } } } } })
end

-- What was registered from here was registered from somewhere else.
function acts.forget(platform, act)
  local name = nth(order.keys(assert(platform.registry:all())), act.number)
  if name then assert(platform.registry:forget(name)) end
end

local OPERATIONS = { 0, 1, 3, 4, 4, 9 } -- start, stop, register, unregister, kill

local drawn = {}

function drawn.operate(r) return { op_type = r:pick(OPERATIONS) } end

function drawn.stranger(r) return { name = r:pick { "a_1", "c_1" } } end

function drawn.forget() return {} end

function drawn.process(r)
  return { data = r:chance(50) and { user = "drift" } or { start_cmd = "./drift" } }
end

function drawn.host(r) return { module = r:next(7), stays = r:chance(60) } end

function drawn.by_hand(r)
  return { name = r:pick { "a", "hand" }, instance = r:chance(30) and "second" or nil }
end

function drawn.remove_instance() return {} end

---Draws what happens between two playbooks.
---@param r table tests.support.draws
---@return table[] acts
function random.drift(r)
  local kinds = order.keys(drawn)
  return drift.acts(r, 6, drawn, function()
    return r:chance(40) and "operate" or r:pick(kinds)
  end)
end

---Does it; what the platform refuses does not happen.
---@param platform table tests.support.fleet
---@param list table[] acts
function random.happen(platform, list)
  for _, act in ipairs(list) do
    local its = acts[act.act]
    if its then its(platform, act) else drift.happen(platform, { act }) end
  end
end

return random
