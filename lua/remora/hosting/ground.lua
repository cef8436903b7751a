-- How what a hosting call rests on is asked again just before it: one query to all agents that the
-- calls of a look address, over each way to reach them.

local agents = require "remora.hosting.agents"
local drivers = require "remora.hosting.drivers"

local function addressed(steps)
  local by_way = {}
  for _, step in ipairs(steps) do
    local via, driver = drivers.of(step.call)
    by_way[via] = by_way[via] or {}
    for each in driver.addressed(step.call, step.args) do
      table.insert(by_way[via], each)
    end
  end
  return by_way
end

return {
  ---@param reader table
  ---@param looked remora.reconcile.Looked
  ---@return remora.hosting.Said? agents by place
  ---@return table? fault
  read = function(reader, looked)
    return agents.ask_all(reader, looked.business, addressed(looked.steps))
  end,
}
