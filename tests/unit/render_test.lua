-- How a plan looks, to people and to programs.

local lu = require "luaunit"
local json = require "json"
local render = require "remora.reconcile.render"
local words = require "remora.reconcile.words"

local function cell(value, lock) return { value = value, as_default_value = lock ~= false } end

local VALUES = {
  { nil, "(unset)" },
  { json.null, "(unset)" },
  { "", '""' },
  { "./run -x", "./run -x" },
  { " end", '" end"' },
  { "a\nb", '"a\\nb"' },
  { 30, "30" },
  { false, "false" },
  { json.array {}, "(none)" },
  { json.array { "a", "b" }, "a, b" },
  { json.array { "a", "b", "c", "d", "e", "f", "g", "h" }, "a, b, c, d, e, f and 2 more" },
  { { ip = "10.0.0.1", port = "80", protocol = "1", enable = true }, "10.0.0.1:80 TCP" },
  { { ip = "::1", port = "80", protocol = "3", enable = false }, "[::1]:80 TCP6 off" },
  { { ip = cell "3", port = cell("80-90", false), protocol = cell "2", enable = cell(true) },
    "first_inner:80-90 UDP (free: port)" },
  { { ip = cell(json.null), port = cell "80", protocol = cell "1" }, "*:80 TCP" },
}

local tests = {}

function tests.test_values()
  for i, case in ipairs(VALUES) do
    lu.assertEquals(words.value(case[1]), case[2], "case " .. i)
  end
end

local function plan_of(changes, steps)
  return { version = 1, playbook = "web", platform = "test", business = { id = 2, name = "demo" },
    changes = changes, steps = steps, certificate = {}, problems = {} }
end

local function process_change(host, new)
  return { kind = "instances", type = "process", action = "update", id = 1,
    label = { "prod", "web", host, "nginx" },
    fields = { { name = "timeout", old = 30, new = new } },
    cascades = {}, at = { file = "web.yml", line = 12, column = 3 } }
end

local function step(changes)
  return { kind = "instances", stage = 1, title = "instances", call = "cc.update_process_instance",
    args = {}, objects = #changes, group = "business", changes = changes, predicted = false }
end

-- A definition of a hosted process is changed by taking it back and registering it anew.
function tests.test_what_is_taken_back_tells_in_what_it_differs()
  local change = process_change("10.0.0.1", 60)
  change.action = "unregister"
  lu.assertStrContains(render.text(plan_of({ change }, { step { 1 } })),
    "      timeout  30 → 60\n")
end

-- action, old, new → both on a line
local SIDES = {
  { "update", 30, 60, "30 → 60" }, { "update", nil, 60, "(unset) → 60" },
  { "update", 30, json.null, "30 → (unset)" },
  { "unregister", nil, 60, "(unset) → 60" }, -- to be registered anew
  { "create", nil, 60, "60" }, { "register", nil, 60, "60" },
  { "sync", nil, 60, "60" },     -- of so many hosts
  { "update", 30, 30, "30" },    -- only the lock changes
  { "stop", nil, nil, "(unset)" },
}

function tests.test_old_and_new()
  for i, row in ipairs(SIDES) do
    lu.assertEquals(words.change({ action = row[1] }, { old = row[2], new = row[3] }), row[4],
      "case " .. i)
  end
end

function tests.test_of_many_files_the_first_are_named()
  local files = {}
  for i = 1, 346 do files[i] = ("web/%d.yml"):format(i) end
  lu.assertStrMatches(render.text(plan_of({}, {}), { files = files }),
    "web  web/1%.yml, .*, web/10%.yml and 336 more → business demo .*")
end

function tests.test_equal_changes_are_shown_once_with_a_count()
  local changes, indices = {}, {}
  for i = 1, 1000 do
    changes[i], indices[i] = process_change("10.0.0." .. i, 60), i
  end
  changes[1001], indices[1001] = process_change("10.0.9.9", 90), 1001
  local text = render.text(plan_of(changes, { step(indices) }), { files = { "web.yml" } })
  lu.assertEquals(text, table.concat({
    "web  web.yml → business demo (2) on test",
    "",
    "1. instances",
    "  ~ process prod/web/10.0.0.1/nginx  web.yml:12",
    "    and 999 more alike: prod/web/10.0.0.2/nginx, prod/web/10.0.0.3/nginx, "
      .. "prod/web/10.0.0.4/nginx, …",
    "      timeout  30 → 60",
    "  ~ process prod/web/10.0.9.9/nginx  web.yml:12",
    "      timeout  30 → 90",
    "",
    "call  objects  limit  calls  at least",
    "0 calls, the fewest possible is 0",
  }, "\n"))
end

function tests.test_rows_are_shown_as_what_goes_and_what_comes()
  local change = process_change("10.0.0.1", 60)
  local kept = { ip = "0.0.0.0", port = "80", protocol = "1", enable = true }
  change.fields = { { name = "bind_info",
    old = { kept, { ip = "0.0.0.0", port = "81", protocol = "1", enable = true } },
    new = { kept, { ip = "0.0.0.0", port = "82", protocol = "2", enable = true } } } }
  local text = render.text(plan_of({ change }, { step { 1 } }))
  lu.assertStrContains(text,
    "      bind_info  - 0.0.0.0:81 TCP\n                 + 0.0.0.0:82 UDP\n")
end

function tests.test_a_remark_stands_where_values_would()
  local change = process_change("10.0.0.1", 60)
  change.fields = { { name = "agent", note = "did not say" } }
  lu.assertStrContains(render.text(plan_of({ change }, { step { 1 } })),
    "      agent  did not say\n\n")
end

-- action, lock, note of a field → what stands behind its values
local LOCKS = {
  { "update", nil, nil, "" }, { "update", nil, "told", "  (told)" },
  { "update", true, nil, "  (locked)" }, { "update", true, "told", "  (locked, told)" },
  { "update", false, nil, "  (free: only new instances get it)" },
  { "update", false, "told", "  (free, told)" },
  { "create", true, nil, "" }, { "create", true, "told", "  (told)" },
  { "create", false, nil, "  (free)" },
}

function tests.test_what_the_lock_of_a_field_means()
  for i, row in ipairs(LOCKS) do
    local change = process_change("10.0.0.1", 60)
    change.action, change.cascades = row[1], { "3 modules follow" }
    change.fields = { { name = "timeout", new = 60, locked = row[2], note = row[3] } }
    local shown = row[1] == "create" and "60" or "(unset) → 60"
    lu.assertStrContains(render.text(plan_of({ change }, { step { 1 } })),
      ("      timeout  %s%s\n      ↳ 3 modules follow\n\n"):format(shown, row[4]), false,
      "case " .. i)
  end
end

function tests.test_rows_that_only_moved_are_said_to_have()
  local change = process_change("10.0.0.1", 60)
  local one, two = { port = "80", protocol = "1" }, { port = "81", protocol = "1" }
  change.fields = { { name = "bind_info", old = { one, two }, new = { two, one } } }
  lu.assertStrContains(render.text(plan_of({ change }, { step { 1 } })),
    "      bind_info  rows in another order\n")
end

function tests.test_calls_are_counted_beside_the_fewest()
  local plan = plan_of({ process_change("10.0.0.1", 60) }, { step { 1 } })
  plan.certificate = {
    { call = "cc.a", objects = 250, limit = 100, scheduled = 4, lower_bound = 3, predicted = 2 },
    { call = "cc.long", objects = 1, scheduled = 1, lower_bound = 1, predicted = 1 },
  }
  lu.assertStrContains(render.text(plan), [[

call     objects  limit  calls  at least
cc.a         250    100      4         3
cc.long        1      -      1         1
5 calls, the fewest possible is 4
3 of them predicted: what turns out not to be needed is not sent]])
  lu.assertEquals(render.reads(plan.certificate),
    "read with 5 calls, the fewest possible is 4")
end

function tests.test_what_the_selection_leaves_out_is_told()
  local excluded = {}
  for i = 1, 12 do
    excluded[i] = { action = "update", type = "process", label = { "web", tostring(i) } }
  end
  local told = { "left out, as --target and --exclude say: 12 changes" }
  for i = 1, 10 do told[i + 1] = "  update process web/" .. i end
  told[12] = "  and 2 more"
  for _, row in ipairs {
    { nil, "nothing to do" },
    { {}, "nothing to do\nlooked no further than --target and --exclude go" },
    { excluded, "nothing to do\n" .. table.concat(told, "\n") },
  } do
    local plan = plan_of({}, {})
    plan.excluded = row[1]
    lu.assertEquals(render.text(plan), "web → business demo (2) on test\n" .. row[2])
    plan = plan_of({ process_change("10.0.0.1", 60) }, { step { 1 } })
    plan.excluded = row[1]
    lu.assertStrContains(render.text(plan), (row[2]:gsub("^nothing to do",
      "0 calls, the fewest possible is 0")))
  end
end

function tests.test_an_empty_plan_says_so()
  lu.assertEquals(render.text(plan_of({}, {}), { files = { "web.yml" } }),
    "web  web.yml → business demo (2) on test\nnothing to do")
end

function tests.test_json_has_places_without_excerpts()
  local change = process_change("10.0.0.1", 60)
  change.at.excerpt = "a line of the file"
  change.before, change.place, change.way = { timeout = 30 }, { 1 }, "by hand"
  local plain = json.decode(json.encode(render.plain(plan_of({ change }, { step { 1 } }))))
  lu.assertEquals(plain.version, 1)
  lu.assertEquals(plain.changes[1].at, { file = "web.yml", line = 12, column = 3 })
  lu.assertEquals(plain.changes[1].label, { "prod", "web", "10.0.0.1", "nginx" })
  lu.assertEquals(plain.problems, {})
  for _, name in ipairs { "before", "place", "way" } do
    lu.assertNil(plain.changes[1][name], name)
  end
end

return tests
