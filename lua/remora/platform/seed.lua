-- Fills an empty platform: what every platform has from the start, and a fleet read from a topology
-- file, in one transaction. Adding to what is there already is remora.platform.import's.

local categories = require "remora.platform.categories"
local fleet = require "remora.platform.fleet"
local populate = require "remora.platform.population"

local DEFAULT_CLOUD = { id = 0, name = "Default Area" }

---Fills the platform, unless it has been filled before.
---@param ctx remora.platform.Author
---@param read fun(): table|nil, table gives the fleet and where its things stand, as
---  remora.platform.topology does, or nil and a fault; only called when the platform is empty
---@return table<string, integer>|false|nil made how many things, as of population.lua; false: there
---  was data already
---@return table|nil fault nothing was stored
return function(ctx, read)
  return ctx.store:transaction(function()
    if ctx.store:count("cloud") > 0 then return false end
    local wanted, at = read()
    if not wanted then return nil, at end
    ctx.store:restart()
    categories.seed(ctx.store)
    fleet.create_cloud(ctx, DEFAULT_CLOUD.name, DEFAULT_CLOUD.id)
    return populate(ctx, wanted, at)
  end)
end
