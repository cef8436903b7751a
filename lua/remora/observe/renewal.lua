-- Brings what was read of processes up to date after writes: what these touched is read again, the
-- rest stays as it was found earlier in the same run. Owns which of it that is.

local order = require "remora.core.order"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local renewal = {}

local IDS_PER_CALL = 500

---@class remora.observe.Read
---@field instances remora.observe.Instance[]
---@field taken table<integer, table<integer, integer>> module → process template → how many more
---  were as wanted
---@field filter table|userdata|nil that found them (module sieve)

---@class remora.observe.Touched what writes may have changed, by id
---@field processes table<integer, true>? they changed or went, nothing else of their instances did
---@field instances table<integer, true>? service instances; processes may have come as well
---@field modules table<integer, true>? service instances may have come as well

-- A service instance without what was touched of it, which is added to `lost`; nil: none is left.
local function standing(instance, processes, lost)
  local kept, before = {}, #lost
  for _, each in ipairs(instance.processes) do
    if processes[each.id] then
      lost[#lost + 1] = { id = each.id, instance_id = instance.id }
    else
      kept[#kept + 1] = each
    end
  end
  if #lost == before then return instance end
  return #kept > 0 and values.copy(instance, { processes = kept }) or nil
end

local function by_id(a, b) return a.id < b.id end

-- The service instances that stand; those that are to be asked for again, and which processes are.
local function parted(list, touched)
  local processes, instances = touched.processes or {}, touched.instances or {}
  local modules, kept, whole, lost = touched.modules or {}, {}, {}, {}
  for _, instance in ipairs(list) do
    if modules[instance.module_id] then
      goto continue
    elseif instances[instance.id] then
      whole[instance.id] = true
    else
      kept[#kept + 1] = standing(instance, processes, lost)
    end
    ::continue::
  end
  order.sort(lost, by_id)
  return kept, order.keys(whole), lost
end

-- The question for some processes, which also names their instances: so they are found quickly.
local function about_processes(args, lost)
  local ids, instances, named = {}, {}, {}
  for i, each in ipairs(lost) do
    ids[i] = each.id
    if not named[each.instance_id] then
      named[each.instance_id], instances[#instances + 1] = true, each.instance_id
    end
  end
  local rules = { { field = "bk_process_id", operator = "in", value = ids } }
  local filter = args.process_property_filter
  if filter then table.move(filter.rules, 1, #filter.rules, 2, rules) end
  return values.copy(args, { service_instance = { ids = instances },
    process_property_filter = { condition = "AND", rules = rules } })
end

local function questions_of(args, modules, instances, lost)
  local questions = {}
  for _, ids in ipairs(portions(modules, IDS_PER_CALL)) do
    questions[#questions + 1] = values.copy(args, { module = { bk_module_ids = ids } })
  end
  for _, ids in ipairs(portions(instances, IDS_PER_CALL)) do
    questions[#questions + 1] = values.copy(args, { service_instance = { ids = ids } })
  end
  for _, some in ipairs(portions(lost, IDS_PER_CALL)) do
    questions[#questions + 1] = about_processes(args, some)
  end
  return questions
end

local function add(taken, more)
  for module_id, counts in pairs(more) do
    taken[module_id] = taken[module_id] or {}
    for template_id, count in pairs(counts) do
      taken[module_id][template_id] = (taken[module_id][template_id] or 0) + count
    end
  end
end

-- Adds service instances to a list; what is asked for of one may come beside what stands of it.
local function join(list, more)
  local place = {}
  for i, instance in ipairs(list) do place[instance.id] = i end
  for _, instance in ipairs(more) do
    local i = place[instance.id]
    if i then
      local all = table.move(list[i].processes, 1, #list[i].processes, 1, {})
      table.move(instance.processes, 1, #instance.processes, #all + 1, all)
      order.sort(all, by_id)
      list[i] = values.copy(instance, { processes = all })
    else
      list[#list + 1] = instance
      place[instance.id] = #list
    end
  end
end

---Reads again what was touched.
---@param reader table
---@param read remora.observe.Read left as it is
---@param touched remora.observe.Touched instances only where every row was listed
---@param args table of list_process_related_info that it was read with, modules included
---@param ask fun(args: table): remora.observe.Read?, table?
---@return remora.observe.Read?
---@return table? fault
function renewal.of(reader, read, touched, args, ask)
  local instances, whole, lost = parted(read.instances, touched)
  local taken, modules = {}, {}
  add(taken, read.taken)
  for _, id in ipairs(args.module.bk_module_ids) do
    if touched.modules and touched.modules[id] then modules[#modules + 1], taken[id] = id, nil end
  end
  local answers, refused = reader:gather(questions_of(args, modules, whole, lost), ask)
  if not answers then return nil, refused end
  local found = {}
  for _, answer in ipairs(answers) do
    table.move(answer.instances, 1, #answer.instances, #found + 1, found)
    add(taken, answer.taken)
  end
  join(instances, found)
  return { instances = instances, taken = taken, filter = read.filter }
end

return renewal
