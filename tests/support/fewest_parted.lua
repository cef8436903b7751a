-- Which process templates have to be changed in two calls, because their start regex has to wait
-- for a sync which is to find the rest. Part of tests.support.fewest.

local picture = require "tests.support.picture"
local rows = require "tests.support.reference_rows"
local templates = require "tests.support.reference_templates"

local parted = {}

local REGEX = "bk_start_param_regex"

local function func_of(its) return its.fields.bk_func_name.value end

local function following(drawn, name)
  local list = {}
  for _, module in ipairs(picture.following(drawn, name)) do
    for _, instance in ipairs(picture.of_module(drawn, module.id)) do
      list[#list + 1] = instance
    end
  end
  return list
end

local function process_of(instance, its)
  for _, process in pairs(instance.processes) do
    if process.of == its.id then return process end
  end
  return nil
end

-- The process template whose process in a service instance has the start regex that another is to
-- give to its own there.
local function holder(new, process_name, instance)
  local its = new.processes[process_name]
  local cell, own = its.fields[REGEX], process_of(instance, its)
  if not own or not cell.locked or cell.value == nil or own.fields[REGEX] == cell.value then
    return nil
  end
  for other, rival in pairs(new.processes) do
    local process = other ~= process_name and func_of(rival) == func_of(its)
      and process_of(instance, rival)
    if process and process.fields[REGEX] == cell.value then return other end
  end
  return nil
end

local function waits(new, process_name, instances)
  for _, instance in ipairs(instances) do
    if holder(new, process_name, instance) then return true end
  end
  return false
end

-- Whether a sync of a process template as it was would have made or changed a process. Where
-- modules are in line, bind rows that are free as a whole need not be, and nobody looks.
local function is_met(name, was, its, before)
  if not was.rows_locked and not picture.same(was.rows, its.rows) then return true end
  for _, module in ipairs(picture.following(before, name)) do
    if templates.follows(before, before.templates[name], module) then goto continue end
    local found = 0
    for _, instance in ipairs(picture.of_module(before, module.id)) do
      local process, host = process_of(instance, was), before.hosts[instance.host]
      found = found + (process and 1 or 0)
      if process and not (templates.agrees(was, process, host)
        and (was.rows_locked or picture.same(process.rows,
          rows.rebuilt(was, process.rows, host)))) then
        return true
      end
    end
    if found < #module.hosts then return true end
    ::continue::
  end
  return false
end

local function more_than_regex(was, its)
  local rest = picture.copy(was)
  rest.fields[REGEX] = its.fields[REGEX]
  return not picture.same(rest, its)
end

---@param name string of a service template that there was before
---@param before tests.Picture
---@param after tests.Picture
---@return integer process templates
function parted.count(name, before, after)
  local old, new, count = before.templates[name], after.templates[name], 0
  local instances = following(before, name)
  for process_name, its in pairs(new.processes) do
    local was = old.processes[process_name]
    if was and more_than_regex(was, its) and waits(new, process_name, instances)
      and is_met(name, was, its, before) then
      count = count + 1
    end
  end
  return count
end

return parted
