-- Turns hosting rules and process instances into targets: one hosted process on one host, with its
-- definition and what the rule wants of it. Pure; finds conflicts, plans no call.

local definition = require "remora.hosting.definition"
local fault = require "remora.core.fault"
local scope = require "remora.model.scope"
local values = require "remora.model.values"

local targets = {}

---@class remora.hosting.Target
---@field place string host and process name: one registration (registry.lua)
---@field entry table the definition (definition.lua)
---@field host {bk_cloud_id: integer, ip: string}
---@field label string[]
---@field rule table hosting rule in normal form
---@field at table? place of the rule in the playbook

---Names a registration: at most one process of a name is registered on a host.
---@param host {bk_cloud_id: integer, ip: string}
---@param proc_name string
---@return string
function targets.place(host, proc_name)
  return ("%d:%s:%s"):format(host.bk_cloud_id, host.ip, proc_name)
end

---How many copies of a process run on a host.
local function copies(process)
  local count = process.values.proc_num
  return math.type(count) == "integer" and count or 1
end

-- Numbers must not change when others come and go: existing processes first, by id.
local function in_order(a, b)
  local ta, tb = type(a.process.id), type(b.process.id)
  if ta ~= tb then return ta == "number" end
  return a.process.id < b.process.id
end

---Every process of the modules that rules speak of, numbered within its module and on its host.
local function numbered(state, modules)
  local found = {}
  for _, module in ipairs(modules) do
    for _, instance in ipairs(state.instances_of[module.id] or {}) do
      for _, process in ipairs(instance.processes) do
        found[#found + 1] = { process = process, instance = instance, module = module }
      end
    end
  end
  table.sort(found, in_order)
  local in_module, on_host = {}, {}
  for _, each in ipairs(found) do
    local name = "\0" .. each.process.name
    local module, host = each.module.id .. name, each.instance.host_id .. name
    each.inst_id = (in_module[module] or 0) + 1
    each.local_inst_id = (on_host[host] or 0) + 1
    in_module[module] = (in_module[module] or 0) + copies(each.process)
    on_host[host] = (on_host[host] or 0) + copies(each.process)
  end
  return found
end

local function names_process(where)
  if not where.process then return function() return true end end
  local tests = {}
  for i, wanted in ipairs(where.process) do tests[i] = scope.matcher(wanted) end
  return function(process)
    for _, matches in ipairs(tests) do
      if matches(process.name, process.id) then return true end
    end
    return false
  end
end

-- A rule with what it names resolved into a test of one found process.
local function selector(pb, state, rule, index, problems)
  local modules, unknown_modules = scope.modules(rule.where, state, pb.at)
  local hosts, unknown_hosts = scope.hosts(rule.where, state, pb.at)
  table.move(unknown_modules, 1, #unknown_modules, #problems + 1, problems)
  table.move(unknown_hosts, 1, #unknown_hosts, #problems + 1, problems)
  local inside, accepts = {}, scope.instances(rule.where)
  for _, module in ipairs(modules) do inside[module.id] = true end
  local labelled = state.hosting.labelled[index]
  local named = names_process(rule.where)
  return function(each)
    return inside[each.module.id] == true and (not hosts or hosts[each.instance.host_id] == true)
      and (not accepts or accepts(each.instance))
      and (not labelled or labelled[each.instance.id] == true) and named(each.process)
  end
end

local function incomplete(entry, rule, label, at)
  if rule.state == "unhosted" then return nil end
  local missing = definition.missing(entry)
  if #missing == 0 then return nil end
  return fault.new {
    code = "hosting.incomplete", at = at,
    message = ("%s cannot be hosted: it has no %s"):format(
      table.concat(label, "/"), table.concat(missing, " and no ")),
    hint = "set it in the process template, or in `instances` where the template leaves it open",
  }
end

---The targets that one found process makes under one rule.
local function expand(found, state, rule, at, problems)
  local host = state.hosts[found.instance.host_id]
  local where = { bk_cloud_id = host.cloud_id, ip = host.ip }
  local made = {}
  for copy = 0, copies(found.process) - 1 do
    local number = found.local_inst_id + copy
    local entry, refused = definition.make(found.process.values, rule, {
      inst_id = found.inst_id + copy, local_inst_id = number,
      bk_set_name = found.module.set_name, bk_module_name = found.module.name,
      bk_process_name = found.process.name,
    })
    if entry then
      local label = { found.module.set_name, found.module.name, host.ip, entry.proc_name }
      local problem = incomplete(entry, rule, label, at)
      problems[#problems + 1] = problem
      if not problem then
        made[#made + 1] = { place = targets.place(where, entry.proc_name), entry = entry,
          host = where, label = label, rule = rule, at = at }
      end
    else
      refused.at = at
      problems[#problems + 1] = refused
    end
  end
  return made
end

local function conflict(first, second)
  return fault.new {
    code = "plan.conflict", at = second.at,
    message = ("%s is hosted differently at %s"):format(
      table.concat(second.label, "/"), fault.place(first.at)),
    hint = "two rules speak of the same process; keep one of them, or narrow its where",
  }
end

local function agree(a, b)
  return a.rule.state == b.rule.state and a.rule.via == b.rule.via
    and values.equal(a.entry, b.entry)
end

---The modules that the rules of a playbook speak of, each once, by id.
---@param pb table
---@param state table
---@return remora.observe.Module[]
function targets.modules(pb, state)
  local seen, modules = {}, {}
  for _, rule in ipairs(pb.sections.hosting) do
    for _, module in ipairs((scope.modules(rule.where, state, pb.at))) do
      if not seen[module.id] then
        seen[module.id] = true
        modules[#modules + 1] = module
      end
    end
  end
  table.sort(modules, function(a, b) return a.id < b.id end)
  return modules
end

---All targets of a playbook, by place.
---@param pb table
---@param state table with instances_of, hosts and hosting.labelled
---@return remora.hosting.Target[]
---@return table[] problems faults
function targets.of(pb, state)
  local problems, list, by_place = {}, {}, {}
  local found = numbered(state, targets.modules(pb, state))
  for index, rule in ipairs(pb.sections.hosting) do
    local selects = selector(pb, state, rule, index, problems)
    local at = pb.at(pb.sections.hosting, index)
    for _, each in ipairs(found) do
      if selects(each) then
        for _, target in ipairs(expand(each, state, rule, at, problems)) do
          local before = by_place[target.place]
          if not before then
            by_place[target.place] = target
            list[#list + 1] = target
          elseif not agree(before, target) then
            problems[#problems + 1] = conflict(before, target)
          end
        end
      end
    end
  end
  table.sort(list, function(a, b) return a.place < b.place end)
  return list, problems
end

return targets
