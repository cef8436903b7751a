-- What was met in one module: its service instances and what they have of their own. A module in
-- line with its template has one instance on each host, with one process of each process template;
-- there processes can be counted that look alike, without telling whose they are. Pure.

local json = require "json"

local Tally = {}
Tally.__index = Tally

local tally = {}

---@class remora.pull.Place a service instance; of one that was only counted the host alone is known
---@field host_id integer
---@field id integer?
---@field name string?

---@class remora.pull.Look processes of one template that have the same of their own
---@field traits remora.pull.Trait[]
---@field places remora.pull.Place[]
---@field alike integer more of them, which were only counted

---@class remora.pull.Met a trait, with the looks that have it
---@field key string tells it from others
---@field trait remora.pull.Trait
---@field looks remora.pull.Look[]
---@field template_id integer of the processes

---@param in_line boolean with a template
---@return table tally
function tally.new(in_line)
  return setmetatable({ in_line = in_line, plain = true, size = 0, instances = {}, looks = {} },
    Tally)
end

---@param place remora.pull.Place
---@return string key equal for service instances of one name on one host
function tally.named(place) return place.host_id .. " " .. place.name end

---The look of a key, if processes of it were met.
---@param template_id integer
---@param key string equal for processes that have the same of their own
---@return remora.pull.Look?
function Tally:look(template_id, key)
  local looks = self.looks[template_id]
  return looks and looks[key]
end

---Takes a look in that was not met yet.
---@param template_id integer
---@param key string
---@param traits remora.pull.Trait[]
---@return remora.pull.Look
function Tally:new_look(template_id, key, traits)
  local look = { traits = traits, places = {}, alike = 0 }
  self.looks[template_id] = self.looks[template_id] or {}
  self.looks[template_id][key] = look
  self.plain = self.plain and #traits == 0
  return look
end

---Adds a process of a look.
---@param look remora.pull.Look
---@param id integer of its service instance
---@param name string of that
---@param host_id integer
function Tally:add(look, id, name, host_id)
  local place = self.instances[id]
  if not place then
    place = { id = id, name = name, host_id = host_id }
    self.instances[id], self.size = place, self.size + 1
  end
  look.places[#look.places + 1] = place
end

---@return boolean plain nothing has anything of its own
function Tally:is_plain() return self.plain end

---How many service instances each host has, and whether some has more than one.
---@return table<integer, integer> on_host
---@return boolean crowded
function Tally:occurrences()
  local on_host, crowded = {}, false
  for _, place in pairs(self.instances) do
    on_host[place.host_id] = (on_host[place.host_id] or 0) + 1
    crowded = crowded or on_host[place.host_id] > 1
  end
  return on_host, crowded
end

---How many service instances there are of a host and a name.
---@return table<string, integer> by remora.pull.tally.named
function Tally:names()
  local names = {}
  for _, place in pairs(self.instances) do
    local key = tally.named(place)
    names[key] = (names[key] or 0) + 1
  end
  return names
end

local function size_of(looks)
  local size = 0
  for _, look in pairs(looks) do size = size + #look.places + look.alike end
  return size
end

-- Every trait with the looks that have it.
local function all_met(self)
  local all = {}
  for template_id, looks in pairs(self.looks) do
    for _, look in pairs(looks) do
      for _, trait in ipairs(look.traits) do
        local key = trait.process .. "\0" .. json.encode(trait.fields)
        all[key] = all[key] or { key = key, trait = trait, looks = {}, template_id = template_id }
        table.insert(all[key].looks, look)
      end
    end
  end
  return all
end

---Tells traits of the whole module from those of a part of it.
---@param members integer[]? its hosts; not needed of a module in line
---@return remora.pull.Met[] whole
---@return remora.pull.Met[] partial
function Tally:divide(members)
  local complete = self.in_line or #members == self.size and not select(2, self:occurrences())
  local whole, partial, sizes = {}, {}, {}
  for template_id, looks in pairs(self.looks) do sizes[template_id] = size_of(looks) end
  for _, met in pairs(all_met(self)) do
    local all = self.in_line and sizes[met.template_id] or self.size
    local list = complete and size_of(met.looks) == all and whole or partial
    list[#list + 1] = met
  end
  return whole, partial
end

---Who has a trait.
---@param met remora.pull.Met
---@param members integer[] hosts of the module
---@return remora.pull.Place[]
function Tally:places(met, members)
  local places, alike = {}, 0
  for _, look in ipairs(met.looks) do
    table.move(look.places, 1, #look.places, #places + 1, places)
    alike = alike + look.alike
  end
  if alike == 0 then return places end
  local listed = {}
  for _, look in pairs(self.looks[met.template_id]) do
    for _, place in ipairs(look.places) do listed[place.host_id] = true end
  end
  for _, host_id in ipairs(members) do
    if not listed[host_id] then places[#places + 1] = { host_id = host_id } end
  end
  return places
end

return tally
