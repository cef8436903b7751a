-- What people are told of that which undoing does not bring back, or only as something else.

local lost = {}

local MOST_NAMED = 3 -- objects with the same reason

---Says it, once for each reason.
---@param out table
---@param list remora.reconcile.Lost[]
function lost.warn(out, list)
  local by_reason, reasons = {}, {}
  for _, each in ipairs(list) do
    if not by_reason[each.reason] then
      by_reason[each.reason], reasons[#reasons + 1] = {}, each.reason
    end
    table.insert(by_reason[each.reason], each.label)
  end
  for _, reason in ipairs(reasons) do
    local labels = by_reason[reason]
    local named = table.concat(labels, ", ", 1, math.min(#labels, MOST_NAMED))
    if #labels > MOST_NAMED then named = named .. (" and %d more"):format(#labels - MOST_NAMED) end
    out:warn("%s: %s", named, reason)
  end
end

return lost
