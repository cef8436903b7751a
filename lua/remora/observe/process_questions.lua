-- What is asked for processes: the arguments of list_process_related_info, without page. Pure.

local portions = require "remora.core.portions"

local questions = {}

local MODULES_PER_CALL = 500
local MOST_VALUES, MOST_RULES = 500, 20 -- of one list, and of those of which one is to be met

-- What a filter says of a field that has one of some values; nil: they are more than it may hold.
local function one_of(field, list)
  local rules = portions(list, MOST_VALUES)
  if #rules > MOST_RULES then return nil end
  for i, part in ipairs(rules) do
    rules[i] = { field = field, operator = "in", value = part }
  end
  return #rules == 1 and rules[1] or { condition = "OR", rules = rules }
end

---The questions about some modules.
---@param state table with business
---@param modules remora.observe.Module[]
---@param fields string[] what to read of each process
---@param names string[]? only processes of these names, unless they are too many to be asked for
---@param regexes string[]? the same of start regexes
---@return table[] args as few as the platform allows, in the order of the modules
function questions.of(state, modules, fields, names, regexes)
  local ids, rules = {}, { names and one_of("bk_process_name", names) }
  for i, module in ipairs(modules) do ids[i] = module.id end
  if regexes then rules[#rules + 1] = one_of("bk_start_param_regex", regexes) end
  local list = {}
  for i, part in ipairs(portions(ids, MODULES_PER_CALL)) do
    list[i] = {
      bk_biz_id = state.business.id, module = { bk_module_ids = part }, fields = fields,
      process_property_filter = #rules > 0 and { condition = "AND", rules = rules } or nil,
      page = { sort = "bk_process_id" },
    }
  end
  return list
end

return questions
