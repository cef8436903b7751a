-- How what hosting rules speak of is called in plans: each hosted process. Pure.

local targets = require "remora.hosting.targets"

---@param pb table
---@param state table
---@param tell fun(label: string[])
return function(pb, state, tell)
  for _, target in ipairs((targets.of(pb, state))) do tell(target:label()) end
end
