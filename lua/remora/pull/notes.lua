-- What goes with a pulled playbook beside its values: the order of keys, comments above them, and
-- what could not be said at all. Owns the layout for remora.pull.write; decides no words.

---@class remora.pull.Notes
---@field layout remora.pull.Layout
---@field left_out string[] what no place in the playbook is left for
local Notes = {}
Notes.__index = Notes

local notes = {}

---@return remora.pull.Notes
function notes.new()
  return setmetatable({ layout = { keys = {}, above = {} }, left_out = {}, said = {} }, Notes)
end

---Sets the order of a map's keys.
---@param map table
---@param keys string[]
function Notes:keys(map, keys) self.layout.keys[map] = keys end

---Puts a comment above a key of a map or an item of a list.
---@param container table
---@param key any
---@param words string
function Notes:above(container, key, words)
  local comments = self.layout.above[container] or {}
  self.layout.above[container] = comments
  comments[key] = words
end

---Says something at the head of the playbook, once.
---@param words string
function Notes:head(words)
  if self.said[words] then return end
  self.said[words] = true
  self.left_out[#self.left_out + 1] = words
end

return notes
