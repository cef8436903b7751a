-- Which rules may speak of what is on a host, found by the hosts and names that they name.

local lu = require "luaunit"
local speakers = require "remora.model.speakers"

local WEB, API = 1, 2

local function rule(index, modules, hosts, keys)
  local its = { index = index, found = {}, modules = {}, hosts = hosts, keys = keys }
  for i, id in ipairs(modules) do its.found[i], its.modules[id] = { id = id }, true end
  return its
end

local RULES = {
  rule(1, { WEB, API }),
  rule(2, { WEB }, { [7] = true }),
  rule(3, { API }, { [7] = true, [8] = true }),
  rule(4, { WEB }, nil, { "a", 31, "a" }),
  rule(5, { WEB }, { [7] = true }, { "b" }), -- whoever tests it looks at the names as well
  rule(6, { WEB }),
}

-- module, host, name, id; the rules
local CASES = {
  { WEB, 9, nil, nil, { 1, 6 } },
  { WEB, 7, nil, nil, { 1, 2, 5, 6 } },
  { API, 7, nil, nil, { 1, 3 } },
  { API, 9, nil, nil, { 1 } },
  { WEB, 9, "a", 30, { 1, 4, 6 } },
  { WEB, 9, "b", 31, { 1, 4, 6 } },
  { WEB, 7, "a", 31, { 1, 2, 4, 5, 6 } },
  { API, 9, "a", 31, { 1 } },
  { 3, 7, "a", 31, {} },
}

local tests = {}

function tests.test_the_rules_in_their_order_and_each_once()
  local found = speakers.new(RULES)
  for i, case in ipairs(CASES) do
    local numbers = {}
    for n, its in ipairs(found:on(case[1], case[2], case[3], case[4])) do numbers[n] = its.index end
    lu.assertEquals(numbers, case[5], i)
  end
  lu.assertEquals(#found:of(WEB), 5)
  lu.assertEquals(#found:of(API), 2)
  lu.assertNil(found:of(3))
end

function tests.test_what_rules_can_be_found_by()
  lu.assertEquals(speakers.keys { "web", 7 }, { "web", 7 })
  lu.assertNil(speakers.keys { "web", "w*" })
  lu.assertNil(speakers.keys(nil))
end

return tests
