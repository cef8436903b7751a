-- The `where` of a rule for a given set of modules: as short as it can be and still mean exactly
-- them, on the fleet as it is. Pure.

local directory = require "remora.model.directory"
local express = require "remora.pull.express"
local fault = require "remora.core.fault"
local json = require "json"
local order = require "remora.core.order"
local scope = require "remora.model.scope"

local places = {}
places.__index = places

---@param state table with sets and modules
---@return table places remembers its answers
function places.new(state)
  return setmetatable({ known = {}, modules = directory.new(state.modules),
    within = scope.new({}, state, fault.nowhere) }, places)
end

-- Whether a `where` means these modules and no others.
function places:means(where, ids)
  local modules = self.within:modules(where)
  local met = 0
  for _, module in ipairs(modules) do
    if not ids[module.id] then return false end
    met = met + 1
  end
  for _ in pairs(ids) do met = met - 1 end
  return met == 0
end

-- What all names begin with, up to a separator, and a star: "prod-*".
local function glob_of(names)
  local common = names[1]
  for _, name in ipairs(names) do
    while name:sub(1, #common) ~= common do common = common:sub(1, -2) end
  end
  local stem = common:match("^(.*[-_./])")
  return stem and stem .. "*"
end

local function sets_of(modules, ids)
  local names = {}
  for _, module in ipairs(modules) do
    if ids[module.id] then names[module.set_name] = true end
  end
  return order.keys(names)
end

---A `where` for modules of one name.
---@param name string of the modules
---@param ids table<integer, boolean> the modules; at least one
---@return table where {set?, module} with lists
---@return boolean by_id whether only ids could tell the modules apart
function places:of(name, ids)
  local key = name .. "\0" .. table.concat(order.keys(ids), ",")
  local known = self.known[key]
  if not known then
    known = self:find(name, ids)
    self.known[key] = known
  end
  return known, math.type(known.module[1]) == "integer"
end

function places:find(name, ids)
  local by_id = { module = json.array(order.keys(ids)) }
  if not express.can_select(name) then return by_id end
  local module, sets = json.array { name }, sets_of(self.modules:meant(name), ids)
  if self:means({ module = module }, ids) then return { module = module } end
  for _, set in ipairs(sets) do
    if not express.can_select(set) then return by_id end
  end
  local glob = #sets > 1 and glob_of(sets)
  if glob and self:means({ set = { glob }, module = module }, ids) then
    return { set = json.array { glob }, module = module }
  end
  if self:means({ set = sets, module = module }, ids) then
    return { set = json.array(sets), module = module }
  end
  return by_id
end

return places
