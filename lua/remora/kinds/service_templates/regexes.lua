-- Which start regexes the processes of a service instance have, before and after a sync, and who
-- would clash there. The platform keeps executable and start regex unique in a service instance; a
-- sync updates in no order, creates after that, and never touches a start regex that is not locked.
-- Pure.

local moves = require "remora.kinds.service_templates.moves"
local order = require "remora.core.order"
local process = require "remora.model.process"

local regexes = {}

---@class remora.kinds.service_templates.Held what at least one service instance of a module has
---@field of table<integer|string, string|false> process template → start regex of its process;
---  false: none, or one that nobody else wants; nil: it has no such process
---@field place string of such an instance, for people

local FIELD = "bk_start_param_regex"

local function locked(property) return process.locked(property, FIELD) end

local function template_regex(property)
  local regex = process.template_value(property, FIELD)
  return type(regex) == "string" and regex or false
end

---Process templates that have an executable in common, deleted ones left out: a sync deletes first.
---@param list remora.kinds.service_templates.Move[]
---@param back boolean? on the way back, too, where deleted ones are made anew
---@return remora.kinds.service_templates.Move[][] groups of two and more
function regexes.rivals(list, back)
  local by_func, groups = {}, {}
  for _, move in ipairs(list) do
    if back or not move.delete then
      by_func[move.func] = by_func[move.func] or {}
      table.insert(by_func[move.func], move)
    end
  end
  for _, group in order.pairs(by_func) do
    if #group > 1 then groups[#groups + 1] = group end
  end
  return groups
end

-- Whether a move gives a start regex to instances that are in line.
local function gives(move)
  return move.regex and (move.create ~= nil or moves.gives_regex(move))
end

-- The names of those of which instances may have any start regex.
local function unlocked(groups)
  local names = {}
  for _, group in ipairs(groups) do
    for _, move in ipairs(group) do
      if move.current and not locked(move.current.property) then names[move.name] = true end
    end
  end
  return names
end

---What has to be asked of service instances in line: the start regexes that rivals are given, of
---the processes that may have any.
---@param groups remora.kinds.service_templates.Move[][] of rivals
---@param back boolean? for the way back, too: nobody knows yet which ones are given then
---@return table<string, true> names of process templates
---@return table<string, true>? wanted start regexes; nil: all
function regexes.unknown(groups, back)
  if back then return unlocked(groups) end
  local names, wanted = {}, {}
  for _, group in ipairs(groups) do
    for _, taker in ipairs(group) do
      for _, holder in ipairs(gives(taker) and group or {}) do
        if holder ~= taker and holder.current and not locked(holder.current.property) then
          names[holder.name], wanted[taker.regex] = true, true
        end
      end
    end
  end
  return names, wanted
end

---What service instances in line with their template have, as far as that says.
---@param template remora.observe.Template
---@return table<integer|string, string|false> as of Held
function regexes.in_line(template)
  local of = {}
  for _, each in ipairs(template.processes) do
    of[each.id] = locked(each.property) and template_regex(each.property)
  end
  return of
end

---What a service instance has after a sync.
---@param held remora.kinds.service_templates.Held
---@param template remora.observe.Template
---@return remora.kinds.service_templates.Held
function regexes.synchronised(held, template)
  local of = {}
  for _, each in ipairs(template.processes) do
    local old = held.of[each.id]
    if old == nil or locked(each.property) then old = template_regex(each.property) end
    of[each.id] = old
  end
  return { of = of, place = held.place }
end

---Whether instances have the start regex that a process template has now, so that only a sync takes
---it from there.
---@param list remora.kinds.service_templates.Held[] of the modules that follow the template
---@param move remora.kinds.service_templates.Move
---@return boolean
function regexes.linger(list, move)
  local now = move.current and template_regex(move.current.property)
  for _, held in ipairs(now and list or {}) do
    if held.of[move.current.id] == now then return true end
  end
  return false
end

---@class remora.kinds.service_templates.Clash two that a sync would give the same start regex
---@field holder remora.kinds.service_templates.Move who has it
---@field passing boolean an earlier sync takes it from there; false: it stays
---@field place string of a service instance where that is so

local function clash_in(held, taker, group)
  local mine = taker.current and held.of[taker.current.id]
  local is_new = mine == nil
  if not is_new and (not taker.locked or mine == taker.regex) then return nil end
  for _, holder in ipairs(group) do
    local has = holder ~= taker and holder.current and held.of[holder.current.id]
    -- New ones are made when who is locked has let go.
    if has == taker.regex and not (is_new and holder.locked) then
      return { holder = holder, passing = holder.locked, place = held.place }
    end
  end
  return nil
end

---Who would clash with what instances have, those that stay before those that pass.
---@param groups remora.kinds.service_templates.Move[][] of rivals
---@param list remora.kinds.service_templates.Held[] of the modules that follow the template
---@return table<remora.kinds.service_templates.Move, remora.kinds.service_templates.Clash> clashes
---  by who takes the start regex
function regexes.clashes(groups, list)
  local clashes = {}
  for _, group in ipairs(groups) do
    for _, taker in ipairs(group) do
      for _, held in ipairs(taker.regex and list or {}) do
        local clash = clash_in(held, taker, group)
        local known = clashes[taker]
        if clash and (not known or known.passing and not clash.passing) then
          clashes[taker] = clash
        end
      end
    end
  end
  return clashes
end

return regexes
