-- What agents say of hosted processes, by place. Kept as texts, for there are very many, and told
-- as tables. Pure.

local values = require "remora.model.values"

local said = {}

---@class remora.hosting.Agent what an agent says of one hosted process
---@field hosted boolean it keeps it alive
---@field running boolean
---@field pids string of what runs, in order: "812 1370"
---@field lost integer? why it did not say: an error code (outcome.lua)

---@class remora.hosting.Said stands where a map of agents by place does (targets.lua); to change
---  what is told of one, it is put there again
---@field texts table<string, string> "hr:812 1370", "117:"
local Said = {}

local function text_of(agent)
  return ("%s%s%s:%s"):format(agent.hosted and "h" or "", agent.running and "r" or "",
    agent.lost or "", agent.pids or "")
end

local function agent_of(text)
  local hosted, running, lost, pids = text:match "^(h?)(r?)(%-?%d*):(.*)$"
  return { hosted = hosted == "h", running = running == "r", pids = pids,
    lost = math.tointeger(lost) }
end

---@return remora.hosting.Said
function said.new()
  return setmetatable({ texts = {} }, Said)
end

---@param map remora.hosting.Said
---@return remora.hosting.Said
function said.copy(map)
  return setmetatable({ texts = values.copy(map.texts) }, Said)
end

---Adds what others say.
---@param map remora.hosting.Said
---@param more remora.hosting.Said
function said.add(map, more)
  for place, text in pairs(more.texts) do map.texts[place] = text end
end

function Said.__index(map, place)
  local text = map.texts[place]
  return text and agent_of(text)
end

function Said.__newindex(map, place, agent)
  map.texts[place] = text_of(agent)
end

function Said.__pairs(map)
  return function(_, place)
    local next_place, text = next(map.texts, place)
    return next_place, text and agent_of(text)
  end, map, nil
end

return said
