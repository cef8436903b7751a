-- The inverse of a run: from what its calls changed, and from what, a playbook in normal form that
-- asks for how things were. It goes the way of any other playbook, so every rule of the platform
-- is kept on the way back too. Pure; says what no playbook can bring back.

local fault = require "remora.core.fault"
local former = require "remora.undo.former"
local hosting = require "remora.hosting.inverse"
local identity = require "remora.reconcile.identity"
local json = require "json"
local mask = require "remora.core.mask"
local order = require "remora.core.order"
local overwritten = require "remora.undo.overwritten"
local story = require "remora.journal.story"
local values = require "remora.model.values"

local inverse = {}

---@class remora.undo.Undone an object of the run, with all its changes joined
---@field change remora.reconcile.Change the first one
---@field fields table<string, table> what the run changed, by name, as it did so last
---@field before table the object as it was before all of them, as far as they knew it
---@field actions table<string, true> what it did
---@field losses string[] what followed from it and does not come back
---@field call remora.journal.Call the last one that changed it
---@field position integer of the change in that call

-- What another change knew of the object from before the run changed anything of it.
local function join(object, change)
  for name, value in pairs(change.before or {}) do
    if object.before[name] == nil and not object.fields[name] then object.before[name] = value end
  end
  for _, field in ipairs(change.fields) do object.fields[field.name] = field end
  for _, loss in ipairs(change.losses or {}) do table.insert(object.losses, loss) end
end

-- The objects of a run in the order they were first changed.
local function objects_of(calls)
  local list, by_key = {}, {}
  for _, call in ipairs(calls) do
    local states = story.states(call)
    for i, change in ipairs(call.changes) do
      if states[i] ~= "failed" then -- of what nobody knows, it may be
        local key = identity.object(change)
        local object = by_key[key]
        if not object then
          object = { change = change, fields = {}, before = {}, actions = {}, losses = {} }
          by_key[key], list[#list + 1] = object, object
        end
        object.call, object.position = call, i
        object.actions[change.action] = true
        join(object, change)
      end
    end
  end
  return list
end

local function inside(map, key)
  map[key] = map[key] or {}
  return map[key]
end

local function section(pb, name) return inside(pb.sections, name) end

local function template_of(pb, name)
  local template = inside(section(pb, "service_templates"), name)
  template.processes, template.gone = template.processes or {}, template.gone or {}
  template.never_made = true -- no run deletes one
  return template
end

-- What of the old object the way back needs and the journal does not have: it has a mark there in
-- place of a secret.
local function secret_in(object)
  for name, value in order.pairs(object.before) do
    local wanted = object.fields[name] or object.actions.delete or name == "entry"
    if wanted and json.encode { value }:find(mask.MARK, 1, true) then return name end
  end
  return nil
end

local COMES_ANEW = "comes back with a new id"

-- What the run did to it last.
local function last_of(object) return object.call.changes[object.position] end

-- Labels of service instances are nothing that a run reads to delete them.
local function comes_anew(object)
  for _, removed in ipairs(last_of(object).removes or {}) do
    if removed.what == "service instance" then
      return COMES_ANEW .. ", in a new service instance, which has no labels"
    end
  end
  return COMES_ANEW
end

-- What to do for each type of object. Gives a text when it does not come back as it was, and true
-- with that when it comes back all the same.
local undo = {}

undo["service template"] = function(pb, object, name)
  local change = object.change
  if change.action == "create" then return "the service template stays, without its processes" end
  if change.action == "update" then
    template_of(pb, name).category = change.fields[1].old
  end
  return nil
end

undo["process template"] = function(pb, object, template_name, name)
  local change, template = object.change, template_of(pb, template_name)
  if change.action == "create" then
    template.gone[name] = true
    return nil
  end
  local deleted = object.actions.delete
  template.processes[name] = former.template(object.before, object.fields, deleted)
  if deleted then return COMES_ANEW .. ", its processes with the template's values", true end
  if object.fields.bind_info then
    inside(template, "row_ids")[name] = former.row_ids(object.before)
  end
  local field = overwritten(object.fields, object.before)
  return field and ("what instances had in %s before it was locked is lost"):format(field)
end

-- The rule for the service instance of a process; rules that end up equal are joined later.
local function rule_of(pb, place)
  local rules = section(pb, "instances")
  local key = json.encode(place)
  if not rules[key] then
    rules[key] = { place = place, processes = {}, gone = {}, never_made = {} }
  end
  return rules[key]
end

-- What is asked of a process of the old platform, which nothing deletes.
local function v3_process(pb, name)
  local declared = inside(section(pb, "processes"), name)
  declared.never_made = true
  return declared
end

undo.process = function(pb, object, ...)
  local change, label = object.change, { ... }
  local name = label[#label]
  if change.kind == "processes" then
    if change.action == "create" then return "processes of the old platform are never deleted" end
    local declared = v3_process(pb, name)
    for field in pairs(object.fields) do declared[field] = values.sent(object.before[field]) end
    return nil
  end
  -- With the process template that the run made goes everything of it.
  local templates = pb.sections.service_templates or {}
  local template = templates[change.place.template]
  if template and template.gone[name] then return nil end
  local rule = rule_of(pb, last_of(object).place)
  if change.action == "create" then
    rule.gone[name] = true
    return nil
  end
  if change.place.template then
    rule.processes[name] = former.templated(object.before, object.fields,
      template and template.row_ids and template.row_ids[name])
    rule.never_made[name] = true
    return nil
  end
  local deleted = object.actions.delete -- it may have been changed before that, to make room
  local wanted, missing = former.process(object.before, object.fields, deleted)
  rule.processes[name], rule.never_made[name] = wanted, not deleted or nil
  if missing and not deleted then
    return ("its bind rows had no %s, which no update can leave out"):format(missing)
  end
  return deleted and comes_anew(object) or nil, true
end

undo["service instance"] = function(pb, object)
  local change = object.change
  if not change.place then return "service instances of a template go with their hosts only" end
  local rule = rule_of(pb, change.place)
  for _, field in ipairs(change.fields) do
    local name = field.name:match("^(.*)%.bk_func_name$")
    if name then rule.gone[name] = true end
  end
  return nil
end

undo.binding = function(pb, object, name, module)
  local declared = v3_process(pb, name)
  declared.modules, declared.gone = declared.modules or json.array {}, declared.gone or {}
  if object.change.action == "bind" then
    declared.gone[module] = true
  else
    table.insert(declared.modules, module)
  end
  return nil
end

-- Rules that want the same of many service instances become one.
local function joined(rules)
  local list, by_wish = json.array {}, {}
  for _, rule in order.pairs(rules) do
    local place = rule.place
    local key = json.encode { place.module, place.instance or json.null, rule.processes, rule.gone,
      rule.never_made }
    local whole = by_wish[key]
    if not whole then
      whole = { prune = false, processes = rule.processes, gone = rule.gone,
        never_made = rule.never_made, where = {
        module = json.array { place.module }, host_ids = json.array {},
        service_instance = place.instance and json.array { place.instance } } }
      by_wish[key], list[#list + 1] = whole, whole
    end
    table.insert(whole.where.host_ids, place.host)
  end
  return list
end

undo["hosted process"] = function(pb, object)
  return hosting.add(section(pb, "hosting"), object)
end

-- The way back of one object. A sync needs none: it follows the templates on the way back too.
local function back(pb, object)
  local change = object.change
  if change.action == "sync" then return nil end
  local field = secret_in(object)
  if field then return ("its %s held a secret, which the journal does not keep"):format(field) end
  return undo[change.type](pb, object, table.unpack(change.label))
end

-- Modules that were out of line before the run and that it did not synchronise: their instances are
-- what they were, whatever happened to the template.
local function leave_alone(templates, calls)
  local out_of_line, synced = {}, {}
  for _, call in ipairs(calls) do
    local states = story.states(call)
    for i, change in ipairs(call.changes) do
      for _, id in ipairs(change.out_of_line or {}) do out_of_line[id] = change.label[1] end
      local is_sync = change.action == "sync" and states[i] ~= "failed"
      for _, id in ipairs(is_sync and call.arguments.bk_module_ids or {}) do synced[id] = true end
    end
  end
  for id, name in pairs(out_of_line) do
    if templates[name] and not synced[id] then inside(templates[name], "left_alone")[id] = true end
  end
end

---@class remora.undo.Lost what cannot be undone, or not quite
---@field label string
---@field reason string
---@field left boolean it stays as it is, at least in part; false: it comes back, but as another

---The playbook that undoes what some calls did.
---@param about {name: string, business: integer, selection: table?} of the playbook; selection:
---  which part of it is wanted, nil: everything
---@param calls remora.journal.Call[] of one run
---@return table pb in normal form; its sections may be empty
---@return remora.undo.Lost[] lost of that part
function inverse.of(about, calls)
  local pb = {
    name = about.name, files = {}, business = about.business, api = "cc", sections = {},
    at = fault.nowhere,
  }
  local lost = {}
  for _, object in ipairs(objects_of(calls)) do
    local change = object.change
    local label = ("%s %s"):format(change.type, table.concat(change.label, "/"))
    if change.kind == "processes" then pb.api = "v3" end
    local reason, comes = back(pb, object)
    local is_wanted = not about.selection or about.selection:takes(change.label)
    if reason and is_wanted then
      lost[#lost + 1] = { label = label, reason = reason, left = not comes }
    end
    for _, loss in ipairs(is_wanted and object.losses or {}) do
      lost[#lost + 1] = { label = label, reason = loss, left = true }
    end
  end
  local sections = pb.sections
  leave_alone(sections.service_templates or {}, calls)
  if sections.instances then sections.instances = joined(sections.instances) end
  if sections.hosting then sections.hosting = hosting.rules(sections.hosting) end
  for name, part in pairs(sections) do
    if next(part) == nil then sections[name] = nil end
  end
  return pb, lost
end

---Adds what cannot be planned to what cannot be undone.
---@param lost remora.undo.Lost[]
---@param problems table[] faults of a plan for the playbook
---@param label string?
function inverse.add_problems(lost, problems, label)
  for _, problem in ipairs(problems) do
    lost[#lost + 1] = { label = label or "not brought back", reason = problem.message,
      left = true }
  end
end

return inverse
