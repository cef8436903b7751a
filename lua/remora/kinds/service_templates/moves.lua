-- What becomes of each process template of a service template, those that the playbook does not
-- name included: the ground on which it is planned who may change when. Pure.

local cells = require "remora.kinds.service_templates.cells"
local fault = require "remora.core.fault"
local order = require "remora.core.order"
local process = require "remora.model.process"
local values = require "remora.model.values"

local moves = {}

---@class remora.kinds.service_templates.Move: remora.model.Sibling
---@field name string
---@field func string executable
---@field regex string|false start regex that it will have
---@field locked boolean whether that will belong to the template
---@field current remora.observe.ProcessTemplate? nil: it is created
---@field create table? what the playbook says of a new one
---@field delete boolean?
---@field written table<string, table>? cells to write
---@field fields table[]? the same for people
---@field at table? where the playbook speaks of it

-- The platform compares an unset regex of what it is sent with the "" of what it has stored, even
-- where that is not what changes.
local function keys_taken(name, func, regex)
  return process.unique_keys(name, func, values.unset(regex) and "" or regex)
end

local function refuse_func(sketch, current, want)
  local func = want.bk_func_name and want.bk_func_name.value
  local now = process.template_value(current.property, "bk_func_name")
  if func == nil or func == now or (want.ignore and want.ignore.bk_func_name) then return end
  sketch.b:problem(fault.new {
    code = "plan.func_name", at = sketch.pb.at(want, "bk_func_name"),
    message = ("bk_func_name of %s is %s and can never be changed to %s"):format(current.name, now,
      func),
    hint = "give the new executable a process of another name, and remove the old one with prune",
  })
end

local function text(value)
  return type(value) == "string" and value
end

-- What happens to a process template that exists.
local function of_current(sketch, current)
  local property = current.property
  local func = process.template_value(property, "bk_func_name")
  local regex = process.template_value(property, "bk_start_param_regex")
  local keys = process.unique_keys(current.name, func, regex)
  local move = moves.standing { name = current.name, current = current, func = func }
  move.now, move.next = keys, keys
  local want = sketch.want.processes[current.name]
  if want then
    refuse_func(sketch, current, want)
    local written, fields = cells.update(want, property)
    move.at = sketch.pb.at(sketch.want.processes, current.name, "key")
    local cell = written.bk_start_param_regex
    if cell then
      regex = cell.value
      move.next = process.unique_keys(current.name, func, regex)
      move.regex, move.locked = text(regex), process.is_locked(cell)
    end
    if #fields > 0 then
      move.written, move.fields = written, fields
      move.takes = keys_taken(current.name, func, regex)
    end
  elseif sketch.want.prune or (sketch.want.gone and sketch.want.gone[current.name]) then
    move.next, move.delete, move.at = nil, true, sketch.pb.at(sketch.want, "prune")
  end
  return move
end

local function of_new(sketch, name, want)
  local at = sketch.pb.at(sketch.want.processes, name, "key")
  if not want.bk_func_name then
    sketch.b:problem(fault.new {
      code = "plan.func_name", at = at,
      message = ("%s is a new process template and needs bk_func_name"):format(name),
      hint = "name the executable, such as bk_func_name: " .. name,
    })
    return nil
  end
  local func, cell = want.bk_func_name.value, want.bk_start_param_regex
  local regex = cell and cell.value
  return { name = name, create = want, at = at, func = func, regex = text(regex),
    locked = process.is_locked(cell),
    next = process.unique_keys(name, func, regex), takes = keys_taken(name, func, regex) }
end

---@param sketch remora.kinds.service_templates.Sketch
---@return remora.kinds.service_templates.Move[]
function moves.of(sketch)
  local list, known = {}, {}
  for _, current in ipairs(sketch.template.processes) do
    known[current.name] = true
    list[#list + 1] = of_current(sketch, current)
  end
  for name, want in order.pairs(sketch.want.processes) do
    if not known[name] then list[#list + 1] = of_new(sketch, name, want) end
  end
  return list
end

---Whether a move gives its start regex to processes that had another one, or leaves it to them no
---longer.
---@param move remora.kinds.service_templates.Move
---@return boolean
function moves.gives_regex(move)
  return move.written ~= nil and move.written.bk_start_param_regex ~= nil and move.locked
end

---A process template that exists as it is before its move.
---@param move remora.kinds.service_templates.Move
---@return remora.kinds.service_templates.Move
function moves.standing(move)
  local property = move.current.property
  return { name = move.name, at = move.at, current = move.current, func = move.func,
    regex = text(process.template_value(property, "bk_start_param_regex")),
    locked = process.locked(property, "bk_start_param_regex") }
end

return moves
