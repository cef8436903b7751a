-- Finds processes that one service instance could not hold together: the platform wants
-- (executable, start pattern) to be unique there, beside the name.

local json = require "json"
local order = require "remora.core.order"

local twins = {}

---A check for a map of processes: reports each that repeats executable and pattern of another.
---@param value_of fun(process: table, field: string): any
---@param unset_clashes boolean whether two unset patterns count as equal
---@return table check for `checks` of a map in remora.core.schema
function twins.check(value_of, unset_clashes)
  return { needs = {}, function(processes, report)
    local seen = {}
    for name, process in order.pairs(processes) do
      local func = value_of(process, "bk_func_name")
      local pattern = value_of(process, "bk_start_param_regex")
      local set = pattern ~= nil and pattern ~= json.null
      local identity = func and func .. "\0" .. (set and pattern or "")
      local other = identity and seen[identity]
      if other and (set or other.set or unset_clashes) then
        report(name, ('"%s" and "%s" have the same bk_func_name and bk_start_param_regex')
          :format(other.name, name), "give one of them a bk_start_param_regex of its own")
      elseif identity then
        seen[identity] = { name = name, set = set }
      end
    end
  end }
end

return twins
