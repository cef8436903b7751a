-- Reads what the kinds of a playbook need into one state, the planner's input beside the playbook.
-- The kinds read side by side; each may wait for those before it, and what two of them ask is asked
-- once (reader:memo). Owns nothing else; every part is read by its kind.

local business = require "remora.observe.business"

local current = {}

---@class remora.reconcile.State what is known of a business; the kinds add their own parts
---@field business {id: integer, name: string}?
---@field demands string[][] what kinds look at of processes, fields of each kind, so that whoever
---  reads a module first reads enough for all
---@field selection table? what is wanted, nil: everything (reconcile/selection.lua); nothing else
---  needs to be read

local function demands_of(kinds)
  local demands = {}
  for _, kind in ipairs(kinds) do demands[#demands + 1] = kind.process_fields end
  return demands
end

-- Waits for some tasks; the fault of the first one that has one.
local function wait_for(tasks, count)
  local first
  for i = 1, count do
    local _, refused = tasks[i]:wait()
    first = first or refused
  end
  return first == nil, first
end

---@param reader table remora.reconcile.reader
---@param pb table playbook in normal form
---@param kinds table[] the kinds that the playbook needs, in order
---@param selection table? what is wanted (reconcile/selection.lua): nothing else is read
---@return remora.reconcile.State? state
---@return table? fault of the first kind whose reading failed
function current.read(reader, pb, kinds, selection)
  local state = { demands = demands_of(kinds), selection = selection }
  local known, refused = business.find(reader, pb, state)
  if not known then return nil, refused end
  local tasks = { reader:start(business.read, reader, pb, state) }
  for i, kind in ipairs(kinds) do
    tasks[i + 1] = reader:start(kind.read, reader, pb, state, function()
      return wait_for(tasks, i)
    end)
  end
  local done
  done, refused = wait_for(tasks, #tasks)
  if not done then return nil, refused end
  return state
end

return current
