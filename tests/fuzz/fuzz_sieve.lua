-- Whatever a page or a row looks like: what the sieve takes out is JSON, and is a row that a
-- comparison in Lua finds to be as the pattern wants it.

local json = require("json")
local sieve = require("sieve")
local text = ...

local PATTERN = { p = { a = 1, b = "x", c = json.null, d = { { e = true }, { e = 2 } } } }
local GOOD = '{"m":1,"t":2,"u":1,"p":{"a":1,"b":"x","d":[{"e":true},{"e":2}]}}'
local ALSO_GOOD = GOOD:gsub('"u":1', '"u":"what nobody wants"')

local function filter()
  return sieve.new { list = { "data", "info" }, beside = "count", choose = { { "m" }, { "t" } },
    patterns = { [1] = { [2] = PATTERN } } }
end

---Whether a decoded value holds what a pattern wants.
---@param want any
---@param have any
---@return boolean
local function holds(want, have)
  if want == json.null then return have == nil or have == json.null end
  if type(want) ~= "table" then return have == want end
  if type(have) ~= "table" or json.is_array(want) ~= json.is_array(have) then return false end
  if #want ~= #have then return false end
  for name, part in pairs(want) do
    if not holds(part, have[name]) then return false end
  end
  return true
end

local function check(page)
  local s = filter()
  local rest, dropped = s:page(page)
  local before, broken = json.decode(page)
  local after = json.decode(rest)
  -- The text may be no JSON from some place on; then neither of the two is.
  assert((before == nil) == (after == nil), broken and broken.message)
  if not before then return end
  if dropped == 0 then
    assert(json.encode(before) == json.encode(after))
    return
  end
  local rows, left, at = before.data.info, after.data.info, 1
  if type(rows) ~= "table" or #rows ~= #left + dropped then return end -- "info" came twice
  for _, row in ipairs(rows) do
    if left[at] ~= nil and json.encode(left[at]) == json.encode(row) then
      at = at + 1
    else
      assert(row.m == 1 and row.t == 2 and holds(PATTERN, row), "a row was taken that differs")
    end
  end
  assert(at == #left + 1)
end

check(text)
-- As a row between two good ones, whose shape is known when it comes and is asked for again after.
check(('{"data":{"count":3,"info":[%s,%s,%s]}}'):format(GOOD, text, GOOD))
check(('{"data":{"count":4,"info":[%s,%s,%s,%s]}}'):format(GOOD, ALSO_GOOD, text, GOOD))
check(('{"data":{"count":2,"info":[%s,%s]}}'):format(text, text))
