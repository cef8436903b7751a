-- Brings what was read of processes up to date after writes: what these touched is read again, the
-- rest stays as it was found earlier in the same run. Owns which of it that is.

local order = require "remora.core.order"
local packed = require "remora.observe.packed"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local renewal = {}

local IDS_PER_CALL = 500

---@class remora.observe.Read
---@field lists table<integer, remora.observe.PackedList> by module
---@field hosts table<integer, remora.model.Host>? by id, where somebody looks for them
---@field taken table<integer, table<integer, integer>> module → process template → how many more
---  were as wanted
---@field filter table|userdata|nil that found them (module sieve)

---@class remora.observe.Touched what writes may have changed, by id
---@field processes table<integer, true>? they changed or went, nothing else of their instances did
---@field instances table<integer, true>? service instances; processes may have come as well
---@field modules table<integer, true>? service instances may have come as well

-- The service instances that stand, by module; those that are to be asked for again, and which
-- processes are.
local function parted(lists, touched)
  local modules, kept, whole, lost = touched.modules or {}, {}, {}, {}
  for module_id, list in order.pairs(lists) do
    if not modules[module_id] then
      kept[module_id] = packed.without(list, touched, lost, whole)
    end
  end
  return kept, order.keys(whole), lost
end

-- The question for some processes, which also names their instances: so they are found quickly.
-- Those of one instance stand together.
local function about_processes(args, lost)
  local ids, instances = {}, {}
  for i, each in ipairs(lost) do
    ids[i] = each.id
    if each.instance_id ~= instances[#instances] then
      instances[#instances + 1] = each.instance_id
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

---Reads again what was touched.
---@param reader table
---@param read remora.observe.Read left as it is
---@param touched remora.observe.Touched instances only where every row was listed
---@param args table of list_process_related_info that it was read with, modules included
---@param ask fun(args: table): remora.observe.Read?, table?
---@return remora.observe.Read?
---@return table? fault
function renewal.of(reader, read, touched, args, ask)
  local lists, whole, lost = parted(read.lists, touched)
  local taken, modules, hosts = {}, {}, read.hosts and values.copy(read.hosts)
  add(taken, read.taken)
  for _, id in ipairs(args.module.bk_module_ids) do
    if touched.modules and touched.modules[id] then modules[#modules + 1], taken[id] = id, nil end
  end
  local answers, refused = reader:gather(questions_of(args, modules, whole, lost), ask)
  if not answers then return nil, refused end
  for _, answer in ipairs(answers) do
    for module_id, more in pairs(answer.lists) do
      lists[module_id] = lists[module_id] and packed.joined(lists[module_id], more) or more
    end
    for id, host in pairs(answer.hosts or {}) do hosts[id] = host end
    add(taken, answer.taken)
  end
  return { lists = lists, hosts = hosts, taken = taken, filter = read.filter }
end

return renewal
