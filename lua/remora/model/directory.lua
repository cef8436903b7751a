-- Sets or modules, found by what rules call them. A playbook of a large fleet has as many rules as
-- the fleet has modules, and each of them looks here: nobody may go through the whole list. Pure.

local glob = require "remora.core.glob"

---@class remora.model.Directory
---@field all table[] as they were given: {id, name, set_id?}
---@field by_id table<integer|string, table>
---@field by_name table<string, table[]>
---@field by_set table<integer|string, table[]> modules
---@field by_glob table<string, table[]> of those that somebody asked for
local directory = {}
directory.__index = directory

local NONE = {}

local function add(lists, key, each)
  local list = lists[key] or {}
  lists[key] = list
  list[#list + 1] = each
end

---@param list {id: integer|string, name: string, set_id: integer|string|nil}[] not to be changed
---@return remora.model.Directory
function directory.new(list)
  local self = setmetatable({ all = list, by_id = {}, by_name = {}, by_set = {}, by_glob = {} },
    directory)
  for _, each in ipairs(list) do
    self.by_id[each.id] = each
    add(self.by_name, each.name, each)
    if each.set_id ~= nil then add(self.by_set, each.set_id, each) end
  end
  return self
end

-- Those whose names match a glob. Rules are alike: most of them ask what others have asked.
local function matching(self, wanted)
  if not self.by_glob[wanted] then
    local list, matches = {}, glob.matcher(wanted)
    for _, each in ipairs(self.all) do
      if matches(each.name) then list[#list + 1] = each end
    end
    self.by_glob[wanted] = list
  end
  return self.by_glob[wanted]
end

---All that an item of a rule means.
---@param wanted string|integer a name, a glob or an id
---@return table[] list in their order; shared, not to be changed
function directory:meant(wanted)
  if math.type(wanted) == "integer" then return { self.by_id[wanted] } end
  if glob.is(wanted) then return matching(self, wanted) end
  return self.by_name[wanted] or NONE
end

---The modules in a set.
---@param set_id integer|string
---@return table[] list in their order; shared, not to be changed
function directory:inside(set_id)
  return self.by_set[set_id] or NONE
end

return directory
