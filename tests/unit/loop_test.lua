-- Tasks of the loop: order, waiting, failing, ending. What they fetch is tested elsewhere.

local lu = require "luaunit"
local loop = require "remora.net.loop"
local system = require "system"

local tests = {}

local l
function tests.setUp() l = loop.new() end

function tests.test_run_passes_arguments_and_results()
  lu.assertEquals({ l:run(function(...) return select("#", ...), ... end, 1, nil, 3) },
    { 3, 1, nil, 3 })
  lu.assertEquals(l:run(function() return l:run(function() return "inner" end) end), "inner")
end

function tests.test_tasks_take_turns_in_the_order_they_were_started()
  local seen = {}
  l:run(function()
    local started = {}
    for i = 1, 3 do
      started[i] = l:spawn(function()
        for turn = 1, 2 do
          seen[#seen + 1] = turn .. "/" .. i
          l:sleep(0)
        end
      end)
    end
    for _, task in ipairs(started) do task:wait() end
  end)
  lu.assertEquals(seen, { "1/1", "1/2", "1/3", "2/1", "2/2", "2/3" })
end

function tests.test_sleepers_wake_when_they_are_due()
  l:run(function()
    local before = system.monotonic()
    lu.assertTrue(l:sleep(0.01))
    lu.assertTrue(system.monotonic() >= before + 0.01)
  end)
end

function tests.test_a_task_can_be_waited_for_before_and_after_its_end()
  l:run(function()
    local task = l:spawn(function(a) l:sleep(0) return a, nil, "end" end, 1)
    lu.assertEquals({ task:wait() }, { 1, nil, "end" })
    lu.assertEquals({ task:wait() }, { 1, nil, "end" })
  end)
end

local function inner_failure() error("broken") end

function tests.test_errors_keep_the_stack_of_their_task()
  local fine, message = pcall(l.run, l, function()
    local task = l:spawn(function() l:sleep(0) inner_failure() end)
    task:wait()
  end)
  lu.assertFalse(fine)
  lu.assertStrMatches(message, "^[^\n]*loop_test.lua:%d+: broken\n.*")
  lu.assertStrContains(message, "inner_failure")
end

function tests.test_an_error_that_nobody_waits_for_ends_the_run()
  local reached = false
  local fine, message = pcall(l.run, l, function()
    l:spawn(inner_failure)
    l:sleep(60)
    reached = true
  end)
  lu.assertFalse(fine)
  lu.assertFalse(reached)
  lu.assertStrContains(message, "broken")
  lu.assertEquals(l:run(function() return "still usable" end), "still usable")
end

function tests.test_errors_that_are_no_text_pass_unchanged()
  local thrown = {}
  local _, caught = pcall(l.run, l, function() error(thrown) end)
  lu.assertIs(caught, thrown)
end

function tests.test_gather_keeps_order_and_bounds_what_runs()
  local running, most = 0, 0
  local results, faults = l:run(function()
    return l:gather(3, { 5, 4, 3, 2, 1, 6 }, function(item, index)
      running = running + 1
      most = math.max(most, running)
      l:sleep(item / 1000)
      running = running - 1
      if item == 3 then return nil, "no " .. index end
      return item * 10
    end)
  end)
  lu.assertEquals(most, 3)
  lu.assertEquals(results, { 50, 40, nil, 20, 10, 60 })
  lu.assertEquals(faults, { [3] = "no 3" })
  lu.assertEquals({ l:run(function() return l:gather(3, {}, error) end) }, { {} })
end

function tests.test_a_bug_in_gather_ends_the_others()
  local finished = 0
  l:run(function()
    local fine, message = pcall(l.gather, l, 5, { 1, 2, 3 }, function(item)
      if item == 2 then inner_failure() end
      l:sleep(0.02)
      finished = finished + 1
    end)
    lu.assertFalse(fine)
    lu.assertStrContains(message, "inner_failure")
    l:sleep(0.04)
  end)
  lu.assertEquals(finished, 0)
end

local function closing(log, name)
  return setmetatable({}, { __close = function() log[#log + 1] = name end })
end

function tests.test_cancelled_tasks_close_their_variables()
  local log = {}
  l:run(function()
    local waits = l:spawn(function()
      local _ <close> = closing(log, "cancelled")
      l:sleep(60)
    end)
    l:spawn(function()
      local _ <close> = closing(log, "run over")
      l:sleep(60)
    end)
    l:sleep(0)
    waits:cancel()
    waits:cancel()
    lu.assertEquals(log, { "cancelled" })
    local fine, message = pcall(waits.wait, waits)
    lu.assertFalse(fine)
    lu.assertStrContains(message, "cancelled")
  end)
  lu.assertEquals(log, { "cancelled", "run over" })
end

function tests.test_failed_tasks_close_their_variables()
  local log = {}
  pcall(l.run, l, function()
    local _ <close> = closing(log, "closed")
    inner_failure()
  end)
  lu.assertEquals(log, { "closed" })
end

function tests.test_waiting_outside_a_task_is_a_bug()
  local wait = function() l:sleep(0) end
  lu.assertErrorMsgContains("only a task", wait)
  l:run(function()
    local co = coroutine.create(wait)
    local _, message = coroutine.resume(co)
    lu.assertStrContains(message, "coroutine of its own")
  end)
end

function tests.test_tasks_that_wait_for_each_other_are_a_bug()
  lu.assertErrorMsgContains("every task waits", l.run, l, function()
    local first, second
    first = l:spawn(function() second:wait() end)
    second = l:spawn(function() first:wait() end)
    first:wait()
  end)
end

return tests
