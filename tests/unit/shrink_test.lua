-- Shrinking keeps what a failure needs and nothing else.

local json = require "json"
local lu = require "luaunit"
local shrink = require "tests.support.shrink"

local tests = {}

local TREE = [[{"a": [1, 2, 3, {"b": {"x": 1, "y": 2}, "c": 3}], "d": {"e": []}, "f": "g"}]]

-- Whether a tree holds all those numbers.
local function holds(tree, numbers)
  local text = json.encode(tree)
  for _, number in ipairs(numbers) do
    if not text:find(number, 1, true) then return false end
  end
  return true
end

function tests.test_what_is_left()
  for _, row in ipairs {
    { {}, "{}" },
    { { '"g"' }, '{"f":"g"}' },
    { { '"y":2' }, '{"a":[{"b":{"y":2}}]}' },
    { { '"x"', '"e"' }, '{"a":[{"b":{"x":1}}],"d":{"e":[]}}' },
    { { "[1,", '"c"' }, '{"a":[1,{"c":3}]}' },
  } do
    local tree = json.decode(TREE)
    local left = shrink(tree, function(candidate) return holds(candidate, row[1]) end)
    lu.assertEquals(json.encode(left), row[2])
    lu.assertEquals(tree, json.decode(TREE), "the tree itself stays")
  end
end

return tests
