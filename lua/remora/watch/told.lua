-- Troubles that last are told once: when they begin, when they become others, and when they are
-- over. Remembers what was told; prints by the output it is given.

local fault = require "remora.core.fault"

local told = {}
told.__index = told

---@param out table remora.core.out
---@return table told
function told.new(out)
  return setmetatable({ out = out, last = {} }, told)
end

-- Equal for the same trouble; the ids of two requests differ though.
local function essence(refused)
  local parts = {}
  for i, each in ipairs(refused.faults or { refused }) do
    parts[i] = ("%s %s %s"):format(fault.place(each.at), each.code, each.message)
  end
  return table.concat(parts, "\n")
end

---Whether a trouble is another one than the last of its topic, which it becomes.
---@param topic string
---@param refused table fault
---@return boolean
function told:is_new(topic, refused)
  local text = essence(refused)
  local new = self.last[topic] ~= text
  self.last[topic] = text
  return new
end

---Tells a trouble, unless it was told.
---@param topic string
---@param refused table fault
function told:trouble(topic, refused)
  if self:is_new(topic, refused) then self.out:error(refused) end
end

---Forgets what was told of a topic, because something new begins with it.
---@param topic string
function told:forget(topic)
  self.last[topic] = nil
end

---Says that all is well with a topic again, if it was not.
---@param topic string
---@param words string
function told:over(topic, words)
  if self.last[topic] then self.out:note("%s", words) end
  self:forget(topic)
end

return told
