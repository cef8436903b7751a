-- What people are told at the end of a run.

local fault = require "remora.core.fault"
local lu = require "luaunit"
local report = require "remora.cli.report"

local tests = {}

-- The end of a run that did two calls; result: what of it is otherwise.
local function whole_of(result)
  local whole = { sent = 2, in_part = 0, objects = 9, failures = {}, problems = {},
    halts = {}, stuck = {}, left = {}, moved = {}, excluded = {}, looks = 0, interrupted = false }
  for name, value in pairs(result) do whole[name] = value end
  return whole
end

local APPLY = { command = "apply", options = {} }

-- What a result prints, line by line, and in which style the last of them; work: what of it is
-- unlike an apply of web.yml.
local function told(result, work, pb, selection)
  local lines, last = {}, nil
  local function note(_, text, ...)
    lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text
  end
  local out = { note = note, warn = note, result = note,
    error = function(_, refused, below)
      lines[#lines + 1] = refused.message
      below = below or {}
      table.move(below, 1, #below, #lines + 1, lines)
    end,
    style = function(style, text)
      last = style
      return text
    end }
  report.show(out, whole_of(result), { plan = { business = { name = "demo", id = 1 } },
    selection = selection, pb = pb or { name = "web", playbooks = 1 } }, work or APPLY)
  return lines, last
end

-- What is to be said beside failures → how it is.
local ASIDES = {
  { { problems = { fault.new { code = "plan.x", message = "cannot be" } } },
    { "cannot be", "2 calls done, 9 objects changed, not everything; remora resume to go on" } },
  { { halts = { fault.new { code = "hosting.halted", message = "too many failed" } },
      left = { { action = "start", type = "hosted process", label = { "a", "b" } } } },
    { "too many failed", "1 change left:", "  start hosted process a/b",
      "2 calls done, 9 objects changed, but the platform is not as the playbook says" } },
  { { fault = fault.new { code = "net.x", message = "is gone" } },
    { "is gone", "2 calls done, 9 objects changed, not everything; remora resume to go on" } },
  { { stuck = { { step = { call = "cc.x" }, labels = { "a", "b" } } } },
    { "cc.x was answered with success and changed nothing: a, b",
      "2 calls done, 9 objects changed, but the platform is not as the playbook says" } },
  { { moved = { "a", "b" } },
    { "changed by someone else meanwhile, so planned anew: a, b",
      "2 calls done, 9 objects changed: demo is as web says" } },
}

function tests.test_what_else_became_of_a_run()
  for _, case in ipairs(ASIDES) do lu.assertEquals(told(case[1]), case[2]) end
  local lines = told(ASIDES[4][1], { command = "op", options = {} })
  lu.assertEquals(lines[2],
    "2 calls done, 9 objects changed, but the platform is not as was asked for")
end

function tests.test_of_what_is_left_the_first_are_listed()
  for count, last in pairs { [5] = "  update process p5", [6] = "  and 1 more",
    [8] = "  and 3 more" } do
    local left = {}
    for i = 1, count do
      left[i] = { action = "update", type = "process", label = { "p" .. i } }
    end
    local lines = told { left = left }
    lu.assertEquals({ lines[1], lines[6], lines[#lines - 1] },
      { count .. " changes left:", "  update process p5", last })
  end
end

-- What is otherwise, the work, whether only a part was asked for → the last line and its style.
local ENDINGS = {
  { {}, nil, false, "demo is as web says", "good" },
  { {}, nil, true, "done, as far as --target and --exclude go", "good" },
  { { excluded = { {} } }, nil, true, "done, but for 1 change left out", "good" },
  { { stuck = { { step = { call = "cc.x" }, labels = {} } }, excluded = { {} } }, nil, true,
    "but the platform is not as the playbook says", "warning" },
  { {}, { command = "undo", options = { run = 3 }, lost = { { label = "a", left = false } } },
    false, "run 3 is undone in demo", "good" },
  { {}, { command = "undo", options = { run = 3 }, lost = { { label = "a", left = true } } },
    false, "run 3 is undone in demo, but not everything came back", "warning" },
  { { unreachable = true, fault = fault.new { code = "net.x", message = "no" } }, nil, false,
    "then stopped: the platform is not there any more; remora resume to go on when it is",
    "error" },
  { { in_part = 1, fault = fault.new { code = "net.x", message = "no" } }, nil, false,
    "2 calls done, 1 in part, 9 objects changed, not everything; remora resume to go on",
    "error" },
}

function tests.test_how_the_last_line_ends_and_looks()
  for i, case in ipairs(ENDINGS) do
    local lines, style = told(case[1], case[2], nil, case[3])
    lu.assertEquals({ lines[#lines]:sub(-#case[4]), style }, { case[4], case[5] }, i)
  end
end

-- The one event that scripts get.
local function event_of(tell)
  local events = {}
  tell { json = true, event = function(_, event) events[#events + 1] = event end }
  lu.assertEquals(#events, 1)
  return events[1]
end

function tests.test_scripts_are_told_everything()
  local refused = fault.new { code = 7, message = "no" }
  local result = whole_of { in_part = 1, looks = 2, moved = { "m" }, problems = { refused },
    halts = { refused }, fault = refused,
    stuck = { { step = { call = "cc.y" }, labels = { "s" } } },
    failures = { { step = { call = "cc.x" }, fault = refused, labels = { "f" },
      places = { "web.yml:6" } } },
    left = { { kind = "instances", type = "process", action = "update", label = { "a", "b" } } } }
  local plain = fault.plain(refused)
  lu.assertEquals(event_of(function(out) report.show(out, result, {}, APPLY) end), {
    event = "applied", calls = 2, calls_in_part = 1, objects = 9, converged = false, exit_code = 4,
    failures = { { call = "cc.x", fault = plain, labels = { "f" }, places = { "web.yml:6" } } },
    problems = { plain }, halts = { plain }, fault = plain, moved = { "m" }, looks = 2,
    unchanged = { { call = "cc.y", labels = { "s" } } },
    left = { { kind = "instances", type = "process", action = "update", label = { "a", "b" } } },
  })
end

-- What an undo brings back, and how the calls went → the exit code that scripts see.
local UNDONE = {
  { {}, {}, 0 },
  { { { label = "a", left = false } }, {}, 0 },
  { { { label = "a", left = true } }, {}, 4 },
  { { { label = "a", left = true } }, { left = { { label = {} } } }, 5 },
}

function tests.test_scripts_see_whether_everything_came_back()
  for i, case in ipairs(UNDONE) do
    local event = event_of(function(out)
      report.show(out, whole_of(case[2]), {}, { command = "undo", options = { run = 3 },
        lost = case[1] })
    end)
    lu.assertEquals({ event.exit_code, event.converged }, { case[3], case[3] == 0 }, i)
  end
end

function tests.test_scripts_are_told_that_there_was_nothing_to_do()
  lu.assertEquals(event_of(function(out) report.idle(out, APPLY) end), { event = "applied",
    calls = 0, calls_in_part = 0, objects = 0, converged = true, exit_code = 0, failures = {},
    problems = {}, halts = {}, moved = {}, looks = 0, unchanged = {}, left = {} })
  report.idle({ event = error }, APPLY) -- people were told by the plan
end

-- Result → exit code.
local CODES = {
  { {}, 0 },
  { { stuck = { {} } }, 5 },
  { { left = { {} } }, 5 },
  { { left = { {} }, failures = { {} } }, 4 },
  { { problems = { {} } }, 4 },
  { { fault = {} }, 4 },
  { { fault = {}, sent = 0 }, 1 },
  { { interrupted = true }, 0 },
  { { interrupted = true, stuck = { {} } }, 5 },
  { { interrupted = true, left = { {} } }, 130 },
  { { interrupted = true, failures = { {} } }, 130 },
  { { interrupted = true, problems = { {} } }, 130 },
  { { interrupted = true, fault = {} }, 130 },
}

function tests.test_exit_codes()
  for i, case in ipairs(CODES) do
    local result = { sent = 1, failures = {}, problems = {}, stuck = {}, left = {} }
    for name, value in pairs(case[1]) do result[name] = value end
    lu.assertEquals(report.code(result), case[2], i)
  end
end

local function failure(label, more)
  local its = { code = "net.connect", call = "cc.x", message = "cannot be reached", sent = false }
  for name, value in pairs(more or {}) do its[name] = value end
  return { step = { call = "cc.x" }, fault = fault.new(its), labels = { label },
    places = { "web.yml:6" } }
end

function tests.test_calls_that_failed_alike_are_one_error()
  lu.assertEquals(told { failures = { failure "a", failure("b", { code = 7, message = "no" }),
    failure "c" } }, {
    "cannot be reached", "so failed 2 calls", "not done: a, c", "asked for at web.yml:6",
    "no", "not done: b", "asked for at web.yml:6",
    "2 calls done, 9 objects changed, not everything; remora resume to go on",
  })
end

function tests.test_calls_that_were_done_in_part_count_as_that()
  local lines = told { failures = { failure "a" }, sent = 0, in_part = 3, objects = 1 }
  lu.assertEquals(lines[#lines],
    "0 calls done, 3 in part, 1 object changed, not everything; remora resume to go on")
end

function tests.test_what_may_have_been_done_stands_apart()
  local lines = told { failures = { failure "a", failure("b", { sent = true }) } }
  lu.assertEquals({ lines[2], lines[5] },
    { "not done: a", "perhaps not done (remora resume: that looks first): b" })
end

-- A reload leaves no trace to look for.
function tests.test_what_going_on_does_with_what_may_have_been_done()
  local reload = failure("a", { sent = true })
  reload.step.repeatable = true
  local lines = told({ failures = { reload, failure("b", { sent = true }) } },
    { command = "op", options = {} })
  lu.assertEquals({ lines[2], lines[5] }, {
    "perhaps not done (remora resume: that does it again): a",
    "perhaps not done (remora resume: that looks first): b" })
end

function tests.test_the_end_says_what_is_true_now()
  lu.assertEquals(told {}, { "2 calls done, 9 objects changed: demo is as web says" })
  lu.assertEquals(told({}, nil, { name = "web, cron", playbooks = 2 }),
    { "2 calls done, 9 objects changed: demo is as web, cron say" })
  lu.assertEquals(told({}, { command = "op", options = {} }),
    { "2 calls done, 9 objects changed: demo is as was asked for" })
  local undo = { command = "undo", options = { run = 3 }, lost = {} }
  lu.assertEquals(told({}, undo), { "2 calls done, 9 objects changed: run 3 is undone in demo" })
  undo.lost = { { label = "process a", reason = "comes back with a new id", left = false } }
  lu.assertEquals(told({}, undo), { "2 calls done, 9 objects changed: run 3 is undone in demo" })
  undo.lost = { { label = "process a", reason = "it is gone", left = true } }
  lu.assertEquals(told({}, undo), {
    "2 calls done, 9 objects changed: run 3 is undone in demo, but not everything came back" })
end

function tests.test_who_was_stopped_learns_how_to_go_on()
  local stopped = { interrupted = true,
    left = { { action = "update", type = "process", label = { "a" } } } }
  for _, case in ipairs {
    { "remora resume", { command = "apply", options = {} } },
    { "remora resume", { command = "undo", options = { run = 3 }, lost = {} } },
    { "remora watch", { command = "apply", options = {}, revision = "4f1c" } },
  } do
    local lines = told(stopped, case[2])
    lu.assertEquals(lines[#lines],
      ("2 calls done, 9 objects changed, then stopped; %s to go on"):format(case[1]))
  end
end

-- What held a run up → what the journal is told.
local HALTS = {
  { {}, nil },
  { { stopped = true, failures = { failure "a", failure "b" } },
    "stopped after 2 failed calls, as --max-failures says" },
  { { halts = { fault.new { code = "hosting.halted", message = "too many failed",
    at = { file = "web.yml", line = 7 } } } }, "web.yml:7: too many failed" },
}

function tests.test_why_a_run_did_not_go_on()
  for _, case in ipairs(HALTS) do
    local result = { halts = {}, failures = {} }
    for name, value in pairs(case[1]) do result[name] = value end
    lu.assertEquals(report.halt(result), case[2])
  end
end

return tests
