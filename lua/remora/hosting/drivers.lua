-- The ways to reach the agents, by the name a rule calls them (`via`). A new one is a file with
-- the functions below and one line here.
--
--   calls        set of the calls it makes
--   expressible  set of the members of a definition it has a place for
--   needed       members that its platform refuses to see blank
--   requests     function(verb, biz_id, targets) → list of Request; verb: query, or one of
--                verbs.lua. Targets with one definition share an entry, entries share a call
--   addressed    function(call, args) → iterator of Addressed: whom a request speaks of, in a
--                fixed order
--   question     function(args, data) → Request for the results of the task that a request made

---@class remora.hosting.Request
---@field call string
---@field args table
---@field entries integer? what the call's own limit counts; nil: it has none

---@class remora.hosting.Addressed
---@field key string what the results call it
---@field entry table the definition, as definition.make made it
---@field host {bk_cloud_id: integer, ip: string}

local drivers = {
  via = {
    gse = require "remora.hosting.gse",
    job = require "remora.hosting.job",
  },
}

---The way that makes a call.
---@param call string
---@return string via
---@return table driver
function drivers.of(call)
  for via, driver in pairs(drivers.via) do
    if driver.calls[call] then return via, driver end
  end
  error("no hosting call: " .. call)
end

return drivers
