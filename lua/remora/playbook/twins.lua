-- Finds processes that one service instance could not hold together: the platform wants
-- (executable, start pattern) to be unique there, beside the name.

local json = require "json"
local order = require "remora.core.order"

local twins = {}

---Reports each process that repeats executable and pattern of another one.
---@param processes table<string, table>
---@param value_of fun(process: table, field: string): any
---@param unset_clashes boolean whether two unset patterns count as equal
---@param report fun(key: any, message: string, hint: string?) of the record that holds `processes`
function twins.find(processes, value_of, unset_clashes, report)
  local seen = {}
  for name, process in order.pairs(processes) do
    local func = value_of(process, "bk_func_name")
    local pattern = value_of(process, "bk_start_param_regex")
    if pattern == nil then pattern = json.null end
    local set = pattern ~= json.null
    local identity = func and func .. "\0" .. (set and pattern or "")
    local other = identity and seen[identity]
    if other and (set or other.set or unset_clashes) then
      report("processes", ('"%s" and "%s" have the same bk_func_name and bk_start_param_regex')
        :format(other.name, name), "give one of them a bk_start_param_regex of its own")
    elseif identity then
      seen[identity] = { name = name, set = set }
    end
  end
end

return twins
