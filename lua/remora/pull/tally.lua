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

---@class remora.pull.Met a trait and who has it
---@field key string tells it from others
---@field trait remora.pull.Trait
---@field places remora.pull.Place[]
---@field template_id integer of the processes
---@field alike boolean those that were only counted have it as well

---@param in_line boolean with a template
---@return table tally
function tally.new(in_line)
  return setmetatable({ in_line = in_line, size = 0, instances = {}, met = {}, listed = {},
    alike = {} }, Tally)
end

---@param place remora.pull.Place
---@return string key equal for service instances of one name on one host
function tally.named(place) return place.host_id .. " " .. place.name end

local function met_of(self, template_id, trait)
  local key = trait.process .. "\0" .. json.encode(trait.fields)
  local met = self.met[key]
  if not met then
    met = { key = key, trait = trait, places = {}, template_id = template_id, alike = false }
    self.met[key] = met
  end
  return met
end

local function place_of(self, row)
  local id = row.service_instance.id
  local place = self.instances[id]
  if not place then
    place = { id = id, name = row.service_instance.name, host_id = row.host.bk_host_id }
    self.instances[id], self.size = place, self.size + 1
  end
  return place
end

---Adds a process.
---@param row table of list_process_related_info
---@param template_id integer
---@param traits remora.pull.Trait[]
function Tally:add(row, template_id, traits)
  local place = place_of(self, row)
  for _, trait in ipairs(traits) do
    local places = met_of(self, template_id, trait).places
    places[#places + 1] = place
  end
  if self.in_line then
    local listed = self.listed[template_id] or {}
    self.listed[template_id], listed[#listed + 1] = listed, place
  end
end

---Adds processes that look alike.
---@param template_id integer
---@param count integer of them
---@param traits remora.pull.Trait[] of each
function Tally:add_alike(template_id, count, traits)
  self.alike[template_id] = count
  for _, trait in ipairs(traits) do met_of(self, template_id, trait).alike = true end
end

---@return boolean plain nothing has anything of its own
function Tally:is_plain() return next(self.met) == nil end

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

---Tells traits of the whole module from those of a part of it.
---@param members integer[]? its hosts; not needed of a module in line
---@return remora.pull.Met[] whole
---@return remora.pull.Met[] partial
function Tally:divide(members)
  local complete = self.in_line or #members == self.size and not select(2, self:occurrences())
  local whole, partial = {}, {}
  for _, met in pairs(self.met) do
    local count, all = #met.places, self.size
    if self.in_line then
      local alike = self.alike[met.template_id] or 0
      count = count + (met.alike and alike or 0)
      all = alike + #(self.listed[met.template_id] or {})
    end
    local list = complete and count == all and whole or partial
    list[#list + 1] = met
  end
  return whole, partial
end

---Who has a trait.
---@param met remora.pull.Met
---@param members integer[] hosts of the module
---@return remora.pull.Place[]
function Tally:places(met, members)
  if not met.alike then return met.places end
  local places, others = table.move(met.places, 1, #met.places, 1, {}), {}
  for _, place in ipairs(self.listed[met.template_id] or {}) do others[place.host_id] = true end
  for _, host_id in ipairs(members) do
    if not others[host_id] then places[#places + 1] = { host_id = host_id } end
  end
  return places
end

return tally
