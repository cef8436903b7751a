-- The definitions that teach an editor (LuaLS) what a script can use: the table `remora` from the
-- manual, the calls from the catalogue. Makes texts; writing files is the command's affair.

local catalogue = require "remora.catalogue"
local manual = require "remora.script.manual"
local of_rows = require "remora.catalogue.stubs"

local stubs = {}

local FAULT = [[
---@meta remora

---@class remora.Fault why something was refused
---@field code integer|string the platform's own number, or a word of remora's such as "net.timeout"
---@field message string
---@field call string? the call that was refused
---@field hint string? what to do about it
---@field request_id string? the platform's, for its operators
---@field status integer? of HTTP

---@class remora.Null

---@class remora]]

local function lines_of(entry, lines)
  for _, line in ipairs(entry.doc) do lines[#lines + 1] = "---" .. line end
  if not entry.params then
    lines[#lines + 1] = "---@type " .. entry.gives[1]
    lines[#lines + 1] = entry.name .. " = nil"
  else
    local names = {}
    for i, param in ipairs(entry.params) do
      local kind, optional = param[2]:gsub("%?$", "")
      names[i] = param[1]
      lines[#lines + 1] = (("---@param %s%s %s %s"):format(param[1],
        optional > 0 and "?" or "", kind, param[3]):gsub("%s+$", ""))
    end
    for _, kind in ipairs(entry.gives) do lines[#lines + 1] = "---@return " .. kind end
    lines[#lines + 1] = ("function %s(%s) end"):format(entry.name, table.concat(names, ", "))
  end
  lines[#lines + 1] = ""
end

local function helpers(systems)
  local lines = { FAULT }
  for _, system in ipairs(systems) do
    lines[#lines + 1] = ("---@field %s remora.%s"):format(system, system)
  end
  lines[#lines + 1] = "remora = {}"
  lines[#lines + 1] = "remora.json = {}"
  lines[#lines + 1] = ""
  for _, entry in ipairs(manual) do
    if entry.name:find("^remora%.") then lines_of(entry, lines) end
  end
  return table.concat(lines, "\n")
end

---@return {name: string, text: string}[] files
function stubs.files()
  local systems, rows = {}, {}
  for _, row in ipairs(catalogue.rows()) do
    if not rows[row.system] then
      systems[#systems + 1], rows[row.system] = row.system, {}
    end
    table.insert(rows[row.system], row)
  end
  local files = { { name = "remora.lua", text = helpers(systems) } }
  for _, system in ipairs(systems) do
    files[#files + 1] = { name = system .. ".lua", text = of_rows.system(system, rows[system]) }
  end
  return files
end

return stubs
