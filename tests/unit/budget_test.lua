-- What a plan may take away, against what exists; the shares and numbers of the budget.

local lu = require "luaunit"
local budget = require "remora.reconcile.budget"

local tests = {}

local function removal(label, removes, action)
  return { kind = "k", type = "t", action = action or "delete", label = { label },
    removes = removes }
end

local function portion(what, within, count, of)
  return { what = what, within = within, count = count, of = of }
end

local function messages(changes, existing, limits, objects)
  local made = { changes = changes, certificate = { { objects = objects or #changes } } }
  local list = {}
  for i, each in ipairs(budget.check(made, existing, limits)) do list[i] = each.message end
  return list
end

local SHARE, NUMBER = { deletes = { percent = 30 } }, { deletes = { count = 3 } }

-- What is removed, what exists, the limits, what is said.
local ROWS = {
  { "a share within", { portion("process", "a", 3) }, { process = { a = 10 } }, SHARE, {} },
  { "a share beyond", { portion("process", "a", 4) }, { process = { a = 10 } }, SHARE,
    { "4 of 10 processes would go, more than 30 %" } },
  { "few are no share", { portion("process", "a", 9) }, { process = { a = 9 } }, SHARE, {} },
  { "one module of many", { portion("process", "a", 8) }, { process = { a = 10, b = 90 } }, SHARE,
    { "8 of 10 processes in a would go, more than 30 %" } },
  { "sorts apart", { portion("process", "a", 3), portion("service instance", "a", 5) },
    { process = { a = 10 }, ["service instance"] = { a = 10 } }, SHARE,
    { "5 of 10 service instances would go, more than 30 %" } },
  { "a number within", { portion("process", "a", 3) }, {}, NUMBER, {} },
  { "a number beyond", { portion("process", "a", 3), portion("binding", "b", 1) }, {}, NUMBER,
    { "1 binding, 3 processes would go, more than 3" } },
  { "twice the same", { portion("process", "a", 2, "x"), portion("process", "a", 3, "x"),
    portion("process", "b", 2, "x") }, {}, NUMBER, { "5 processes would go, more than 3" } },
  { "nothing goes", nil, { process = { a = 10 } }, SHARE, {} },
  { "no limits", { portion("process", "a", 10) }, { process = { a = 10 } }, {}, {} },
}

for _, row in ipairs(ROWS) do
  tests["test_" .. row[1]:gsub(" ", "_")] = function()
    lu.assertEquals(messages({ removal("x", row[2]) }, row[3], row[4]), row[5])
  end
end

function tests.test_what_is_given_back_does_not_count()
  local taken = { portion("hosted process", "a", 1) }
  local changes = { removal("x", taken, "unregister"), removal("x", nil, "register"),
    removal("y", taken, "unregister") }
  lu.assertEquals(messages(changes, {}, { deletes = { count = 0 } }),
    { "1 hosted process would go, more than 0" })
end

-- A number of objects, those that the calls carry and what follows from them.
function tests.test_changes_are_counted_by_object_and_what_they_bring()
  local few, brought = { changes = { count = 10 } }, { { type = "t", label = { "a" },
    brings = { portion("process", "a", 9) } } }
  lu.assertEquals(messages(brought, {}, few, 2), { "11 objects would change, more than 10" })
  lu.assertEquals(messages({}, {}, few, 11), { "11 objects would change, more than 10" })
  lu.assertEquals(messages({}, {}, few, 10), {})
end

local function updates(number, ...)
  local list = {}
  for i = 1, number do
    list[i] = { kind = "k", type = "process", action = "update", label = { ..., "p" .. i } }
  end
  return list
end

-- Changes, what exists, what is said of more than 30 %.
local CHANGES = {
  a_share_within = { updates(3, "a"), { process = { a = 10 } }, {} },
  a_share_beyond = { updates(4, "a"), { process = { a = 10 } },
    { "4 of 10 processes would change, more than 30 %" } },
  few_are_no_share = { updates(9, "a"), { process = { a = 9 } }, {} },
  one_module_of_many = { updates(8, "s/a"), { process = { ["s/a"] = 10, ["s/b"] = 90 } },
    { "8 of 10 processes in s/a would change, more than 30 %" } },
  -- What else exists there makes the share no smaller.
  sorts_apart = { updates(4, "a"), { process = { a = 10 }, ["service instance"] = { a = 90 } },
    { "4 of 10 processes would change, more than 30 %" } },
  one_object_twice = { { updates(1, "a")[1], updates(1, "a")[1] }, { process = { a = 10 } }, {},
    percent = 10 },
  what_follows = { { { kind = "k", type = "sync", action = "update", label = { "t" },
    brings = { portion("process", "a", 4) } } }, { process = { a = 10 } },
    { "4 of 10 processes would change, more than 30 %" } },
}

for name, case in pairs(CHANGES) do
  tests["test_changes_" .. name] = function()
    lu.assertEquals(messages(case[1], case[2],
      { changes = { percent = case.percent or 30 } }), case[3])
  end
end

-- What the actions of a plan do to what they take away, in the words of a refusal.
function tests.test_what_becomes_of_what_is_taken_away()
  local one = { portion("hosted process", "a", 1) }
  for becomes, taking in pairs {
    ["1 hosted process would be stopped"] = { "stop" },
    ["2 hosted processes would be stopped"] = { "stop", "stop" },
    ["2 hosted processes would go"] = { "stop", "kill" },
    ["3 hosted processes would go"] = { "kill", "delete", "kill" },
  } do
    local changes = {}
    for i, action in ipairs(taking) do changes[i] = removal("x" .. i, one, action) end
    lu.assertEquals(messages(changes, {}, { deletes = { count = 0 } }),
      { becomes .. ", more than 0" })
  end
end

function tests.test_what_is_taken_away_comes_in_the_order_of_the_plan()
  local one, labels = { portion("process", "a", 1) }, {}
  local changes = { removal("c", one), removal("b"), removal("a", one), removal("d", one) }
  for i, change in ipairs(budget.removing { changes = changes }) do labels[i] = change.label[1] end
  lu.assertEquals(labels, { "c", "a", "d" })
end

-- Of a place that two kinds have looked at counts what one of them saw, not what both did.
function tests.test_what_exists_is_what_the_kinds_know_of()
  local function kind(...)
    local list = { ... }
    return { existing = function() return list end }
  end
  local kinds = { kind(portion("process", "a", 3), portion("process", "b", 1)), {},
    kind(portion("process", "a", 5)), kind(portion("process", "a", 4), portion("host", "a", 2)),
    kind(portion("host", "b", 0)) }
  lu.assertEquals(budget.existing(kinds), { process = { a = 5, b = 1 }, host = { a = 2, b = 0 } })
end

function tests.test_a_run_may_take_away_a_share_unless_somebody_says_otherwise()
  lu.assertEquals(budget.DEFAULT, { deletes = { percent = 30 } })
end

function tests.test_limits_as_people_write_them()
  lu.assertEquals(budget.limit("30%"), { percent = 30 })
  lu.assertEquals(budget.limit("100%"), { percent = 100 })
  lu.assertEquals(budget.limit(5), { count = 5 })
  for _, text in ipairs { "", "-1", "101%", "3.5", "many" } do
    local limit, message = budget.limit(text)
    lu.assertNil(limit)
    lu.assertStrContains(message, "'" .. text .. "'")
  end
end

return tests
