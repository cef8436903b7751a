-- host.limited: code that runs too long or takes too much memory ends, whatever it tries.

local host = require("host")
local lu = require("luaunit")

local function code_of(...)
  local result, failure = ...
  lu.assertNil(result)
  return failure and failure.code
end

local ENDLESS = {
  loop = function() while true do end end,
  protected_loop = function() while true do pcall(function() while true do end end) end end,
  recursion = function()
    local function again() return again() end
    return again()
  end,
  coroutine_loop = function()
    local co = coroutine.wrap(function() while true do coroutine.yield() end end)
    while true do co() end
  end,
  loop_in_coroutine = function()
    while true do coroutine.wrap(function() while true do end end)() end
  end,
}

return {
  test_results_and_errors_pass_through = function()
    local function more(...) return ..., 3 end
    lu.assertEquals({ host.limited(more, { instructions = 100 }, 1) }, { 1, 3 })
    lu.assertEquals({ host.limited(function() end, {}) }, {})
    local failure = { code = "mine" }
    local _, raised = pcall(host.limited, function() error(failure) end, { instructions = 100 })
    lu.assertIs(raised, failure)
  end,

  test_endless_code_ends = function()
    for name, endless in pairs(ENDLESS) do
      local code = code_of(host.limited(endless, { instructions = 100000 }))
      lu.assertEquals(code, "limit.instructions", name)
    end
  end,

  test_a_small_budget_is_exact_enough = function()
    local code = code_of(host.limited(ENDLESS.loop, { instructions = 1 }))
    lu.assertEquals(code, "limit.instructions")
    lu.assertTrue(host.limited(function()
      for _ = 1, 1000 do end
      return true
    end, { instructions = 10000 }))
  end,

  test_memory = function()
    local limits = { memory = 1000000 }
    local function long() return ("x"):rep(100000000) end
    lu.assertEquals(code_of(host.limited(long, limits)), "limit.memory")
    local function many()
      local t = {}
      repeat t[#t + 1] = {} until #t == 0
    end
    lu.assertEquals(code_of(host.limited(many, limits)), "limit.memory")
    lu.assertEquals(#host.limited(function() return ("x"):rep(100000) end, limits), 100000)
  end,

  test_garbage_does_not_count_as_memory_in_use = function()
    lu.assertTrue(host.limited(function()
      for _ = 1, 1000 do local _ = ("x"):rep(50000) .. _ end
      return true
    end, { memory = 1000000 }))
  end,

  test_limits_end_with_the_call = function()
    local kept
    lu.assertEquals(code_of(host.limited(function()
      kept = coroutine.wrap(function() while true do coroutine.yield(true) end end)
      kept()
      while true do end
    end, { instructions = 10000 })), "limit.instructions")
    for _ = 1, 5000 do lu.assertTrue(kept()) end
    lu.assertEquals(#("x"):rep(3000000), 3000000)
    lu.assertNil(debug.gethook())
  end,

  test_limited_code_may_wait_in_a_coroutine = function()
    local co = coroutine.create(function()
      return host.limited(function()
        coroutine.yield("waiting")
        while true do end
      end, { instructions = 100000, memory = 1000000 })
    end)
    lu.assertEquals({ coroutine.resume(co) }, { true, "waiting" })
    lu.assertNil(debug.gethook()) -- who runs meanwhile is not counted
    local _, result, failure = coroutine.resume(co)
    lu.assertEquals({ result, failure.code }, { nil, "limit.instructions" })
    lu.assertEquals(#("x"):rep(3000000), 3000000)
  end,

  test_limits_end_with_a_closed_coroutine = function()
    local co = coroutine.create(function()
      host.limited(coroutine.yield, { memory = 100000 })
    end)
    lu.assertTrue((coroutine.resume(co)))
    lu.assertFalse((pcall(string.rep, "x", 3000000)))
    lu.assertTrue((coroutine.close(co)))
    lu.assertEquals(#("x"):rep(3000000), 3000000)
  end,

  test_nested_limits = function()
    lu.assertEquals(host.limited(function()
      local code = code_of(host.limited(ENDLESS.loop, { instructions = 1000 }))
      lu.assertEquals(code, "limit.instructions")
      return "outer goes on"
    end, { instructions = 100000 }), "outer goes on")
  end,

  test_wrong_limits_are_errors = function()
    lu.assertErrorMsgContains("positive", host.limited, print, { instructions = 0 })
    lu.assertErrorMsgContains("number expected", host.limited, print, { memory = "much" })
    lu.assertErrorMsgContains("table expected", host.limited, print)
  end,
}
