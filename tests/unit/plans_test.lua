-- How the journal writes plans: shorter, and read back as they were.

local lu = require "luaunit"
local json = require "json"
local plans = require "remora.journal.plans"
local steps_of = require "remora.reconcile.steps"

local FIELDS = json.array { { name = "timeout", old = 40, new = 30 } }
local BEFORE = { timeout = 40 }
local AT = { file = "web.yml", line = 3, column = 5 }
local NONE = json.array {}

-- A change of an object; what is given replaces what all have in common.
local function change(id, its)
  local made = { kind = "instances", type = "process", action = "update", id = id,
    label = { "set", "module", "host", "p" .. id }, fields = FIELDS, cascades = NONE,
    before = BEFORE, place = { module = 1, host = id }, at = AT }
  for name, value in pairs(its or {}) do made[name] = value end
  return made
end

local function plan_of(changes)
  return { version = 1, playbook = "web", changes = changes, steps = json.array {},
    problems = json.array {} }
end

-- What the journal gives back of a plan, and the text that it has.
local function kept(plan)
  local text = json.encode(plans.packed(plan))
  return plans.whole(assert(json.decode(text))), text
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

function tests.test_whatever_differs_is_kept()
  local row = { what = "process", within = "set/module", count = 1 }
  for _, its in ipairs {
    { kind = "hosting" }, { type = "service instance" }, { action = "delete" },
    { fields = json.array { { name = "timeout", old = 40, new = 31 } } },
    { fields = json.array { { name = "timeout", old = 40, new = 30 } } }, -- equal all the same
    { cascades = json.array { "more" } }, { before = { timeout = 41 } }, { removes = { row } },
    { at = { file = "web.yml", line = 4, column = 5 } }, { way = { priority = 1 } },
    { protected = { file = "web.yml", line = 9, column = 1 } },
  } do
    local changes = { change(1), change(2, its), change(3), change(4, its) }
    lu.assertEquals(json.encode(kept(plan_of(changes)).changes), plain(changes))
  end
end

function tests.test_an_object_has_no_member_of_the_one_it_is_like()
  local changes = { change(1), change(2) }
  changes[2].id, changes[2].place = nil, nil
  lu.assertEquals(json.encode(kept(plan_of(changes)).changes), plain(changes))
end

return tests
