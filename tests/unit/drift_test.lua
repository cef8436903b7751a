-- Who moved, told from two plans; who did it, told from objects and events.

local lu = require "luaunit"
local authors = require "remora.observe.authors"
local drift = require "remora.reconcile.drift"
local drift_text = require "remora.reconcile.drift_text"

local tests = {}

local function update(name, old, new)
  return { kind = "instances", type = "process", action = "update", label = { "a", "b" }, id = 7,
    fields = { { name = name, old = old, new = new } }, at = { file = "x.yml", line = 3 } }
end

local function of_action(action)
  return { kind = "hosting", type = "hosted process", action = action, label = { "a" }, fields = {},
    at = { file = "x.yml", line = 1 } }
end

local function plan(...)
  return { changes = { ... }, steps = {} }
end

-- Who moved, told from a plan now, whose first kind is its only one, and the plan of what was
-- applied, if it was.
local function moved(now, before)
  return drift.of({ apart = { now }, whole = now }, before and { before },
    { is_known = function() return before ~= nil end, left_by = function() end })
end

-- A change to what a definition is made from.
local function derived(new)
  local change = update("op_timeout", 30, new)
  change.fields[1].derived = true
  return plan(change)
end

-- An agent keeps the definition it was given, so another one takes two steps.
local function redefined(new)
  local taken = of_action "unregister"
  taken.fields[1] = { name = "account", old = "x", new = new }
  return plan(taken, of_action "register")
end

-- What an agent that does not answer makes of a plan.
local function unseen(action, ...)
  local change = of_action(action or "register")
  change.fields = { { name = "agent", unseen = true, note = "did not say how it is now" },
    { name = "account", new = "x" } }
  return plan(change, ...)
end

-- The plan now, the plan of what was applied, and who moved.
local ROWS = {
  { plan(update("user", "x", "y")), plan(update("user", "x", "y")), "platform" },
  { plan(update("user", "x", "y")), plan(), "playbook" },
  { plan(update("user", "x", "y")), plan(update("user", "x", "z")), "both" },
  { plan(update("user", "x", "y")), plan(update("timeout", 1, 2)), "playbook" },
  { plan(update("user", "x", "y")), nil, "unknown" },
  { plan(of_action "register"), plan(of_action "register"), "platform" },
  { plan(of_action "register"), plan(of_action "unregister"), "playbook" },
  { plan(of_action "start"), plan(), "playbook" },
  { redefined "y", redefined "y", "platform" },
  { redefined "y", plan(), "playbook" },
  { redefined "y", redefined "z", "both" },
  { redefined "y", nil, "unknown" },
  { derived(45), derived(45), "following" },
  { derived(45), plan(), "playbook" },
  { derived(60), derived(45), "playbook" },
  { unseen(), unseen(), "unseen" },
  { unseen(), plan(), "unseen" },
  { unseen(), nil, "unseen" },
  { unseen("unregister", of_action "register"), plan(), "unseen" },
}

function tests.test_who_moved()
  for i, row in ipairs(ROWS) do
    local list = moved(row[1], row[2])
    lu.assertEquals(#list, 1)
    lu.assertEquals(list[1].since, row[3], "row " .. i)
  end
end

function tests.test_fields_of_one_object_may_have_moved_on_different_sides()
  local change = update("user", "x", "y")
  change.fields[2] = { name = "timeout", old = 1, new = 2 }
  local list = moved(plan(change), plan(update("user", "x", "y")))
  lu.assertEquals({ list[1].since, list[1].fields[1].name }, { "platform", "user" })
  lu.assertEquals({ list[2].since, list[2].fields[1].name }, { "playbook", "timeout" })
end

function tests.test_a_sync_that_other_steps_bring_about_is_not_told()
  local sync = { kind = "service_templates", type = "service template", action = "sync",
    label = { "web" }, fields = {} }
  local made = { changes = { sync }, steps = { { changes = { 1 }, predicted = true } } }
  lu.assertEquals(moved(made), {})
  made.steps[1].predicted = false
  lu.assertEquals(#moved(made), 1)
end

local known = { is_known = function() return true end, left_by = function() end }

function tests.test_what_only_other_changes_bring_about_was_changed_by_nobody()
  local now = { apart = { plan(), plan() }, whole = plan(update("proc_num", 1, 2)) }
  local list = drift.of(now, now.apart, known)
  lu.assertEquals({ #list, list[1].since, list[1].fields[1].now }, { 1, "following", 1 })
end

function tests.test_values_are_those_of_the_platform_and_not_predicted()
  local apart = { plan(), plan(update("proc_num", 7, 2)) }
  local list = drift.of({ apart = apart, whole = plan(update("proc_num", 1, 2)) }, apart, known)
  lu.assertEquals({ #list, list[1].since, list[1].fields[1].now }, { 1, "platform", 7 })
end

-- Such as the registration of more copies of a process, of which there are to be fewer again.
function tests.test_what_follows_from_a_change_that_is_taken_back_is_not_told()
  local apart = { plan(of_action "register") }
  lu.assertEquals(drift.of({ apart = apart, whole = plan() }, apart, known), {})
end

-- A platform that answers from a table, and refuses what is not in it.
local function reader_of(answers)
  return { call = function(_, name) return answers[name], "refused" end }
end

local OBJECT = { { bk_process_id = 7, bk_updated_by = "zoe", bk_updated_at = "then" } }

local function events(...)
  local list = {}
  for i, each in ipairs { ... } do
    list[i] = { bk_cursor = tostring(i), bk_detail = { bk_process_id = 7, user = each[1],
      bk_updated_by = each[2], bk_updated_at = each[3] } }
  end
  return { bk_watched = true, bk_events = list }
end

-- What the platform answers, whether all events since the apply are there, and who is named and
-- when: of the process and of its field.
local AUTHORS = {
  { {}, true },
  { { ["cc.list_process_detail_by_ids"] = OBJECT }, true, { "zoe", "then" } },
  { { ["cc.resource_watch"] = events({ "x", "al", "1" }, { "x", "bo", "2" }) }, true, nil,
    { "al", "1" } },
  { { ["cc.resource_watch"] = events({ "x", "al", "1" }, { "x", "bo", "2" }) }, false },
  { { ["cc.resource_watch"] = events({ "w", "al", "1" }, { "x", "bo", "2" }) }, false, nil,
    { "bo", "2" } },
  { { ["cc.resource_watch"] = events({ "x", "al", "1" }, { "w", "bo", "2" }) }, true },
}

-- Who is named for a change of `user`, of the process and of the field.
local function named(reader, since)
  local each = { type = "process", action = "update", id = 7, since = "platform",
    fields = { { name = "user", applied = "y", now = "x", wanted = "y" } } }
  authors.read(reader, 1, { each }, since, 100000)
  local field = each.fields[1]
  return { each.by, each.changed_at }, { field.by, field.changed_at }
end

function tests.test_who_did_it()
  for i, row in ipairs(AUTHORS) do
    local process, field = named(reader_of(row[1]), row[2] and 99000 or 1)
    lu.assertEquals({ process, field }, { row[3] or {}, row[4] or {} }, "row " .. i)
  end
end

function tests.test_events_beyond_the_first_answer_are_read()
  local asked = {}
  local _, field = named({ call = function(_, name, args)
    if name ~= "cc.resource_watch" then return nil, "refused" end
    asked[#asked + 1] = args.bk_cursor or args.bk_start_from
    local list = {}
    for i = 1, #asked == 1 and 200 or 1 do list[i] = { "w", "al", "1" } end
    if #asked == 2 then list[1] = { "x", "bo", "2" } end
    return events(table.unpack(list))
  end }, 99000)
  lu.assertEquals(asked, { 99000, "200" })
  lu.assertEquals(field, { "bo", "2" })
end

function tests.test_each_object_is_asked_for_once()
  local asked = {}
  local differences = {}
  for i, each in ipairs { { "process", 7 }, { "process", 7 }, { "process", "new" },
    { "process template", 3 }, { "module", 5 } } do
    differences[i] = { type = each[1], id = each[2], fields = {} }
  end
  authors.read({ call = function(_, name, args)
    lu.assertNil(asked[name], name)
    asked[name] = args.bk_process_ids or args.process_template_ids or args.bk_start_from
    if name == "cc.list_process_detail_by_ids" then
      return { { bk_process_id = 7, bk_updated_by = "", bk_created_by = "al" } }
    end
    return name == "cc.list_proc_template" and { info = { { id = 3, modifier = "bo" } } } or nil
  end }, 1, differences, 1.5, 100000.5)
  lu.assertEquals(asked, { ["cc.list_process_detail_by_ids"] = { 7 },
    ["cc.list_proc_template"] = { 3 }, ["cc.resource_watch"] = 100000 - 3 * 3600 })
  local who = {}
  for i, each in ipairs(differences) do who[i] = each.by or "-" end
  lu.assertEquals(who, { "al", "al", "-", "bo", "-" })
  authors.read({ call = function() lu.fail "nothing to ask for" end }, 1,
    { { type = "module", id = 5, fields = {} } }, 1, 100000)
end

function tests.test_another_definition_is_told_by_what_differs()
  local list = moved(redefined "y", plan())
  lu.assertEquals(drift_text.of(list, function(_, text) return text end), [[
changed in the playbook since: 1 object
  hosted process a  x.yml:1
      account  x → y]])
end

local function text_of(differences)
  return drift_text.of(differences, function(_, text) return text end)
end

function tests.test_text()
  local first = moved(plan(update("user", "x", "y")), plan(update("user", "x", "y")))[1]
  first.by, first.changed_at = "zoe", "2026-11-22T04:39:02.945Z"
  first.fields[1].by, first.fields[1].changed_at = "zoe", "2026-11-22T04:39:02.945Z"
  local second = moved(plan(of_action "register"), plan())[1]
  lu.assertEquals(text_of { second, first }, [[
changed on the platform since: 1 object
  process a/b  x.yml:3  (by zoe at 2026-11-22 04:39:02 UTC)
      user  y → x

changed in the playbook since: 1 object
  hosted process a is to be hosted  x.yml:1]])
end

-- Nobody shall look for who took away what may well be there.
function tests.test_what_nobody_could_see_is_not_told_as_gone()
  lu.assertEquals(text_of(moved(unseen(), unseen())), [[
not known how it is: 1 object
  hosted process a  x.yml:1
      agent  did not say how it is now]])
end

-- A difference of a process, and more of it.
local function differing(label, since, action, more)
  local each = { type = "process", action = action, label = { label }, since = since,
    fields = { { name = "user", applied = "x", now = "y", wanted = "z" } },
    at = { file = "x.yml", line = 3 } }
  for name, value in pairs(more or {}) do each[name] = value end
  return each
end

function tests.test_text_of_each_side()
  lu.assertEquals(text_of {}, "no drift: the platform is as the playbook says")
  lu.assertEquals(text_of {
    differing("a", "platform", "create", { by = "al" }),
    differing("b", "platform", "update", { changed_at = "2026-11-22 04:39:02" }),
    differing("c", "platform", "update", { changed_at = "2026-11-23 04:39:02" }),
    differing("d", "both", "delete"),
    differing("e", "both", "update", { fields = { { name = "user", note = "rows moved" },
      { name = "port", applied = "1", now = "2", wanted = "3", by = "bo" } } }),
    differing("f", "playbook", "create"),
    differing("j", "following", "update"),
    differing("k", "following", "create"),
    differing("g", "unknown", "update"),
    differing("h", "unknown", "update"),
    differing("i", "unknown", "update"),
  }, [[
changed on the platform since: 3 objects
  process a is gone  x.yml:3  (the platform does not tell by whom)
  process b  x.yml:3  (changed at 2026-11-22 04:39:02)
      user  x → y
  process c  x.yml:3  (changed at 2026-11-23 04:39:02)
      user  x → y

changed on both sides since: 2 objects
  process d is not wanted  x.yml:3
  process e  x.yml:3
      user  rows moved
      port  applied 1, now 2, playbook 3  (by bo)

changed in the playbook since: 1 object
  process f is new  x.yml:3

not changed, but follows from other changes: 2 objects
  process j  x.yml:3
      user  y → z
  process k is to be made  x.yml:3

different, and never applied from here: 3 objects
  process g  x.yml:3
    and 2 more alike: h, i
      user  y → z]])
end

-- A plan notes what a lock was; a difference tells what became of it, and of the value.
function tests.test_text_of_a_lock()
  local function field_line(since, note, now, wanted)
    return text_of { differing("a", since, "update", { fields = {
      { name = "user", applied = "root", now = now, wanted = wanted, note = note } } }) }
      :match("user +([^\n]*)$")
  end
  lu.assertEquals(field_line("platform", "was free", "root", "root"), "is free now")
  lu.assertEquals(field_line("platform", "was free", "www", "root"),
    "root → www, is free now")
  lu.assertEquals(field_line("platform", "was locked", "root", "root"), "is locked now")
  lu.assertEquals(field_line("playbook", "was free", "root", "root"), "is to be locked")
  lu.assertEquals(field_line("playbook", "was locked", "root", "www"),
    "root → www, is to be free")
end

return tests
