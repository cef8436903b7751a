-- What one part of the benchmark found, as text.

local goals = require "tests.bench.goals"
local tabulate = require "tests.bench.tabulate"

local report = {}

---@class tests.bench.Report
---@field title string
---@field table string lines
---@field verdicts tests.bench.Verdict[]
---@field problems string[] what could not be measured, and why

---@param found tests.bench.Report
---@return string lines
function report.text(found)
  local lines = { found.title, found.table }
  local cells = {}
  for i, verdict in ipairs(found.verdicts) do cells[i] = goals.cells(verdict) end
  lines[#lines + 1] = tabulate(cells, 3)
  for _, problem in ipairs(found.problems) do
    lines[#lines + 1] = "NOT MEASURED: " .. problem .. "\n"
  end
  return table.concat(lines, "\n")
end

---How many goals were met, in all.
---@param list tests.bench.Report[]
---@return string line
function report.sum(list)
  local met, all, problems = 0, 0, 0
  for _, found in ipairs(list) do
    for _, verdict in ipairs(found.verdicts) do
      met, all = met + (verdict.met and 1 or 0), all + 1
    end
    problems = problems + #found.problems
  end
  local line = ("%d of %d goals met"):format(met, all)
  return problems > 0 and ("%s, %d not measured"):format(line, problems) or line
end

return report
