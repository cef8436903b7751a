-- Compares the arguments of a call with its row before anything is sent: names, presence and
-- types, at every level. Values (ranges, enums, lengths) are the platform's to judge.

local json = require "json"
local caller = require "remora.catalogue.caller"
local copy = require "remora.core.copy"
local fault = require "remora.core.fault"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"

local check = {}

-- Beside the arguments travels who is calling, and the account where a call does not take it.
local PASSING = copy(caller.names, { bk_supplier_account = true })

local ARTICLE = { integer = "an integer", array = "an array", object = "an object" }

local function said(kind)
  return (kind:gsub("[^|]+", function(each) return ARTICLE[each] or "a " .. each end)
    :gsub("|", " or "))
end

-- The JSON type of a value; an empty table that is not marked as a list is "empty".
local function type_of(value)
  if value == json.null then return "null" end
  if type(value) == "number" then return math.type(value) == "integer" and "integer" or "number" end
  if type(value) ~= "table" then return type(value) end
  if json.is_array(value) or #value > 0 then return "array" end
  return next(value) == nil and "empty" or "object"
end

---Whether a value is of a row's type.
---@param kind string a type as rows write it, such as "string|integer"
---@param value any
---@return boolean
function check.fits(kind, value)
  local actual = type_of(value)
  for each in kind:gmatch "[^|]+" do
    if each == "any" or each == actual
      or each == "number" and actual == "integer"
      or actual == "empty" and (each == "array" or each == "object") then
      return true
    end
  end
  return false
end

---@class remora.Check  one comparison in progress
---@field row remora.Row
---@field faults table[]
local Check = {}
Check.__index = Check

function Check:refuse(code, message, hint)
  table.insert(self.faults, fault.new {
    code = "call." .. code, call = self.row.key, message = message, hint = hint,
  })
end

local visit

-- Checks an object and gives a copy of it.
---@param shape {fields: remora.Field[], open: boolean?, echoed: table<string, boolean>?,
---  passing: table<string, boolean>?} as of an object among the fields of a row; passing: members
---  that are taken over unseen
---@param object table
---@param path string where it is, up to the name of a member
---@return table
function Check:members(shape, object, path)
  local known, names, made = {}, {}, {}
  for _, field in ipairs(shape.fields) do
    known[field[1]], names[#names + 1] = field, field[1]
    if field.spelled then known[field.spelled] = field end
  end
  for _, key in ipairs(order.keys(object)) do
    local field = known[key]
    if field then
      made[field[1]] = visit(self, field, object[key], path .. field[1])
    elseif shape.open or shape.passing and shape.passing[key] then
      made[key] = object[key]
    elseif not (shape.echoed and shape.echoed[key]) then
      self:refuse("unknown_argument", ("%s%s is not an argument"):format(path, key),
        phrase.did_you_mean(key, names, path))
    end
  end
  for _, field in ipairs(shape.fields) do
    if field.required and made[field[1]] == nil then
      self:refuse("missing_argument", path .. field[1] .. " is missing",
        field.doc and ("it is %s (%s)"):format(said(field[2]), field.doc)
          or ("it is %s"):format(said(field[2])))
    end
  end
  return made
end

-- What an item of an array has to be, as a field; nil: anything.
local function item_of(field)
  if type(field.items) == "string" then return { field[1], field.items } end
  return field.items and { field[1], "object", fields = field.items, echoed = field.echoed }
end

local function array(self, field, list, path)
  local made, its = {}, item_of(field)
  for i, item in ipairs(list) do
    if its then item = visit(self, its, item, ("%s[%d]"):format(path, i - 1)) end -- as JSON counts
    made[i] = item
  end
  for key in pairs(list) do
    if made[key] == nil then
      self:refuse("wrong_type", path .. " is a list with holes, or with names beside its items")
      break
    end
  end
  return json.array(made)
end

-- An object whose keys are free.
local function map(self, field, object, path)
  local made, its = {}, { field[1], field.values }
  for key, item in pairs(object) do
    made[key] = visit(self, its, item, path .. "." .. tostring(key))
  end
  return made
end

function visit(self, field, value, path)
  local kind = field[2]
  if value == json.null and (field.nullable or kind == "any") then return value end
  if not check.fits(kind, value) then
    self:refuse("wrong_type",
      ("%s is %s, it must be %s"):format(path, said(type_of(value)), said(kind)))
    return value
  end
  if kind == "array" then return array(self, field, value, path) end
  if kind == "object" and field.values then return map(self, field, value, path) end
  if kind == "object" and field.fields then return self:members(field, value, path .. ".") end
  return value
end

-- The bus documents some calls with their attributes inside one member; both forms are taken.
local function unwrapped(row, arguments)
  local inner = row.esb_wrap and arguments[row.esb_wrap]
  if type_of(inner) ~= "object" then return arguments end
  local flat = {}
  for key, value in pairs(arguments) do
    if key ~= row.esb_wrap then flat[key] = value end
  end
  for key, value in pairs(inner) do flat[key] = value end
  return flat
end

---Checks the arguments of a call.
---@param row remora.Row
---@param arguments table as given by the user
---@return table|nil arguments as they are sent: flat, and every list marked as one
---@return table|nil fault listing everything that is wrong
function check.arguments(row, arguments)
  local self = setmetatable({ row = row, faults = {} }, Check)
  if type(arguments) ~= "table" or type_of(arguments) == "array" then
    self:refuse("wrong_type", "the arguments are an object, with a member for each")
    return nil, self.faults[1]
  end
  local made = self:members({ fields = row.takes, open = row.open, passing = PASSING },
    unwrapped(row, arguments), "")
  if #self.faults > 0 then return nil, fault.list(self.faults) end
  return made
end

return check
