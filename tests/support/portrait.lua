-- What a business holds, without what differs between fleets that are alike: for comparing where
-- different ways led. Owns what counts as alike; expects nothing.

local json = require "json"

-- Ids and times differ from fleet to fleet; the ids of bind rows are the platform's own counting
-- within one process and do not.
local function likeness(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do
    local differs = type(key) == "string" and (key:find("_?ids?$") or key:find("_time$")
      or key:find("_at$"))
    if not differs or key == "row_id" then copy[key] = likeness(item) end
  end
  return json.is_array(value) and json.array(copy) or copy
end

---The service templates, the process templates and all processes of the first business.
---@param platform table of tests.support.platform
---@return string[] lines sorted
return function(platform)
  local lines = {}
  local page = { start = 0, limit = 500 }
  local templates = platform:must("cc.list_service_template", { bk_biz_id = 1, page = page })
  for _, template in ipairs(templates.info) do
    lines[#lines + 1] = template.name .. " " .. template.service_category_id
    local rows = platform:must("cc.list_proc_template",
      { bk_biz_id = 1, service_template_id = template.id, page = page })
    for _, row in ipairs(rows.info) do
      lines[#lines + 1] = template.name .. " " .. json.encode(likeness(row))
    end
  end
  local rows = platform:must("cc.list_process_related_info", { bk_biz_id = 1, page = page })
  for _, row in ipairs(rows.info) do
    row.service_instance.name = nil -- of the process that was its first when it was made
    lines[#lines + 1] = json.encode(likeness(row))
  end
  table.sort(lines)
  return lines
end
