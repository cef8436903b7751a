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
local function groups_of(updates, changes)
  local groups, by_key = {}, {}
  for i, item in ipairs(updates) do
    local patch = patch_of(changes[item.change])
    local key = json.encode(patch)
    local group = by_key[key]
    if not group then
      group = { key = key, patch = patch, items = {}, first = i }
      by_key[key], groups[#groups + 1] = group, group
    end
    table.insert(group.items, item)
  end
  return groups
end

-- The groups whose last items, too few to fill a call, are worth a call of their own. All others
-- share the calls that carry any change. The largest remainders save most, so they are tried first.
local function worth_it(groups, many, each)
  local by_size, pool = {}, 0
  for i, group in ipairs(groups) do
    by_size[i] = group
    pool = pool + #group.items % many
  end
  table.sort(by_size, function(a, b)
    local of_a, of_b = #a.items % many, #b.items % many
    if of_a ~= of_b then return of_a > of_b end
    return a.first < b.first
  end)
  local best, fewest = 0, (pool + each - 1) // each
  for taken, group in ipairs(by_size) do
    pool = pool - #group.items % many
    local calls = taken + (pool + each - 1) // each
    if calls < fewest then best, fewest = taken, calls end
  end
  local chosen = {}
  for i = 1, best do chosen[by_size[i]] = true end
  return chosen
end

---Parts updates by the call that carries them, for the fewest calls in all.
---@param updates {value: table, change: integer}[] whose order does not matter
---@param changes table<integer, {fields: {name: string, new: any}[]}> by what stands for them
---@return table[] single those for update_process_instance, in their order
---@return {key: string, patch: table, items: {value: integer, change: integer}[]}[] many for
---  update_process_instances_by_ids, whose items are ids; key tells them apart
function alike.parted(updates, changes)
  local many, each = catalogue.limit(MANY), catalogue.limit(EACH)
  local groups = groups_of(updates, changes)
  local chosen, taken, parts = worth_it(groups, many, each), {}, {}
  for _, group in ipairs(groups) do
    local size = chosen[group] and #group.items or #group.items // many * many
    local part = { key = group.key, patch = group.patch, items = {} }
    for i = 1, size do
      local item = group.items[i]
      taken[item] = true
      part.items[i] = { value = item.value.bk_process_id, change = item.change }
    end
    if size > 0 then parts[#parts + 1] = part end
  end
  local single = {}
  for _, item in ipairs(updates) do
    if not taken[item] then single[#single + 1] = item end
  end
  return single, parts
end

return alike
