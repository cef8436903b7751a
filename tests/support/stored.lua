-- Every document that a platform has stored, as text: for finding what was touched, and what was
-- not. Owns which collections are the fleet's and which the platform's own bookkeeping.

local collections = require "remora.platform.collections"
local json = require "json"
local order = require "remora.core.order"

-- What a platform notes for itself: tasks, events, the clock of its agents.
local OWN = { sync_task = true, event = true, agent = true }

local function key_of(name, doc)
  local key = collections[name].key
  return key and tostring(doc[key]) or json.encode(doc)
end

local stored = {}

---@param platform {store: table}
---@return table<string, string> documents by "collection key"
function stored.documents(platform)
  local documents = {}
  for name in pairs(collections) do
    for _, doc in ipairs(OWN[name] and {} or platform.store:find(name)) do
      documents[name .. " " .. key_of(name, doc)] = json.encode(doc)
    end
  end
  return documents
end

---The documents that two times differ in.
---@param before table<string, string>
---@param after table<string, string>
---@return string[] sorted
function stored.touched(before, after)
  local touched = {}
  for name, text in pairs(before) do touched[name] = after[name] ~= text or nil end
  for name in pairs(after) do touched[name] = touched[name] or before[name] == nil or nil end
  return order.keys(touched)
end

return stored
