-- How the journal writes plans: shorter, and read back as they were.

local carried = require "remora.reconcile.carried"
local common = require "remora.reconcile.common"
local json = require "json"
local lu = require "luaunit"
local plans = require "remora.journal.plans"
local steps_of = require "remora.reconcile.steps"
local values = require "remora.model.values"

local SHARED = { kind = "instances", type = "process", action = "update",
  fields = json.array { { name = "timeout", old = 40, new = 30 } }, cascades = json.array {},
  before = { timeout = 40 }, at = { file = "web.yml", line = 3, column = 5 },
  label = { "set", "module", "host", "p" }, place = { module = 1, host = 1 } }

local DIFFERING = {
  members = { { "id" }, { "label", 3 }, { "place", "host" }, { "place", "instance" } },
  row = function(change) return { change.id, "host " .. change.id, change.id } end,
}

local COMMON = common.of(SHARED, DIFFERING)

-- The update of a process.
local function change(id, its_common)
  return setmetatable({ id = id }, its_common or COMMON)
end

local function plan_of(changes)
  return { version = 1, playbook = "web", changes = changes, steps = json.array {},
    problems = json.array {} }
end

-- What the journal gives back of a plan, and the texts that it has.
local function kept(plan)
  local texts, parts = { json.encode(plans.head(plan)) }, {}
  for number, part in plans.parts(plan) do
    texts[number + 1] = json.encode(part)
    parts[number] = assert(json.decode(texts[number + 1]))
  end
  return plans.whole(assert(json.decode(texts[1])), parts), table.concat(texts), #parts
end

local function plain(changes)
  local list = json.array {}
  for i, each in ipairs(changes) do list[i] = steps_of.plain(each) end
  return json.encode(list)
end

local tests = {}

function tests.test_changes_that_are_alike_come_back_whole()
  local changes = { change(1), change(2), change(3) }
  local back, text = kept(plan_of(changes))
  lu.assertEquals(json.encode(back.changes), plain(changes))
  local _, count = text:gsub('"timeout"', "")
  lu.assertEquals(count, 2) -- in what was and in what is to be, each once for all three
end

function tests.test_what_has_other_members_keeps_them()
  local row = { what = "process", within = "set/module", count = 1 }
  local whole = { kind = "hosting", type = "hosted process", action = "delete", id = 9,
    label = { "set" }, fields = json.array {}, cascades = json.array { "more" },
    removes = json.array { row }, way = { priority = 1 }, protected = SHARED.at }
  local other = common.of({ kind = "instances", type = "process", action = "update",
    fields = SHARED.fields, cascades = json.array {}, before = { timeout = 41 },
    label = SHARED.label, place = SHARED.place }, DIFFERING)
  local changes = { change(1), whole, change(2, other), change(3), whole, change(4, other) }
  lu.assertEquals(json.encode(kept(plan_of(changes)).changes), plain(changes))
end

function tests.test_an_object_has_no_member_of_the_one_it_is_like()
  local some = common.of(SHARED, { members = DIFFERING.members, row = function(each)
    return { each.id, "host", each.id, each.id == 1 and "a" or nil }
  end })
  local changes = { change(1, some), change(2, some) }
  lu.assertEquals(json.encode(kept(plan_of(changes)).changes), plain(changes))
end

function tests.test_a_long_plan_comes_back_from_many_parts()
  local changes = {}
  for i = 1, 1000 do changes[i] = change(i) end
  local plan = plan_of(changes)
  for i = 1, 10 do
    local places = json.array {}
    for j = 1, 100 do places[j] = 100 * (i - 1) + j end
    plan.steps[i] = { call = "cc.x", args = { ids = json.array { i } }, changes = places }
  end
  local back, _, count = kept(plan)
  lu.assertEquals(json.encode(back.changes), plain(changes))
  lu.assertEquals(json.encode(back.steps), json.encode(plan.steps))
  lu.assertTrue(count > 6)
end

function tests.test_what_calls_carry_follows_from_their_changes()
  local rows = json.array { { port = "80" } }
  local alike = common.of(values.copy(SHARED, { sent = { bind_info = rows, timeout = 30 } }),
    DIFFERING)
  local changes = { change(1, alike), change(2, alike), change(3, alike),
    { kind = "instances", id = 4, sent = { user = "a" }, fields = json.array {} },
    { kind = "instances", id = 5, fields = json.array {} },
    { kind = "instances", sent = { process_info = { user = "b" } }, fields = json.array {} } }
  local function step(call, ...)
    local its = json.array { ... }
    local made = {}
    for i, index in ipairs(its) do made[i] = changes[index] end
    return carried.by({ call = call, changes = its }, { bk_biz_id = 2 }, made)
  end
  local plan = plan_of(changes)
  plan.steps = json.array {
    step("cc.update_process_instance", 2, 3, 4), step("cc.delete_process_instance", 1, 5),
    step("cc.create_process_instance", 6),
    { call = "cc.x", args = { id = 7 }, changes = json.array { 5 } },
  }
  local expected = {
    { bk_biz_id = 2, processes = { { bk_process_id = 2, bind_info = rows, timeout = 30 },
      { bk_process_id = 3, bind_info = rows, timeout = 30 }, { bk_process_id = 4, user = "a" } } },
    { bk_biz_id = 2, process_instance_ids = { 1, 5 } },
    { bk_biz_id = 2, processes = { { process_info = { user = "b" } } } },
    { id = 7 },
  }
  local back, text = kept(plan)
  for i, args in ipairs(expected) do
    lu.assertEquals(plan.steps[i].args, args)
    lu.assertEquals(back.steps[i].args, args)
    lu.assertEquals(json.decode(json.encode(carried.written(back.steps[i]))), args)
  end
  local _, count = text:gsub('"port"', "")
  lu.assertEquals(count, 1)
end

return tests
