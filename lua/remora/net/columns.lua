-- Rows of a call of which only some values are wanted: each becomes a flat table, the same one
-- again and again, without a table for the whole row (module pick). Stands where a sieve does while
-- pages are read. Knows no call.

local catalogue = require "remora.catalogue"
local json = require "json"
local pick = require "pick"

local NAME = "key" -- under which the name of a row comes that has one

---@class remora.Columns
---@field pick userdata? takes the values out of a page; nil: all rows are decoded
---@field sieve table|userdata|nil takes rows out of it before
local Columns = {}
Columns.__index = Columns

local columns = {}

local function split(path)
  local names = {}
  for name in path:gmatch("[^.]+") do names[#names + 1] = name end
  return names
end

-- The names in a path; nil: it is none.
local function members(path)
  if type(path) ~= "string" or ("." .. path):gsub("%.[%w_]+", "") ~= "" then return nil end
  return split(path)
end

-- The names in a path that may lead to many values: what is behind the first one is its trail then.
local function one(path)
  local first, rest = tostring(path):match("^([%w_]+)%.(.*%*.*)$")
  if not rest then return members(path) end
  if ("." .. rest):gsub("%.%*", ""):gsub("%.[%w_]+", "") ~= "" then return nil end
  return { first, trail = split(rest) }
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
    local its = type(path) == "table" and several(path) or one(path)
    if type(name) ~= "string" or not its then return nil end
    paths[name] = its
  end
  return paths
end

-- Where in an answer the rows of a call are.
local function place_of(call)
  local place = { "data", call.page and call.page.rows }
  return table.move(call.named or {}, 1, #(call.named or {}), 2, place)
end

---@param call remora.Row whose data are rows, or hold them
---@param wanted table<string, string|string[]> name → path in a row, such as "process.user"; with a
---  list of paths the values come together, as the text of a JSON list. So do all values at the
---  end of a path with a "*", which is every element of a list; it leads into JSON that is the text
---  of its first member, too. The names of named rows come as well, under `key`
---@param options {sieve: table|userdata|nil, whole: boolean?}|nil sieve: takes out rows that are
---  not wanted at all (module sieve); whole: decode the others whole, for comparing
---@return remora.Columns
function columns.new(call, wanted, options)
  options = options or {}
  local paths = paths_of(wanted)
  if not paths then -- raised at who asked for pages, such as a script
    error("columns are names and paths, such as { user = \"process.user\" }", 3)
  end
  local picks = not options.whole and pick.new { list = place_of(call),
    beside = call.page and "count", named = call.named and NAME, columns = paths } or nil
  if call.named then paths[NAME] = { NAME } end
  return setmetatable({ paths = paths, named = call.named, rows = {}, reused = {},
    sieve = options.sieve, pick = picks }, Columns)
end

---The sieve that a page may go through while it comes.
---@return userdata?
function Columns:ready() return self.sieve and self.sieve:ready() end

---Takes the values out of a page.
---@param body string|userdata a text or a buffer
---@return string text without the rows they were taken from
---@return userdata? picked what was taken; nil: the rows are there still
---@return integer? sifted rows that the sieve took out before
function Columns:page(body)
  local picked, sifted
  if self.sieve then body, sifted = self.sieve:page(body) end
  if self.pick then body, picked = self.pick:page(body) end
  return type(body) == "string" and body or body:text(), picked, sifted
end

local function reach(value, path)
  for _, member in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[member]
  end
  return value
end

-- Rows that are members of an object, each with its name.
local function listed(object)
  local rows = {}
  for name, row in pairs(type(object) == "table" and object or {}) do
    if type(row) == "table" then
      row[NAME], rows[#rows + 1] = name, row
    end
  end
  return rows
end

---Goes on to the rows of a page.
---@param rows userdata|table[] what was picked of them, or whole rows where that was not possible
---@return userdata|table[] rows
function Columns:turn(rows)
  if type(self.rows) == "userdata" then self.rows:close() end
  self.rows = rows
  return rows
end

-- Adds all values at the end of a trail to a list.
local function follow(value, trail, step, list)
  local name = trail[step]
  if not name then
    list[#list + 1] = value
  elseif name == "*" then
    for _, each in ipairs(json.is_array(value) and value or {}) do
      follow(each, trail, step + 1, list)
    end
  elseif type(value) == "table" and value[name] ~= nil then
    follow(value[name], trail, step + 1, list)
  end
  return list
end

local function at_the_end(value, trail)
  local inside = type(value) == "string" and value:find("^%s*[{%[]") and json.decode(value)
  return json.encode(follow(inside or value, trail, 1, json.array {}))
end

local function taken(row, path)
  if path.trail then return at_the_end(row[path[1]], path.trail) end
  if type(path[1]) ~= "table" then return reach(row, path) end
  local list = json.array {}
  for i, each in ipairs(path) do
    local value = reach(row, each)
    if value == nil then value = json.null end
    list[i] = value
  end
  return json.encode(list)
end

local function take_all(picked, rows, take)
  for i = 1, #rows do take(picked:row(i)) end
end

-- Of several rows with one name the last counts, as it does where they are decoded.
local function take_named(picked, rows, take)
  local met = {}
  for i = #rows, 1, -1 do
    local row = picked:row(i)
    if not met[row[NAME]] then
      met[row[NAME]] = true
      take(row)
    end
  end
end

---Makes one call and hands over the wanted values of its rows.
---@param caller table with call(name, args, account), see remora.net.client
---@param name string
---@param args table
---@param wanted table<string, string|string[]> as of columns.new
---@param take fun(row: table) the row is good until the next one
---@return boolean? done
---@return table? fault
function columns.read(caller, name, args, wanted, take)
  local picked = columns.new(assert(catalogue.get(name)), wanted)
  local account = { columns = picked }
  local data, failure = caller:call(name, args, account)
  if not data then return nil, failure end
  local whole = picked.named and listed(reach(data, picked.named)) or data
  local rows = picked:turn(account.picked or whole)
  local take_rows = picked.named and take_named or take_all
  take_rows(picked, rows, take)
  picked:turn {} -- lets go of the memory
  return true
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
