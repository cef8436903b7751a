-- Rows of a list call of which only some values are wanted: each becomes a flat table, the same one
-- again and again, without a table for the whole row (module pick). Knows no call.

local json = require "json"
local pick = require "pick"

---@class remora.Columns
---@field pick userdata takes the values out of a page (account.sieve of the client)
local Columns = {}
Columns.__index = Columns

local columns = {}

local function members(path)
  if type(path) ~= "string" or not ("." .. path):find("^[.%w_]+$") then
    error("columns are names and paths, such as { user = \"process.user\" }", 4)
  end
  local names = {}
  for member in path:gmatch("[^.]+") do names[#names + 1] = member end
  return names
end

---@param call remora.Row with `page`
---@param wanted table<string, string|string[]> name → path in a row, such as "process.user"; with a
---  list of paths the values come together, as the text of a JSON list
---@return remora.Columns
function columns.new(call, wanted)
  local paths = {}
  for name, path in pairs(wanted) do
    if type(name) ~= "string" then members(name) end
    if type(path) == "table" and #path > 0 then
      paths[name] = {}
      for i, each in ipairs(path) do paths[name][i] = members(each) end
    else
      paths[name] = members(path)
    end
  end
  return setmetatable({
    paths = paths, rows = {}, reused = {},
    pick = pick.new { list = { "data", call.page.rows }, beside = "count", columns = paths },
  }, Columns)
end

---Goes on to the rows of a page.
---@param rows userdata|table[] what was picked of them, or whole rows where that was not possible
---@return userdata|table[] rows
function Columns:turn(rows)
  if type(self.rows) == "userdata" then self.rows:close() end
  self.rows = rows
  return rows
end

local function reach(value, path)
  for _, member in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[member]
  end
  return value
end

local function taken(row, path)
  if type(path[1]) ~= "table" then return reach(row, path) end
  local list = json.array {}
  for i, each in ipairs(path) do
    local value = reach(row, each)
    if value == nil then value = json.null end
    list[i] = value
  end
  return json.encode(list)
end

---The wanted values of a row of the page; a value that is not there is nil.
---@param number integer from 1
---@return table row good until the next one is asked for
function Columns:row(number)
  if type(self.rows) == "userdata" then return self.rows:row(number, self.reused) end
  for name, path in pairs(self.paths) do self.reused[name] = taken(self.rows[number], path) end
  return self.reused
end

return columns
