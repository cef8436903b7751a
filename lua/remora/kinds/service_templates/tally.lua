-- Counts, process by process, what a sync would find in modules that are out of line: what has lost
-- its process template, what is there, and what of that differs. Pure.

local follow = require "remora.kinds.service_templates.follow"

local tally = {}
tally.__index = tally

---@class remora.kinds.service_templates.Surveyed a module that is out of line
---@field loose table<string, integer> processes that have no process template any more, by name
---@field emptied integer service instances of a template without process templates
---@field living table<integer, remora.observe.ProcessTemplate> process templates at that time
---@field present table<integer, integer> process template → how many processes follow it
---@field differing remora.kinds.service_templates.Differing[]

---@class remora.kinds.service_templates.Differing processes in which a sync would set the same
---  fields
---@field template_id integer process template
---@field fields string[]
---@field count integer

---@param state table with the process templates of the modules
---@param ... remora.observe.Module[] lists of modules
---@return table tally
function tally.new(state, ...)
  local self = setmetatable({ surveyed = {}, alike = {}, seen = {} }, tally)
  for _, modules in ipairs { ... } do
    for _, module in ipairs(modules) do
      local living = {}
      for _, each in ipairs(state.templates[module.template_id].processes) do
        living[each.id] = each
      end
      self.surveyed[module.id] =
        { loose = {}, emptied = 0, living = living, present = {}, differing = {} }
    end
  end
  return self
end

local function add_loose(self, its, each, instance)
  its.loose[each.name] = (its.loose[each.name] or 0) + 1
  if next(its.living) or self.seen[instance.id] then return end
  self.seen[instance.id], its.emptied = true, its.emptied + 1
end

local function add_differing(self, its, each, module_id, fields)
  local key = table.concat({ module_id, each.template_id, table.unpack(fields) }, " ")
  local alike = self.alike[key]
  if not alike then
    alike = { template_id = each.template_id, fields = fields, count = 0 }
    self.alike[key], its.differing[#its.differing + 1] = alike, alike
  end
  alike.count = alike.count + 1
end

---Counts a process of one of the modules.
---@param each remora.observe.Process with all that its process template locks, and its bind rows
---@param instance remora.observe.Instance its own
---@return boolean living whether it has a process template
function tally:add(each, instance)
  local its = self.surveyed[instance.module_id]
  local template = its.living[each.template_id]
  if not template then
    add_loose(self, its, each, instance)
    return false
  end
  its.present[template.id] = (its.present[template.id] or 0) + 1
  local fields = follow.differing(each.values, template, instance.host)
  if #fields > 0 then add_differing(self, its, each, instance.module_id, fields) end
  return true
end

return tally
