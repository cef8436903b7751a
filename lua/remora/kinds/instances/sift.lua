-- Which modules may be read without those processes that are as the playbook wants them, and what
-- these look like. Pure. A module is read whole wherever planning looks at more than the processes
-- that differ: its hosts or instances are told apart, or its template changes.

local bind_rows = require "remora.model.bind_rows"
local json = require "json"
local part = require "remora.core.part"
local process = require "remora.model.process"
local scope = require "remora.model.scope"
local wanted = require "remora.kinds.instances.wanted"

local sift = {}

-- Whether a rule means all instances of its modules alike.
local function is_even(rule)
  local where = rule.where
  return not (where.hosts or where.host_ids or where.labels or where.service_instance)
end

-- The rules of each module, as wanted.join takes them; false where some rule picks instances.
local function rules_by_module(pb, state)
  local by_module, within = {}, scope.new(pb.sections.instances, state, pb.at)
  for index, rule in ipairs(pb.sections.instances) do
    for _, module in ipairs((within:modules(rule.where))) do
      local rules = by_module[module.id]
      if rules == nil then rules = {} end
      if rules and is_even(rule) then
        rules[#rules + 1] = { index = index, rule = rule }
      else
        rules = false
      end
      by_module[module.id] = rules
    end
  end
  return by_module
end

-- Wanted rows that all say which row of the template they mean, by its id; nil when some do not.
local function by_row_id(wanted_rows)
  local by_id = {}
  for _, row in ipairs(wanted_rows) do
    local id = row.template_row_id
    if math.type(id) ~= "integer" or id == 0 or by_id[id] then return nil end
    by_id[id] = row
  end
  return by_id
end

-- How the current rows surely pair with the wanted ones (bind_rows.match): either in their order,
-- when no wanted row has an id, or, when all have one, as rows of the template in its order. nil
-- when they might pair in some other way.
local function rows_pattern(value, template_rows)
  local rows, want, anonymous = json.array {}, bind_rows.list(value), true
  for i, row in ipairs(want) do
    anonymous = anonymous and row.template_row_id == nil
    rows[i] = part(row, bind_rows.CELLS)
  end
  if anonymous then return rows end
  local by_id, taken = by_row_id(want), 0
  if not by_id then return nil end
  for i, row in ipairs(template_rows) do
    local wish = by_id[row.row_id]
    if wish then taken = taken + 1 end
    rows[i] = part(wish or {}, bind_rows.CELLS)
    rows[i].template_row_id, by_id[row.row_id] = row.row_id, nil
  end
  return taken == #want and rows or nil
end

-- What a row of list_process_related_info has when its process is as wished; nil: who knows.
local function pattern_of(wish, its)
  local members = {}
  for _, field in ipairs(process.FIELDS) do
    local value = wish and wish.compared[field]
    if value ~= nil and field == "bind_info" then
      members[field] = rows_pattern(value,
        process.template_value(its.property, field) or {})
      if not members[field] then return nil end
    else
      members[field] = value
    end
  end
  return { process = members }
end

-- Patterns by process template. A template that no rule speaks of is as wanted whatever it is.
local function patterns_of(wish, template)
  local made = wish.patterns[template.id]
  if made and made.of == template.processes then return made.list end
  local list = {}
  for _, its in ipairs(template.processes) do
    list[its.id] = pattern_of(wish.processes[its.name], its)
  end
  wish.patterns[template.id] = { of = template.processes, list = list }
  return list
end

---What need not be listed of some modules.
---@param pb table
---@param state table with templates and their processes
---@param modules remora.observe.Module[] in line with their templates
---@return table<integer, table<integer, table>> patterns module → process template → what its rows
---  hold (module sieve); a module that must be read whole has none. Those of a module are the same
---  table as before, unless its template was read anew
function sift.patterns(pb, state, modules)
  local by_module, patterns = rules_by_module(pb, state), {}
  for _, module in ipairs(modules) do
    local rules = by_module[module.id]
    if rules and not (state.to_sync and state.to_sync[module.id]) then
      local wish = wanted.join(pb, rules)
      patterns[module.id] = #wish.problems == 0
        and patterns_of(wish, state.templates[module.template_id]) or nil
    end
  end
  return patterns
end

return sift
