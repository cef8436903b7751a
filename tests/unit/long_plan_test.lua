-- Plans whose calls have to wait for one another: how many may, and what is said of more.

local lu = require "luaunit"
local planner = require "remora.reconcile.plan"

-- A kind that counts up, one call after the other.
local function counting(last)
  return { name = "numbers",
    plan = function(_, state, b)
      if state.number == last then return end
      b:step { stage = 1, title = "numbers", call = "cc.update_proc_template", group = "",
        args = { process_template_id = state.number },
        changes = { b:change { type = "number", action = "update", id = state.number,
          label = { tostring(state.number) },
          at = { file = "web.yml", line = 3, column = 5 } } } }
    end,
    simulate = function(state) return { number = state.number + 1 } end }
end

local function planned(last)
  return planner.make({ name = "web" }, { number = 0 }, { counting(last) })
end

return {
  test_a_plan_takes_as_many_calls_as_it_has_to = function()
    local made = planned(512)
    lu.assertEquals({ #made.steps, #made.problems }, { 512, 0 })
    lu.assertEquals(made.steps[512].stage, 512)
  end,

  test_one_that_would_not_end_in_a_night_is_refused_where_it_was_asked_for = function()
    for _, last in ipairs { 513, math.huge } do
      local problems = planned(last).problems
      lu.assertEquals({ #problems, problems[1].code, problems[1].at.line },
        { 1, "plan.too_long", 3 })
      lu.assertEquals(problems[1].message,
        "numbers: more than 512 calls would have to wait for one another")
    end
  end,
}
