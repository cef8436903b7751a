-- What a service instance without a template needs. The platform replaces a free process as a
-- whole, so an update carries every current value under the declared ones; what the rules leave out
-- stays, unless one of them prunes. Pure.

local bind_rows = require "remora.model.bind_rows"
local fault = require "remora.core.fault"
local json = require "json"
local order = require "remora.core.order"
local process = require "remora.model.process"
local unique = require "remora.model.unique"
local values = require "remora.model.values"

local free = {}

-- Declared rows over the current ones: cells that are not declared keep what the row has.
local function rows_of(want, current)
  local matched, rows = bind_rows.match(want, current, "template_row_id"), json.array {}
  for i, row in ipairs(want) do
    local old, new = current[matched[i]] or {}, {}
    for _, cell in ipairs(bind_rows.CELLS) do
      new[cell] = row[cell]
      if new[cell] == nil then new[cell] = old[cell] end
    end
    rows[i] = new
  end
  return rows
end

-- Everything the full replace writes, as it is now; unset fields may stay out.
local function whole(current)
  local sent = {}
  for _, field in ipairs(process.FIELDS) do
    local value = current[field]
    if field == "bind_info" then
      local rows = bind_rows.list(value)
      if #rows > 0 then sent[field] = bind_rows.carried(rows) end
    elseif not values.unset(value) then
      sent[field] = value
    end
  end
  return sent
end

local function updated(current, wish)
  local sent, fields = whole(current.values), {}
  for _, field in ipairs(process.FIELDS) do
    local value = wish.compared[field]
    local now = current.values[field]
    if value ~= nil and field == "bind_info" then
      local old = bind_rows.list(now)
      local rows = rows_of(bind_rows.list(value), old)
      if not bind_rows.same_instance(rows, old) then
        sent[field] = rows
        fields[#fields + 1] = { name = field, old = now, new = rows }
      end
    elseif value ~= nil and not values.equal(value, now) then
      sent[field] = values.sent(value)
      fields[#fields + 1] = { name = field, old = now, new = sent[field] }
    end
  end
  return sent, fields, process.left_hosted(fields)
end

local function made(name, wish)
  local info, fields = { bk_process_name = name }, {}
  for _, field in ipairs(process.FIELDS) do
    local value = wish.fields[field]
    if value ~= nil then
      info[field] = field == "bind_info" and rows_of(bind_rows.list(value), {})
        or values.sent(value)
      fields[#fields + 1] = { name = field, new = info[field] }
    end
  end
  return { info = info, fields = fields }
end

-- A new process of a wish. All that have the wish share what it holds, so that is never changed.
local function created(sketch, name, wish)
  sketch.created[wish] = sketch.created[wish] or made(name, wish)
  return sketch.created[wish]
end

local function keys_of(name, fields)
  return process.unique_keys(name, fields.bk_func_name, fields.bk_start_param_regex)
end

-- The platform stores "" where a raw create names no start regex.
local function keys_of_new(name, info)
  local regex = info.bk_start_param_regex
  if regex == nil then regex = process.absent_value("bk_start_param_regex") end
  return process.unique_keys(name, info.bk_func_name, regex)
end

local function without_func(sketch, name, wish)
  sketch.b:problem(fault.new {
    code = "plan.func_name", at = wish.at,
    message = ("%s is a new process and needs bk_func_name"):format(name),
    hint = "name the executable, such as bk_func_name: " .. name,
  })
end

-- Which of several service instances on one host should get a process that none of them has.
local function elsewhere(sketch, name, wish)
  local neighbours = sketch:names():neighbours(sketch.target.host_id)
  if wish.picked or #neighbours < 2 then return false end
  for _, instance in ipairs(neighbours) do
    for _, each in ipairs(instance.processes) do
      if each.name == name then return true end
    end
  end
  sketch.b:problem(fault.new {
    code = "plan.ambiguous_instance", at = wish.at,
    message = ("%s/%s/%s has %d service instances and none runs %s"):format(sketch.module.set_name,
      sketch.module.name, sketch.state.hosts[sketch.target.host_id].ip, #neighbours, name),
    hint = "say which with where: { service_instance: NAME }",
  })
  return true
end

local function move_of(sketch, current)
  local now = keys_of(current.name, current.values)
  local move = { now = now, next = now, name = current.name, current = current,
    before = current.values }
  local wish = sketch.target.wish.processes[current.name]
  if wish then
    local sent, fields, cascades = updated(current, wish)
    if #fields > 0 then
      move.sent, move.fields, move.at, move.cascades = sent, fields, wish.at, cascades
      move.next = keys_of(current.name, sent)
    end
  elseif sketch.target.wish.prune or sketch.target.wish.gone[current.name] then
    move.next, move.delete, move.at = nil, true, sketch.target.wish.at
  end
  return move
end

-- The move that makes a process; nil when it cannot be.
local function newcomer(sketch, name, wish)
  if wish.never_made then
    sketch:miss(name)
    return nil
  end
  if wish.fields.bk_func_name == nil then
    without_func(sketch, name, wish)
    return nil
  end
  if elsewhere(sketch, name, wish) then return nil end
  local new = created(sketch, name, wish)
  return { name = name, info = new.info, fields = new.fields, at = wish.at,
    next = keys_of_new(name, new.info) }
end

local function moves_of(sketch)
  local moves, known = {}, {}
  for _, current in ipairs(sketch.target.instance and sketch.target.instance.processes or {}) do
    known[current.name] = true
    moves[#moves + 1] = move_of(sketch, current)
  end
  for name, wish in order.pairs(sketch.target.wish.processes) do
    if not known[name] then moves[#moves + 1] = newcomer(sketch, name, wish) end
  end
  return moves
end

local function report(sketch, conflicts)
  for _, each in ipairs(unique.intrusions(conflicts)) do
    sketch.b:problem(fault.new {
      code = "plan.duplicate", at = each.mover.at,
      message = ("%s would have %s, which %s has"):format(each.mover.name, each.words,
        each.holder.name),
      hint = "tell them apart with bk_start_param_regex",
    })
  end
end

-- Makes room for others by taking a start regex that nobody wants, or, where no rule says which one
-- it should have afterwards, such an executable.
local function step_aside(sketch, move, row)
  local sent, wish = whole(move.current.values), sketch.target.wish.processes[move.name]
  local field = wish and wish.compared.bk_start_param_regex == nil and "bk_func_name"
    or "bk_start_param_regex"
  local old = sent[field]
  sent[field] = "remora-" .. move.current.id
  sketch:update(move.current.id, sketch.target.number, { name = move.name, sent = sent,
    before = move.before, at = move.at, row = row, fields = { { name = field, old = old,
      new = sent[field], note = "for a moment: another process needs the old value first" } } })
end

-- New processes: into the instance that is there, or with a new one.
local function create(sketch, moves)
  if sketch.target.instance then
    for _, move in ipairs(moves) do sketch:create(move) end
    return
  end
  local items, fields = json.array {}, {}
  for i, move in ipairs(moves) do
    items[i] = { process_info = move.info }
    for _, field in ipairs(move.fields) do
      fields[#fields + 1] = { name = move.name .. "." .. field.name, new = field.new }
    end
  end
  sketch:create_instance { processes = items, fields = fields, at = moves[1].at,
    place = sketch:place(), rests = { exists = false } }
end

local function is_update(move) return move.sent ~= nil end

-- Moves by what becomes of their process, those apart that have to wait.
local function sorted(moves, waiting)
  local ready = { updates = {}, deletions = {}, creations = {} }
  local waits = { updates = {}, deletions = {}, creations = {} }
  local stays = false
  for _, move in ipairs(moves) do
    local kind = move.delete and "deletions" or move.info and "creations"
      or is_update(move) and "updates"
    stays = stays or move.current ~= nil and not move.delete
    if kind then table.insert((waiting[move] and waits or ready)[kind], move) end
  end
  return ready, waits, stays
end

-- The platform deletes a service instance with its last process. So where no process stays, the new
-- ones are created first, and old ones that are in their way step aside until then.
local function make_room(sketch, ready, waits, waiting)
  for _ = 1, #ready.deletions do sketch:wait "deletions" end
  local aside = {}
  for _, move in ipairs(waits.creations) do
    for _, holder in ipairs(waiting[move]) do
      if not aside[holder] then step_aside(sketch, holder, math.huge) end
      aside[holder] = true
    end
  end
end

local function plan_target(sketch)
  local moves = moves_of(sketch)
  local waiting, stepping, conflicts = unique.settle(moves)
  report(sketch, conflicts)
  local ready, waits, stays = sorted(moves, waiting)
  local row = unique.rows(waiting, stepping, is_update)
  for _, move in ipairs(waits.updates) do
    if stepping[move] then step_aside(sketch, move, row(move, true)) end
    sketch:wait("updates", row(move))
  end
  for _, move in ipairs(ready.updates) do
    move.row = row(move)
    sketch:update(move.current.id, sketch.target.number, move)
  end
  for _ = 1, #waits.creations do sketch:wait(sketch.target.instance.id) end
  if #ready.creations > 0 then create(sketch, ready.creations) end
  if not stays and #ready.creations + #waits.creations > 0 then
    return make_room(sketch, ready, waits, waiting)
  end
  for i, move in ipairs(ready.deletions) do
    sketch:delete(move.current, { at = move.at, goes = not stays,
      is_last = not stays and i == #ready.deletions })
  end
end

---@param sketch remora.kinds.instances.Sketch of a module without a template
function free.plan(sketch)
  for _, target in ipairs(sketch.area.targets()) do
    sketch.target = target
    plan_target(sketch)
  end
end

return free
