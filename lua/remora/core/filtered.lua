-- Those items of a list that pass a test. Pure.
-- The module is the function itself: local filtered = require "remora.core.filtered".

---@param list any[]
---@param test fun(item: any): any
---@return any[] passing in their order; a list of its own
return function(list, test)
  local passing = {}
  for _, item in ipairs(list) do
    if test(item) then passing[#passing + 1] = item end
  end
  return passing
end
