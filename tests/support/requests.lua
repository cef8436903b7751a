-- Makes requests of every call out of choices: mostly what the row says, now and then what it
-- forbids. The choices come from a seed or from a fuzzer's bytes. Knows no answer.

local catalogue = require "remora.catalogue"
local json = require "json"

local requests = {}

---@alias tests.Choose fun(count: integer): integer  from 0 to count - 1; 0 is the tame choice

local DEEPEST = 4
local ODD, LARGEST_ID = 40, 40 -- one value in so many is of any kind; ids that may exist

local JUNK = {
  json.null, true, false, 0, -1, 1.5, 2 ^ 53, (1 << 53) + 1, math.maxinteger, math.mininteger,
  1e300, json.raw "123456789012345678901234567890", "", " ", "x", "1", "-1", "1e3", ("长"):rep(900),
  "\0\u{7f}'\";--", "%s%n%", "{{", {}, json.array {}, json.array { json.null },
  json.array { json.array {} }, json.array { {} }, json.array { 1, "x", true }, { a = 1 },
  { ["$regex"] = "(" }, { value = {}, as_default_value = 3 }, { value = "x" },
}

local TEXTS = {
  "x", "web", "nginx", "10.0.0.7", "8080", "80-90,99", "admin", "-id", "bk_process_name", "0",
  "demo", "tools", "equal", "in", "contains", "not_in", "greater", "begins_with", "is_null",
  "exist", "$eq", "$regex", "AND", "1,2", "a|(b)*", "[", "\\", "/data/nginx", "false", "exit 3",
  "bk_host_innerip", "bk_set_name", "bk_module_name", "process", "host", "update", "name", "", "*",
  "2026-11-22 00:00:00", "GSETASK:20260101000000:1000", "zh", "::1", "127.0.0.1", "1",
}

local value_of

local function object_of(fields, choose, depth)
  local object = {}
  for _, field in ipairs(fields or {}) do
    local asked = field.required or choose(3) > 0
    if asked and not (field.required and choose(ODD) == 1) then
      local name = choose(40) == 1 and field[1]:upper() or field[1]
      object[name] = value_of(field, choose, depth + 1)
    end
  end
  if choose(ODD) == 1 then object[TEXTS[choose(#TEXTS) + 1]] = JUNK[choose(#JUNK) + 1] end
  return object
end

local function list_of(field, choose, depth)
  local list = json.array {}
  for i = 1, math.max(field.min_items or 0, choose(4)) do
    local items = field.items
    if type(items) == "table" then
      list[i] = object_of(items, choose, depth)
    else
      list[i] = value_of({ "item", items or "any" }, choose, depth + 1)
    end
  end
  return list
end

local function map_of(field, choose, depth)
  if field.fields or not field.values then return object_of(field.fields, choose, depth) end
  local map = {}
  for _ = 1, choose(3) do
    map[TEXTS[choose(#TEXTS) + 1]] = value_of({ "value", field.values }, choose, depth + 1)
  end
  return map
end

local MAKERS = {
  integer = function(field, choose)
    local least = field.min or 1
    return least + choose(math.max(1, math.min(field.max or LARGEST_ID, LARGEST_ID)))
  end,
  number = function(field, choose) return (field.min or 0) + choose(100) / 4 end,
  string = function(field, choose)
    if field.enum and choose(4) < 3 then return field.enum[choose(#field.enum) + 1] end
    return TEXTS[choose(#TEXTS) + 1]
  end,
  boolean = function(_, choose) return choose(2) == 1 end,
  array = list_of,
  object = map_of,
  any = function(_, choose) return JUNK[choose(#JUNK) + 1] end,
}

function value_of(field, choose, depth)
  if depth > DEEPEST or choose(ODD) == 1 then return JUNK[choose(#JUNK) + 1] end
  local kinds = {}
  for kind in field[2]:gmatch("[^|]+") do kinds[#kinds + 1] = kind end
  return MAKERS[kinds[choose(#kinds) + 1]](field, choose, depth)
end

local METHODS = { "POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "WHATEVER" }
local BROKEN = { "{", "[]", "null", "1", '"x"', "{\"a\":}", "\xff\xfe", ("["):rep(100000),
  '{"bk_biz_id":1e999}', '{"bk_biz_id":1}}' }

local function escaped(value)
  if type(value) == "table" then value = "table" end
  return (tostring(value):gsub("[^%w%-._~]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

-- The path of a row on one of its routes; what stands in it leaves the body.
local function place_of(row, body, choose)
  local route = choose(3)
  if row.esb and route == 0 then return "POST", "/api/c/compapi/v2/" .. row.esb .. "/" end
  local path = row.path:gsub("{([%w_]+)}", function(name)
    local value = body[name]
    body[name] = nil
    return escaped(value == nil and "0" or value)
  end)
  return row.verb, (route == 2 and "/api/bk-cmdb/prod" or "") .. path
end

---One request.
---@param choose tests.Choose
---@param row remora.Row|nil nil: any
---@return {method: string, path: string, query: string, headers: table, body: string} request
---@return remora.Row row
function requests.make(choose, row)
  local rows = catalogue.rows()
  row = row or rows[choose(#rows) + 1]
  local body = object_of(row.takes, choose, 0)
  local method, path = place_of(row, body, choose)
  local request = { method = method, path = path, query = "", headers = {}, body = "" }
  local oddity = choose(100)
  if oddity == 1 then request.method = METHODS[choose(#METHODS) + 1] end
  if oddity == 2 then request.path = path .. "/" .. escaped(TEXTS[choose(#TEXTS) + 1]) end
  if oddity == 3 then request.query = "bk_biz_id=x&page=%zz&&=&a" end
  if oddity == 4 then request.headers["x-bkapi-authorization"] = "{\"bk_username\":[1]}" end
  if oddity == 5 then request.headers["x-bkcmdb-language"] = "en" end
  request.body = oddity == 6 and BROKEN[choose(#BROKEN) + 1] or json.encode(body)
  return request, row
end

---Choices that repeat with their seed.
---@param seed integer
---@return tests.Choose
function requests.seeded(seed)
  local state = seed
  return function(count)
    state = (state * 6364136223846793005 + 1442695040888963407)
    return (state >> 33) % count
  end
end

---Choices out of bytes; when they are used up, the tame ones.
---@param bytes string
---@return tests.Choose
---@return fun(): boolean are_left whether there are bytes for another choice
function requests.chosen_by(bytes)
  local at = 0
  return function(count)
    at = at + 1
    return (bytes:byte(at) or 0) % count
  end, function() return at < #bytes end
end

return requests
