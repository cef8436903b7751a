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
  return { changes = { change(name, found, "root") } }
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

return tests
