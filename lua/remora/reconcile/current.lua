-- Reads what the kinds of a playbook need into one state, the planner's input beside the playbook.
-- Owns the order of reading; every part is read by its kind.

local current = {}

---@class remora.reconcile.State what is known of a business; the kinds add their own parts
---@field business {id: integer, name: string}?
---@field demands {rules: table[], fields: string[]}[] processes that kinds look at, so that whoever
---  reads a module first reads enough for all

---@param reader table remora.reconcile.reader
---@param pb table playbook in normal form
---@param kinds table[] the kinds that the playbook needs, in order
---@return remora.reconcile.State? state
---@return table? fault of the first read that failed
function current.read(reader, pb, kinds)
  local state = { demands = {} }
  for _, kind in ipairs(kinds) do
    if kind.process_fields then
      state.demands[#state.demands + 1] =
        { rules = pb.sections[kind.section], fields = kind.process_fields }
    end
  end
  for _, kind in ipairs(kinds) do
    local done, refused = kind.read(reader, pb, state)
    if not done then return nil, refused end
  end
  return state
end

return current
