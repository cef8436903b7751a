-- What two businesses run differently, by module and process name; the exit code is 2 when there
-- is anything, as with plan --detailed-exitcode:
--   remora run playbooks/scripts/compare_businesses.lua demo game

local COMPARED = { "bk_func_name", "start_cmd", "stop_cmd", "user", "work_path", "proc_num" }

-- What is read of each process, no more of it is decoded.
local COLUMNS = { module = "module.bk_module_name", name = "process.bk_process_name" }
for _, attribute in ipairs(COMPARED) do COLUMNS[attribute] = "process." .. attribute end

-- Everything a business runs: "module/process" → attribute → set of its values.
local function read(name)
  local biz = assert(remora.business(name))
  local found = {}
  for row in remora.pages("cc.list_process_related_info", { bk_biz_id = biz }, COLUMNS) do
    local key = row.module .. "/" .. row.name
    found[key] = found[key] or {}
    for _, attribute in ipairs(COMPARED) do
      found[key][attribute] = found[key][attribute] or {}
      found[key][attribute][tostring(row[attribute])] = true
    end
  end
  return found
end

-- The names in one or both maps, in order.
local function names(a, b)
  local all, list = {}, {}
  for name in pairs(a) do all[name] = true end
  for name in pairs(b or {}) do all[name] = true end
  for name in pairs(all) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function words(values) return table.concat(names(values), " | ") end

local first, second = arg[1], arg[2]
if not second then remora.fail "which two? compare_businesses.lua BUSINESS BUSINESS" end
local sides = remora.gather({ first, second }, read) -- both at once
local differences = 0
for _, key in ipairs(names(sides[1], sides[2])) do
  local a, b = sides[1][key], sides[2][key]
  local different = {}
  for _, attribute in ipairs(a and b and COMPARED or {}) do
    local one, other = words(a[attribute]), words(b[attribute])
    if one ~= other then table.insert(different, attribute .. ": " .. one .. ", " .. other) end
  end
  if not (a and b) then different = { "only in " .. (a and first or second) } end
  for _, text in ipairs(different) do print(key, text) end
  differences = differences + #different
end
return differences == 0 and 0 or 2
