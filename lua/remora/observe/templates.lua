-- Reads service templates, their process templates and the categories they stand under.
-- Owns state.templates, state.template_ids, state.categories and state.need_sync.

local catalogue = require "remora.catalogue"
local order = require "remora.core.order"
local portions = require "remora.core.portions"

local templates = {}

local DIFFERENCE = "cc.list_service_template_difference"

---@class remora.observe.Template
---@field id integer|string a text in a simulated state, before the platform has drawn the id
---@field name string
---@field category_id integer
---@field processes remora.observe.ProcessTemplate[]? by id, the same list until it is read anew;
---  nil when they were not needed

---@class remora.observe.ProcessTemplate
---@field id integer|string
---@field name string
---@field property table field → {value, as_default_value}

---Reads the names of all service templates, once per state.
---@param reader table
---@param state table with business
---@return boolean? done
---@return table? fault
function templates.read(reader, state)
  local rows, refused = reader:memo("service_templates", "all", function()
    return reader:pages("cc.list_service_template", { bk_biz_id = state.business.id })
  end)
  if not rows then return nil, refused end
  if state.templates then return true end
  state.templates, state.template_ids = {}, {}
  for _, row in ipairs(rows) do
    state.templates[row.id] =
      { id = row.id, name = row.name, category_id = row.service_category_id }
    state.template_ids[row.name] = row.id
  end
  return true
end

local function processes_of(rows)
  local processes = {}
  for i, row in ipairs(rows) do
    processes[i] = { id = row.id, name = row.property.bk_process_name.value,
      property = row.property }
  end
  table.sort(processes, order.by_id)
  return processes
end

---Reads the process templates of some service templates, and the names of all of them.
---@param reader table
---@param state table with business
---@param ids integer[]
---@return boolean? done
---@return table? fault
function templates.read_processes(reader, state, ids)
  local read, refused = reader:together {
    function() return templates.read(reader, state) end,
    function()
      return reader:gather(ids, function(id)
        return reader:memo("proc_templates", tostring(id), function()
          local data, failed = reader:call("cc.list_proc_template",
            { bk_biz_id = state.business.id, service_template_id = id })
          if not data then return nil, failed end
          return processes_of(data.info)
        end)
      end)
    end,
  }
  if not read then return nil, refused end
  for i, id in ipairs(ids) do
    local template = state.templates[id]
    if template then template.processes = read[2][i] end
  end
  return true
end

---Reads all categories the business may use.
---@param reader table
---@param state table
---@return boolean? done
---@return table? fault
function templates.read_categories(reader, state)
  local data, refused = reader:memo("categories", "all", function()
    return reader:call("cc.list_service_category", { bk_biz_id = state.business.id })
  end)
  if not data then return nil, refused end
  state.categories = data.info
  return true
end

-- Which of some modules differ from their template.
local function differing(reader, state, ids)
  local data, refused = reader:call(DIFFERENCE,
    { bk_biz_id = state.business.id, is_partial = false, bk_module_ids = ids })
  if not data then return nil, refused end
  local found = {}
  for _, row in ipairs(data.modules) do found[row.bk_module_id] = row.need_sync or nil end
  return found
end

---Asks which modules differ from their template (is_partial false compares modules).
---@param reader table
---@param state table
---@param modules remora.observe.Module[]
---@return boolean? done
---@return table? fault
function templates.read_need_sync(reader, state, modules)
  state.need_sync = state.need_sync or {}
  local asked = {}
  for _, module in ipairs(modules) do
    if state.need_sync[module.id] == nil then asked[#asked + 1] = module.id end
  end
  local _, refused = reader:gather(portions(asked, catalogue.limit(DIFFERENCE)), function(ids)
    local answer, failed = reader:memo("need_sync", table.concat(ids, ","), function()
      return differing(reader, state, ids)
    end)
    if not answer then return nil, failed end
    for _, id in ipairs(ids) do state.need_sync[id] = answer[id] == true end
    return true
  end)
  if refused then return nil, refused end
  return true
end

return templates
