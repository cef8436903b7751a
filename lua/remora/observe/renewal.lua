-- Brings what was read of processes up to date after writes: what these touched is read again, the
-- rest stays as it was found earlier in the same run. Owns which of it that is.

local order = require "remora.core.order"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local renewal = {}

local IDS_PER_CALL = 500

---@class remora.observe.Read
---@field rows remora.observe.Process[] by id, each with its place
---@field taken table<integer, table<integer, integer>> module → process template → how many more
---  were as wanted

---@class remora.observe.Touched what writes may have changed, by id
---@field processes table<integer, true>? they changed or went, nothing else of their instances did
---@field instances table<integer, true>? service instances; processes may have come as well
---@field modules table<integer, true>? service instances may have come as well

-- The rows that stand; whose service instances, and which rows, are to be asked for again.
local function parted(rows, touched)
  local processes, instances = touched.processes or {}, touched.instances or {}
  local modules, kept, whole, lost = touched.modules or {}, {}, {}, {}
  for _, row in ipairs(rows) do
    if modules[row.place.module_id] then
      goto continue
    elseif instances[row.instance_id] then
      whole[row.instance_id] = true
    elseif processes[row.id] then
      lost[#lost + 1] = row
    else
      kept[#kept + 1] = row
    end
    ::continue::
  end
  return kept, order.keys(whole), lost
end

-- The question for some processes, which also names their instances: so they are found quickly.
local function about_processes(args, rows)
  local ids, instances = {}, {}
  for i, row in ipairs(rows) do
    ids[i], instances[row.instance_id] = row.id, true
  end
  local rules = { { field = "bk_process_id", operator = "in", value = ids } }
  local filter = args.process_property_filter
  if filter then table.move(filter.rules, 1, #filter.rules, 2, rules) end
  return values.copy(args, { service_instance = { ids = order.keys(instances) },
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
  for _, rows in ipairs(portions(lost, IDS_PER_CALL)) do
    questions[#questions + 1] = about_processes(args, rows)
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

local function by_id(a, b) return a.id < b.id end

---Reads again what was touched.
---@param reader table
---@param read remora.observe.Read left as it is
---@param touched remora.observe.Touched instances only where every row was listed
---@param args table of list_process_related_info that it was read with, modules included
---@param ask fun(args: table): remora.observe.Read?, table?
---@return remora.observe.Read?
---@return table? fault
function renewal.of(reader, read, touched, args, ask)
  local rows, instances, lost = parted(read.rows, touched)
  local taken, modules = {}, {}
  add(taken, read.taken)
  for _, id in ipairs(args.module.bk_module_ids) do
    if touched.modules and touched.modules[id] then modules[#modules + 1], taken[id] = id, nil end
  end
  local answers, refused = reader:gather(questions_of(args, modules, instances, lost), ask)
  if not answers then return nil, refused end
  for _, answer in ipairs(answers) do
    table.move(answer.rows, 1, #answer.rows, #rows + 1, rows)
    add(taken, answer.taken)
  end
  order.sort(rows, by_id)
  return { rows = rows, taken = taken }
end

return renewal
