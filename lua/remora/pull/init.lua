-- Reads a business into what a playbook would say of it: first its templates, then what its service
-- instances have of their own. Writes nothing.

local business = require "remora.observe.business"
local differences = require "remora.pull.differences"
local hosting = require "remora.pull.hosting"
local instances = require "remora.pull.instances"
local labels = require "remora.pull.labels"
local notes = require "remora.pull.notes"
local order = require "remora.core.order"
local places = require "remora.pull.places"
local rules = require "remora.pull.rules"
local sample = require "remora.pull.sample"
local scope = require "remora.model.scope"
local fault = require "remora.core.fault"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"
local words = require "remora.pull.templates"

local pull = {}

---@class remora.pull.Part what is pulled of modules of one name, and of the template of that name
---@field name string
---@field template table? entry of `service_templates`
---@field comment string? above the template
---@field rules {rule: table, words: string?}[]
---@field hosting {rule: table, words: string?}[]?
---@field processes table? section of a business of the old platform

---@class remora.pull.Pulled
---@field business {id: integer, name: string}
---@field api "v3"? nil: the present platform
---@field parts remora.pull.Part[] by name
---@field notes remora.pull.Notes

local function head(reader, options, state)
  local done, refused = business.read(reader,
    { business = options.business, at = fault.nowhere }, state)
  if not done then return nil, refused end
  done, refused = topology.read(reader, state)
  if not done then return nil, refused end
  local modules, problems = scope.new({}, state, fault.nowhere):modules {
    set = options.sets, module = options.modules }
  if #problems > 0 then return nil, fault.list(problems) end
  return modules
end

-- All templates; with a selection of modules, only theirs.
local function wanted_templates(state, options, modules)
  if not options.sets and not options.modules then return order.keys(state.templates) end
  local ids = {}
  for _, module in ipairs(modules) do
    if state.templates[module.template_id] then ids[module.template_id] = true end
  end
  return order.keys(ids)
end

local function read_templates(reader, state, options, modules)
  local done, refused = templates.read(reader, state)
  if not done then return nil, refused end
  local ids, following = wanted_templates(state, options, modules), {}
  for _, id in ipairs(ids) do
    local list = topology.following(state, id)
    table.move(list, 1, #list, #following + 1, following)
  end
  done, refused = reader:together {
    function() return templates.read_processes(reader, state, ids) end,
    function() return templates.read_need_sync(reader, state, following) end,
    function()
      if #ids == 0 then return true end
      return templates.read_categories(reader, state)
    end,
  }
  if not done then return nil, refused end
  return ids
end

local function part_of(parts, name)
  parts[name] = parts[name] or { name = name, rules = {} }
  return parts[name]
end

-- What the templates say, and what they leave to their instances.
local function say_templates(state, ids, parts, its_notes)
  local profiles = {}
  for _, id in ipairs(ids) do
    local template = state.templates[id]
    local entry, comment = words.entry(its_notes, state, template)
    if entry then
      local part = part_of(parts, template.name)
      part.template, part.comment = entry, comment
      profiles[id] = differences.profile(template, entry.processes or {})
    end
  end
  return profiles
end

---Reads what a playbook can say of a business.
---@param reader table remora.reconcile.reader
---@param options {business: string|integer, sets: string[]?, modules: string[]?} names or globs
---@return remora.pull.Pulled?
---@return table? fault
function pull.read(reader, options)
  local state, its_notes, parts = {}, notes.new(), {}
  local modules, refused = head(reader, options, state)
  if not modules then return nil, refused end
  local ids
  ids, refused = read_templates(reader, state, options, modules)
  if not ids then return nil, refused end
  local done
  done, refused = reader:together {
    function() return sample.read(reader, state, its_notes) end,
    function() return labels.read(reader, state, modules, its_notes) end,
  }
  if not done then return nil, refused end
  local profiles = say_templates(state, ids, parts, its_notes)
  local found
  found, refused = instances.read(reader, state, modules, profiles)
  if not found then return nil, refused end
  local hosted
  hosted, refused = hosting.read(reader, state, modules, its_notes)
  if not hosted then return nil, refused end
  local known = places.new(state)
  for name, each in order.pairs(found.named) do
    local list = rules.of(its_notes, known, name, each)
    if #list > 0 then part_of(parts, name).rules = list end
  end
  for name, each in order.pairs(hosted.named) do
    local list = hosting.rules(its_notes, known, name, each)
    if #list > 0 then part_of(parts, name).hosting = list end
  end
  local sorted = {}
  for _, name in ipairs(order.keys(parts)) do sorted[#sorted + 1] = parts[name] end
  return { business = state.business, parts = sorted, notes = its_notes }
end

return pull
