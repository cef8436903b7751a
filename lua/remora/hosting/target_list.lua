-- A list of targets, kept as columns, for there are very many: one becomes a table when somebody
-- asks for it, as often as he does. Pure.

local target_list = {}

-- What a target has of its own, and the number of its rule.
local COLUMNS = { "place", "entry", "module_id", "number", "id", "given", "protected", "index" }

---@class remora.hosting.TargetList stands where a list of targets does
---@field kinds table[] metatables of the targets, by the number of their rule (target.lua)
local TargetList = {}

---@return remora.hosting.TargetList
function target_list.new()
  local list = { kinds = {} }
  for _, name in ipairs(COLUMNS) do list[name] = {} end
  return setmetatable(list, TargetList)
end

---Adds a target.
---@param list remora.hosting.TargetList
---@param target remora.hosting.Target
function target_list.add(list, target)
  local i = #list.place + 1
  for _, name in ipairs(COLUMNS) do list[name][i] = target[name] end
end

---Forbids to un-host a target.
---@param list remora.hosting.TargetList
---@param i integer
---@param at table? where the playbook does; nil: nowhere
function target_list.protect(list, i, at)
  list.protected[i] = at
end

function TargetList.__len(list) return #list.place end

function TargetList.__index(list, i)
  local place, given = list.place[i], list.given[i]
  return place and setmetatable({ place = place, entry = list.entry[i],
    via = given and given.via, given = given, protected = list.protected[i],
    module_id = list.module_id[i], number = list.number[i], id = list.id[i] },
    list.kinds[list.index[i]])
end

return target_list
