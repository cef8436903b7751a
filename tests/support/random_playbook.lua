-- Random playbooks for the fleets of tests.support.random_fleet: service templates with what is
-- pruned, protected and ignored, and rules that pick modules and instances in every way there is.
-- Owns what a playbook says of which place.

local json = require "json"
local order = require "remora.core.order"
local processes = require "tests.support.random_processes"

local random = {}

local CATEGORIES = { "Nginx", "Redis", "Default/Default" }

local function template(r)
  return { prune = r:chance(50), protect = r:chance(5) or nil,
    category = r:chance(30) and r:pick(CATEGORIES) or nil, processes = processes.of_template(r) }
end

-- All instances of a module, or some of them, told in one way or in several; of hosts and ids
-- nobody knows whether they are there.
local function place(r, module, subnet, calm)
  local where = { module = module }
  local function tell(way)
    if calm and (way == 3 or way == 4) then return end
    if way == 1 then where.set = r:pick { "one", "two", "*o*", { "one", "two" } } end
    if way == 2 then where.module = r:pick { module:sub(1, 1) .. "*", "???" } end
    if way == 3 then where.hosts = { ("10.0.%d.%d"):format(subnet, r:next(2)) } end
    if way == 4 then where.host_ids = { r:next(4) } end
    if way == 5 then where.labels = { tier = r:pick { "a", "b" } } end
    if way == 6 then
      where.service_instance = r:pick { "10.0.*", "second*", "10.0.?.1_*", { "second*", "*1*" } }
    end
  end
  tell(r:next(14))
  if r:chance(20) then tell(r:next(6)) end
  return where
end

local function rule(r, where, list)
  return { where = where, prune = r:chance(50), protect = r:chance(4) or nil, processes = list,
    ignore = r:chance(10) and { r:pick { "timeout", "user", "bind_info" } } or nil }
end

-- Service instances that are to be there under these names, beside others.
local function named(r)
  local process = { bk_func_name = r:pick { "x", "z" }, user = r:pick { "root", "www" },
    bk_start_param_regex = r:chance(50) and r:pick { "1", "e" } or nil }
  return { where = { module = "cron", hosts = r:pick { "10.0.3.1", { "10.0.3.1", "10.0.3.2" } },
      service_instance = r:pick { "second", "blue", { "blue", "green" } } },
    prune = r:chance(20), processes = { [r:pick { "e", "f" }] = process } }
end

local SUBNETS = { web = 1, app = 2 }

local function rules(r, pb, calm)
  local list = json.array {}
  for name, subnet in order.pairs(SUBNETS) do
    local its = pb.service_templates[name] or pb.unspoken[name]
    for _ = 1, its and r:next(calm and 2 or 3) - 1 or 0 do
      local made = rule(r, place(r, name, subnet, calm), processes.within(r, its.processes))
      made.prune, made.protect = nil, nil
      list[#list + 1] = made
    end
  end
  if pb.free then
    list[#list + 1] = rule(r, place(r, "cron", 3, calm), pb.free)
    if r:chance(30) then list[#list + 1] = rule(r, { module = "日志" }, processes.of_free(r)) end
    if r:chance(15) then list[#list + 1] = named(r) end
    -- A second rule for the same processes: of one mind with the first, most of the time.
    if not calm and r:chance(15) and next(pb.free) then
      local name = r:pick(order.keys(pb.free))
      list[#list + 1] = rule(r, { module = "cron", set = "one" },
        { [name] = { timeout = r:chance(80) and pb.free[name].timeout or 30 } })
    end
  end
  return list
end

-- A playbook from its parts, which are kept beside it for the next edit.
local function assembled(r, parts, calm)
  local pb = json.decode(json.encode(
    { playbook = "random", business = "demo", service_templates = parts.service_templates }))
  pb.instances = rules(r, parts, calm)
  return pb
end

---A day of edits on one playbook.
---@param r table tests.support.draws
---@param count integer
---@param calm boolean? nothing that is refused before anything is sent, but for rare cases
---@return table[] playbooks the first one and its successors
function random.playbooks(r, count, calm)
  local parts = { service_templates = {}, unspoken = {}, free = nil }
  for _, name in ipairs { "web", "app", "new" } do
    if r:chance(name == "new" and 20 or 80) then parts.service_templates[name] = template(r) end
  end
  if r:chance(80) then parts.free = processes.of_free(r) end
  local list = { assembled(r, parts, calm) }
  for i = 2, count do
    for name, its in order.pairs(parts.service_templates) do
      processes.edit(r, its.processes, processes.of_template(r), calm)
      its.prune = r:chance(50)
      if r:chance(10) then its.category = r:pick(CATEGORIES) end
      -- Rules may speak of a template that the playbook has no say in any more.
      if r:chance(10) then
        parts.unspoken[name], parts.service_templates[name] = its, nil
      end
    end
    if parts.free then processes.edit(r, parts.free, processes.of_free(r), calm) end
    list[i] = assembled(r, parts, calm)
  end
  return list
end

---A playbook in several files, or in one.
---@param r table
---@param pb table
---@return table[] files
function random.files(r, pb)
  if not r:chance(20) then return { pb } end
  local rest = { business = pb.business, instances = pb.instances }
  return { { playbook = pb.playbook, business = pb.business,
    service_templates = pb.service_templates }, rest }
end

---The processes of modules without a template that a playbook does not name.
---@param pb table random playbook
---@param rows table<string, table> of list_process_related_info, by label
---@return table<string, table> processes by label
function random.bystanders(pb, rows)
  local mentioned = {}
  for _, its in ipairs(pb.instances or {}) do
    if its.prune then return {} end
    for name in pairs(its.processes) do mentioned[name] = true end
  end
  local found = {}
  for label, row in pairs(rows) do
    local is_free = not SUBNETS[row.module.bk_module_name]
    if is_free and not mentioned[row.process.bk_process_name] then
      found[label] = row.process
    end
  end
  return found
end

return random
