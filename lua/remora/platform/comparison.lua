-- A module beside its service template: what is there, what should be, and where the two differ.
-- Both the difference calls and the sync read through here; nothing is written.

local json = require "json"
local bind = require "remora.platform.bind"
local property = require "remora.platform.property"
local slot = require "remora.platform.slot"

local comparison = {}

---@class remora.platform.ModuleView
---@field module table
---@field templates table[] process templates, ascending ids
---@field template_of table<integer, table> by id
---@field host_ids integer[]
---@field instances table[] service instances of those hosts
---@field entries table<integer, table[]> by service instance id: {process, relation}
---@field host fun(id: integer): table host document

local function indexed(docs, key)
  local index = {}
  for _, doc in ipairs(docs) do index[doc[key]] = doc end
  return index
end

-- Every process with its relation, by service instance; relations without a process are left out.
local function entries_of(store, instances)
  local ids, entries = {}, {}
  for i, instance in ipairs(instances) do ids[i], entries[instance.id] = instance.id, {} end
  local docs = indexed(store:find("process", { service_instance_id = ids }), "bk_process_id")
  for _, relation in ipairs(store:find("relation", { service_instance_id = ids })) do
    local process = docs[relation.bk_process_id]
    if process then
      table.insert(entries[relation.service_instance_id],
        { process = process, relation = relation })
    end
  end
  return entries
end

---Reads a module, all of it or what some of its hosts have.
---@param store table
---@param module table
---@param host_ids integer[]|nil only these hosts
---@param service_template_id integer|nil instead of the module's own
---@return remora.platform.ModuleView
function comparison.read(store, module, host_ids, service_template_id)
  local place = { bk_module_id = module.bk_module_id, bk_host_id = host_ids }
  local view = { module = module }
  view.templates = store:find("proc_template",
    { service_template_id = service_template_id or module.service_template_id }, { sort = "id" })
  view.template_of = indexed(view.templates, "id")
  view.host_ids = store:column("host_module", "bk_host_id", place)
  view.instances = store:find("service_instance", place)
  view.entries = entries_of(store, view.instances)
  local hosts = {}
  function view.host(id)
    hosts[id] = hosts[id] or store:get("host", id) or { bk_host_id = id }
    return hosts[id]
  end
  return view
end

---Preset attributes of the template that the module does not have.
---@param store table
---@param module table
---@return table[] differences {attribute (stored document), inst_value}
function comparison.attributes(store, module)
  local found = {}
  for _, attribute in ipairs(store:find("service_template_attribute",
    { service_template_id = module.service_template_id })) do
    local value = module[attribute.bk_property_id]
    if value == nil then value = json.null end
    if value ~= attribute.bk_property_value then
      found[#found + 1] = { attribute = attribute, inst_value = value }
    end
  end
  return found
end

---Does a process differ from its template where the template has a say?
---@param view remora.platform.ModuleView
---@param entry {process: table, relation: table}
---@return boolean
function comparison.has_changed(view, entry)
  local template = view.template_of[entry.relation.process_template_id]
  return template ~= nil
    and property.differs(template.property, entry.process, view.host(entry.relation.bk_host_id))
end

---Templates of which a service instance has no process.
---@param view remora.platform.ModuleView
---@param instance table
---@return table[] templates
function comparison.missing(view, instance)
  local there, missing = {}, {}
  for _, entry in ipairs(view.entries[instance.id]) do
    there[entry.relation.process_template_id] = true
  end
  for _, template in ipairs(view.templates) do
    if not there[template.id] then missing[#missing + 1] = template end
  end
  return missing
end

local function instance_differs(view, instance)
  for _, entry in ipairs(view.entries[instance.id]) do
    if not view.template_of[entry.relation.process_template_id]
      or comparison.has_changed(view, entry) then
      return true
    end
  end
  return #comparison.missing(view, instance) > 0
end

---Would a sync change the module or anything in it?
---@param store table
---@param module table bound to a service template
---@return boolean
function comparison.needs_sync(store, module)
  local template = store:get("service_template", module.service_template_id)
  if not template then return false end
  if module.bk_module_name ~= template.name or #comparison.attributes(store, module) > 0 then
    return true
  end
  local view = comparison.read(store, module)
  if #view.templates == 0 then return #view.instances > 0 end
  if #view.instances ~= #view.host_ids then return true end
  for _, instance in ipairs(view.instances) do
    if instance_differs(view, instance) then return true end
  end
  return false
end

---How a process differs from its template, attribute by attribute.
---@param template table process template
---@param process table
---@param host table
---@return table[] changes {name, value, template_value}; bind rows stand on both sides as a sync
---  would leave them, as on the platform
function comparison.changes(template, process, host)
  local changes, wanted = {}, template.property
  for name, theirs in pairs(wanted) do
    if name == "bind_info" then
      if slot.is_locked(theirs) and bind.differs(wanted, process.bind_info, host) then
        local rows = bind.synchronise(wanted, process.bind_info, host) or json.null
        changes[#changes + 1] = { name = name, value = rows, template_value = rows }
      end
    elseif slot.is_locked(theirs) and theirs.value ~= process[name] then
      changes[#changes + 1] = { name = name, value = process[name], template_value = theirs }
    end
  end
  table.sort(changes, function(a, b) return a.name < b.name end)
  return changes
end

return comparison
