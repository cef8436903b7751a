-- What many changes have in common. A fleet drifts in few ways: of ten thousand changes most differ
-- in nothing but their object. Such a change holds its object only, and has everything else from
-- where all of them have it. Knows no kind.
--
-- Whoever reads a member of a change need not know whether it is its own; but who goes over all
-- members with `pairs` meets its own ones only, and asks for the others by name.

local values = require "remora.model.values"

local common = {}

---@class remora.reconcile.Differing in what changes differ that are alike
---@field members string[][] what of them: the name of a member, and of what in it where that is not
---  the whole
---@field row fun(change: table): any[] the values of one, in this order; those that not all have
---  come last. Worked out anew each time somebody asks, as hardly anybody does

---A change that is like another one.
---@param change table
---@param members string[][] as of remora.reconcile.Differing
---@param row any[] its own values of them
---@return table
function common.like(change, members, row)
  local own = values.copy(change)
  for i, member in ipairs(members) do
    local name, within = member[1], member[2]
    if within then
      if own[name] == change[name] then own[name] = values.copy(change[name]) end
      own[name][within] = row[i]
    else
      own[name] = row[i]
    end
  end
  return own
end

---@param shared table members that all of them have, whole
---@param differing remora.reconcile.Differing
---@return table metatable of the changes
function common.of(shared, differing)
  local differs = {}
  for _, member in ipairs(differing.members) do differs[member[1]] = true end
  return { differing = differing, __index = function(change, name)
    if not differs[name] then return shared[name] end
    return common.like(shared, differing.members, differing.row(change))[name]
  end }
end

---What a change has from where all have it that differ from it in nothing but their object.
---@param change remora.reconcile.Change
---@return {differing: remora.reconcile.Differing}? common the same for all of them; nil: everything
---  is the change's own
function common.held(change)
  return getmetatable(change)
end

return common
