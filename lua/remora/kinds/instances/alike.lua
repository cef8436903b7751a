-- Which updates of processes are the same change of many, and go with fewer calls as such: the
-- backend lays one change over up to a thousand processes (update_process_instances_by_ids), where
-- update_process_instance carries a hundred of any. Pure.

local catalogue = require "remora.catalogue"
local json = require "json"

local alike = {}

local EACH, MANY = "cc.update_process_instance", "cc.update_process_instances_by_ids"

local function patch_of(change)
  local patch = {}
  for _, field in ipairs(change.fields) do patch[field.name] = field.new end
  return patch
end

-- Updates by what they change, in the order in which they are met.
local function groups_of(updates)
  local groups, by_key = {}, {}
  for i, change in ipairs(updates) do
    local patch = patch_of(change)
    local key = json.encode(patch)
    local group = by_key[key]
    if not group then
      group = { key = key, patch = patch, changes = {}, first = i }
      by_key[key], groups[#groups + 1] = group, group
    end
    table.insert(group.changes, change)
  end
  return groups
end

-- The groups whose last items, too few to fill a call, are worth a call of their own. All others
-- share the calls that carry any change. The largest remainders save most, so they are tried first.
local function worth_it(groups, many, each)
  local by_size, pool = {}, 0
  for i, group in ipairs(groups) do
    by_size[i] = group
    pool = pool + #group.changes % many
  end
  table.sort(by_size, function(a, b)
    local of_a, of_b = #a.changes % many, #b.changes % many
    if of_a ~= of_b then return of_a > of_b end
    return a.first < b.first
  end)
  local best, fewest = 0, (pool + each - 1) // each
  for taken, group in ipairs(by_size) do
    pool = pool - #group.changes % many
    local calls = taken + (pool + each - 1) // each
    if calls < fewest then best, fewest = taken, calls end
  end
  local chosen = {}
  for i = 1, best do chosen[by_size[i]] = true end
  return chosen
end

---Parts updates by the call that carries them, for the fewest calls in all.
---@param updates remora.reconcile.Change[] whose order does not matter
---@return remora.reconcile.Change[] single those for update_process_instance, in their order
---@return {key: string, patch: table, changes: remora.reconcile.Change[]}[] many for
---  update_process_instances_by_ids; key tells them apart
function alike.parted(updates)
  local many, each = catalogue.limit(MANY), catalogue.limit(EACH)
  local groups = groups_of(updates)
  local chosen, taken, parts = worth_it(groups, many, each), {}, {}
  for _, group in ipairs(groups) do
    local size = chosen[group] and #group.changes or #group.changes // many * many
    local part = { key = group.key, patch = group.patch,
      changes = table.move(group.changes, 1, size, 1, {}) }
    for _, change in ipairs(part.changes) do taken[change] = true end
    if size > 0 then parts[#parts + 1] = part end
  end
  local single = {}
  for _, change in ipairs(updates) do
    if not taken[change] then single[#single + 1] = change end
  end
  return single, parts
end

return alike
