-- Fault rules: what is refused of them, which calls they are about, and when they strike.

local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"
local faults = require "remora.platform.faults"
local form = require "remora.platform.faults_form"
local fs = require "tests.support.fs"
local lu = require "luaunit"

local tests = {}

-- The requests of a row, by number, that rules strike.
local function struck(seed, rules, count, key, body)
  local all = {}
  for i, text in ipairs(rules) do all[i] = assert(form.rule(text)) end
  local made, numbers = faults.new(seed), {}
  made:add(all)
  for i = 1, count do
    local request = { path = "/p", body = body and body(i) or "" }
    local names = {}
    for j, rule in ipairs(made:strike(assert(catalogue.get(key)), request)) do
      names[j] = rule.action
    end
    if #names > 0 then numbers[#numbers + 1] = i .. " " .. table.concat(names, "+") end
  end
  return table.concat(numbers, ", "), made:list()
end

function tests.test_when_rules_strike()
  for _, row in ipairs {
    { { "{action: reset_before}" }, "1 reset_before, 2 reset_before, 3 reset_before, "
      .. "4 reset_before, 5 reset_before, 6 reset_before" },
    { { "{action: reset_before, nth: 2}" }, "2 reset_before" },
    { { "{action: reset_after, nth: [1, 4]}" }, "1 reset_after, 4 reset_after" },
    { { "{action: reset_after, every: 3}" }, "3 reset_after, 6 reset_after" },
    { { "{action: reset_after, every: 2, times: 2}" }, "2 reset_after, 4 reset_after" },
    { { "{action: reset_after, probability: 0}" }, "" },
    { { "{action: reset_after, probability: 1, times: 1}" }, "1 reset_after" },
    { { "{call: search_module, action: reset_after}" }, "" },
    { { "{call: search_s*, action: reset_after, nth: 1}" }, "1 reset_after" },
    { { "{call: cc.*, action: reset_after, nth: 1}" }, "1 reset_after" },
    { { "{call: search_se?, action: reset_after, nth: 1}" }, "1 reset_after" },
    -- Delays come on top; the first that ends the matter keeps it from those behind.
    { { "{action: delay, seconds: 1, nth: 1}", "{action: delay, seconds: 1, nth: [1, 2]}",
      "{action: reset_before, nth: 2}", "{action: reset_after, nth: 2}" },
      "1 delay+delay, 2 delay+reset_before, 3 reset_after" },
  } do
    lu.assertEquals((struck(1, row[1], 6, "cc.search_set")), row[2], row[1][1])
  end
end

function tests.test_rules_about_agents_count_only_what_agents_do()
  local rules = { "{action: agent_dead, nth: 1}", "{action: result_missing}" }
  lu.assertEquals((struck(1, rules, 2, "cc.search_set")), "")
  lu.assertEquals((struck(1, rules, 2, "gse.operate_proc_multi")), "1 agent_dead")
  lu.assertEquals((struck(1, rules, 2, "job.get_proc_result")),
    "1 result_missing, 2 result_missing")
end

function tests.test_counts_are_kept()
  local rules = { "{action: reset_after, every: 2}", "{action: truncate, bytes: 1}" }
  local _, list = struck(1, rules, 5, "cc.search_set")
  lu.assertEquals({ list[1].seen, list[1].fired, list[2].seen, list[2].fired }, { 5, 2, 3, 3 })
end

function tests.test_chance_follows_the_seed()
  local rule = { "{action: reset_after, probability: 0.25}" }
  local function body(i) return "body " .. i end
  local first = struck(7, rule, 400, "cc.search_set", body)
  lu.assertEquals(first, (struck(7, rule, 400, "cc.search_set", body)))
  lu.assertNotEquals(first, (struck(8, rule, 400, "cc.search_set", body)))
  for _, each in ipairs { body, false } do -- different requests, and the same one again and again
    local _, list = struck(7, rule, 2000, "cc.search_set", each)
    lu.assertAlmostEquals(list[1].fired / 2000, 0.25, 0.04)
  end
end

function tests.test_chance_does_not_depend_on_who_comes_first()
  local rule = { "{action: reset_after, probability: 0.3}" }
  local forth = struck(7, rule, 50, "cc.search_set", function(i) return "body " .. i end)
  local back = struck(7, rule, 50, "cc.search_set", function(i) return "body " .. 51 - i end)
  local turned = {}
  for number in back:gmatch("%d+") do table.insert(turned, 1, 51 - number .. " reset_after") end
  lu.assertEquals(table.concat(turned, ", "), forth)
end

function tests.test_what_is_wrong_with_a_rule()
  for _, row in ipairs {
    { "{}", '"action" is missing' },
    { "{}", "say one of agent_dead, delay" },
    { "{action: explode}", "not \"explode\"" },
    { "{action: delay}", "delay needs seconds" },
    { "{action: status}", "status needs status" },
    { "{action: status, status: 200}", "from 400 to 599" },
    { "{action: truncate}", "truncate needs bytes" },
    { "{action: refuse}", "refuse needs code" },
    { "{action: reset_after, seconds: 1}", "reset_after takes no seconds" },
    { "{action: reset_after, nth: 1, every: 2}", "nth and every exclude each other" },
    { "{action: reset_after, nth: 0}", "at least 1" },
    { "{action: reset_after, probability: 2}", "from 0 to 1" },
    { "{action: reset_after, cal: x}", 'did you mean "call"?' },
    { "{action: reset_after, call: serach_set}", 'did you mean "search_set"?' },
    { "{action: reset_after, call: nothing_*}", "there is no call nothing_*" },
    { "{action: agent_dead, call: search_set}", "agent_dead is not about search_set" },
    { "[1]", "must be a rule" }, { "{action", "rule:1:" },
  } do
    local rule, refused = form.rule(row[1])
    lu.assertNil(rule, row[1])
    lu.assertStrContains(fault.render(refused), row[2])
  end
end

function tests.test_a_file_with_problems_tells_their_places()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/faults.yml"
  fs.write(path, "seed: x\nrules:\n  - { action: delay, seconds: -1 }\n  - { action: refuse }\n")
  local _, refused = faults.open(path)
  for _, place in ipairs { ":1:7: ", ":3:31: ", ":4:15: " } do
    lu.assertStrContains(fault.render(refused), path .. place)
  end
  for _, text in ipairs { "", "rules: []", "seed: 1" } do
    fs.write(path, text)
    lu.assertNil(faults.open(path), text)
  end
  lu.assertNil(faults.open(directory.path .. "/none.yml"))
  fs.write(path, "rules: [{ action: reset_after }]")
  lu.assertEquals(faults.open(path).seed, 1)
end

function tests.test_rules_of_a_file_hold_until_they_are_cleared()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/faults.yml"
  fs.write(path, "seed: 7\nrules: [{ action: reset_after }, { action: reset_before, nth: 1 }]")
  local made = assert(faults.open(path))
  made:add { assert(form.rule "{action: agent_dead}") }
  local actions = {}
  for i, rule in ipairs(made:list()) do actions[i] = rule.action end
  lu.assertEquals({ made.seed, actions }, { 7, { "reset_after", "reset_before", "agent_dead" } })
  lu.assertTrue(made:any())
  lu.assertEquals(made:clear(), 3)
  lu.assertFalse(made:any())
  made:add { assert(form.rule "{action: reset_after}") }
  lu.assertTrue(made:any())
end

return tests
