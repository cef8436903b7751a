-- What many changes have in common. A fleet drifts in few ways: of ten thousand changes most differ
-- in nothing but their object. Such a change holds its object only, and has everything else from
-- where all of them have it. Knows no kind.
--
-- Whoever reads a member of a change need not know whether it is its own; but who goes over all
-- members with `pairs` meets its own ones only, and asks for the others by name.

local common = {}

---@param shared table members that all of them have
---@param worked_out table<string, fun(change: table): any> members that follow from those that are
---  a change's own; worked out anew each time somebody asks, as hardly anybody does
---@return table metatable of the changes
function common.of(shared, worked_out)
  return { __index = function(change, name)
    local value = shared[name]
    if value ~= nil or not worked_out[name] then return value end
    return worked_out[name](change)
  end }
end

---What a change has from where all have it that differ from it in nothing but their object.
---@param change remora.reconcile.Change
---@return table? common the same for all of them; nil: everything is the change's own
function common.held(change)
  return getmetatable(change)
end

return common
