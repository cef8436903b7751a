-- Rows of a list call of which only some values are wanted: each becomes a flat table, the same one
-- again and again, without a table for the whole row (module pick). Stands where a sieve does while
-- pages are read. Knows no call.

local json = require "json"
local pick = require "pick"

---@class remora.Columns
---@field pick userdata? takes the values out of a page; nil: all rows are decoded
---@field sieve table|userdata|nil takes rows out of it before
local Columns = {}
Columns.__index = Columns

local columns = {}

-- The names in a path; nil: it is none.
local function members(path)
  if type(path) ~= "string" or ("." .. path):gsub("%.[%w_]+", "") ~= "" then return nil end
  local names = {}
  for member in path:gmatch("[^.]+") do names[#names + 1] = member end
  return names
end

-- The names in each of several paths; nil: one is none.
local function several(list)
  local paths = {}
  for i, path in ipairs(list) do
    paths[i] = members(path)
    if not paths[i] then return nil end
  end
  return #list > 0 and paths or nil
end

-- The names in what is wanted under each name; nil when it does not say what.
local function paths_of(wanted)
  if type(wanted) ~= "table" or not next(wanted) then return nil end
  local paths = {}
  for name, path in pairs(wanted) do
    local its = type(path) == "table" and several(path) or members(path)
    if type(name) ~= "string" or not its then return nil end
    paths[name] = its
  end
  return paths
end

---@param call remora.Row whose data are rows, or pages of them
---@param wanted table<string, string|string[]> name → path in a row, such as "process.user"; with a
---  list of paths the values come together, as the text of a JSON list
---@param options {sieve: table|userdata|nil, whole: boolean?}|nil sieve: takes out rows that are
---  not wanted at all (module sieve); whole: decode the others whole, for comparing
---@return remora.Columns
function columns.new(call, wanted, options)
  options = options or {}
  local paths = paths_of(wanted)
  if not paths then -- raised at who asked for pages, such as a script
    error("columns are names and paths, such as { user = \"process.user\" }", 3)
  end
  return setmetatable({
    paths = paths, rows = {}, reused = {}, sieve = options.sieve,
    pick = not options.whole and pick.new { list = { "data", call.page and call.page.rows },
      beside = call.page and "count", columns = paths } or nil,
  }, Columns)
end

---The sieve that a page may go through while it comes.
---@return userdata?
function Columns:ready() return self.sieve and self.sieve:ready() end

---Takes the values out of a page.
---@param body string|userdata a text or a buffer
---@return string text without the rows they were taken from
---@return userdata? picked what was taken; nil: the rows are there still
function Columns:page(body)
  if self.sieve then body = self.sieve:page(body) end
  if self.pick then return self.pick:page(body) end
  return type(body) == "string" and body or body:text()
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
