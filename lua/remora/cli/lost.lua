-- What people are told of that which undoing does not bring back, or only as something else.

local text = require "remora.journal.text"

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
    out:warn("%s: %s", text.named(by_reason[reason], MOST_NAMED), reason)
  end
end

return lost
