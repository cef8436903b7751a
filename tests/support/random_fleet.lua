-- Random fleets and playbooks from a seed, for properties that must hold for all of them.
-- Values come from small pools, so that equal, traded and conflicting ones are common.

local json = require "json"
local fleet = require "tests.support.fleet"
local order = require "remora.core.order"

local random = {}

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {}, app: {} }
    sets:
      one:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[1-3]"] }
          app: { service_template: app, hosts: ["10.0.2.[1-2]"] }
          cron: { hosts: ["10.0.3.[1-2]"] }
      two:
        modules:
          web: { service_template: web, hosts: ["10.0.4.[1-2]"] }
          app: { service_template: app }
          cron: { hosts: ["10.0.5.1"] }
]]

local NAMES = { "a", "b", "c", "d" }
local FIELDS = {
  user = { "root", "nobody", "www" },
  timeout = { 10, 20, 30 },
  start_cmd = { "./a", "./b" },
  description = { "one", "two" },
  auto_start = { true, false },
}
local FIELD_NAMES = { "auto_start", "description", "start_cmd", "timeout", "user" }
local PORTS = { "80", "81", "8000-8010" }

-- A generator of its own, so that a seed means the same everywhere.
local draws = {}
draws.__index = draws

function draws.new(seed)
  return setmetatable({ state = seed * 2654435761 % 4294967296 + 1 }, draws)
end

function draws:next(limit)
  self.state = (self.state * 1103515245 + 12345) % 2147483648
  return (self.state >> 8) % limit + 1
end

function draws:chance(percent) return self:next(100) <= percent end

function draws:pick(list) return list[self:next(#list)] end

local function func_and_regex(r, of)
  of.bk_func_name = r:pick { "x", "y" }
  of.bk_start_param_regex = r:pick { "1", "2", "3", "4" }
end

-- Values of a process; a pair (executable, regex) is given once per list.
local function process(r, taken)
  local of
  repeat
    of = {}
    func_and_regex(r, of)
  until not taken[of.bk_func_name .. of.bk_start_param_regex]
  taken[of.bk_func_name .. of.bk_start_param_regex] = true
  for _, field in ipairs(FIELD_NAMES) do
    if r:chance(60) then of[field] = r:pick(FIELDS[field]) end
  end
  return of
end

local function cell(r, value)
  if r:chance(60) then return value end
  return { value = value, as_default_value = false }
end

local function template_rows(r)
  local rows = json.array {}
  for i = 1, r:next(3) - 1 do
    rows[i] = { ip = cell(r, r:pick { "0.0.0.0", "127.0.0.1", "first_inner" }),
      port = cell(r, r:pick(PORTS)), protocol = cell(r, r:pick { "TCP", "UDP" }), enable = true }
  end
  return rows
end

local function instance_rows(r)
  local rows = json.array {}
  for i = 1, r:next(3) - 1 do
    rows[i] = { ip = r:pick { "0.0.0.0", "10.1.1.1" }, port = r:pick(PORTS),
      protocol = r:pick { "TCP", "UDP" }, enable = r:chance(80) }
  end
  return rows
end

local function section(r)
  local processes, taken = {}, {}
  for _, name in ipairs(NAMES) do
    if r:chance(60) then
      local of = process(r, taken)
      for field, value in order.pairs(of) do
        if FIELDS[field] then of[field] = cell(r, value) end
      end
      if r:chance(60) then of.bind_info = template_rows(r) end
      processes[name] = of
    end
  end
  return { prune = r:chance(50), processes = processes }
end

local function free_rule(r)
  local processes, taken = {}, {}
  for _, name in ipairs(NAMES) do
    if r:chance(50) then
      local of = process(r, taken)
      if r:chance(50) then of.bind_info = instance_rows(r) end
      processes[name] = of
    end
  end
  return { where = { module = "cron" }, prune = r:chance(50), processes = processes }
end

-- Rules for templated modules speak of what the templates of the same playbook leave free.
local function templated_rule(r, name, template)
  local processes = {}
  for process_name, of in order.pairs(template.processes) do
    local wish = {}
    for _, field in ipairs(FIELD_NAMES) do
      local is_free = type(of[field]) == "table"
      if is_free and r:chance(50) then wish[field] = r:pick(FIELDS[field]) end
    end
    if next(wish) then processes[process_name] = wish end
  end
  return { where = { module = name }, processes = processes }
end

---A random playbook as a table.
---@param r table draws
---@return table
function random.playbook(r)
  local pb = { playbook = "random", business = "demo", service_templates = {},
    instances = json.array {} }
  for _, name in ipairs { "web", "app" } do
    if r:chance(80) then
      pb.service_templates[name] = section(r)
      if r:chance(60) then
        table.insert(pb.instances, templated_rule(r, name, pb.service_templates[name]))
      end
    end
  end
  if r:chance(80) then table.insert(pb.instances, free_rule(r)) end
  return pb
end

---A change to a playbook that keeps most of it: what a day of edits looks like.
---@param r table draws
---@param pb table
---@return table
function random.edited(r, pb)
  local other, edited = random.playbook(r), json.decode(json.encode(pb))
  for name, template in order.pairs(edited.service_templates) do
    local theirs = other.service_templates[name]
    for process_name in order.pairs(template.processes) do
      local mine = template.processes[process_name]
      local their = theirs and theirs.processes[process_name]
      if their and r:chance(50) then
        for field, value in order.pairs(their) do
          if field ~= "bk_func_name" then mine[field] = value end
        end
      end
    end
  end
  -- Which fields are free may have changed, so the rules are made anew.
  edited.instances = json.array {}
  for name, template in order.pairs(edited.service_templates) do
    if r:chance(60) then table.insert(edited.instances, templated_rule(r, name, template)) end
  end
  if r:chance(80) then table.insert(edited.instances, free_rule(r)) end
  return edited
end

---The free processes that a playbook does not name.
---@param tree table random playbook
---@param rows table<string, table> of list_process_related_info, by label
---@return table<string, table> processes by label
function random.bystanders(tree, rows)
  local named = {}
  for _, rule in ipairs(tree.instances or {}) do
    if rule.where.module == "cron" then
      if rule.prune then return {} end
      for name in pairs(rule.processes) do named[name] = true end
    end
  end
  local found = {}
  for label, row in pairs(rows) do
    if row.process_template.id == 0 and not named[row.process.bk_process_name] then
      found[label] = row.process
    end
  end
  return found
end

---A fleet without any process.
---@return table fleet to be declared `<close>`
function random.fleet()
  return fleet.new(TOPOLOGY)
end

random.draws = draws.new
random.TOPOLOGY = TOPOLOGY

return random
