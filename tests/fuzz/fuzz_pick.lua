-- Whatever a page or a row looks like: what is picked of its rows is what decoding them gives.

local json = require("json")
local pick = require("pick")
local text = ...

local COLUMNS = { m = { "m" }, a = { "p", "a" }, e = { "p", "d", "e" } }
local GOOD = '{"m":1,"p":{"a":"x","d":{"e":true}}}'

local function reach(value, path)
  for _, name in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

local function check(page)
  local p = pick.new { list = { "data", "info" }, beside = "count", columns = COLUMNS }
  local rest, picked = p:page(page)
  if not picked then
    assert(rest == page)
    return
  end
  local before, after = json.decode(page), json.decode(rest)
  assert((before == nil) == (after == nil))
  if not before then return end
  local rows = before.data.info
  if type(rows) ~= "table" or #rows ~= #picked then return end -- "info" came twice
  for i = 1, #picked do
    local row = picked:row(i, {})
    for name, path in pairs(COLUMNS) do
      local value = reach(rows[i], path)
      assert(row[name] == value and math.type(row[name]) == math.type(value), name)
    end
  end
end

check(text)
check(('{"data":{"count":3,"info":[%s,%s,%s]}}'):format(GOOD, text, GOOD))
