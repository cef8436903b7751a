-- The two marks that keep an object as it is: `protect` and `ignore`.
-- Owns their shapes; who looks at them is the planner of each kind.

local guards = {}

---`protect: true`: whatever would delete or un-host the object is refused.
guards.protect = { type = "boolean", about = "what would delete or un-host it is refused" }

---`ignore: [fields]`: set when the object is made, never compared afterwards. Gives a set.
---@param names string[] what may be ignored
---@return table shape
function guards.ignore(names)
  local rows = {}
  for i, name in ipairs(names) do rows[i] = { name, name } end
  return {
    type = "list", lone = true, min_items = 1, of = { type = "enum", values = rows },
    words = "a field or a list of them", about = "set when it is made, never compared afterwards",
    convert = function(list)
      local set = {}
      for _, name in ipairs(list) do set[name] = true end
      return set
    end,
  }
end

return guards
