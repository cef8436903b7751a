-- A script that looks at every row of the fleet itself, for the benchmark: how many processes are
-- not as they should be.

local business = assert(remora.business("bench"))
local met, odd = 0, 0
local columns = { module = "module.bk_module_name", user = "process.user",
  timeout = "process.timeout" }
for row in remora.pages("cc.list_process_related_info", { bk_biz_id = business }, columns) do
  met = met + 1
  if row.timeout > 30 or row.user ~= row.module:gsub("-", "") then odd = odd + 1 end
end
print(met, odd)
