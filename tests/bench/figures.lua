-- The arithmetic of the benchmark: what many runs of one thing say, and how two things compare that
-- ran in turns. Pure.

local figures = {}

---@param list number[] sorted by it
---@return number
function figures.median(list)
  table.sort(list)
  local middle = #list // 2
  if #list % 2 == 1 then return list[middle + 1] end
  return (list[middle] + list[middle + 1]) / 2
end

---The median of one figure of all runs.
---@param samples tests.bench.Sample[] by round
---@param name string such as "wall"
---@return number
function figures.of(samples, name)
  local list = {}
  for _, sample in pairs(samples) do list[#list + 1] = sample[name] end
  return figures.median(list)
end

---How many times as much as another one took: the median of the ratios of runs of the same round,
---so that what else the machine does slows both; who ran once is compared by that round.
---@param samples tests.bench.Sample[]
---@param others tests.bench.Sample[]
---@param name string? of what; nil: "wall"
---@return number? ratio nil when they never ran in the same round
function figures.ratio(samples, others, name)
  name = name or "wall"
  local list = {}
  for round, sample in pairs(samples) do
    if others[round] then list[#list + 1] = sample[name] / others[round][name] end
  end
  return #list > 0 and figures.median(list) or nil
end

return figures
