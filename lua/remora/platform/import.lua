-- Adds a topology file to the data of a platform, which may be running: all of it, or nothing. An
-- empty platform begins with it.

local system = require "system"
local clock = require "remora.platform.clock"
local events = require "remora.platform.events"
local populate = require "remora.platform.population"
local seed = require "remora.platform.seed"
local store = require "remora.platform.store"
local topology = require "remora.platform.topology"

---@param path string the topology file
---@param data string the platform's data
---@return table<string, integer>? made how many things were not there yet, by what they are
---@return table? fault all that is wrong with the file or contradicts the data; nothing was changed
return function(path, data)
  local fleet, at = topology.open(path)
  if not fleet then return nil, at end
  local opened, refused = store.open(data)
  if not opened then return nil, refused end
  local ctx = { store = opened, user = "admin", account = "0", now = clock.stamp(system.time()) }
  local made
  made, refused = seed(ctx, function() return fleet, at end)
  if made == false then
    made, refused = opened:transaction(function()
      events.record(opened) -- who watches the platform sees it
      return populate(ctx, fleet, at)
    end)
  end
  opened:close()
  return made, refused
end
