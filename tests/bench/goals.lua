-- What the figures are held to, as data, and whether they reach it. Measures nothing.

local goals = {}

---@class tests.bench.Goal
---@field of string whose figure
---@field what string which figure, as it is printed behind the number
---@field most number? it must not be more
---@field least number? it must not be less

---@class tests.bench.Verdict a goal and what was measured
---@field goal tests.bench.Goal
---@field value number
---@field met boolean

-- By processes of the fleet, where that matters. A small one is read so quickly that starting is
-- most of it, so peers are compared on the others.
local PYTHON = { [100000] = 17, [1000000] = 17 }
local GO = { [100000] = 11, [1000000] = 11 }
local UPDATES = { [10000] = 1.1, [100000] = 1.0, [1000000] = 0.95 }
local FLEET = {
  { of = "plan", what = "x floor", most = { [10000] = 1.0, [100000] = 0.8, [1000000] = 0.75 } },
  { of = "plan, 1 % drift", what = "x floor", most = UPDATES },
  { of = "apply, 1 % drift", what = "x floor", most = UPDATES },
  { of = "script on every row", what = "x floor", most = { [100000] = 2.3 } },
  { of = "plan", what = "MB of memory", most = 24 },
  { of = "plan, 1 % drift", what = "MB of memory", most = 24 },
  { of = "plan", what = "x faster than python", least = PYTHON },
  { of = "plan", what = "x faster than go", least = GO },
  { of = "apply, 1 % drift", what = "x faster than python", least = PYTHON },
  { of = "apply, 1 % drift", what = "x faster than go", least = GO },
}

---@type tests.bench.Goal[] with latency; 1 is as close to what the requests themselves take as who
---  does nothing but fetch comes
goals.overlap = {
  { of = "plan", what = "x the floor's overlap", most = 1.05 },
  { of = "apply, 1 % drift", what = "x the floor's overlap", most = 1.12 },
}

---@type tests.bench.Goal[] what does not depend on a fleet
goals.parts = {
  { of = "remora --version", what = "ms", most = 5 },
  { of = "check, 1,000 lines", what = "ms", most = 20 },
  { of = "load 10 MB of YAML", what = "x libyaml", most = 2 },
  { of = "embedded platform", what = "pages of 500 a second of a core", least = 300 },
}

local function for_rows(limit, rows)
  if type(limit) == "table" then return limit[rows] end
  return limit
end

---The goals of a fleet.
---@param rows integer its processes
---@return tests.bench.Goal[]
function goals.fleet(rows)
  local list = {}
  for _, goal in ipairs(FLEET) do
    local most, least = for_rows(goal.most, rows), for_rows(goal.least, rows)
    if most or least then
      list[#list + 1] = { of = goal.of, what = goal.what, most = most, least = least }
    end
  end
  return list
end

---Holds figures to goals; a goal without a figure is left out.
---@param list tests.bench.Goal[]
---@param figure_of fun(of: string, what: string): number?
---@return tests.bench.Verdict[]
function goals.judge(list, figure_of)
  local verdicts = {}
  for _, goal in ipairs(list) do
    local value = figure_of(goal.of, goal.what)
    if value then
      local met = value <= (goal.most or math.huge) and value >= (goal.least or 0)
      verdicts[#verdicts + 1] = { goal = goal, value = value, met = met }
    end
  end
  return verdicts
end

---One verdict as cells of a line: who, the figure, the goal, and how far off.
---@param verdict tests.bench.Verdict
---@return string[]
function goals.cells(verdict)
  local goal, value = verdict.goal, verdict.value
  local off = goal.most and value / goal.most or goal.least / value
  return { verdict.met and "met" or "MISSED", goal.of, ("%.2f %s"):format(value, goal.what),
    goal.most and ("at most %g"):format(goal.most) or ("at least %g"):format(goal.least),
    verdict.met and "" or ("by %.2f x"):format(off) }
end

return goals
