-- WHERE on a command line: which words mean which `where`, and what is said of wrong ones.

local json = require "json"
local lu = require "luaunit"
local where = require "remora.cli.where"

local tests = {}

local function playbook(words, more)
  return where.playbook({ where = words, business = "demo", via = "job" },
    { name = "test", rollout = more })
end

-- Words → the `where` of a playbook, as JSON.
local MEANINGS = {
  { { "module=web" }, [[{"module":["web"]}]] },
  { { "set=prod-*", "module=web" }, [[{"module":["web"],"set":["prod-*"]}]] },
  { { "process=a", "process=b" }, [[{"process":["a","b"]}]] },
  { { "process=[a, b]", "process=c" }, [[{"process":["a","b","c"]}]] },
  { { "module=12" }, [[{"module":[12]}]] },
  { { 'module=["12"]' }, [[{"module":["12"]}]] },
  { { "module=*" }, [[{"module":["*"]}]] },
  { { "hosts=10.0.0.1" }, [[{"hosts":["10.0.0.1"]}]] },
  { { "hosts=[10.0.0.1, 10.0.0.2]" }, [[{"hosts":["10.0.0.1","10.0.0.2"]}]] },
  { { "host_ids=[3, 4]" }, [[{"host_ids":[3,4]}]] },
  { { "labels={tier: web, zone: b=c}" }, [[{"labels":{"tier":"web","zone":"b=c"}}]] },
  { { "service_instance=10.0.0.3_a=b" }, [[{"service_instance":["10.0.0.3_a=b"]}]] },
  { { "set=一区" }, [[{"set":["一区"]}]] },
}

function tests.test_what_words_mean()
  for _, case in ipairs(MEANINGS) do
    local pb = assert(playbook(case[1]))
    lu.assertEquals(json.encode(pb.sections.hosting[1].where), case[2])
  end
end

function tests.test_a_business_by_name_or_id()
  for given, business in pairs { demo = "demo", ["2"] = 2 } do
    local pb = where.playbook({ where = { "set=a" }, business = given, via = "gse" },
      { name = "test" })
    lu.assertEquals({ pb.business, pb.sections.hosting[1].via }, { business, "gse" })
  end
end

-- Words → what is wrong with them.
local WRONG = {
  { { "modul=web" }, 'unknown key "modul"; did you mean "module"?' },
  { { "web" }, "'web' is not of the form KEY=VALUE" },
  { { "module=" }, "'module=' is not of the form KEY=VALUE" },
  { { "hosts=[10.0.0.1" }, "hosts=[10.0.0.1: " },
  { { "host_ids=one" }, '"host_ids" must be a whole number of at least 1, not "one"' },
  { { "hosts=nowhere" }, '"nowhere"' },
  { { "labels=web" }, '"labels" must be a map of names to texts, not "web"' },
  { { "state=running" }, 'unknown key "state"' },
  { { "module=web" }, '"batch" must be a number of hosts or a share', { batch = "few" } },
  { { "module=web" }, '"pause" must be a duration', { pause = "soon" } },
  { { "module=web" }, '"pause" must be a duration', { pause = ("9"):rep(30) } },
  { { "module=web" }, '"pause" must be a duration', { pause = "9223372036854775807h" } },
}

function tests.test_wrong_words()
  for _, case in ipairs(WRONG) do
    local pb, refused = playbook(case[1], case[3])
    lu.assertNil(pb, case[1][1])
    lu.assertEquals(refused.code, "usage")
    lu.assertStrContains(refused.message, case[2])
  end
end

-- What a shell makes of a list without quotes.
function tests.test_a_part_of_a_list_is_told_how_to_be_whole()
  local _, refused = playbook { "hosts=[10.0.0.1", "10.0.0.2]" }
  lu.assertStrContains(refused.hint, "hosts='[10.0.0.1, 10.0.0.2]'")
end

function tests.test_all_that_is_wrong_is_told_at_once()
  local _, refused = playbook({ "modul=web", "host_ids=one" }, { batch = "few" })
  lu.assertEquals(#refused.faults, 3)
end

return tests
