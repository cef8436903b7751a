-- Which seeds a property is tried with, and how to try one of them again. Owns the two variables of
-- the environment: REMORA_TEST_SEEDS=N tries the first N, REMORA_TEST_SEED=N one alone.

local system = require "system"

local SEEDS = tonumber(system.getenv "REMORA_TEST_SEEDS")
local ONLY = tonumber(system.getenv "REMORA_TEST_SEED")

local seeds = {}

---How to try a seed again.
---@param seed integer
---@return string
function seeds.again(seed)
  return ("seed %d; again with REMORA_TEST_SEED=%d"):format(seed, seed)
end

---Whether one seed was asked for.
---@return boolean
function seeds.alone() return ONLY ~= nil end

---Walks the seeds.
---@param usual integer how many there are unless somebody asks for more
---@return fun(): integer?
return setmetatable(seeds, { __call = function(_, usual)
  local seed, last = ONLY or 1, ONLY or SEEDS or usual
  return function()
    if seed > last then return nil end
    seed = seed + 1
    return seed - 1
  end
end })
