-- Who is told that something was changed again after a run that is to be undone.

local later = require "remora.undo.later"
local lu = require "luaunit"

local tests = {}

local function change(name, old, new)
  return { kind = "instances", type = "process", action = "update", label = { "web", name },
    fields = { { name = "user", old = old, new = new } } }
end

-- The plan of the way back, which found a value on the platform.
local function back(name, found)
  return { changes = { change(name, found, "root") }, steps = {} }
end

local DONE = { outcome = "done" }
local REFUSED = { outcome = "refused" }
local UNKNOWN = { outcome = "unknown" }
local FOUND = { outcome = "unknown", settled = "found" }
local ABSENT = { outcome = "unknown", settled = "absent" }
local CUT_OFF = {}

-- Each call wrote www over root, one after the other; then whether that value counts as changed
-- again.
local CASES = {
  { { DONE }, www = false, root = true, other = true },
  { { FOUND }, www = false, root = true, other = true },
  -- What was never written says nothing of what is there.
  { { REFUSED }, www = false, root = false, other = false },
  { { ABSENT }, www = false, root = false, other = false },
  -- Either may be what the run left.
  { { UNKNOWN }, www = false, root = false, other = true },
  { { CUT_OFF }, www = false, root = false, other = true },
  { { UNKNOWN, DONE }, www = false, root = true, other = true },
  { { DONE, REFUSED }, www = false, root = true, other = true },
}

function tests.test_what_the_run_may_have_left()
  for number, case in ipairs(CASES) do
    local calls = {}
    for i, call in ipairs(case[1]) do
      calls[i] = { changes = { change("a", "root", "www") } }
      for name, value in pairs(call) do calls[i][name] = value end
    end
    for _, found in ipairs { "www", "root", "other" } do
      lu.assertEquals(later.changed(calls, back("a", found)),
        case[found] and { "web/a" } or {}, number .. found)
    end
  end
end

-- In a batch that failed in part, only the others were written.
function tests.test_items_that_failed_apart()
  local calls = { { outcome = "refused", failed = { 2 },
    changes = { change("a", "root", "www"), change("b", "root", "www") } } }
  lu.assertEquals(later.changed(calls, back("a", "else")), { "web/a" })
  lu.assertEquals(later.changed(calls, back("b", "else")), {})
end

-- A value that steps aside for a moment is not one that somebody has set.
function tests.test_what_the_way_back_changes_twice()
  local calls = { { outcome = "done", changes = { change("a", "root", "www") } } }
  local plan = back("a", "www")
  plan.changes[1].fields[1].new = "aside"
  plan.changes[2] = change("a", "aside", "root")
  lu.assertEquals(later.changed(calls, plan), {})
end

local LABEL = { "tools", "cron", "10.0.0.7", "crond" }

local function process(action, more)
  local whole = { kind = "instances", type = "process", action = action, label = LABEL }
  for name, value in pairs(more) do whole[name] = value end
  return whole
end

local function fields(name, new) return { fields = { { name = name, new = new } } } end

-- How a run made something, and with which user; what is found of it when that is to be deleted.
local MADE = {
  { process("create", fields("user", "www")), process("delete", { before = { user = "www" } }),
    {} },
  { process("create", fields("user", "www")), process("delete", { before = { user = "me" } }),
    { "tools/cron/10.0.0.7/crond" } },
  { { kind = "instances", type = "service instance", action = "create",
      label = { "tools", "cron", "10.0.0.7" }, fields = fields("crond.user", "www").fields },
    process("delete", { before = { user = "me", work_path = "/x" } }),
    { "tools/cron/10.0.0.7/crond" } },
  { { kind = "service_templates", type = "process template", action = "create",
      label = { "web", "nginx" }, fields = fields("user", "www").fields },
    { kind = "service_templates", type = "process template", action = "delete",
      label = { "web", "nginx" }, before = { user = { value = "me", as_default_value = true } } },
    { "web/nginx" } },
  { { kind = "service_templates", type = "process template", action = "create",
      label = { "web", "nginx" }, fields = fields("user", "www").fields },
    { kind = "service_templates", type = "process template", action = "delete",
      label = { "web", "nginx" }, before = { user = { value = "www", as_default_value = true } } },
    {} },
  { process("create", fields("start_cmd", "run --key ****")),
    process("delete", { before = { start_cmd = "run --key one" } }), {} },
  { process("create", fields("start_cmd", "****")),
    process("delete", { before = { start_cmd = "one" } }), {} },
}

function tests.test_what_is_taken_away_and_was_changed_again()
  for i, row in ipairs(MADE) do
    lu.assertEquals(later.changed({ { outcome = "done", changes = { row[1] } } },
      { changes = { row[2] }, steps = {} }), row[3], i)
  end
end

-- What a sync on the way back will have done to the rows by then is none of what somebody did.
function tests.test_rows_that_are_predicted()
  local function rows(...)
    local list = {}
    for i, port in ipairs { ... } do list[i] = { port = port, protocol = "1" } end
    return list
  end
  local calls = { { outcome = "done", changes = {
    process("update", fields("bind_info", rows("80", "81"))) } } }
  local plan = { changes = { process("update", { fields = {
    { name = "bind_info", old = rows "80", new = rows "90" } } }) } }
  for is_predicted, again in pairs { [true] = {}, [false] = { "tools/cron/10.0.0.7/crond" } } do
    plan.steps = { { changes = { 1 }, predicted = is_predicted } }
    lu.assertEquals(later.changed(calls, plan), again)
  end
end

-- The run deleted it, and somebody has made it anew.
function tests.test_what_somebody_made_anew()
  local plan = { changes = { process("update", fields("user", "www")) }, steps = {} }
  for outcome, again in pairs { done = { "tools/cron/10.0.0.7/crond" }, refused = {} } do
    lu.assertEquals(later.changed({ { outcome = outcome, changes = {
      process("delete", { fields = {} }) } } }, plan), again, outcome)
  end
end

return tests
