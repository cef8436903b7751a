-- What a hosting call of a run that was cut short may have registered. It was sent only because the
-- agent did not have the process, so an agent that has it now has it from that call; where it never
-- arrived nothing is hosted, and what is remembered here does not count.

local drivers = require "remora.hosting.drivers"
local targets = require "remora.hosting.targets"
local verbs = require "remora.hosting.verbs"

---@param run table see reconcile/sending.lua
---@param step {call: string, args: table, group: string?} group: the verb
---@return boolean? done
---@return table? fault
return function(run, step)
  if not verbs[step.group].teaches then return true end
  local via, driver = drivers.of(step.call)
  return run.registry:together(function()
    for each in driver.addressed(step.call, step.args) do
      local done, refused = run.registry:put(targets.place(each.host, each.entry.proc_name),
        { via = via, entry = each.entry })
      if not done then return nil, refused end
    end
    return true
  end)
end
