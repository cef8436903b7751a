-- Whatever a page or a row looks like: what is picked of its rows is what decoding them gives.

local json = require("json")
local pick = require("pick")
local text = ...

local COLUMNS = { m = { "m" }, a = { "p", "a" }, e = { "p", "d", "e" } }
local TEXT = { { "m" }, { "p" }, { "p", "d" } }
local ALL = { "m", trail = { "*", "a" } }
local GOOD = '{"m":1,"p":{"a":"x","d":{"e":true}}}'

local function reach(value, path)
  for _, name in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

---Whether a text is that of the values at the paths of TEXT.
---@param written string
---@param row any
---@return boolean
local function is_text_of(written, row)
  local list = json.array {}
  for i, path in ipairs(TEXT) do
    local value = reach(row, path)
    if value == nil then value = json.null end
    list[i] = value
  end
  return json.encode(json.decode(written)) == json.encode(list)
end

-- Whether a text is that of a list of what the trail of ALL leads to.
local function is_all_of(written, value)
  local list = json.array {}
  local inside = type(value) == "string" and value:find("^%s*[{%[]") and json.decode(value)
  value = inside or value
  for _, each in ipairs(json.is_array(value) and value or {}) do
    if type(each) == "table" and each.a ~= nil then list[#list + 1] = each.a end
  end
  return json.encode(json.decode(written)) == json.encode(list)
end

-- The rows that were picked of a page, and what the decoder makes of it; nothing of a page that is
-- left as it is.
local function sent_through(p, page)
  local rest, picked = p:page(page)
  if not picked then
    assert(rest == page)
    return nil, nil
  end
  local before, after = json.decode(page), json.decode(rest)
  assert((before == nil) == (after == nil))
  return picked, before
end

local function check(page)
  local columns = { text = TEXT, all = ALL }
  for name, path in pairs(COLUMNS) do columns[name] = path end
  local p = pick.new { list = { "data", "info" }, beside = "count", columns = columns }
  local picked, before = sent_through(p, page)
  if not before then return end
  local rows = before.data.info
  if type(rows) ~= "table" or #rows ~= #picked then return end -- "info" came twice
  for i = 1, #picked do
    local row = picked:row(i, {})
    assert(is_text_of(row.text, rows[i]), "text")
    assert(is_all_of(row.all, rows[i].m), "all")
    for name, path in pairs(COLUMNS) do
      local value = reach(rows[i], path)
      assert(row[name] == value and math.type(row[name]) == math.type(value), name)
    end
  end
end

-- The same of rows that are members of an object.
local function check_named(page)
  local p = pick.new { list = { "data" }, named = "key", columns = COLUMNS }
  local picked, before = sent_through(p, page)
  local rows, last = before and before.data, {}
  if type(rows) ~= "table" then return end -- "data" came twice
  for i = 1, #picked do
    local row = picked:row(i, {})
    last[row.key] = row -- of rows of one name the last one counts
  end
  for key, row in pairs(last) do
    for name, path in pairs(COLUMNS) do
      if rows[key] then assert(row[name] == reach(rows[key], path), name) end
    end
  end
end

check(text)
check_named(text)
check_named(('{"data":{"a":%s,"b\\n":%s,%s:%s},"count":1}'):format(GOOD, text, text, GOOD))
check(('{"data":{"count":3,"info":[%s,%s,%s]}}'):format(GOOD, text, GOOD))
