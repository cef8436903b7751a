-- A list of targets, kept as columns, for there are very many: one becomes a table when somebody
-- asks for it, as often as he does. Pure.

local target_list = {}

-- What a target has of its own, and the metatable that it shares with those of its rule.
local COLUMNS = { "place", "entry", "module_id", "number", "id", "given", "protected", "shared" }

---@class remora.hosting.TargetList stands where a list of targets does
local TargetList = {}

---@return remora.hosting.TargetList
function target_list.new()
  local list = {}
  for _, name in ipairs(COLUMNS) do list[name] = {} end
  return setmetatable(list, TargetList)
end

---Adds a target.
---@param list remora.hosting.TargetList
---@param target remora.hosting.Target
function target_list.add(list, target)
  local i = #list.place + 1
  list.place[i], list.entry[i], list.shared[i] = target.place, target.entry, getmetatable(target)
  list.module_id[i], list.number[i], list.id[i] = target.module_id, target.number, target.id
  list.given[i], list.protected[i] = target.given, target.protected
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
    module_id = list.module_id[i], number = list.number[i], id = list.id[i] }, list.shared[i])
end

return target_list
