-- Plans the process templates of one service template: what is created, changed and removed, and
-- what has to wait because another one still holds its executable and start regex. Pure.

local cells = require "remora.kinds.service_templates.cells"
local fault = require "remora.core.fault"
local order = require "remora.core.order"
local process = require "remora.model.process"
local protection = require "remora.model.protection"
local topology = require "remora.observe.topology"
local unique = require "remora.model.unique"
local values = require "remora.model.values"

local processes = {}

local STAGE, TITLE = 1, "templates"

---@class remora.kinds.service_templates.Job the process templates of one service template
---@field pb table
---@field state table
---@field b table builder
---@field template remora.observe.Template
---@field want table what the playbook says of it
---@field deletions table[] items of the deletions of all service templates, filled here

-- How many service instances a sync of the template reaches; nil when it was not read.
local function reach(job)
  local count = 0
  for _, module in ipairs(topology.following(job.state, job.template.id)) do
    local hosts = job.state.hosts_of and job.state.hosts_of[module.id]
    if not hosts then return nil end
    count = count + #hosts
  end
  return count
end

local function instances(count)
  return count == 1 and "1 service instance" or ("%d service instances"):format(count)
end

-- The platform compares an unset regex of what it is sent with the "" of what it has stored.
local function keys_taken(name, func, regex)
  return process.unique_keys(name, func, values.unset(regex) and "" or regex)
end

local function refuse_func(job, current, want)
  local func = want.bk_func_name and want.bk_func_name.value
  local now = process.template_value(current.property, "bk_func_name")
  if func == nil or func == now or (want.ignore and want.ignore.bk_func_name) then return end
  job.b:problem(fault.new {
    code = "plan.func_name", at = job.pb.at(want, "bk_func_name"),
    message = ("bk_func_name of %s is %s and can never be changed to %s"):format(current.name, now,
      func),
    hint = "give the new executable a process of another name, and remove the old one with prune",
  })
end

-- What happens to a process template that exists.
local function move_of(job, current)
  local property = current.property
  local func = process.template_value(property, "bk_func_name")
  local regex = process.template_value(property, "bk_start_param_regex")
  local keys = process.unique_keys(current.name, func, regex)
  local move = { now = keys, next = keys, name = current.name, current = current, func = func }
  local want = job.want.processes[current.name]
  if want then
    refuse_func(job, current, want)
    local written, fields = cells.update(want, property)
    if #fields > 0 then
      move.written, move.fields = written, fields
      move.at = job.pb.at(job.want.processes, current.name, "key")
    end
    local cell = written.bk_start_param_regex
    if cell then
      move.next = process.unique_keys(current.name, func, cell.value)
      move.takes = keys_taken(current.name, func, cell.value)
    end
  elseif job.want.prune or (job.want.gone and job.want.gone[current.name]) then
    move.next, move.delete, move.at = nil, true, job.pb.at(job.want, "prune")
  end
  return move
end

local function new_move(job, name, want)
  local at = job.pb.at(job.want.processes, name, "key")
  if not want.bk_func_name then
    job.b:problem(fault.new {
      code = "plan.func_name", at = at,
      message = ("%s is a new process template and needs bk_func_name"):format(name),
      hint = "name the executable, such as bk_func_name: " .. name,
    })
    return nil
  end
  local func = want.bk_func_name.value
  local regex = want.bk_start_param_regex and want.bk_start_param_regex.value
  return { name = name, create = want, at = at,
    next = process.unique_keys(name, func, regex), takes = keys_taken(name, func, regex) }
end

local function moves_of(job)
  local moves, known = {}, {}
  for _, current in ipairs(job.template.processes) do
    known[current.name] = true
    moves[#moves + 1] = move_of(job, current)
  end
  for name, want in order.pairs(job.want.processes) do
    if not known[name] then moves[#moves + 1] = new_move(job, name, want) end
  end
  return moves
end

local function create(job, move)
  local spec, fields = cells.create(move.name, move.create)
  local count, cascades = reach(job), {}
  if count and count > 0 then cascades[1] = "the sync adds it to " .. instances(count) end
  return { value = { spec = spec }, change = job.b:change {
    type = "process template", action = "create", label = { job.template.name, move.name },
    at = move.at, fields = fields, cascades = cascades,
  } }
end

local function update(job, move, written, fields)
  job.b:step {
    stage = STAGE, title = TITLE, call = "cc.update_proc_template",
    group = tostring(move.current.id),
    args = { bk_biz_id = job.state.business.id, process_template_id = move.current.id,
      process_property = written },
    changes = { job.b:change {
      type = "process template", action = "update", id = move.current.id,
      label = { job.template.name, move.name }, at = move.at, fields = fields,
      before = move.current.property,
    } },
  }
end

-- Opens a ring of processes that want each other's start regex: one takes a name of its own first.
local function step_aside(job, move)
  local cell = move.current.property.bk_start_param_regex
  local aside = { value = "remora-" .. move.current.id,
    as_default_value = process.locked(move.current.property, "bk_start_param_regex") }
  local field = cells.described("bk_start_param_regex", aside, cell)
  field.note = "for a moment: another process template needs the old value first"
  update(job, move, { bk_start_param_regex = aside }, { field })
end

-- The process template itself, then what the sync deletes in the modules that follow.
local function removed(job, is_last)
  local list = { { what = "process template", within = job.template.name, count = 1 } }
  for _, module in ipairs(topology.following(job.state, job.template.id)) do
    local place = module.set_name .. "/" .. module.name
    local hosts = #(job.state.hosts_of and job.state.hosts_of[module.id] or {})
    list[#list + 1] = { what = "process", within = place, count = hosts }
    if is_last then
      list[#list + 1] = { what = "service instance", within = place, count = hosts }
    end
  end
  return list
end

local function remove(job, move, is_last)
  local count, cascades = reach(job), {}
  if count and count > 0 then
    cascades[1] = ("its process becomes free in %s, and the sync deletes it"):format(
      instances(count))
    cascades[2] = is_last and "no process is left: the sync deletes the service instances too"
      or nil
  end
  table.insert(job.deletions, { value = move.current.id, change = job.b:change {
    type = "process template", action = "delete", id = move.current.id,
    label = { job.template.name, move.name }, at = move.at, cascades = cascades,
    removes = removed(job, is_last),
    protected = protection.of_followers(job.pb, job.state, job.template.name,
      topology.following(job.state, job.template.id)),
    before = move.current.property,
  } })
end

local function report(job, conflicts)
  for _, each in ipairs(unique.intrusions(conflicts)) do
    job.b:problem(fault.new {
      code = "plan.duplicate", at = each.mover.at,
      message = ("%s would have %s, which belongs to %s"):format(each.mover.name, each.words,
        each.holder.name),
      hint = "tell them apart with bk_start_param_regex, or remove the other one with prune",
    })
  end
end

-- Whether the start regex belongs to the template once a move is done.
local function regex_locked(move)
  local cell = move.written and move.written.bk_start_param_regex
  if cell then return cell.as_default_value == true end
  return process.locked(move.current.property, "bk_start_param_regex")
end

-- A free start regex stays in the instances when the template lets go of it; whoever takes it over
-- there, being new or locked, would clash at the sync.
local function report_kept(job, move, holders)
  if move.current and not regex_locked(move) then return end
  for _, holder in ipairs(holders) do
    if not holder.delete and not regex_locked(holder) then
      job.b:problem(fault.new {
        code = "plan.duplicate", at = move.at,
        message = ("%s would take over the start regex that instances of %s keep"):format(
          move.name, holder.name),
        hint = ("lock bk_start_param_regex of %s, so that its instances follow"):format(
          holder.name),
      })
    end
  end
end

local function unsynced(job)
  for _, module in ipairs(topology.following(job.state, job.template.id)) do
    if job.state.need_sync[module.id] then return true end
  end
  return false
end

-- Whether instances may still have the start regex that a move gives to its own. They are those of
-- process templates with its executable, which is locked and never changes; of deleted ones none,
-- because a sync deletes before it updates.
local function contested(move, moves)
  if not (move.takes and move.current and regex_locked(move)) then return false end
  for _, other in ipairs(moves) do
    if other ~= move and other.current and not other.delete and other.func == move.func then
      return true
    end
  end
  return false
end

-- What does not have to wait of a change that does: the sync that it waits for is to find it.
local function update_but_regex(job, move)
  local written, fields = {}, {}
  for field, cell in pairs(move.written) do
    if field ~= "bk_start_param_regex" then written[field] = cell end
  end
  for _, field in ipairs(move.fields) do
    if written[field.name] then fields[#fields + 1] = field end
  end
  if #fields > 0 then update(job, move, written, fields) end
end

---Plans the process templates of one service template.
---@param job remora.kinds.service_templates.Job
function processes.plan(job)
  local moves = moves_of(job)
  local waiting, stepping, conflicts = unique.settle(moves)
  report(job, conflicts)
  local stale, creations, waits, left = unsynced(job), {}, 0, 0
  for _, move in ipairs(moves) do
    if not move.delete then left = left + 1 end
  end
  for _, move in ipairs(moves) do
    -- A sync runs its updates in no order. Until the instances have let go of a regex that their
    -- templates no longer have, another process template may not give it to its own.
    local awaits_sync = stale and contested(move, moves)
    if waiting[move] then report_kept(job, move, waiting[move]) end
    if stepping[move] then
      step_aside(job, move)
    elseif waiting[move] or awaits_sync then
      if move.create then waits = waits + 1 end
      if awaits_sync then update_but_regex(job, move) end
    elseif move.delete then
      remove(job, move, left == 0)
    elseif move.create then
      creations[#creations + 1] = create(job, move)
    elseif move.written then
      update(job, move, move.written, move.fields)
    end
  end
  job.b:batch {
    stage = STAGE, title = TITLE, call = "cc.batch_create_proc_template",
    group = tostring(job.template.id), items = creations,
    later = waits > 0 and { row = 1, count = waits } or nil,
    args = { bk_biz_id = job.state.business.id, service_template_id = job.template.id },
  }
end

return processes
