-- What agents said is kept small and told as it was.

local lu = require "luaunit"
local order = require "remora.core.order"
local said = require "remora.hosting.said"

local AGENTS = {
  ["0:10.0.0.1:a_1"] = { hosted = true, running = true, pids = "812 1370" },
  ["0:10.0.0.2:a_1"] = { hosted = false, running = true, pids = "7" },
  ["0:10.0.0.3:a_1"] = { hosted = true, running = false, pids = "" },
  ["0:fd00::4:a:b_1"] = { hosted = false, running = false, pids = "", lost = 117 },
  ["1:10.0.0.1:a_1"] = { hosted = false, running = false, pids = "", lost = -1 },
}

local function all()
  local map = said.new()
  for place, agent in pairs(AGENTS) do map[place] = agent end
  return map
end

local tests = {}

function tests.test_each_is_told_as_it_was()
  local map = all()
  for place, agent in pairs(AGENTS) do lu.assertEquals(map[place], agent) end
  lu.assertNil(map["2:10.0.0.1:a_1"])
end

function tests.test_all_are_walked()
  local walked = {}
  for place, agent in order.pairs(all()) do walked[place] = agent end
  lu.assertEquals(walked, AGENTS)
end

-- What is put into one map, or done to what it told, the other does not know.
function tests.test_a_copy_is_apart()
  local map = all()
  local copy = said.copy(map)
  local place = next(AGENTS)
  local agent = copy[place]
  agent.hosted = not agent.hosted
  lu.assertEquals(copy[place], AGENTS[place])
  copy[place] = agent
  lu.assertEquals({ copy[place], map[place] }, { agent, AGENTS[place] })
end

function tests.test_others_are_added()
  local map, more = said.new(), said.new()
  map.a, map.b = AGENTS["0:10.0.0.1:a_1"], AGENTS["0:10.0.0.1:a_1"]
  more.b, more.c = AGENTS["0:10.0.0.2:a_1"], AGENTS["0:10.0.0.3:a_1"]
  said.add(map, more)
  lu.assertEquals({ map.a.pids, map.b.pids, map.c.pids }, { "812 1370", "7", "" })
end

return tests
