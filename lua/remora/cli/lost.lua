-- What people are told of that which undoing does not bring back, or only as something else.

local story = require "remora.journal.story"
local text = require "remora.journal.text"

local lost = {}

---Says it, once for each reason.
---@param out table
---@param list remora.undo.Lost[]
function lost.warn(out, list)
  for _, loss in ipairs(story.losses(list)) do out:warn("%s", text.loss(loss)) end
end

return lost
