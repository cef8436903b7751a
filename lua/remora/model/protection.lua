-- Whether a playbook protects an object from being deleted or un-hosted, and where it says so.
-- Pure; asked by the kinds for what they would take away, refused by reconcile/guard.lua.

local scope = require "remora.model.scope"

local protection = {}

local function declared(pb, name)
  local section = pb.sections.service_templates
  return section and section[name] or nil
end

-- The mark on a service template.
local function of_template(pb, name)
  local want = declared(pb, name)
  return want and want.protect and pb.at(want, "protect") or nil
end

-- The mark on a rule for instances of one of some modules, whichever instances it names.
local function of_modules(pb, state, modules)
  local rules, is_one = pb.sections.instances or {}, {}
  for _, module in ipairs(modules) do is_one[module.id] = true end
  local within = scope.new(rules, state, pb.at)
  for _, rule in ipairs(rules) do
    for _, each in ipairs(rule.protect and within:modules(rule.where) or {}) do
      if is_one[each.id] then return pb.at(rule, "protect") end
    end
  end
  return nil
end

---The mark on a service template, or on a rule for instances of modules that follow it: no sync
---takes a process away there.
---@param pb table
---@param state table
---@param name string of the service template
---@param modules remora.observe.Module[]
---@return table? at
function protection.of_followers(pb, state, name, modules)
  return of_template(pb, name) or of_modules(pb, state, modules)
end

---The mark on a process of a service template: it stays hosted everywhere.
---@param pb table
---@param state table
---@param module remora.observe.Module where the process runs
---@param process string its name
---@return table? at
function protection.of_process(pb, state, module, process)
  local template = state.templates and state.templates[module.template_id]
  local want = template and declared(pb, template.name)
  local fields = want and want.processes[process]
  return fields and fields.protect and pb.at(fields, "protect") or nil
end

return protection
