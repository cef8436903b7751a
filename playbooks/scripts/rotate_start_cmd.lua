-- Gives the processes of a name another start command, some at a time, and looks after each wave:
--   remora run playbooks/scripts/rotate_start_cmd.lua demo crond '/usr/sbin/crond -n' 10 5
-- That is ten processes in a wave and five seconds between two. A process that follows a template
-- has its command from there: change the template instead (a playbook does, and syncs it).

local business, name, command = ...
local size, pause = tonumber(arg[4] or 10), tonumber(arg[5] or 5)
if not command then remora.fail "rotate_start_cmd.lua BUSINESS PROCESS COMMAND [WAVE [SECONDS]]" end
local biz = assert(remora.business(business))

local function current(fn)
  for row in remora.pages("cc.list_process_related_info", {
    bk_biz_id = biz,
    process_property_filter = { condition = "AND", rules = {
      { field = "bk_process_name", operator = "equal", value = name },
    } },
  }) do fn(row) end
end

local ids = {}
current(function(row)
  if row.process_template.id ~= 0 then
    remora.fail(("%s of %s follows a template"):format(name, row.host.bk_host_innerip))
  end
  if row.process.start_cmd ~= command then ids[#ids + 1] = row.process.bk_process_id end
end)

for first = 1, #ids, size do
  local wave = table.move(ids, first, math.min(first + size - 1, #ids), 1, {})
  -- This call leaves the other attributes alone; update_process_instance would clear them.
  assert(remora.cc.update_process_instances_by_ids {
    bk_biz_id = biz, process_ids = wave, update_data = { start_cmd = command },
  })
  local written = assert(remora.cc.list_process_detail_by_ids {
    bk_biz_id = biz, bk_process_ids = wave, fields = { "bk_process_id", "start_cmd" },
  })
  for _, process in ipairs(written) do
    if process.start_cmd ~= command then remora.fail("not written: " .. process.bk_process_id) end
  end
  print(("%d of %d done"):format(math.min(first + size - 1, #ids), #ids))
  if first + size <= #ids then remora.sleep(pause) end
end
