-- Renames the service instances of all modules of a name, by a Lua pattern and its replacement:
--   remora run playbooks/scripts/bulk_rename.lua demo web '_nginx_%d+$' '_web'
-- With --read-only nothing is renamed: it shows what would be, and ends with the refused call.

local business, module_name, pattern, replacement = ...
if not replacement then
  remora.fail "bulk_rename.lua BUSINESS MODULE PATTERN REPLACEMENT"
end
local biz = assert(remora.business(business))

-- The modules of that name, in whatever sets they are.
local modules = {}
for module in remora.pages("cc.search_module", { bk_biz_id = biz }) do
  if module.bk_module_name == module_name then modules[#modules + 1] = module.bk_module_id end
end
if #modules == 0 then remora.fail(("%s has no module %s"):format(business, module_name)) end

-- What changes: one item for each service instance that gets another name.
local changes = {}
for _, id in ipairs(modules) do
  local args = { bk_biz_id = biz, bk_module_id = id }
  for instance in remora.pages("cc.list_service_instance", args) do
    local name = instance.name:gsub(pattern, replacement)
    if name ~= instance.name then
      print(instance.name .. " -> " .. name)
      changes[#changes + 1] = { service_instance_id = instance.id, update = { name = name } }
    end
  end
end

-- As many calls as the limit of the call demands, a hundred names in each.
assert(remora.batch("cc.update_service_instances", { bk_biz_id = biz }, changes))
remora.note("%d renamed", #changes)
