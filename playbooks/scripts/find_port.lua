-- Which processes listen on a port, in all businesses:
--   remora run playbooks/scripts/find_port.lua 8080

local port = math.tointeger(tonumber(arg[1]))
if not port then remora.fail "which port? remora run find_port.lua PORT" end

-- A bind row has one port, "8080", or a range, "8000-8100".
local function has_port(row)
  if row.port == remora.null then return false end
  local first, last = row.port:match "^(%d+)%-?(%d*)$"
  return first and port >= tonumber(first) and port <= tonumber(last ~= "" and last or first)
end

-- Prints what listens in one business and returns how many.
local function search(business)
  local count = 0
  for row in remora.pages("cc.list_process_related_info", {
    bk_biz_id = business.bk_biz_id,
    fields = { "bk_process_name", "bind_info" }, -- less to carry
  }) do
    local binds = row.process.bind_info
    for _, bind in ipairs(binds ~= remora.null and binds or {}) do
      if has_port(bind) then
        count = count + 1
        print(("%s  %s:%s  %s  %s/%s/%s"):format(row.host.bk_host_innerip, bind.ip, bind.port,
          row.process.bk_process_name, business.bk_biz_name, row.set.bk_set_name,
          row.module.bk_module_name))
      end
    end
  end
  return count
end

local total = 0
for business in remora.pages("cc.search_business", { fields = { "bk_biz_id", "bk_biz_name" } }) do
  total = total + search(business)
end
remora.note("%d found", total)
