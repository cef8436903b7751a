-- The platform decodes into typed structures, which take the names of members in any letter case.
-- All those names are in small letters. Pure.

---An object of a request with the names of its members in small letters; of two that then are the
---same name, the one that was written so wins.
---@param object table<string, any>
---@return table<string, any> object itself when there is nothing to change
return function(object)
  local small
  for key in pairs(object) do
    if key:find("%u") then small = {} break end
  end
  if not small then return object end
  for key, value in pairs(object) do
    local name = key:lower()
    if object[name] == nil or name == key then small[name] = value end
  end
  return small
end
