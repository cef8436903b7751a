-- What a sync would delete whatever the playbook says: processes whose process template somebody
-- has removed before, and the service instances where that was the last one. Owns state.loose.
--
-- Asked once until a sync is done, and only of modules that are out of line: what the run itself
-- sets free is counted where it removes the process template.

local processes = require "remora.observe.processes"
local protection = require "remora.model.protection"

local loose = {}

local COLUMNS = { module = "module.bk_module_id", instance = "service_instance.id",
  template = "process_template.id" }

---@class remora.kinds.service_templates.Loose in one module
---@field processes integer
---@field instances integer service instances of a template without process templates

local function living_in(state, modules)
  local living = {}
  for _, module in ipairs(modules) do
    for _, each in ipairs(state.templates[module.template_id].processes) do
      living[each.id] = module.template_id
    end
  end
  return living
end

local function count(reader, state, modules)
  local living, found, seen = living_in(state, modules), {}, {}
  local done, refused = processes.each(reader, state, modules, { "bk_process_id" },
    { columns = COLUMNS }, function(row)
      local template_id = state.module_by_id[row.module].template_id
      if living[row.template] == template_id then return end
      local its = found[row.module] or { processes = 0, instances = 0 }
      found[row.module], its.processes = its, its.processes + 1
      if #state.templates[template_id].processes == 0 and not seen[row.instance] then
        seen[row.instance], its.instances = true, its.instances + 1
      end
    end)
  if not done then return nil, refused end
  return found
end

---@param reader table
---@param state table with the process templates of the modules, and need_sync
---@param modules remora.observe.Module[]
---@return boolean? done
---@return table? fault
function loose.read(reader, state, modules)
  local found, refused = reader:memo("loose", "all", function()
    local out_of_line = {}
    for _, module in ipairs(modules) do
      if state.need_sync[module.id] then out_of_line[#out_of_line + 1] = module end
    end
    return count(reader, state, out_of_line)
  end)
  state.loose = found
  return found ~= nil, refused
end

local function words(total)
  local list = {}
  if total.processes > 0 then
    list[1] = total.processes == 1 and "deletes 1 process that has no process template any more"
      or ("deletes %d processes that have no process template any more"):format(total.processes)
  end
  if total.instances > 0 then
    list[2] = "no process is left: the sync deletes the service instances too"
  end
  return list
end

---What a change that stands for a sync says of it: what it removes, what forbids that.
---@param pb table
---@param state table
---@param template remora.observe.Template
---@param modules remora.observe.Module[] that are synchronised
---@return {removes: remora.reconcile.Portion[]?, protected: table?, cascades: string[]}
function loose.told(pb, state, template, modules)
  local removes, total = {}, { processes = 0, instances = 0 }
  for _, module in ipairs(modules) do
    local its, place = state.loose[module.id], module.set_name .. "/" .. module.name
    if its then
      total.processes = total.processes + its.processes
      removes[#removes + 1] = { what = "process", within = place, count = its.processes }
    end
    if its and its.instances > 0 and #template.processes == 0 then
      total.instances = total.instances + its.instances
      removes[#removes + 1] = { what = "service instance", within = place, count = its.instances }
    end
  end
  if #removes == 0 then return { cascades = {} } end
  return { removes = removes, cascades = words(total),
    protected = protection.of_followers(pb, state, template.name, modules) }
end

return loose
