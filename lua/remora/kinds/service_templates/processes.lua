-- Plans the process templates of one service template: what is created, changed and removed, and
-- what has to wait because another one still holds its executable and start regex. Pure.

local bind_rows = require "remora.model.bind_rows"
local cells = require "remora.kinds.service_templates.cells"
local fault = require "remora.core.fault"
local handover = require "remora.kinds.service_templates.handover"
local moves = require "remora.kinds.service_templates.moves"
local phrase = require "remora.core.phrase"
local process = require "remora.model.process"
local protection = require "remora.model.protection"
local survey = require "remora.kinds.service_templates.survey"
local topology = require "remora.observe.topology"
local unique = require "remora.model.unique"

local processes = {}

local STAGE, TITLE = 1, "templates"

---@class remora.kinds.service_templates.Sketch of a plan for one service template
---@field pb table
---@field state table
---@field b table builder
---@field template remora.observe.Template
---@field want table what the playbook says of it
---@field deletions remora.reconcile.Change[] of all service templates, filled here

-- How many service instances a sync of the template reaches; nil when it was not read.
local function reached(sketch)
  local count = 0
  for _, module in ipairs(topology.following(sketch.state, sketch.template.id)) do
    local hosts = sketch.state.hosts_of and sketch.state.hosts_of[module.id]
    if not hosts then return nil end
    count = count + #hosts
  end
  return count
end

local function instances(count) return phrase.count(count, "service instance") end

local function create(sketch, move)
  local spec, fields = cells.create(move.name, move.create)
  local count, cascades = reached(sketch), {}
  if count and count > 0 then cascades[1] = "the sync adds it to " .. instances(count) end
  return sketch.b:change {
    type = "process template", action = "create", label = { sketch.template.name, move.name },
    at = move.at, fields = fields, cascades = cascades, sent = { spec = spec },
  }
end

-- What agents keep of copies that instances lose by the sync: what a template newly locks, they may
-- have had more of.
local function left_hosted(written, property, modules)
  local cell, was = written.proc_num, property.proc_num
  local reaches = cell and process.is_locked(cell) and #modules > 0
  local fewer = reaches and (not process.is_locked(was)
    or process.fewer_copies(was.value, cell.value))
  return fewer and { process.COPIES_STAY_HOSTED } or nil
end

local function update(sketch, move, written, fields)
  local modules = topology.following(sketch.state, sketch.template.id)
  sketch.b:step {
    stage = STAGE, title = TITLE, call = "cc.update_proc_template",
    group = tostring(move.current.id),
    args = { bk_biz_id = sketch.state.business.id, process_template_id = move.current.id,
      process_property = written },
    changes = { sketch.b:change {
      type = "process template", action = "update", id = move.current.id,
      label = { sketch.template.name, move.name }, at = move.at, fields = fields,
      cascades = left_hosted(written, move.current.property, modules),
      before = move.current.property, out_of_line = survey.out_of_line(sketch.state, modules),
    } },
  }
end

-- Opens a ring of processes that want each other's start regex: one takes a name of its own first,
-- in its instances as well if they are to follow it in the end.
local function step_aside(sketch, move)
  local cell = move.current.property.bk_start_param_regex
  local aside = { value = "remora-" .. move.current.id, as_default_value = move.locked }
  local field = cells.described("bk_start_param_regex", aside, cell)
  field.note = "for a moment: another process template needs the old value first"
  update(sketch, move, { bk_start_param_regex = aside }, { field })
end

-- The process template itself, then what the sync deletes in the modules that follow. What is free
-- by then the plan of the sync may find, too (beyond.lua).
local function removed(sketch, name, is_last)
  local list = { { what = "process template", within = sketch.template.name, count = 1 } }
  for _, module in ipairs(topology.following(sketch.state, sketch.template.id)) do
    local place = topology.place(module)
    local hosts = #(sketch.state.hosts_of and sketch.state.hosts_of[module.id] or {})
    list[#list + 1] = { what = "process", within = place, of = name, count = hosts }
    if is_last then
      list[#list + 1] = { what = "service instance", within = place, of = sketch.template.name,
        count = hosts }
    end
  end
  return list
end

local function remove(sketch, move, is_last)
  local count, cascades = reached(sketch), {}
  if count and count > 0 then
    cascades[1] = ("its process becomes free in %s, and the sync deletes it"):format(
      instances(count))
    if is_last then
      cascades[2] = "no process is left: the sync deletes the service instances too"
    end
    cascades[#cascades + 1] = process.STAYS_HOSTED
  end
  table.insert(sketch.deletions, sketch.b:change {
    type = "process template", action = "delete", id = move.current.id,
    label = { sketch.template.name, move.name }, at = move.at, cascades = cascades,
    removes = removed(sketch, move.name, is_last),
    protected = protection.of_followers(sketch.pb, sketch.state, sketch.template.name,
      topology.following(sketch.state, sketch.template.id)),
    before = move.current.property,
  })
end

local function report(sketch, conflicts)
  for _, each in ipairs(unique.intrusions(conflicts)) do
    sketch.b:problem(fault.new {
      code = "plan.duplicate", at = each.mover.at,
      message = ("%s would have %s, which belongs to %s"):format(each.mover.name, each.words,
        each.holder.name),
      hint = "tell them apart with bk_start_param_regex, or remove the other one with prune",
    })
  end
end

-- Whether a change brings other bind rows where they were free as a whole: there, nobody knows
-- whether instances are in line.
local function brings_rows(move)
  local column, property = move.written.bind_info, move.current.property
  return column ~= nil and not process.locked(property, "bind_info")
    and not bind_rows.same_template(bind_rows.list(column.value),
      bind_rows.list(process.template_value(property, "bind_info")))
end

-- Whether the sync that a change waits for would change instances of its process template, or make
-- some.
local function meets_sync(sketch, move)
  local modules = topology.following(sketch.state, sketch.template.id)
  return brings_rows(move) or survey.touches(sketch.state, modules, move.current.id)
end

-- What does not have to wait of a change that does: the sync that it waits for is to find it.
local function update_but_regex(sketch, move)
  local written, fields = {}, {}
  for field, cell in pairs(move.written) do
    if field ~= "bk_start_param_regex" then written[field] = cell end
  end
  for _, field in ipairs(move.fields) do
    if written[field.name] then fields[#fields + 1] = field end
  end
  if #fields > 0 then update(sketch, move, written, fields) end
end

-- Whether a change leaves to instances what a sync before it would overwrite.
local function frees(move)
  for field, cell in pairs(move.written or {}) do
    local is_freed = process.locked(move.current.property, field) and not process.is_locked(cell)
    if is_freed or field == "bind_info" then return true end
  end
  return false
end

-- Whether the sync has to wait for another run, as what should go before it failed or rests on what
-- did.
local function holds_sync(sketch, all, awaiting)
  for _, move in ipairs(sketch.b:had_failures() and all or {}) do
    if not awaiting[move] and frees(move) then return true end
  end
  return false
end

---Plans the process templates of one service template.
---@param sketch remora.kinds.service_templates.Sketch
---@return boolean holds_sync its instances are to be left alone for this run
function processes.plan(sketch)
  local all = moves.of(sketch)
  local held = handover.held(sketch, all)
  local waiting, stepping, conflicts = unique.settle(all)
  report(sketch, conflicts)
  local awaiting, creations, waits, left = handover.awaiting(sketch, all, held), {}, 0, 0
  if next(awaiting) and not next(stepping) and #conflicts == 0 then
    handover.refuse_stuck(sketch, all, waiting, awaiting, held)
  end
  for _, move in ipairs(all) do
    if not move.delete then left = left + 1 end
  end
  for _, move in ipairs(all) do
    if stepping[move] then
      step_aside(sketch, move)
    elseif waiting[move] or awaiting[move] then
      if move.create then waits = waits + 1 end
      if awaiting[move] and meets_sync(sketch, move) then update_but_regex(sketch, move) end
    elseif move.delete then
      remove(sketch, move, left == 0)
    elseif move.create then
      creations[#creations + 1] = create(sketch, move)
    elseif move.written then
      update(sketch, move, move.written, move.fields)
    end
  end
  sketch.b:batch {
    stage = STAGE, title = TITLE, call = "cc.batch_create_proc_template",
    group = tostring(sketch.template.id), changes = creations,
    later = waits > 0 and { row = 1, count = waits } or nil,
    args = { bk_biz_id = sketch.state.business.id, service_template_id = sketch.template.id },
  }
  return holds_sync(sketch, all, awaiting)
end

return processes
