-- Looking for the effect of calls that nobody knows the outcome of.

local json = require "json"
local lu = require "luaunit"
local recovery = require "remora.reconcile.recovery"

local CALL = "cc.update_process_instance"

local tests = {}

local function args(...)
  return { bk_biz_id = 1, processes = json.array { ... } }
end

local function call(id, intended, ...)
  return { id = id, name = CALL, arguments = args(...), work = {}, intended = intended }
end

local function plan(...)
  local steps = {}
  for i, each in ipairs { ... } do steps[i] = { call = CALL, args = args(each) } end
  return { steps = steps }
end

-- A clock that runs only while somebody sleeps, and plans that come one after the other.
local function world(plans, interrupted_after)
  local self = { time = 100, at = 1, slept = 0 }
  self.plan = function() return plans[math.min(self.at, #plans)] end
  self.again = function()
    self.at = self.at + 1
    return true
  end
  self.sleep = function(seconds) self.time, self.slept = self.time + seconds, self.slept + 1 end
  self.now = function() return self.time end
  self.may_come = function(each) return not each.at_once end
  self.interrupted = function() return self.slept >= (interrupted_after or math.huge) end
  return self
end

function tests.test_a_call_is_missing_while_any_item_is_planned_again()
  local calls = { call(1, 0, "a", "b"), call(2, 0, "c") }
  local missing = recovery.missing(calls, plan("b", "d"))
  lu.assertEquals(#missing, 1)
  lu.assertEquals(missing[1].id, 1)
  lu.assertEquals(recovery.missing(calls, plan()), {})
end

function tests.test_parts_with_names_of_their_own_are_found_by_them()
  local hosted = { id = 1, name = "job.manage_proc", arguments = {}, intended = 0,
    work = { keys = { "register host-1" } } }
  local step = { call = "job.manage_proc", args = {}, keys = { "register host-1" } }
  local again = { steps = { step } }
  lu.assertEquals(#recovery.missing({ hosted }, again), 1)
end

function tests.test_what_is_found_is_not_waited_for()
  local w = world { plan("z") }
  lu.assertEquals(recovery.look({ call(1, 100, "a") }, w, 10), { true })
  lu.assertEquals(w.slept, 0)
end

function tests.test_an_effect_may_come_late()
  local w = world { plan("a"), plan("a"), plan() }
  lu.assertEquals(recovery.look({ call(1, 100, "a") }, w, 10), { true })
  lu.assertEquals(w.slept, 2)
end

function tests.test_a_clock_that_was_set_back_holds_up_nobody()
  local w = world { plan("a") }
  lu.assertEquals(recovery.look({ call(1, 5000, "a") }, w, 10), { false })
  lu.assertEquals(w.time, 110)
end

function tests.test_what_cannot_come_any_more_is_not_waited_for()
  local w, prompt = world { plan("a", "b"), plan("a") }, call(1, 100, "a")
  prompt.at_once = true
  lu.assertEquals(recovery.look({ prompt }, w, 10), { false })
  lu.assertEquals(w.slept, 0)
  lu.assertEquals(recovery.look({ prompt, call(2, 100, "b") }, w, 10), { false, true })
  lu.assertEquals(w.slept, 1)
end

function tests.test_an_effect_that_had_its_time_is_absent()
  local w = world { plan("a") }
  lu.assertEquals(recovery.look({ call(1, 95, "a") }, w, 10), { false })
  lu.assertEquals(w.time, 105)
  w = world { plan("a") }
  lu.assertEquals(recovery.look({ call(1, 10, "a") }, w, 10), { false })
  lu.assertEquals(w.slept, 0)
end

function tests.test_an_interrupt_ends_the_waiting()
  local w = world({ plan("a") }, 1)
  lu.assertEquals(recovery.look({ call(1, 100, "a") }, w, 10), { false })
  lu.assertEquals(w.slept, 1)
end

function tests.test_a_read_that_fails_ends_it()
  local w, refusal = world { plan("a") }, {}
  w.again = function() return nil, refusal end
  local found, refused = recovery.look({ call(1, 100, "a") }, w, 10)
  lu.assertNil(found)
  lu.assertIs(refused, refusal)
end

function tests.test_each_kind_waits_for_its_own_calls()
  local settled = {}
  local kind = { settle = { [CALL] = function(_, step)
    settled[#settled + 1] = step.args.processes[1]
    return true
  end } }
  local calls = { call(1, 0, "a"), { name = "cc.other", arguments = {}, work = {} } }
  lu.assertTrue(recovery.wait(calls, { kind, {} }, {}))
  lu.assertEquals(settled, { "a" })
end

return tests
