-- What hosting rules could take away: processes that agents keep or that run, and those that a rule
-- counts its own among. Pure.

local targets = require "remora.hosting.targets"

---@param pb table
---@param state table
---@return remora.reconcile.Portion[]
return function(pb, state)
  local list, at = {}, {}
  for _, rule in ipairs(pb.sections.hosting) do
    for _, portion in ipairs(rule.among or {}) do list[#list + 1] = portion end
  end
  for _, target in ipairs((targets.of(pb, state))) do
    local agent = state.hosting.agents[target.place]
    local place = target:within()
    if not at[place] then
      at[place] = { what = targets.TYPE, within = place, count = 0 }
      list[#list + 1] = at[place]
    end
    if agent and (agent.hosted or agent.running or agent.lost) then
      at[place].count = at[place].count + 1
    end
  end
  return list
end
