-- What a templated service instance needs: updates of unlocked fields, always with the current bind
-- rows, because the platform rebuilds every row that an update leaves out. Pure.

local bind_rows = require "remora.model.bind_rows"
local fault = require "remora.core.fault"
local follow = require "remora.kinds.service_templates.follow"
local packed = require "remora.observe.packed"
local process = require "remora.model.process"
local reach = require "remora.model.reach"
local templated_rows = require "remora.kinds.instances.templated_rows"
local values = require "remora.model.values"
local wanted = require "remora.kinds.instances.wanted"
local words = require "remora.reconcile.words"

local templated = {}

-- Where the playbook itself sets the lock, if it does.
local function lock_place(pb, template, name, field)
  local section = pb.sections.service_templates
  local declared = section and section[template.name]
  local fields = declared and declared.processes[name]
  return fields and fields[field] and fault.place(pb.at(fields, field)) or ""
end

-- cell: of which row of bind_info, where it is one of these that is locked.
local function locked(sketch, its, field, at, cell)
  local left_out = reach.left_out(sketch.template.name, sketch.pb, sketch.state)
  local place = left_out and "" or lock_place(sketch.pb, sketch.template, its.name, field)
  local hint = left_out or ("set it in the template, or free it there%s: %s: %s"):format(
    cell and (", in row %d of bind_info"):format(cell.of) or "", cell and cell.cell or field,
    "{ value: …, as_default_value: false }")
  if field == "bk_func_name" then
    hint = "the executable of a templated process always belongs to its template"
  end
  sketch.b:problem(fault.new {
    code = "plan.locked", at = at, hint = hint,
    message = ("%s of %s is locked by the service template %s%s"):format(
      cell and ("bind_info[%d].%s"):format(cell.of, cell.cell) or field, its.name,
      sketch.template.name, place ~= "" and " at " .. place or ""),
  })
end

-- The rows that a template gives, by the numbers that playbooks use.
local function rows_given(property)
  local rows = {}
  for i, row in ipairs(bind_rows.list(process.template_value(property, "bind_info"))) do
    rows[i] = ("%d (%s)"):format(row.row_id, words.value(row))
  end
  return #rows > 0 and table.concat(rows, ", ") or "none"
end

-- A row is known by its address; where the playbook leaves that open it has a number.
local function extra_row(sketch, its, at, row)
  sketch.b:problem(fault.new {
    code = "plan.rows", at = at,
    message = ("%s cannot have the bind row %s: its template %s gives it no such row"):format(
      its.name, row.port and row.protocol and words.value(row)
        or ("with template_row_id %d"):format(row.template_row_id), sketch.template.name),
    hint = ("an instance can change the unlocked cells of its rows, never add or remove rows; the "
      .. "template's rows, by template_row_id: %s"):format(rows_given(its.property)),
  })
end

-- Where the playbook says a field of a process.
local function place_of(sketch, wish, field)
  return sketch.pb.at(wanted.saying(wish, field), field)
end

local function row_place(sketch, wish, i)
  return sketch.pb.at(wish.fields.bind_info, i) or place_of(sketch, wish, "bind_info")
end

-- What an update sends for the rows that are wanted; nil when these are there, or cannot be.
local function changed_rows(sketch, its, wish, current, is_due)
  local want = bind_rows.list(wish.fields.bind_info)
  local sent, refusals = templated_rows.sent(want, current, its.property, is_due)
  for _, refused in ipairs(refusals or {}) do
    local at = row_place(sketch, wish, refused.row)
    if refused.cell then
      locked(sketch, its, "bind_info", at, refused)
    else
      extra_row(sketch, its, at, want[refused.row])
    end
  end
  if sent and sent.waits then sketch:wait() end
  return sent
end

-- The unlocked fields that differ; what is new is what would be sent. The bind rows are the last of
-- them, so that it is known whether something else is sent anyway. Also the row of the update, as
-- of sketch:update.
local function differing(sketch, its, wish, names, current)
  local fields, in_a_row = {}, nil
  for _, field in ipairs(names) do
    local value, now = wish.fields[field], current[field]
    if field == "bind_info" then
      local sent = changed_rows(sketch, its, wish, bind_rows.list(now), #fields > 0)
      if sent then fields[#fields + 1] = { name = field, old = now, new = sent.rows } end
      if sent and sent.is_first then in_a_row = 2 end
    elseif value ~= now and not values.equal(value, now) then
      if process.locked(its.property, field) then
        locked(sketch, its, field, place_of(sketch, wish, field))
      else
        fields[#fields + 1] = { name = field, old = now, new = values.sent(value) }
      end
    end
  end
  return fields, in_a_row
end

-- What a process with these values lacks, as sketch:update takes it but for the place; nil: none.
local function lacking(sketch, each, current)
  local fields, in_a_row = differing(sketch, each.its, each.wish, each.compared, current)
  if #fields == 0 then return nil end
  local rows = bind_rows.list(current.bind_info)
  local sent = { bind_info = #rows > 0 and bind_rows.carried(rows) or nil }
  local before = { bind_info = sent.bind_info and rows }
  for _, field in ipairs(fields) do
    sent[field.name], before[field.name] = field.new, values.sent(field.old)
  end
  local cascades, losses = templated_rows.follow(rows, each.its.property,
    fields[#fields].name == "bind_info")
  local left = process.left_hosted(fields)
  return { name = each.name, sent = sent, before = before, fields = fields, at = each.wish.at,
    cascades = table.move(cascades, 1, #cascades, #left + 1, left), row = in_a_row,
    losses = losses }
end

-- Processes that look alike share their values (observe/process_columns.lua), and lack the same.
local function update(sketch, each, id, instance, current)
  local lacks = each.lacks[current]
  if lacks == nil then
    lacks = lacking(sketch, each, current) or false
    each.lacks[current] = lacks
  end
  if not lacks then return end
  sketch:update(id, instance, lacks)
  if lacks.row then sketch:wait "updates" end
end

local function out_of_line(sketch, each)
  local module = sketch.module
  sketch.b:problem(fault.new {
    code = "plan.not_synced", at = each.wish.at,
    message = ("%s is missing in %s: %s/%s is not in line with its template %s"):format(each.name,
      sketch:label()[3], module.set_name, module.name, sketch.template.name),
    hint = ("declare %s under service_templates, so that it is synchronised"):format(
      sketch.template.name),
  })
end

-- The names of what is said of a process, in the order of the fields.
local function ordered(fields)
  local names = {}
  for _, field in ipairs(process.FIELDS) do
    if fields[field] ~= nil then names[#names + 1] = field end
  end
  return names
end

-- What the processes of a new service instance will hold, by template.
local function made_by_template(sketch)
  local host_id = sketch.target.host_id
  local made = follow.instance({ id = "", host_id = host_id, processes = {} }, sketch.template,
    sketch.state.hosts[host_id])
  local by_template = {}
  for _, each in ipairs(made.processes) do by_template[each.template_id] = each.values end
  return by_template
end

-- A host without an instance in a module that no declared template will synchronise.
local function create(sketch, missing)
  local items, fields, made = {}, {}, made_by_template(sketch)
  for _, each in ipairs(missing) do
    local info = {}
    local names = ordered(each.wish.fields)
    for _, field in ipairs(differing(sketch, each.its, each.wish, names, made[each.its.id])) do
      info[field.name] = field.new
      fields[#fields + 1] = { name = each.name .. "." .. field.name, new = field.new }
    end
    if next(info) then
      items[#items + 1] = { process_template_id = each.its.id, process_info = info }
    end
  end
  sketch:create_instance {
    processes = #items > 0 and items or nil, fields = fields, at = missing[1].wish.at,
    cascades = { "with the processes of its template " .. sketch.template.name },
  }
end

-- What a declared template has not brought to its modules is its sync's business, not ours; when
-- the sync failed, that has been said.
local function sync_will_do(sketch)
  local section = sketch.pb.sections.service_templates
  return section and section[sketch.template.name] and sketch.state.need_sync[sketch.module.id]
end

-- What a wish means for the processes of the template: in the order of their names, and by id.
local function meaning(sketch, wish)
  local by_name, list, by_template = {}, {}, {}
  for _, each in ipairs(sketch.template.processes) do by_name[each.name] = each end
  for _, name in ipairs(wish.names) do
    local its = by_name[name]
    if its then
      list[#list + 1] = { name = name, its = its, wish = wish.processes[name],
        compared = ordered(wish.processes[name].compared), lacks = {} }
      by_template[its.id] = list[#list]
    end
  end
  return { list = list, by_template = by_template }
end

-- What a service instance, or a host that should have one, lacks.
local function complete(sketch, meant, processes)
  local present, missing = {}, {}
  for _, current in ipairs(processes) do present[current.template_id] = true end
  for _, each in ipairs(meant.list) do
    if not present[each.its.id] then
      if each.wish.never_made then sketch:miss(each.name) else missing[#missing + 1] = each end
    end
  end
  if #missing == 0 then return end
  if not sketch.target.instance then return create(sketch, missing) end
  for _, each in ipairs(missing) do out_of_line(sketch, each) end
end

-- What all instances alike should be, where not all of them are listed.
local function plan_listed(sketch)
  local meant = meaning(sketch, sketch.area.wish)
  local instances = sketch.state.instances_of[sketch.module.id]
  packed.each(instances, function(instance, id, template_id, current)
    local each = meant.by_template[template_id]
    if each then update(sketch, each, id, instance, current) end
  end)
end

local function plan_targets(sketch, may_miss)
  local meanings = {}
  for _, target in ipairs(sketch.area.targets()) do
    local meant = meanings[target.wish] or meaning(sketch, target.wish)
    local processes, met = target.instance and target.instance.processes or {}, 0
    meanings[target.wish], sketch.target = meant, target
    for _, current in ipairs(processes) do
      local each = meant.by_template[current.template_id]
      if each then
        met = met + 1
        update(sketch, each, current.id, target.number, current.values)
      end
    end
    if may_miss and met < #meant.list then complete(sketch, meant, processes) end
  end
end

---@param sketch remora.kinds.instances.Sketch of a module with a template
function templated.plan(sketch)
  -- What is not listed was read, and is as wanted: nothing is missing.
  local unlisted = sketch.state.unlisted[sketch.module.id] ~= nil
  if unlisted and sketch.area.wish then return plan_listed(sketch) end
  plan_targets(sketch, not (unlisted or sync_will_do(sketch)))
end

return templated
