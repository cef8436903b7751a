-- Reads what planning the service templates of a playbook needs, and no more: hosts are read only
-- where a sync will happen, because only then does the plan say how many instances follow, and
-- processes only where what a sync does is not known without (survey).

local builder = require "remora.reconcile.builder"
local hosts = require "remora.observe.hosts"
local moves = require "remora.kinds.service_templates.moves"
local named_hosts = require "remora.observe.named_hosts"
local planned = require "remora.kinds.service_templates.plan"
local reach = require "remora.model.reach"
local regexes = require "remora.kinds.service_templates.regexes"
local survey = require "remora.kinds.service_templates.survey"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"

-- Categories matter only when the playbook names one or a template has to be made; the latter is
-- not known before the templates are.
local function needs_categories(pb, state)
  for name, want in reach.declared("service_templates", pb, state) do
    local is_new = state.template_ids and not state.template_ids[name]
    if want.category or is_new then return true end
  end
  return false
end

local function read_categories(reader, pb, state)
  if state.categories or not needs_categories(pb, state) then return true end
  return templates.read_categories(reader, state)
end

local function declared(pb, state)
  local ids, modules = {}, {}
  for name in reach.declared("service_templates", pb, state) do
    local id = state.template_ids[name]
    if id then
      ids[#ids + 1] = id
      for _, module in ipairs(topology.following(state, id)) do modules[#modules + 1] = module end
    end
  end
  return ids, modules
end

-- The modules whose instances will change: out of line already, or about to be by this playbook,
-- be it only after the sync of others that a change has to wait for.
local function modules_to_sync(pb, state, modules)
  local b = builder.new("service_templates")
  planned.plan(pb, setmetatable({ need_sync = {} }, { __index = state }), b)
  local changing = {}
  for _, change in ipairs(b:due()) do changing[change.label[1]] = true end
  local chosen = {}
  for _, module in ipairs(modules) do
    local name = state.templates[module.template_id].name
    if state.need_sync[module.id] or changing[name] then chosen[#chosen + 1] = module end
  end
  return chosen
end

-- Process templates that have an executable in common, by service template; back: on the way back,
-- too.
local function rivals_of(pb, state, back)
  local rivals, b = {}, builder.new("service_templates")
  for name, want in reach.declared("service_templates", pb, state) do
    local template = state.templates[state.template_ids[name]]
    local groups = template and regexes.rivals(moves.of { pb = pb, state = state, b = b,
      template = template, want = want }, back) or {}
    if #groups > 0 then rivals[template.id] = groups end
  end
  return rivals
end

---@param reader table
---@param pb table
---@param state table
---@return boolean? done
---@return table? fault
return function(reader, pb, state)
  local done, refused = reader:together {
    function() return topology.read(reader, state) end,
    function() return templates.read(reader, state) end,
    function() return named_hosts.read(reader, pb, state) end,
    function() return read_categories(reader, pb, state) end,
  }
  if not done then return nil, refused end
  local ids, modules = declared(pb, state)
  done, refused = reader:together {
    function() return templates.read_processes(reader, state, ids) end,
    function()
      return templates.read_need_sync(reader, state, reach.followers(pb, state))
    end,
    function() return read_categories(reader, pb, state) end,
  }
  if not done then return nil, refused end
  local chosen = modules_to_sync(pb, state, modules)
  state.to_sync = {}
  for _, module in ipairs(chosen) do state.to_sync[module.id] = true end
  done, refused = hosts.read_modules(reader, state, chosen)
  if not done then return nil, refused end
  return survey.read(reader, pb, state, modules, rivals_of(pb, state, reader.looks_back))
end
