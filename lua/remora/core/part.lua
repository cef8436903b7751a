-- What a table has under some keys. Pure.

---@param map table
---@param keys any[]
---@return table part what is not there is not there either
return function(map, keys)
  local part = {}
  for _, key in ipairs(keys) do part[key] = map[key] end
  return part
end
