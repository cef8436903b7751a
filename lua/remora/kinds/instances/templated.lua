-- What a templated service instance needs: updates of unlocked fields, always with the current bind
-- rows, because the platform rebuilds every row that an update leaves out. Pure.

local bind_rows = require "remora.model.bind_rows"
local fault = require "remora.core.fault"
local process = require "remora.model.process"
local values = require "remora.model.values"

local templated = {}

-- Where the playbook itself sets the lock, if it does.
local function lock_place(pb, template, name, field)
  local section = pb.sections.service_templates
  local declared = section and section[template.name]
  local fields = declared and declared.processes[name]
  return fields and fields[field] and fault.place(pb.at(fields, field)) or ""
end

local function locked(job, its, field, at, words)
  local place = lock_place(job.pb, job.template, its.name, field)
  local hint = "set it in the template, or free it there: "
    .. field .. ": { value: …, as_default_value: false }"
  if field == "bk_func_name" then
    hint = "the executable of a templated process always belongs to its template"
  end
  job.b:problem(fault.new {
    code = "plan.locked", at = at, hint = hint,
    message = ("%s of %s is locked by the service template %s%s"):format(words or field, its.name,
      job.template.name, place ~= "" and " at " .. place or ""),
  })
end

local function extra_row(job, its, at)
  job.b:problem(fault.new {
    code = "plan.rows", at = at,
    message = ("%s has more bind rows than its template %s gives it"):format(its.name,
      job.template.name),
    hint = "an instance can change the unlocked cells of its rows, never add or remove rows",
  })
end

local function template_row(its, id)
  for _, row in ipairs(process.template_value(its.property, "bind_info") or {}) do
    if row.row_id == id then return row end
  end
  return {}
end

local function is_locked(cell)
  return type(cell) == "table" and cell.as_default_value == true
end

-- The rows with the claimed cells laid over them; nil when nothing changes or a lock forbids it.
local function changed_rows(job, its, claim, current)
  local rows, changed = bind_rows.carried(current), false
  local want = bind_rows.list(claim.value)
  local matched = bind_rows.match(want, current, "template_row_id")
  for i, row in ipairs(want) do
    local j = matched[i]
    local at = job.pb.at(claim.value, i) or claim.at
    if not j then
      extra_row(job, its, at)
      return nil
    end
    for _, cell in ipairs(bind_rows.CELLS) do
      if row[cell] ~= nil and not values.equal(row[cell], current[j][cell]) then
        if is_locked(template_row(its, current[j].template_row_id)[cell]) then
          locked(job, its, "bind_info", at, ("bind_info[%d].%s"):format(j, cell))
          return nil
        end
        rows[j][cell], changed = row[cell], true
      end
    end
  end
  return changed and rows or nil
end

-- The unlocked fields that differ, as they would be sent, and the same for people.
local function differing(job, its, wish, current)
  local sent, fields = {}, {}
  for _, field in ipairs(process.FIELDS) do
    local claim = wish.fields[field]
    local now = current[field]
    if claim and field == "bind_info" then
      local rows = changed_rows(job, its, claim, bind_rows.list(now))
      if rows then
        sent[field] = rows
        fields[#fields + 1] = { name = field, old = now, new = rows }
      end
    elseif claim and not values.equal(claim.value, now) then
      if process.locked(its.property, field) then
        locked(job, its, field, claim.at)
      else
        sent[field] = values.sent(claim.value)
        fields[#fields + 1] = { name = field, old = now, new = sent[field] }
      end
    end
  end
  return sent, fields
end

local function update(job, its, wish, current)
  local sent, fields = differing(job, its, { fields = wish.compared }, current.values)
  if #fields == 0 then return end
  sent.bk_process_id = current.id
  local rows = bind_rows.list(current.values.bind_info)
  if not sent.bind_info and #rows > 0 then sent.bind_info = bind_rows.carried(rows) end
  local label = table.move(job.target.label, 1, 3, 1, {})
  label[4] = its.name
  table.insert(job.work.updates, { value = sent, change = job.b:change {
    type = "process", action = "update", id = current.id, label = label, fields = fields,
    at = wish.at, before = current.values, place = job.target.place,
  } })
end

local function out_of_line(job, name, wish)
  local module = job.target.module
  job.b:problem(fault.new {
    code = "plan.not_synced", at = wish.at,
    message = ("%s is missing in %s: %s/%s is not in line with its template %s"):format(name,
      job.target.label[3], module.set_name, module.name, job.template.name),
    hint = ("declare %s under service_templates, so that it is synchronised"):format(
      job.template.name),
  })
end

-- A host without an instance in a module that no declared template will synchronise.
local function create(job, processes)
  local items, fields = {}, {}
  for _, each in ipairs(processes) do
    local sent, changed = differing(job, each.its, { fields = each.plain }, {})
    for _, field in ipairs(changed) do
      fields[#fields + 1] = { name = each.its.name .. "." .. field.name, new = field.new }
    end
    if #changed > 0 then
      items[#items + 1] = { process_template_id = each.its.id, process_info = sent }
    end
  end
  local module = job.target.module
  local list = job.work.instances[module.id] or {}
  job.work.instances[module.id] = list
  list[#list + 1] = {
    value = { bk_host_id = job.target.host_id, processes = #items > 0 and items or nil },
    change = job.b:change {
      type = "service instance", action = "create", label = job.target.label, fields = fields,
      at = processes[1] and processes[1].wish.at,
      cascades = { "with the processes of its template " .. job.template.name },
    },
  }
end

-- Fields that the template would set differently; bind rows follow when the instance has them.
local function plain_fields(its, wish)
  local plain = {}
  for field, claim in pairs(wish.fields) do
    local from_template = process.template_value(its.property, field)
    if field ~= "bind_info" and not values.equal(claim.value, from_template) then
      plain[field] = claim
    end
  end
  return plain
end

-- What a declared template has not brought to its modules is its sync's business, not ours; when
-- the sync failed, that has been said.
local function sync_will_do(job)
  local section = job.pb.sections.service_templates
  return section and section[job.template.name] and job.state.need_sync[job.target.module.id]
end

---@param job {pb: table, state: table, b: table, work: remora.kinds.instances.Work,
---  target: remora.kinds.instances.Target}
function templated.plan(job)
  local target, by_name, by_template, missing = job.target, {}, {}, {}
  job.template = job.state.templates[target.module.template_id]
  for _, each in ipairs(job.template.processes) do by_name[each.name] = each end
  for _, each in ipairs(target.instance and target.instance.processes or {}) do
    by_template[each.template_id] = each
  end
  for _, name in ipairs(target.wish.names) do
    local wish, its = target.wish.processes[name], by_name[name]
    local current = its and by_template[its.id]
    if current then
      update(job, its, wish, current)
    elseif not its or sync_will_do(job) or job.state.unlisted[target.module.id] then
      goto continue -- unlisted: it was read, and is as wanted
    elseif target.instance then
      out_of_line(job, name, wish)
    else
      missing[#missing + 1] = { its = its, wish = wish, plain = plain_fields(its, wish) }
    end
    ::continue::
  end
  if #missing > 0 then create(job, missing) end
end

return templated
