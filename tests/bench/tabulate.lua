-- The benchmark's results as a table for people: medians, and ratios from pairs of one round. Pure.

local FLOOR, PEER = "floor", "python"

local HEAD = "  %-20s %9s %9s %9s %9s %9s"
local LINE = "  %-20s %8.3fs %8.3fs %6.1f MB %9s %9s"

local function median(list)
  table.sort(list)
  local middle = #list // 2
  if #list % 2 == 1 then return list[middle + 1] end
  return (list[middle] + list[middle + 1]) / 2
end

local function column(samples, name)
  local list = {}
  for _, sample in pairs(samples) do list[#list + 1] = sample[name] end
  return median(list)
end

-- The median of the ratios of runs of the same round; who ran once is compared by that round.
local function ratio(samples, others)
  local list = {}
  for round, sample in pairs(samples) do
    if others[round] then list[#list + 1] = sample.wall / others[round].wall end
  end
  return #list > 0 and ("%.2f"):format(median(list)) or "-"
end

---@param title string
---@param results tests.bench.Result[]
---@return string
return function(title, results)
  local by_name = {}
  for _, each in ipairs(results) do by_name[each.name] = each.samples end
  local lines = { title, HEAD:format("", "wall", "cpu", "memory", "x floor", "x python") }
  for _, each in ipairs(results) do
    local samples = each.samples
    lines[#lines + 1] = each.failed and ("  %-20s failed"):format(each.name)
      or LINE:format(each.name, column(samples, "wall"), column(samples, "cpu"),
        column(samples, "peak") / 1e6, ratio(samples, by_name[FLOOR]),
        ratio(samples, by_name[PEER] or {}))
  end
  return table.concat(lines, "\n")
end
