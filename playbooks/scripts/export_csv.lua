-- All processes of a business as a table for a spreadsheet, on the screen or into a file:
--   remora run playbooks/scripts/export_csv.lua demo processes.csv

local biz = assert(remora.business(arg[1] or remora.fail "which business?"))

-- Column and where its value is found in a row of list_process_related_info.
local COLUMNS = {
  { "set", "set.bk_set_name" },
  { "module", "module.bk_module_name" },
  { "host", "host.bk_host_innerip" },
  { "instance", "service_instance.name" },
  { "process", "process.bk_process_name" },
  { "user", "process.user" },
  { "start_cmd", "process.start_cmd" },
  { "work_path", "process.work_path" },
}

local paths = {} -- name of a column → path: no more of a row is decoded
for _, column in ipairs(COLUMNS) do paths[column[1]] = column[2] end

-- A cell with a comma, a quote or a line end goes into quotes. The null of JSON is not Lua's nil.
local function cell(value)
  if value == nil or value == remora.null then return "" end
  local text = tostring(value)
  if not text:find '[,"\r\n]' then return text end
  return '"' .. text:gsub('"', '""') .. '"'
end

local function line(value_of)
  local cells = {}
  for i, column in ipairs(COLUMNS) do cells[i] = cell(value_of(column)) end
  return table.concat(cells, ",")
end

local lines = { line(function(column) return column[1] end) }
for row in remora.pages("cc.list_process_related_info", { bk_biz_id = biz }, paths) do
  lines[#lines + 1] = line(function(column) return row[column[1]] end)
end

if arg[2] then
  local file = assert(io.open(arg[2], "w"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
  remora.note("%d processes in %s", #lines - 1, arg[2])
else
  print(table.concat(lines, "\n"))
end
